/* SPDX-License-Identifier: MIT */
#include "kernels/x86/words_avx2.h"
#include "kernels/simd/attention_i8.inc"
#include "kernels/simd/norm_i8.inc"
