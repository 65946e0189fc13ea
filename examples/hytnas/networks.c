/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "networks.h"
#include <string.h>

/* The space that a genome is of: no two have as many genes. */
static const char *space_of(const char *genome)
{
    static const struct { const char *name; size_t genes; } spaces[] = {
        { "hytnas-segment", 26 }, { "hytnas-detect", 27 }, { "hytnas-detr", 28 }, { "hytnas-wide", 36 } };
    size_t genes = 1;
    for (const char *c = genome; *c; c++) genes += *c == ':';
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (spaces[i].genes == genes) return spaces[i].name;
    return "hytnas";
}

static hyt_status build_genome(const char *genome, size_t input, size_t classes, hyt_graph **out)
{
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_status status = hyt_space_preset(NULL, space_of(genome), &space);
    if (status == HYT_OK) status = hyt_candidate_parse(space, genome, &candidate);
    if (status == HYT_OK) status = hyt_candidate_decode(candidate, input, classes, out);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
    return status;
}

static bool is_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file) fclose(file);
    return file || strchr(name, '/');
}

hyt_status open_network(const char *name, size_t input, size_t classes, hyt_graph **out)
{
    if (is_file(name)) return hyt_model_load(NULL, name, out);
    if (strchr(name, ':')) return build_genome(name, input, classes ? classes : 2, out);
    return hyt_graph_build(NULL, name, input, classes ? classes : 1000, out);
}
