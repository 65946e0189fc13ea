/* SPDX-License-Identifier: MIT */
#include "kernels/arm/simd_neon.h"
#include "kernels/simd/f16.inc"
