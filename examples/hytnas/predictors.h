/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictors of a search: which files, of what, whether the search asks for them and has all that it asks for. */
#ifndef PREDICTORS_H
#define PREDICTORS_H

#include "program.h"

enum { MOST_PREDICTORS = 16 };

typedef struct predictor_list {
    const char *paths[MOST_PREDICTORS];
    size_t count;
    /* read from the files */
    char metrics[MOST_PREDICTORS][64]; /* "predicted_latency_ms" */
    hyt_predictor *at[MOST_PREDICTORS];
} predictor_list;

/* The file of a flag; BAD for one too many. */
int predictors_take(predictor_list *list, const char *path);
/* Reads all files, which must be of this space and of different metrics. */
int predictors_load(predictor_list *list, hyt_space *space);
/* What says a metric; NULL: nothing. */
hyt_predictor *predictor_of(const predictor_list *list, const char *metric);
/* Each as ";predictor of latency_ms=0123456789abcdef": what a study notes. */
int predictors_describe(const predictor_list *list, FILE *out);
void predictors_free(predictor_list *list);

#endif
