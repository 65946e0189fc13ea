/* SPDX-License-Identifier: MIT */
#include "kernels/x86/simd_avx512.h"
#include "kernels/simd/math.inc"
#include "kernels/simd/attention.inc"
