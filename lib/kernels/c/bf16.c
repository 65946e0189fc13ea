/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

#define VALUE hyti_bf16
#define LOAD(x) hyti_f32_of_bf16(x)
#define STORE(x) hyti_bf16_of(x)
#define T(name) name##_bf16
#define C(operation) hyti_##operation##_bf16_c
#define FORMAT HYTI_BF16
enum { NR = HYTI_NR_bf16_c };
#include "kernels/c/float.inc"
