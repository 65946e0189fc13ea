/* SPDX-License-Identifier: MIT */
#include "kernels/x86/simd_avx512_i8.h"
#include "kernels/simd/addition.inc"
#include "kernels/simd/gemm_i8.inc"
#include "kernels/simd/conv_i8.inc"
