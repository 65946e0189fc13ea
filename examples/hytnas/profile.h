/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `hytnas profile` measures, and how it is written down. */
#ifndef PROFILE_H
#define PROFILE_H

#include "program.h"

typedef struct profile_step {
    char kind[24], text[160]; /* "gemm", "1x1 conv, stride 1, 16 channels" */
    const char *precision;
    double ms;
    uint64_t macs;
} profile_step;

/* One network in one precision with some threads. */
typedef struct profile_row {
    const char *network, *precision;
    size_t input, threads;
    double ms, low, high;     /* median and its 95 % interval */
    uint64_t macs, parameters, arena_bytes, weight_bytes;
    profile_step *steps;
    size_t n_steps;
    const char *fits;         /* "yes", "no", or "" where no limit was given */
} profile_row;

typedef struct profile_outcome {
    profile_row *rows;
    size_t count;
    bool steps;               /* whether tables show them */
    uint64_t ram, flash;      /* limits; 0: none */
} profile_outcome;

void profile_table(FILE *out, const profile_outcome *outcome);
void profile_json(FILE *out, const profile_outcome *outcome);
void profile_csv(FILE *out, const profile_outcome *outcome);
void profile_page(FILE *out, const profile_outcome *outcome);

#endif
