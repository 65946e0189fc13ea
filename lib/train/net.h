/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network that is trained, in float32. */
#ifndef HYTI_TRAIN_NET_H
#define HYTI_TRAIN_NET_H

#include "base/pool.h"
#include "runtime/calibrate.h"
#include "train/ops.h"

#define REAL float
#define T(name) name##_f32
#include "train/net_decl.inc"
#undef T
#undef REAL

#endif
