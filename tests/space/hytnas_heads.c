/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The presets of detectors and segmentation networks: the genes of "hytnas" first, then those of the head. */
#include "graph/graph.h"
#include "space/spaces.h"

#define BACKBONE UINT64_C(379576419840) /* candidates of "hytnas" */

static void count_is(hyt_space *space, uint64_t heads)
{
    uint64_t high, low;
    MUST(hyt_space_count(space, &high, &low));
    assert_true(high == 0 && low == BACKBONE * heads);
}

static hyt_space *preset(const char *name, uint64_t heads)
{
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, name, &space));
    assert_string_equal(hyt_space_gene_name(space, 22), "l5_patch");
    count_is(space, heads);
    return space;
}

static hyt_graph *sampled(hyt_space *space, uint64_t index, size_t classes)
{
    hyt_candidate *candidate = NULL;
    hyt_graph *graph = NULL;
    MUST(hyt_candidate_sample(space, 9, index, &candidate));
    MUST(hyt_candidate_decode(candidate, 96, classes, &graph));
    hyt_candidate_destroy(candidate);
    return graph;
}

/* One, two or three maps of 96x96: 9, 45 or 189 places. Of one map there is no pyramid. */
static void detect(void **state)
{
    (void)state;
    hyt_space *space = preset("hytnas-detect", 18 * (1 + 2 + 2));
    bool seen[3] = { false };
    for (uint64_t i = 0; i < 30; i++) {
        hyt_dims dims;
        hyt_graph *graph = sampled(space, i, 3);
        MUST(hyt_graph_dims(graph, hyt_graph_output(graph), &dims));
        assert_int_equal(dims.size[3], 7);
        assert_true(dims.size[2] == 9 || dims.size[2] == 45 || dims.size[2] == 189);
        seen[dims.size[2] == 9 ? 0 : dims.size[2] == 45 ? 1 : 2] = true;
        hyt_graph_destroy(graph);
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    hyt_space_destroy(space);
}

static void detr(void **state)
{
    (void)state;
    hyt_space *space = preset("hytnas-detr", 5 * 2 * 3 * 2 * 4);
    for (uint64_t i = 0; i < 20; i++) {
        hyt_dims dims;
        hyt_graph *graph = sampled(space, i, 2);
        MUST(hyt_graph_dims(graph, hyt_graph_output(graph), &dims));
        assert_int_equal(dims.rank, 3);
        assert_true(dims.size[1] >= 5 && dims.size[1] <= 30);
        assert_int_equal(dims.size[2], 4 + 2 + 1);
        hyt_graph_destroy(graph);
    }
    hyt_space_destroy(space);
}

static void segment(void **state)
{
    (void)state;
    hyt_space *space = preset("hytnas-segment", 2 * 5 * 2);
    for (uint64_t i = 0; i < 20; i++) {
        hyt_dims dims;
        hyt_graph *graph = sampled(space, i, 2);
        MUST(hyt_graph_dims(graph, hyt_graph_output(graph), &dims));
        assert_int_equal(dims.size[1], 2);
        assert_true(dims.size[2] == 24 || dims.size[2] == 12);
        hyt_graph_destroy(graph);
    }
    hyt_space_destroy(space);
}

/* Head genes do not change what a surrogate sees of the backbone. */
static void backbone_is_seen_alike(void **state)
{
    (void)state;
    hyt_space *plain = NULL, *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &plain));
    MUST(hyt_space_preset(NULL, "hytnas-segment", &space));
    assert_int_equal(hyti_space_features(space), hyti_space_features(plain) + 3);
    for (uint64_t i = 0; i < 20; i++) {
        double few[26], many[26];
        hyti_level levels[26] = { 0 };
        hyt_candidate *one = NULL;
        MUST(hyt_candidate_sample(plain, 4, i, &one));
        for (size_t g = 0; g < 23; g++) levels[g] = one->levels[g];
        hyti_space_encode(plain, levels, few);
        hyti_space_encode(space, levels, many);
        assert_memory_equal(few, many, hyti_space_features(plain) * sizeof *few);
        hyt_candidate_destroy(one);
    }
    hyt_space_destroy(plain);
    hyt_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(detect), cmocka_unit_test(detr), cmocka_unit_test(segment),
                                        cmocka_unit_test(backbone_is_seen_alike) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
