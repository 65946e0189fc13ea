/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flags.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JSON, FLAGS };
static const flag_row flags[] = { [JSON] = { "json", NULL, "one JSON object a trial, one a line" } };

static const command_form study_command = {
    .name = "study",
    .operands = "FILE",
    .about =
        "Lists the trials of a study: a table, in which a star marks what no other trial dominates, or with --json one "
        "line a trial. A study may be looked at while it is being searched.",
    .flags = flags,
    .flag_count = FLAGS,
    .examples = "  hytnas study s.db\n  hytnas study s.db --json | tail -1\n",
};

typedef struct wanted {
    bool json;
    const char *path;
} wanted;

static int take(void *user, size_t place, const char *value)
{
    wanted *request = user;
    if (place == JSON) request->json = true;
    else if (request->path) return complain("study takes one file, not also \"%s\"", value);
    else request->path = value;
    return GOOD;
}

static void print_line(const hyt_study *study, uint64_t number, hyt_trial_state state, const char *genome,
                       const double *values)
{
    printf("{\"trial\":%" PRIu64 ",\"state\":\"%s\",\"genome\":", number, hyt_trial_state_name(state));
    json_text(stdout, genome);
    printf(",\"objectives\":");
    for (size_t i = 0; values && i < hyt_study_objectives(study); i++) {
        printf("%s", i ? "," : "{");
        json_text(stdout, hyt_study_objective_name(study, i));
        printf(":");
        json_number(stdout, values[i]);
    }
    printf("%s}\n", values ? "}" : "null");
}

static int print_lines(const hyt_study *study)
{
    for (size_t i = 0; i < hyt_study_size(study); i++) {
        uint64_t number;
        hyt_trial_state state;
        const char *genome;
        const double *values;
        if (check(hyt_study_trial(study, i, &number, &state, &genome, &values)) != GOOD) return BAD;
        print_line(study, number, state, genome, values);
    }
    return GOOD;
}

/* Ranks of the finished trials, which `places` lists; points are minimised. */
static int rank_finished(const hyt_study *study, size_t *places, size_t *ranks, size_t *finished)
{
    size_t m = hyt_study_objectives(study), n = 0;
    double *points = calloc(hyt_study_size(study) * m + 1, sizeof *points);
    if (!points) return complain("out of memory");
    for (size_t i = 0; i < hyt_study_size(study); i++) {
        const double *values = NULL;
        hyt_study_trial(study, i, NULL, NULL, NULL, &values);
        if (!values) continue;
        for (size_t j = 0; j < m; j++)
            points[n * m + j] = hyt_study_objective_direction(study, j) == HYT_MAXIMISE ? -values[j] : values[j];
        places[n++] = i;
    }
    int result = n ? check(hyt_pareto_sort(NULL, points, n, m, ranks)) : GOOD;
    free(points);
    *finished = n;
    return result;
}

static void print_rows(const hyt_study *study, const size_t *places, const size_t *ranks, size_t finished)
{
    size_t m = hyt_study_objectives(study), next = 0, first = 0;
    printf("  trial  %-10s", "state");
    for (size_t j = 0; j < m; j++) {
        const char *name = hyt_study_objective_name(study, j);
        printf("  %*s", width_of(name, 15), title_of(name));
    }
    printf("  genome\n");
    for (size_t i = 0; i < hyt_study_size(study); i++) {
        hyt_trial_state state = HYT_TRIAL_PENDING;
        const char *genome = "";
        const double *values = NULL;
        bool starred = next < finished && places[next] == i && ranks[next] == 0;
        if (next < finished && places[next] == i) next++;
        first += starred;
        hyt_study_trial(study, i, NULL, &state, &genome, &values);
        printf("%s%6zu  %-10s", starred ? "*" : " ", i, hyt_trial_state_name(state));
        for (size_t j = 0; j < m; j++) {
            const char *name = hyt_study_objective_name(study, j);
            printf("  %*s", width_of(name, 15), values ? spoken(name, values[j]) : "");
        }
        printf("  %s\n", genome);
    }
    printf("\n%zu trials, %zu finished, %zu not dominated (*)\n", hyt_study_size(study), finished, first);
}

static int print_table(const hyt_study *study)
{
    size_t size = hyt_study_size(study), finished = 0;
    size_t *places = calloc(size + 1, sizeof *places), *ranks = calloc(size + 1, sizeof *ranks);
    int result = places && ranks ? rank_finished(study, places, ranks, &finished) : complain("out of memory");
    if (result == GOOD) print_rows(study, places, ranks, finished);
    free(places);
    free(ranks);
    return result;
}

int command_study(int argc, char **argv)
{
    wanted request = { 0 };
    hyt_study *study = NULL;
    int result = parse_flags(&study_command, argc, argv, take, &request);
    if (result == GOOD && !request.path) result = complain("study needs a file: hytnas study s.db");
    if (result == GOOD) result = check(hyt_study_open(NULL, request.path, HYT_STUDY_READ, &study));
    if (result == GOOD) result = (request.json ? print_lines : print_table)(study);
    hyt_study_destroy(study);
    return result == HELP ? GOOD : result;
}
