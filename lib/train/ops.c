/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/ops.h"

void hyti_ops_init_f32(hyti_ops_f32 *ops, unsigned isa)
{
    hyti_kernels_init(&ops->kernels, isa);
    hyti_ops_fill_c(ops);
#if defined(__x86_64__)
    if (!(ops->kernels.isa & HYTI_ISA_AVX2)) return;
    hyti_ops_fill_avx2(ops);
    if (!(ops->kernels.isa & HYTI_ISA_AVX512)) return;
    hyti_ops_fill_avx512(ops);
#endif
}
