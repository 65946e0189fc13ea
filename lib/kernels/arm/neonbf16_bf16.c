/* SPDX-License-Identifier: MIT */
#define HYTI_SIMD_BFMMLA
#include "kernels/arm/simd_neon.h"
#include "kernels/simd/bf16.inc"
