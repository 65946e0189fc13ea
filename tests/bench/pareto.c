/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hypervolumes and sorts of made-up sets: one JSON line a case, the least of several times.
 *   pareto [FILE]
 * FILE gets the sets, so that a peer may measure the same (pareto.cpp; pareto.py runs both): a line "task shape n m",
 * then the rows. */
#include "bench.h"
#include <math.h>

enum { LARGEST = 10000 * 10 };

typedef struct set {
    const char *task, *shape;
    size_t n, m;
} set;

static const set sets[] = {
    { "volume", "sphere", 1000, 3 }, { "volume", "linear", 1000, 3 }, { "volume", "convex", 1000, 3 },
    { "volume", "sphere", 1000, 4 }, { "volume", "linear", 1000, 4 }, { "volume", "convex", 1000, 4 },
    { "volume", "sphere", 1000, 5 }, { "volume", "linear", 1000, 5 }, { "volume", "convex", 1000, 5 },
    { "volume", "sphere", 200, 6 },  { "volume", "sphere", 100, 7 },  { "volume", "sphere", 60, 9 },
    { "sort", "cloud", 10000, 2 },   { "sort", "cloud", 10000, 3 },   { "sort", "sphere", 10000, 3 },
    { "sort", "cloud", 10000, 5 },   { "sort", "sphere", 10000, 5 },
    { "parts", "sphere", 1000, 2 },  { "parts", "sphere", 1000, 3 },  { "parts", "sphere", 100, 5 },
};

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static void make_row(const set *one, uint64_t *state, double *row)
{
    double sum = 0, squares = 0;
    for (size_t j = 0; j < one->m; j++) {
        double a = uniform(state), b = uniform(state);
        row[j] = one->shape[0] == 'l' ? -log(a) : fabs(sqrt(-2 * log(a)) * cos(6.283185307179586 * b));
        if (one->shape[1] == 'l') row[j] = a;
        sum += row[j];
        squares += row[j] * row[j];
    }
    for (size_t j = 0; j < one->m; j++) {
        if (one->shape[0] == 's') row[j] /= sqrt(squares);
        else if (one->shape[0] == 'l') row[j] /= sum;
        else if (one->shape[1] == 'o') row[j] = 1 - row[j] / sqrt(squares);
    }
}

static hyt_status run(const set *one, const double *points, double *values, size_t *ranks, double *answer)
{
    static const double reference[] = { 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1 };
    hyt_status status;
    *answer = 0;
    switch (one->task[0]) {
    case 'v': return hyt_pareto_hypervolume(NULL, points, one->n, one->m, reference, answer);
    case 'p':
        status = hyt_pareto_contributions(NULL, points, one->n, one->m, reference, values);
        for (size_t i = 0; i < one->n && status == HYT_OK; i++) *answer += values[i];
        return status;
    default:
        status = hyt_pareto_sort(NULL, points, one->n, one->m, ranks);
        for (size_t i = 0; i < one->n && status == HYT_OK; i++) *answer = fmax(*answer, (double)ranks[i] + 1);
        return status;
    }
}

static void measure(const set *one, const double *points)
{
    static double values[10000];
    static size_t ranks[10000];
    double answer = 0, least = INFINITY, spent = 0;
    for (int times = 0; times < 50 && (times < 3 || spent < 0.5); times++) {
        double start = bench_cpu_seconds();
        must(run(one, points, values, ranks, &answer));
        double here = bench_cpu_seconds() - start;
        least = fmin(least, here);
        spent += here;
    }
    printf("{\"task\":\"%s\",\"shape\":\"%s\",\"n\":%zu,\"m\":%zu,\"answer\":%.15g,\"ms\":%.4f}\n", one->task,
           one->shape, one->n, one->m, answer, 1e3 * least);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static double points[LARGEST];
    FILE *file = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (argc > 1 && !file) bench_fail("%s cannot be written", argv[1]);
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        const set *one = &sets[k];
        uint64_t state = k + 1;
        for (size_t i = 0; i < one->n; i++) make_row(one, &state, points + i * one->m);
        if (file) fprintf(file, "%s %s %zu %zu\n", one->task, one->shape, one->n, one->m);
        for (size_t i = 0; file && i < one->n * one->m; i++)
            fprintf(file, "%.17g%c", points[i], i % one->m + 1 == one->m ? '\n' : ' ');
        measure(one, points);
    }
    return file && fclose(file) ? 1 : 0;
}
