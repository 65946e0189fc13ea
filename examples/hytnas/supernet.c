/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supernet.h"
#include "settings.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static void path_of(const search_job *job, const char *end, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s.supernet%s", job->study_path, end);
}

/* Whether this search has one, and a place for it. */
static bool is_kept(const search_job *job)
{
    char method[32] = "";
    hyt_options_get_text(job->evaluator_options, HYT_EVALUATE_METHOD, method, sizeof method);
    return job->study_path && strlen(job->study_path) < PATH_SIZE - 32 && strcmp(method, "training") != 0;
}

/* All that decides its weights, as lines of key=value; NULL: out of memory. */
static char *describe(const search_job *job)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fprintf(out, "space=%s\ntrain pictures=%016" PRIx64 "\ninput=%zu\nclasses=%zu\n", job->space_name,
            job->pictures.train_print, job->pictures.input, job->pictures.classes);
    describe_options(out, job->evaluator_options, "", "\n");
    fputs("limits=", out);
    for (size_t i = 0; i < job->limit_count; i++)
        if (is_count(job->limits[i].name)) fprintf(out, "%s:%.17g ", job->limits[i].name, job->limits[i].value);
    fputs("\n", out);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

static int load(search_job *job, const char *path)
{
    hyt_graph *largest = NULL;
    hyt_status status = hyt_model_load(NULL, path, &largest);
    if (status == HYT_OK) status = hyt_evaluator_set_supernet(job->evaluator, job->space, largest);
    hyt_graph_destroy(largest);
    job->supernet_kept = status == HYT_OK;
    return check(status);
}

int supernet_load(search_job *job)
{
    char path[PATH_SIZE], facts[PATH_SIZE];
    if (!is_kept(job)) return GOOD;
    path_of(job, "", path);
    path_of(job, ".txt", facts);
    char *lines = describe(job);
    bool there = settings_exist(path);
    int result = !lines ? complain("out of memory")
                 : there ? settings_compare(facts, lines, path)
                         : settings_write(facts, lines);
    free(lines);
    return result == GOOD && there ? load(job, path) : result;
}

hyt_status supernet_keep(search_job *job)
{
    char path[PATH_SIZE];
    hyt_graph *largest = NULL;
    if (job->supernet_kept || !is_kept(job)) return HYT_OK;
    path_of(job, "", path);
    hyt_status status = hyt_evaluator_supernet(job->evaluator, job->space, &largest);
    if (status == HYT_OK) status = hyt_model_save(largest, path);
    hyt_graph_destroy(largest);
    job->supernet_kept = status == HYT_OK;
    return status;
}
