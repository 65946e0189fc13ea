/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian processes on one thread: processor time of a fit with hyperparameters, of an update by a row, of 4,000
 * predictions and of as many means, best of some repeats, as one JSON line a case. The rows are made up: 23 ordinal
 * genes, a target that is made of some of them and their products, noise. gp_speed.py says the same of scikit-learn.
 *   gp_speed [REPEATS]                      one thread: OPENBLAS_NUM_THREADS=1 */
#include "bench.h"
#include "base/rng.h"
#include <math.h>

enum { MOST = 10000, GENES = 23, POINTS = 4000 };

static double x[MOST * GENES], y[MOST], points[POINTS * GENES], mean[POINTS], deviation[POINTS];

/* "In a search" are the options that lib/search takes. */
#define IN_A_SEARCH "rows=300 exact-rows=800 inducing=400"
static const struct {
    size_t rows;
    const char *options;
} cases[] = { { 30, "" },    { 100, "" },           { 300, "" },          { 1000, IN_A_SEARCH },
              { 2000, "" },  { 2000, IN_A_SEARCH }, { 10000, "rows=500" } };

/* Whole numbers alone, so that gp_speed.py makes the same rows: minimal standard of Park and Miller. */
static double draw(uint64_t *state, uint64_t bound)
{
    *state = *state * 48271 % 2147483647;
    return (double)(*state / 1024 % bound);
}

static void make_rows(void)
{
    uint64_t state = 1;
    for (size_t i = 0; i < MOST + POINTS; i++) {
        double *row = i < MOST ? x + i * GENES : points + (i - MOST) * GENES;
        for (size_t k = 0; k < GENES; k++) row[k] = draw(&state, 4);
        double noise = draw(&state, 1000) / 1000 - 0.5;
        if (i < MOST) y[i] = row[0] * row[1] + 2 * row[2] - row[3] * row[4] * row[5] / 3 + sqrt(row[6]) + noise;
    }
}

static void measure(size_t rows, const char *options, int repeats)
{
    double best[4] = { INFINITY, INFINITY, INFINITY, INFINITY };
    for (int i = 0; i < repeats; i++) {
        double at[5];
        hyt_surrogate *model = bench_surrogate("gp", GENES, options);
        at[0] = bench_cpu_seconds();
        must(hyt_surrogate_fit(model, x, y, rows));
        at[1] = bench_cpu_seconds();
        must(hyt_surrogate_predict(model, points, POINTS, mean, deviation));
        at[2] = bench_cpu_seconds();
        must(hyt_surrogate_predict(model, points, POINTS, mean, NULL));
        at[3] = bench_cpu_seconds();
        must(hyt_surrogate_update(model, points, y, 1));
        at[4] = bench_cpu_seconds();
        for (int k = 0; k < 4; k++) best[k] = fmin(best[k], at[k + 1] - at[k]);
        hyt_surrogate_destroy(model);
    }
    printf("{\"model\":\"gp\",\"rows\":%zu,\"features\":%d,\"options\":\"%s\",\"fit_ms\":%.2f,\"predict_4000_ms\":%.2f,"
           "\"means_4000_ms\":%.2f,\"update_ms\":%.3f}\n",
           rows, GENES, options, 1e3 * best[0], 1e3 * best[1], 1e3 * best[2], 1e3 * best[3]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 3;
    make_rows();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) measure(cases[i].rows, cases[i].options, repeats);
    return 0;
}
