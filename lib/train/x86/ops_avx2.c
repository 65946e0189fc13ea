/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/exp.h"
#include "train/ops.h"
#include <math.h>

#define REAL float
#define T(name) name##_f32
#define EXP hyti_exp_f32
#define EXP_LANES hyti_exp_lanes_f32
#define SQRT sqrtf
#define NORMAL hyti_normal_f32
#include "train/ops.inc"

void hyti_ops_fill_avx2(hyti_ops_f32 *ops)
{
    fill_ops(ops);
}
