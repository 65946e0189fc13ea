/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/ops_f32.inc"

void hyti_ops_fill_avx2(hyti_ops_f32 *ops)
{
    fill_ops(ops);
}
