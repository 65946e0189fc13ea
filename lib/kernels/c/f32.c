/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"

#define STORED_AS_FLOAT
#define VALUE float
#define LOAD(x) (x)
#define STORE(x) (x)
#define T(name) name##_f32
#define C(operation) hyti_##operation##_f32_c
#define FORMAT HYTI_F32
enum { NR = HYTI_NR_f32_c };
#include "kernels/c/float.inc"
