/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches with an evaluation of your own; no network is involved. A cache is to be dimensioned: how large, how many
 * ways, which policy, so that it misses little and costs little power. */
#include <hytnas/hytnas.h>
#include <math.h>
#include <stdio.h>

#define TRY(call)                                                                    \
    do {                                                                             \
        status = (call);                                                             \
        if (status != HYT_OK) goto end;                                              \
    } while (0)

enum { SIZE, WAYS, LINE, POLICY };

/* 0: evaluated. A positive answer is a state: this combination cannot be built. A negative one would end the run. */
static int evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    const hyt_candidate *cache = hyt_trial_candidate(trial);
    double size = hyt_candidate_value(cache, SIZE), ways = hyt_candidate_value(cache, WAYS);
    double line = hyt_candidate_value(cache, LINE);
    int plru = hyt_candidate_level(cache, POLICY) == 1;
    (void)user;
    (void)n;
    if (size * 1024 < ways * line * 4) return HYT_TRIAL_INFEASIBLE;
    objectives[0] = 20 * pow(size, -0.45) * (1 + 0.6 / ways) * (1 + pow(log2(line / 64), 2) / 9) * (plru ? 1.04 : 1);
    objectives[1] = 0.8 * pow(size, 0.6) + ways * (plru ? 0.11 : 0.19) + line / 128;
    return 0;
}

static int progress(void *user, const hyt_search *search, const hyt_trial *trial)
{
    double volume = 0;
    (void)user;
    if (hyt_search_hypervolume(search, &volume) == HYT_OK)
        fprintf(stderr, "trial %llu: hypervolume %.3f\n", (unsigned long long)hyt_trial_number(trial), volume);
    return 0; /* HYT_STOP would end the run well */
}

static hyt_status make_space(hyt_space *space)
{
    static const double sizes[] = { 1, 2, 4, 8, 16, 32, 64, 128 }, ways[] = { 1, 2, 4, 8 },
                        lines[] = { 16, 32, 64, 128, 256 };
    static const char *const policies[] = { "lru", "plru" };
    hyt_status status = hyt_space_add_ordinal(space, "kibibytes", sizes, 8);
    if (status == HYT_OK) status = hyt_space_add_ordinal(space, "ways", ways, 4);
    if (status == HYT_OK) status = hyt_space_add_ordinal(space, "line", lines, 5);
    if (status == HYT_OK) status = hyt_space_add_categorical(space, "policy", policies, 2);
    return status;
}

static void print_front(const hyt_search *search)
{
    char genome[64];
    for (size_t i = 0; i < hyt_search_size(search); i++) {
        if (!hyt_search_trial_in_front(search, i)) continue;
        const double *objectives = hyt_search_trial_objectives(search, i);
        hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(search, i)), genome, sizeof genome, NULL);
        printf("%-16s  misses %6.3f %%  power %6.3f mW\n", genome, objectives[0], objectives[1]);
    }
}

int main(void)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_status status;
    TRY(hyt_space_create(NULL, "cache", &space));
    TRY(make_space(space));
    TRY(hyt_search_options_create(NULL, &options));
    TRY(hyt_options_set_int(options, HYT_SEARCH_TRIALS, 40));
    TRY(hyt_search_create(space, options, &search));
    TRY(hyt_search_add_objective(search, "misses", HYT_MINIMISE));
    TRY(hyt_search_add_objective(search, "power", HYT_MINIMISE));
    TRY(hyt_search_add_limit(search, "power", 15));
    TRY(hyt_search_run(search, evaluate, NULL, progress));
    printf("%zu of 320 evaluated; stopped: %s\n", hyt_search_size(search), hyt_search_stopped(search));
    print_front(search);
end:
    if (status != HYT_OK) fprintf(stderr, "%s\n", hyt_message());
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return status != HYT_OK;
}
