/* SPDX-License-Identifier: MIT */
#include "kernels/x86/lanes_avx512.h"
#include "kernels/simd/addition.inc"
#include "kernels/simd/rows_i8.inc"
#include "kernels/simd/depthwise_i8.inc"
#include "kernels/simd/picture_i8.inc"
#include "kernels/simd/stem_i8.inc"
