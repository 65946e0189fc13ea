/* SPDX-License-Identifier: MIT */
#define HYTI_SIMD_FHM
#define SIMD_PRODUCTS_ALONE
#include "kernels/arm/simd_neon.h"
#include "kernels/simd/f16.inc"
