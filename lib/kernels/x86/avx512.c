/* SPDX-License-Identifier: MIT */
#include "kernels/x86/simd_avx512.h"
#include "kernels/simd/f32.inc"
