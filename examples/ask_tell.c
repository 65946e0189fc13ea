/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ask and tell: you hold the loop. Trials come in rounds, are evaluated wherever you like and told in any order.
 * Here the networks of the preset "hytnas" are weighed by their parameters against a made-up score, five at a time. */
#include <hytnas/hytnas.h>
#include <math.h>
#include <stdio.h>

#define TRY(call)                                                                    \
    do {                                                                             \
        status = (call);                                                             \
        if (status != HYT_OK) goto end;                                              \
    } while (0)

enum { BATCH = 5, TRIALS = 40 };

/* Stands for a queue of your own: a cluster, a board, a person with a stopwatch. */
static hyt_status evaluate(const hyt_candidate *network, double *objectives)
{
    hyt_graph *graph = NULL;
    hyt_status status = hyt_candidate_decode(network, 64, 2, &graph);
    if (status != HYT_OK) return status;
    double parameters = (double)hyt_graph_parameters(graph), macs = (double)hyt_graph_macs(graph);
    objectives[0] = 60 + 4 * log10(parameters) + 2 * log10(macs) + hyt_candidate_value(network, 0) / 2;
    objectives[1] = parameters;
    hyt_graph_destroy(graph);
    return HYT_OK;
}

static hyt_status evaluate_round(hyt_search *search)
{
    hyt_trial *round[BATCH];
    size_t count = 0;
    hyt_status status = hyt_search_ask(search, BATCH, round, &count);
    for (size_t i = count; i-- > 0 && status == HYT_OK;) { /* last first: the order does not matter */
        double objectives[2];
        status = evaluate(hyt_trial_candidate(round[i]), objectives);
        if (status == HYT_OK) status = hyt_search_tell(search, round[i], HYT_TRIAL_FINISHED, objectives, 2);
    }
    return status;
}

int main(void)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_status status;
    TRY(hyt_space_preset(NULL, "hytnas", &space));
    TRY(hyt_search_options_create(NULL, &options));
    TRY(hyt_options_set_int(options, HYT_SEARCH_TRIALS, TRIALS));
    TRY(hyt_options_set_int(options, HYT_SEARCH_BATCH, BATCH));
    TRY(hyt_options_set_int(options, HYT_SEARCH_SEED, 7));
    TRY(hyt_search_create(space, options, &search));
    TRY(hyt_search_add_objective(search, "score", HYT_MAXIMISE));
    TRY(hyt_search_add_objective(search, "parameters", HYT_MINIMISE));
    for (size_t told = 0; told < TRIALS; told = hyt_search_size(search)) {
        double volume = 0;
        do TRY(evaluate_round(search));
        while (hyt_search_trial_state(search, hyt_search_size(search) - 1) == HYT_TRIAL_PENDING);
        TRY(hyt_search_hypervolume(search, &volume));
        printf("%zu trials: hypervolume %.4g\n", hyt_search_size(search), volume);
    }
end:
    if (status != HYT_OK) fprintf(stderr, "%s\n", hyt_message());
    hyt_search_destroy(search);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    return status != HYT_OK;
}
