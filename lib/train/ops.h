/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training kernels in float32: one table, filled with plain C and overwritten with what was compiled for a better
 * instruction set. The C text is the same (ops.inc); the compiler makes the vectors. */
#ifndef HYTI_TRAIN_OPS_H
#define HYTI_TRAIN_OPS_H

#include "train/tape.h"

/* What one step of an optimiser needs to know. */
typedef struct hyti_descent {
    double rate, decay, momentum; /* momentum: of sgd */
    double first, second;         /* 1 - beta^step of adamw, for both moments */
    bool nesterov;                /* of sgd */
} hyti_descent;

#define HYTI_ADAM_BETA1 0.9
#define HYTI_ADAM_BETA2 0.999
#define HYTI_ADAM_EPSILON 1e-8

typedef hyti_kernels hyti_kernels_f32;
#define REAL float
#define T(name) name##_f32
#include "train/ops_table.inc"
#undef T
#undef REAL

/* The kernels of lib/kernels included. */
void hyti_ops_init_f32(hyti_ops_f32 *ops, unsigned isa);

void hyti_ops_fill_c(hyti_ops_f32 *ops);
#if defined(__x86_64__)
void hyti_ops_fill_avx2(hyti_ops_f32 *ops);
void hyti_ops_fill_avx512(hyti_ops_f32 *ops);
#endif

#endif
