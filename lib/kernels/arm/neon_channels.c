/* SPDX-License-Identifier: MIT */
#include "kernels/arm/lanes_neon.h"
#include "kernels/simd/addition.inc"
#include "kernels/simd/rows_i8.inc"
#include "kernels/simd/depthwise_i8.inc"
#include "kernels/simd/picture_i8.inc"
#include "kernels/simd/stem_i8.inc"
