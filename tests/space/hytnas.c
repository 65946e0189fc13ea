/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The preset "hytnas": its counts, its channels, what a surrogate sees, its networks. */
#include "graph/graph.h"
#include "space/spaces.h"

static void counts_are_exact(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    uint64_t high, low;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    assert_int_equal(hyt_space_genes(space), 23);
    MUST(hyt_space_genotypes(space, &high, &low));
    assert_true(high == 0 && low == UINT64_C(396718580736));
    MUST(hyt_space_count(space, &high, &low));
    assert_true(high == 0 && low == UINT64_C(379576419840));
    CHECK_STATUS(hyt_space_add_integer(space, "more", 0, 1, 1), HYT_ERR_STATE);
    hyt_space_destroy(space);
    space = NULL;
    CHECK_STATUS(hyt_space_preset(NULL, "mobilenas", &space), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"hytnas\"");
}

/* The wide space: 4 stems, 1152 layers five times, 4320 blocks three times; its networks can be built and counted. */
static void wide(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    uint64_t high, low;
    MUST(hyt_space_preset(NULL, "hytnas-wide", &space));
    assert_int_equal(hyt_space_genes(space), 36);
    MUST(hyt_space_count(space, &high, &low));
    assert_true(high == UINT64_C(35469405) && low == UINT64_C(2229281815548395520));
    for (uint64_t i = 0; i < 60; i++) {
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        MUST(hyt_candidate_sample(space, 5, i, &candidate));
        MUST(hyt_candidate_decode(candidate, i % 2 ? 96 : 64, 2, &graph));
        assert_true(hyt_graph_macs(graph) > 100000);
        hyt_graph_destroy(graph);
        hyt_candidate_destroy(candidate);
    }
    hyt_space_destroy(space);
}

/* METHOD.md's rule in whole numbers: twice the multipliers 2 3 4, halved at the end. */
static void channels_by_hand(const hyti_level genes[5], unsigned channels[5])
{
    static const unsigned widths[] = { 8, 16, 24, 32 }, doubled[] = { 2, 3, 4 }, caps[] = { 1000, 1000, 96, 128, 256 };
    unsigned value = widths[genes[0]], scale = 1;
    for (int k = 0; k < 5; k++) {
        if (k > 0) {
            value *= doubled[genes[k]];
            scale *= 2;
        }
        channels[k] = value / scale < caps[k] ? value / scale : caps[k];
    }
}

static void there_are_310_tuples(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    unsigned seen[324][5];
    size_t distinct = 0;
    for (size_t i = 0; i < 324; i++) {
        hyti_level row[23] = { 0 }, canonical[23];
        for (size_t g = 13, rest = i; g >= 9; g--) {
            row[g] = (hyti_level)(rest % hyt_space_gene_levels(space, g));
            rest /= hyt_space_gene_levels(space, g);
        }
        memcpy(canonical, row, sizeof row);
        hyti_space_canonicalise(space, canonical);
        unsigned channels[5], after[5];
        channels_by_hand(row + 9, channels);
        channels_by_hand(canonical + 9, after);
        assert_memory_equal(channels, after, sizeof channels);
        size_t before = 0;
        while (before < distinct && memcmp(seen[before], channels, sizeof channels) != 0) before++;
        bool leads = memcmp(row, canonical, sizeof row) == 0;
        assert_true(leads == (before == distinct)); /* lexicographic order: the first of its tuple is the smallest */
        if (leads) memcpy(seen[distinct++], channels, sizeof channels);
    }
    assert_int_equal(distinct, 310);
    hyt_space_destroy(space);
}

static void ranks_go_round(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyti_rank size;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyti_space_size(space, &size));
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        hyti_level row[23], next[23];
        hyti_rank rank = i < 2 ? (hyti_rank)i : hyti_rng_below(&rng, (uint64_t)size - 1);
        hyti_space_unrank(space, rank, row);
        assert_true(hyti_space_rank(space, row) == rank);
        hyti_space_unrank(space, rank + 1, next);
        size_t g = 0;
        while (row[g] == next[g]) g++;
        assert_true(g < 23 && row[g] < next[g]);
        memcpy(next, row, sizeof row);
        hyti_space_canonicalise(space, next);
        assert_memory_equal(row, next, sizeof row);
    }
    hyt_space_destroy(space);
}

/* Every level of every gene but the joint ones, and every channel tuple, equally often: 5 deviations are allowed. */
static void samples_are_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 62000 };
    static size_t seen[23][4], tuples[310];
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    for (uint64_t i = 0; i < DRAWS; i++) {
        hyti_level row[23];
        hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_SAMPLE, i);
        hyti_space_sample(space, &rng, row);
        for (size_t g = 0; g < 23; g++) seen[g][row[g]]++;
        tuples[hyti_joint_choice(space, space->genes[9].joint, row)]++;
    }
    for (size_t g = 0; g < 23; g++) {
        double share = 1 / (double)hyt_space_gene_levels(space, g), deviation = sqrt(DRAWS * share * (1 - share));
        for (size_t level = 0; (g < 9 || g > 13) && level < hyt_space_gene_levels(space, g); level++)
            CHECK_NEAR((double)seen[g][level], DRAWS * share, 5 * deviation);
    }
    for (size_t i = 0; i < 310; i++) CHECK_NEAR((double)tuples[i], DRAWS / 310., 5 * sqrt(DRAWS / 310.));
    hyt_space_destroy(space);
}

/* log2 of what gene g of a point comes to. */
static double decoded(const hyt_space *space, const hyti_level *row, size_t g)
{
    unsigned channels[5];
    channels_by_hand(row + 9, channels);
    if (g >= 9 && g <= 13) return log2(channels[g - 9]);
    double value = log2(hyt_space_gene_value(space, g, row[g]));
    return g >= 17 && g <= 19 ? value + floor(log2(channels[g - 15])) : value;
}

/* Each column is the decoded value shifted and scaled (by two points it is known everywhere), with mean 0 and
 * deviation 1. */
static void features_show_the_network(void **state)
{
    (void)state;
    enum { DRAWS = 40000 };
    double sum[23] = { 0 }, square[23] = { 0 }, low[23], high[23], features[23];
    hyti_level small[23] = { 0 }, large[23], row[23];
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    assert_int_equal(hyti_space_features(space), 23);
    for (size_t g = 0; g < 23; g++) large[g] = (hyti_level)hyt_space_gene_levels(space, g) - 1;
    hyti_space_encode(space, small, low);
    hyti_space_encode(space, large, high);
    for (uint64_t i = 0; i < DRAWS; i++) {
        hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_SAMPLE, i);
        hyti_space_sample(space, &rng, row);
        hyti_space_encode(space, row, features);
        for (size_t g = 0; g < 23; g++) {
            double place = (decoded(space, row, g) - decoded(space, small, g)) /
                           (decoded(space, large, g) - decoded(space, small, g));
            CHECK_NEAR((features[g] - low[g]) / (high[g] - low[g]), place, 1e-12);
            sum[g] += features[g] / DRAWS;
            square[g] += features[g] * features[g] / DRAWS;
        }
    }
    for (size_t g = 0; g < 23; g++) { /* 6 deviations of the mean of 40,000, and of their squares at a kurtosis of 4 */
        CHECK_NEAR(sum[g], 0, 0.03);
        CHECK_NEAR(square[g], 1, 0.052);
    }
    hyt_space_destroy(space);
}

static void neighbours_are_mutual(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    for (uint64_t i = 0; i < 200; i++) {
        hyti_level a[23], b[23], c[23];
        hyti_rng rng = hyti_rng_start(4, HYTI_PURPOSE_SAMPLE, i);
        hyti_space_sample(space, &rng, a);
        size_t count = hyti_space_neighbours(space, a);
        assert_true(count >= 18);
        for (size_t k = 0; k < count; k++) {
            assert_true(hyti_space_neighbour(space, a, k, b));
            bool back = false;
            for (size_t j = 0; !back && hyti_space_neighbour(space, b, j, c); j++) back = memcmp(a, c, sizeof a) == 0;
            assert_true(back);
        }
    }
    hyt_space_destroy(space);
}

/* Operations a candidate has of one kind, and the dims of the n-th. */
static size_t count_ops(const hyt_graph *graph, hyt_op op, size_t nth, hyt_dims *dims)
{
    size_t found = 0;
    for (size_t i = 0; i < hyt_graph_size(graph); i++) {
        if (hyt_graph_op(graph, (hyt_value)i) != op) continue;
        if (found++ == nth) MUST(hyt_graph_dims(graph, (hyt_value)i, dims));
    }
    return found;
}

/* 32 channels, multipliers 1.5 2 2 2: 32, 48, 96 (cap 96), 128 (192 capped), 256 (384 capped); widths 64, 128, 256. */
static void a_network_by_hand(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_graph *graph = NULL;
    hyt_dims dims = { 0 };
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_candidate_parse(space, "3:1:2:4:1:2:4:1:2:32:1.5:2:2:2:1:2:4:1:1.5:2:2:4:8", &candidate));
    CHECK_NEAR(hyt_candidate_value(candidate, 10), 1.5, 0);
    CHECK_STATUS(hyt_candidate_decode(candidate, 31, 2, &graph), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_candidate_decode(candidate, 64, 0, &graph), HYT_ERR_RANGE);
    assert_null(graph);
    MUST(hyt_candidate_decode(candidate, 224, 3, &graph));
    assert_int_equal(count_ops(graph, HYT_OP_ATTENTION, 0, &dims), 1 + 2 + 4);
    assert_int_equal(dims.size[3], 64);
    assert_int_equal(dims.size[1], 4);               /* positions in a patch of 2 x 2 */
    assert_int_equal(dims.size[2], 14 * 14);         /* layer 3 sees 28 x 28 */
    count_ops(graph, HYT_OP_ATTENTION, 1, &dims);
    assert_int_equal(dims.size[3], 128);
    assert_int_equal(dims.size[1], 16);
    count_ops(graph, HYT_OP_ATTENTION, 3, &dims);
    assert_int_equal(dims.size[3], 256);
    assert_int_equal(dims.size[1], 64);
    static const size_t heads[] = { 1, 2, 2, 4, 4, 4, 4 };
    for (size_t i = 0, next = 0; i < hyt_graph_size(graph); i++)
        if (graph->nodes[i].op == HYT_OP_ATTENTION) assert_int_equal(graph->nodes[i].heads, heads[next++]);
    /* Channels of every batch norm: stem; inverted residuals (expanded twice, out); of a MobileViT block three. */
    static const size_t norms[] = { 16, 16, 32, 64, 64, 48, 96, 96, 48, 96, 96, 48, 192, 192, 96, 96, 96, 96,
                                    96, 128, 128, 128, 128, 256, 256, 256, 256, 256, 256, 960 };
    assert_int_equal(count_ops(graph, HYT_OP_BATCH_NORM, 0, &dims), HYTI_COUNT(norms));
    for (size_t i = 0; i < HYTI_COUNT(norms); i++) {
        count_ops(graph, HYT_OP_BATCH_NORM, i, &dims);
        assert_int_equal(dims.size[1], norms[i]);
    }
    static const size_t channels[] = { 96, 128, 256 };
    assert_int_equal(count_ops(graph, HYT_OP_CONCAT, 0, &dims), 3);
    for (size_t k = 0; k < 3; k++) {
        count_ops(graph, HYT_OP_CONCAT, k, &dims);
        assert_int_equal(dims.size[1], 2 * channels[k]);
    }
    count_ops(graph, HYT_OP_GLOBAL_POOL, 0, &dims);
    assert_int_equal(dims.size[1], 960);             /* min(4 * 256, 960) */
    MUST(hyt_graph_dims(graph, hyt_graph_output(graph), &dims));
    assert_int_equal(dims.size[1], 3);
    /* FFN: 64, 1.5 * 128, 2 * 256; the third linear of a transformer layer (qkv, projection, then W1). */
    count_ops(graph, HYT_OP_LINEAR, 2, &dims);
    assert_int_equal(dims.size[3], 64);
    count_ops(graph, HYT_OP_LINEAR, 6, &dims);
    assert_int_equal(dims.size[3], 192);
    count_ops(graph, HYT_OP_LINEAR, 14, &dims);
    assert_int_equal(dims.size[3], 512);
    hyt_graph_destroy(graph);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
}

/* A width that is not whole is carried on: 8, 12, 18, 27, 40 (40.5). */
static void widths_are_carried_uncut(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_graph *graph = NULL;
    hyt_dims dims = { 0 };
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_candidate_parse(space, "1:1:1:1:1:1:1:1:1:8:1.5:1.5:1.5:1.5:1:1:1:1:1:1:2:2:2", &candidate));
    MUST(hyt_candidate_decode(candidate, 64, 2, &graph));
    static const size_t channels[] = { 18, 27, 40 }, widths[] = { 16, 16, 32 };
    for (size_t k = 0; k < 3; k++) {
        count_ops(graph, HYT_OP_CONCAT, k, &dims);
        assert_int_equal(dims.size[1], 2 * channels[k]);
        count_ops(graph, HYT_OP_ATTENTION, k, &dims);
        assert_int_equal(dims.size[3], widths[k]);
    }
    count_ops(graph, HYT_OP_GLOBAL_POOL, 0, &dims);
    assert_int_equal(dims.size[1], 160);
    hyt_graph_destroy(graph);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
}

static void every_candidate_decodes(void **state)
{
    (void)state;
    static const size_t inputs[] = { 32, 48, 64, 96, 224 };
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    for (uint64_t i = 0; i < 1000; i++) {
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        uint64_t parameters = 0;
        MUST(hyt_candidate_sample(space, 9, i, &candidate));
        for (size_t k = 0; k < HYTI_COUNT(inputs); k++) {
            MUST(hyt_candidate_decode(candidate, inputs[k], 2, &graph));
            assert_true(hyt_graph_macs(graph) > 0);
            if (k > 0) assert_int_equal(hyt_graph_parameters(graph), parameters);
            parameters = hyt_graph_parameters(graph);
            hyt_graph_destroy(graph);
        }
        hyt_candidate_destroy(candidate);
    }
    hyt_space_destroy(space);
}

static hyt_status build_preset(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_graph *graph = NULL;
    hyt_status status = hyt_space_preset(context, "hytnas", &space);
    if (status == HYT_OK) status = hyt_candidate_at(space, 0, 0, &candidate);
    if (status == HYT_OK) status = hyt_candidate_decode(candidate, 32, 2, &graph);
    hyt_graph_destroy(graph);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(build_preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide), cmocka_unit_test(counts_are_exact),
        cmocka_unit_test(there_are_310_tuples),
        cmocka_unit_test(ranks_go_round),
        cmocka_unit_test(samples_are_uniform),
        cmocka_unit_test(features_show_the_network),
        cmocka_unit_test(neighbours_are_mutual),
        cmocka_unit_test(a_network_by_hand),
        cmocka_unit_test(widths_are_carried_uncut),
        cmocka_unit_test(every_candidate_decodes),
        cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests_name("hytnas", tests, NULL, NULL);
}
