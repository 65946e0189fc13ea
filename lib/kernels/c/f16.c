/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

#define VALUE hyti_f16
#define LOAD(x) hyti_f32_of_f16(x)
#define STORE(x) hyti_f16_of(x)
#define T(name) name##_f16
#define C(operation) hyti_##operation##_f16_c
#define FORMAT HYTI_F16
enum { NR = HYTI_NR_f16_c };
#include "kernels/c/float.inc"
