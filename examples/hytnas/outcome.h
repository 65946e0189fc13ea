/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search hands over, and the forms it is written in. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "program.h"

typedef struct front_network {
    size_t index;           /* of its trial in the search */
    const double *values;   /* objectives as the search measured them; lent by the search */
    char *genome, *model;   /* model: path of its file */
    double test_accuracy;   /* score of the model, on pictures that the search never saw */
    double final_accuracy;  /* score of the model, validation, after the final training; NaN: not trained again */
    uint64_t parameters, macs, weight_bytes, arena_bytes;
} front_network;

typedef struct named_setting {
    char *name, *value;
} named_setting;

typedef struct search_outcome {
    const hyt_search *search;
    const char *folder, *stopped;
    const char *score;      /* metric of the task: "accuracy", "map50", ... */
    const char *summary;    /* one line: data, pictures, input */
    size_t finished, failed, pruned;
    double hypervolume;     /* NaN before there is a reference */
    front_network *front;         /* in order of the first objective, the best first */
    size_t count;
    named_setting *settings;
    size_t setting_count;
} search_outcome;

void print_front(FILE *out, const search_outcome *outcome);
void print_outcome_json(FILE *out, const search_outcome *outcome);
/* front.csv and report.html in the folder. */
int write_csv(const search_outcome *outcome);
int write_report(const search_outcome *outcome);

#endif
