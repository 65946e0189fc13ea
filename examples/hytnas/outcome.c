/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static uint64_t trial_of(const search_outcome *outcome, const front_network *network)
{
    return hyt_trial_number(hyt_search_trial(outcome->search, network->index));
}

static bool any_retrained(const search_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++)
        if (!isnan(outcome->front[i].final_accuracy)) return true;
    return false;
}

void print_front(FILE *out, const search_outcome *outcome)
{
    size_t m = hyt_search_objectives(outcome->search);
    bool retrained = any_retrained(outcome);
    fprintf(out, "  trial");
    for (size_t j = 0; j < m; j++) {
        const char *name = hyt_search_objective_name(outcome->search, j);
        fprintf(out, "  %*s", width_of(name, 14), title_of(name));
    }
    if (retrained) fprintf(out, "  %13s", "trained again");
    fprintf(out, "  %7s  %14s  %s\n", "test", "MACs", "genome");
    for (size_t i = 0; i < outcome->count; i++) {
        const front_network *network = &outcome->front[i];
        fprintf(out, "  %5" PRIu64, trial_of(outcome, network));
        for (size_t j = 0; j < m; j++) {
            const char *name = hyt_search_objective_name(outcome->search, j);
            fprintf(out, "  %*s", width_of(name, 14), spoken(name, network->values[j]));
        }
        if (retrained) fprintf(out, "  %13s", spoken("accuracy", network->final_accuracy));
        fprintf(out, "  %7s  %14s  %s\n", spoken("accuracy", network->test_accuracy), grouped((double)network->macs),
                network->genome);
    }
}

static void json_network(FILE *out, const search_outcome *outcome, const front_network *network)
{
    fprintf(out, "{\"trial\":%" PRIu64 ",\"genome\":", trial_of(outcome, network));
    json_text(out, network->genome);
    fprintf(out, ",\"objectives\":{");
    for (size_t j = 0; j < hyt_search_objectives(outcome->search); j++) {
        if (j) putc(',', out);
        json_text(out, hyt_search_objective_name(outcome->search, j));
        putc(':', out);
        json_number(out, network->values[j]);
    }
    fprintf(out, "}");
    if (!isnan(network->final_accuracy)) {
        fprintf(out, ",\"final_%s\":", outcome->score);
        json_number(out, network->final_accuracy);
    }
    fprintf(out, ",\"test_%s\":", outcome->score);
    json_number(out, network->test_accuracy);
    fprintf(out, ",\"model\":");
    json_text(out, network->model);
    fprintf(out, "}");
}

void print_outcome_json(FILE *out, const search_outcome *outcome)
{
    fprintf(out, "{\"trials\":%zu,\"finished\":%zu,\"pruned\":%zu,\"failed\":%zu,\"hypervolume\":",
            hyt_search_size(outcome->search), outcome->finished, outcome->pruned, outcome->failed);
    json_number(out, outcome->hypervolume);
    fprintf(out, ",\"stopped\":");
    json_text(out, outcome->stopped);
    fprintf(out, ",\"front\":[");
    for (size_t i = 0; i < outcome->count; i++) {
        if (i) putc(',', out);
        json_network(out, outcome, &outcome->front[i]);
    }
    fprintf(out, "]}\n");
}

/* As RFC 4180 has it: in quotes, doubled inside, where it would not stay one field. */
static void csv_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"') putc('"', out);
        putc(*c, out);
    }
    putc('"', out);
}

int write_csv(const search_outcome *outcome)
{
    char path[4096];
    size_t m = hyt_search_objectives(outcome->search);
    snprintf(path, sizeof path, "%s/front.csv", outcome->folder);
    FILE *out = fopen(path, "w");
    if (!out) return complain("%s: could not be written: %s", path, strerror(errno));
    fprintf(out, "trial,genome");
    for (size_t j = 0; j < m; j++) fprintf(out, ",%s", hyt_search_objective_name(outcome->search, j));
    fprintf(out, ",final_%s,test_%s,network_parameters,network_macs,network_weight_bytes,network_arena_bytes,model\n",
            outcome->score, outcome->score);
    for (size_t i = 0; i < outcome->count; i++) {
        const front_network *network = &outcome->front[i];
        fprintf(out, "%" PRIu64 ",%s", trial_of(outcome, network), network->genome);
        for (size_t j = 0; j < m; j++) {
            putc(',', out);
            json_number(out, network->values[j]);
        }
        putc(',', out);
        if (!isnan(network->final_accuracy)) json_number(out, network->final_accuracy);
        putc(',', out);
        json_number(out, network->test_accuracy);
        fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", network->parameters, network->macs,
                network->weight_bytes, network->arena_bytes);
        csv_text(out, network->model);
        putc('\n', out);
    }
    return close_stream(out, path);
}
