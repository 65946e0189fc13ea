/* SPDX-License-Identifier: MIT */
#include "runtime/execute.h"
#define T(name) name##_bf16
#define VALUE hyti_bf16
#define MEMBER bf16
#include "runtime/execute_float.inc"
