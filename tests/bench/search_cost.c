/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the search itself costs: fit, solve, select, a proposal, in the 23 genes of the preset. One JSON line a case. */
#include "bench.h"
#include <math.h>

static void evaluate(const hyt_candidate *candidate, double *objectives)
{
    double gain = 0, cost = 0;
    for (size_t g = 0; g < 23; g++) {
        double value = log2(1 + hyt_candidate_value(candidate, g));
        gain += (1 + 0.1 * (double)(g * 7 % 11)) * value - 0.1 * value * value;
        cost += (1 + 0.1 * (double)(g * 5 % 13)) * value;
    }
    objectives[0] = gain;
    objectives[1] = exp(0.1 * cost);
}

/* Time of asking and telling only; the least of the rounds around `points` evaluated ones, and the mean from the
 * start. */
static void measure(const char *surrogate, size_t points)
{
    enum { BATCH = 5 };
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_trial *trials[64];
    double total = 0, least = INFINITY;
    must(hyt_space_preset(NULL, "hytnas", &space));
    must(hyt_search_options_create(NULL, &options));
    must(hyt_options_set_text(options, HYT_SEARCH_SURROGATE, surrogate));
    must(hyt_options_set_int(options, HYT_SEARCH_TRIALS, (int64_t)points + 2 * BATCH));
    must(hyt_options_set_int(options, HYT_SEARCH_BATCH, BATCH));
    must(hyt_search_create(space, options, &search));
    must(hyt_search_add_objective(search, "gain", HYT_MAXIMISE));
    must(hyt_search_add_objective(search, "cost", HYT_MINIMISE));
    while (hyt_search_size(search) < points + 2 * BATCH) {
        size_t count = 0;
        double objectives[2], start = bench_seconds(), spent;
        must(hyt_search_ask(search, sizeof trials / sizeof *trials, trials, &count));
        for (size_t i = 0; i < count; i++) {
            evaluate(hyt_trial_candidate(trials[i]), objectives);
            must(hyt_search_tell(search, trials[i], HYT_TRIAL_FINISHED, objectives, 2));
        }
        spent = bench_seconds() - start;
        total += spent;
        if (hyt_search_size(search) > points) least = fmin(least, spent / (double)count);
    }
    printf("{\"case\":\"search_cost\",\"surrogate\":\"%s\",\"genes\":23,\"points\":%zu,\"batch\":%d,"
           "\"ms_per_proposal\":%.3f,\"mean_ms_per_proposal\":%.3f}\n",
           surrogate, points, BATCH, 1e3 * least, 1e3 * total / (double)hyt_search_size(search));
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
}

int main(void)
{
    static const char *const surrogates[] = { "auto", "gp", "trees" };
    for (size_t i = 0; i < 3; i++) {
        measure(surrogates[i], 100);
        measure(surrogates[i], 300);
    }
    return 0;
}
