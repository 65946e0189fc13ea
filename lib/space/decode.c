/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a point to its network. */
#include "space/parts.h"

#define MIN_INPUT 32

static hyt_status decode_into(const hyt_candidate *candidate, size_t input, size_t classes, hyt_graph **graph)
{
    const hyt_space *space = candidate->space;
    HYTI_TRY(hyt_graph_create(space->context, space->name, graph));
    return space->preset->decode(space, candidate->levels, input, classes, *graph);
}

hyt_status hyt_candidate_decode(const hyt_candidate *candidate, size_t input, size_t classes, hyt_graph **out)
{
    HYTI_NEED(candidate);
    HYTI_NEED(out);
    if (!candidate->space->preset)
        return hyti_fail(HYT_ERR_UNSUPPORTED, "space \"%s\" has no networks: its candidates are values alone",
                         candidate->space->name);
    if (input < MIN_INPUT)
        return hyti_fail(HYT_ERR_RANGE, "an input of %zu pixels is below the least, %d", input, MIN_INPUT);
    if (classes == 0) return hyti_fail(HYT_ERR_RANGE, "a network needs at least one class");
    hyt_graph *graph = NULL;
    hyt_status status = decode_into(candidate, input, classes, &graph);
    if (status != HYT_OK) {
        hyt_graph_destroy(graph);
        return status;
    }
    *out = graph;
    return HYT_OK;
}
