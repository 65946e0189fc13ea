/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "networks.h"
#include <string.h>

static hyt_status build_genome(const char *genome, size_t input, size_t classes, hyt_graph **out)
{
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_status status = hyt_space_preset(NULL, "hytnas", &space);
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
