/* SPDX-License-Identifier: MIT */
#include "kernels/arm/words_neon.h"
#include "kernels/simd/attention_i8.inc"
#include "kernels/simd/norm_i8.inc"
