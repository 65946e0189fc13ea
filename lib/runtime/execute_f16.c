/* SPDX-License-Identifier: MIT */
#include "runtime/execute.h"
#define T(name) name##_f16
#define VALUE hyti_f16
#define MEMBER f16
#include "runtime/execute_float.inc"
