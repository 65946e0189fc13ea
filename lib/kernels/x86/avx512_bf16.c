/* SPDX-License-Identifier: MIT */
#include "kernels/x86/simd_avx512.h"
#include "kernels/simd/bf16.inc"
