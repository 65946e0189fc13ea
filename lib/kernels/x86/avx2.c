/* SPDX-License-Identifier: MIT */
#include "kernels/x86/simd_avx2.h"
#include "kernels/simd/math.inc"
#include "kernels/simd/gemm.inc"
#include "kernels/simd/conv.inc"
#include "kernels/simd/depthwise.inc"
#include "kernels/simd/rows.inc"
#include "kernels/simd/picture.inc"
