/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test of kernels given COUNT [SEED]: so many random shapes of each kind on every table. A kind compares and fails by
 * itself. */
#ifndef HYTNAS_TESTS_SWEEP_H
#define HYTNAS_TESTS_SWEEP_H

#include "kernel_test.h"

typedef struct sweep_kind {
    const char *name;
    void (*check)(const hyti_kernels *kernels); /* one random shape */
    void (*each)(void (*check)(const hyti_kernels *kernels)); /* each_table or each_format */
} sweep_kind;

static struct sweep {
    const sweep_kind *kind;
    size_t shapes, tables;
} sweep;

/* Mostly small; sometimes a size near a multiple of a tile, sometimes a large one. */
static inline size_t draw_size(size_t most)
{
    uint32_t kind = draw(8);
    size_t size = kind == 0 ? 1 + draw((uint32_t)most) : kind < 4 ? 16 * (1 + draw(6)) + draw(3) - 1 : 1 + draw(40);
    return size < most ? size : most;
}

static inline void sweep_table(const hyti_kernels *kernels)
{
    for (size_t i = 0; i < sweep.shapes; i++) sweep.kind->check(kernels);
    sweep.tables++;
}

static inline int run_sweep(const sweep_kind *kinds, size_t n, char **arguments)
{
    sweep.shapes = strtoul(arguments[1], NULL, 10);
    if (arguments[2]) *draw_state() = strtoull(arguments[2], NULL, 10);
    for (size_t i = 0; i < n; i++) {
        sweep.kind = &kinds[i], sweep.tables = 0;
        kinds[i].each(sweep_table);
        print_message("%s: %zu shapes on each of %zu tables, all as they must be\n", kinds[i].name, sweep.shapes,
                      sweep.tables);
        fflush(stdout);
    }
    return 0;
}

#endif
