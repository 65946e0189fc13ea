/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/net.h"
#include <math.h>

#define REAL float
#define T(name) name##_f32
#define SQRT sqrtf
#define hyti_pack_size_f32 hyti_pack_f32_size
#include "train/net.inc"
#include "train/weights.inc"
