/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/net.h"
#include <math.h>

#define REAL float
#define T(name) name##_f32
#define SQRT sqrtf
#define hyti_pack_size_f32(kernels, k, n) hyti_pack_size(kernels, HYTI_F32, k, n)
#include "train/net.inc"
#include "train/weights.inc"
