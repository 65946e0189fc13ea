/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "predictors.h"
#include <inttypes.h>
#include <string.h>

int predictors_take(predictor_list *list, const char *path)
{
    if (list->count == MOST_PREDICTORS) return complain("more than %d predictors", MOST_PREDICTORS);
    list->paths[list->count++] = path;
    return GOOD;
}

static bool is_metric(const char *name)
{
    for (size_t i = 0; hyt_evaluator_metric(i); i++)
        if (strcmp(hyt_evaluator_metric(i), name) == 0) return true;
    return false;
}

static int load(predictor_list *list, size_t place, hyt_space *space)
{
    const char *path = list->paths[place];
    char *metric = list->metrics[place];
    if (check(hyt_predictor_load(space, path, &list->at[place])) != GOOD) return BAD;
    const char *of = hyt_predictor_metric(list->at[place]);
    if (!*of)
        return complain("%s: does not say what it predicts; hytnas measure writes a file that does from the same table",
                        path);
    snprintf(metric, sizeof list->metrics[place], "predicted_%s", of);
    if (!is_metric(metric)) return complain("%s: predicts %s, for which a search takes no predictor", path, of);
    for (size_t i = 0; i < place; i++)
        if (strcmp(list->metrics[i], metric) == 0)
            return complain("%s and %s both predict %s", list->paths[i], path, of);
    return GOOD;
}

int predictors_load(predictor_list *list, hyt_space *space)
{
    for (size_t i = 0; i < list->count; i++)
        if (load(list, i, space) != GOOD) return BAD;
    return GOOD;
}

hyt_predictor *predictor_of(const predictor_list *list, const char *metric)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->metrics[i], metric) == 0) return list->at[i];
    return NULL;
}

int predictors_describe(const predictor_list *list, FILE *out)
{
    for (size_t i = 0; i < list->count; i++) {
        uint64_t print;
        if (check(hyt_predictor_fingerprint(list->at[i], &print)) != GOOD) return BAD;
        fprintf(out, ";predictor of %s=%016" PRIx64, hyt_predictor_metric(list->at[i]), print);
    }
    return GOOD;
}

void predictors_free(predictor_list *list)
{
    for (size_t i = 0; i < list->count; i++) hyt_predictor_destroy(list->at[i]);
}
