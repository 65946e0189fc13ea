/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boosted trees on one thread: processor time of a fit of 1769 x 23 and of 10,000 predictions, best of some repeats, as
 * one JSON line a booster. trees_speed.py says the same of XGBoost; run one after the other.
 *   trees_speed [REPEATS [LATENCY.CSV]]     without a table: made-up rows of the same kind */
#include "bench.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

enum { ROWS = 1769, GENES = 23, POINTS = 10000 };

static double x[ROWS * GENES], y[ROWS], points[POINTS * GENES], mean[POINTS], deviation[POINTS];

static const char *const settings[] = {
    "rounds=400 depth=4 eta=0.03 members=1 subsample=1 colsample=1 min-child-weight=1",
    "rounds=400 depth=4 eta=0.03 members=1 subsample=0.7 colsample=0.5 min-child-weight=5",
    "rounds=400 depth=4 eta=0.03 members=1 subsample=0.7 colsample=0.5 min-child-weight=5 booster=dart rate-drop=0.1",
    "rounds=400 eta=0.5 members=1 booster=linear",
    "",
};

/* Few values a gene, as in the table, and a target that is made of some genes and their products. */
static void make_rows(void)
{
    hyti_rng rng = hyti_rng_start(0, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < ROWS; i++) {
        double *row = x + i * GENES;
        for (size_t k = 0; k < GENES; k++) row[k] = (double)hyti_rng_below(&rng, k >= 9 && k < 14 ? 40 : 4);
        y[i] = row[9] * row[10] + 30 * row[0] + 10 * row[14] * row[0] + 100 * hyti_rng_normal(&rng);
    }
}

static int read_rows(const char *path)
{
    char line[4096];
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file || !fgets(line, sizeof line, file)) return 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (!fgets(line, sizeof line, file)) return 0;
        char *cell = strtok(line, ","); /* its number */
        for (size_t k = 0; k < GENES; k++) {
            cell = strtok(NULL, ",");
            if (!cell) return 0;
            x[i * GENES + k] = log2(atof(cell));
        }
        cell = strtok(NULL, ",");
        if (!cell) return 0;
        y[i] = atof(cell);
    }
    fclose(file);
    return 1;
}

static void run(const char *options, int repeats)
{
    double fit = INFINITY, predict = INFINITY;
    for (int repeat = 0; repeat < repeats; repeat++) {
        hyt_surrogate *model = bench_surrogate("trees", GENES, options);
        double start = bench_cpu_seconds();
        must(hyt_surrogate_fit(model, x, y, ROWS));
        double middle = bench_cpu_seconds();
        must(hyt_surrogate_predict(model, points, POINTS, mean, deviation));
        predict = fmin(predict, bench_cpu_seconds() - middle);
        fit = fmin(fit, middle - start);
        hyt_surrogate_destroy(model);
    }
    printf(
        "{\"case\":\"trees_speed\",\"of\":\"hytnas\",\"options\":\"%s\",\"fit_ms\":%.2f,\"predict_10000_ms\":%.2f}\n",
        options, 1e3 * fit, 1e3 * predict);
}

int main(int argc, char **argv)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 7;
    if (!read_rows(argc > 2 ? argv[2] : NULL)) make_rows();
    for (size_t i = 0; i < POINTS; i++) memcpy(points + i * GENES, x + i % ROWS * GENES, GENES * sizeof *points);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) run(settings[i], repeats);
    return 0;
}
