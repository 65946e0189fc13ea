/* SPDX-License-Identifier: MIT */
#include "runtime/execute.h"
#define T(name) name##_f32
#define VALUE float
#define MEMBER f32
#include "runtime/execute_float.inc"
