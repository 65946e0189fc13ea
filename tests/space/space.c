/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spaces as sets: canonical form, counts, ranks, samples and neighbours agree with each other and with enumeration. */
#include "space/spaces.h"

typedef hyt_status (*make_fn)(hyt_context *context, hyt_space **out);
static const make_fn makers[] = { tree_space, joint_space };
static const size_t points[] = { TREE_POINTS, JOINT_POINTS };

static bool same(const hyt_space *space, const hyti_level *a, const hyti_level *b)
{
    return memcmp(a, b, hyt_space_genes(space) * sizeof *a) == 0;
}

static void every_genotype_is_one_point(void **state)
{
    (void)state;
    for (size_t m = 0; m < HYTI_COUNT(makers); m++) {
        hyt_space *space = NULL;
        hyti_rank size;
        MUST(makers[m](NULL, &space));
        MUST(hyti_space_size(space, &size));
        assert_int_equal(size, points[m]);
        size_t seen[200] = { 0 };
        hyti_level genotype[8] = { 0 }, canonical[8], again[8];
        do {
            memcpy(canonical, genotype, sizeof canonical);
            hyti_space_canonicalise(space, canonical);
            memcpy(again, canonical, sizeof again);
            hyti_space_canonicalise(space, again);
            assert_true(same(space, canonical, again));
            hyti_rank rank = hyti_space_rank(space, canonical);
            assert_true(rank < size);
            hyti_space_unrank(space, rank, again);
            assert_true(same(space, canonical, again));
            seen[rank]++;
        } while (next_genotype(space, genotype));
        for (size_t i = 0; i < size; i++) assert_true(seen[i] > 0);
        hyt_space_destroy(space);
    }
}

/* Of the joint space every gene is followed at once by those that depend on it. */
static void order_is_lexicographic(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(joint_space(NULL, &space));
    hyti_level before[8], after[8];
    for (size_t rank = 1; rank < JOINT_POINTS; rank++) {
        hyti_space_unrank(space, rank - 1, before);
        hyti_space_unrank(space, rank, after);
        size_t i = 0;
        while (before[i] == after[i]) i++;
        assert_true(i < 4 && before[i] < after[i]);
    }
    hyt_space_destroy(space);
}

/* The canonical combination is the smallest of those that are the same. */
static void smallest_stands_for_all(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(joint_space(NULL, &space));
    hyti_level genotype[4] = { 0 }, canonical[4];
    do {
        memcpy(canonical, genotype, sizeof canonical);
        hyti_space_canonicalise(space, canonical);
        if (genotype[0] == 0) {
            assert_true(canonical[1] == 0 && canonical[2] == 0);
            continue;
        }
        assert_int_equal(product_key(genotype + 1), product_key(canonical + 1));
        assert_true(canonical[1] <= genotype[1]);
        for (hyti_level left = 0; left < canonical[1]; left++)
            assert_true(product_key(canonical + 1) % (left + 1) != 0 || product_key(canonical + 1) / (left + 1) > 4);
    } while (next_genotype(space, genotype));
    hyt_space_destroy(space);
}

/* Chi-square with at most 70 degrees of freedom: above 120 once in 5,000 seeds, and the seed is fixed. */
static void samples_are_uniform(void **state)
{
    (void)state;
    for (size_t m = 0; m < HYTI_COUNT(makers); m++) {
        enum { EACH = 400 };
        hyt_space *space = NULL;
        MUST(makers[m](NULL, &space));
        size_t seen[200] = { 0 };
        for (size_t i = 0; i < EACH * points[m]; i++) {
            hyt_candidate *candidate = NULL;
            uint64_t high, low;
            MUST(hyt_candidate_sample(space, 5, i, &candidate));
            MUST(hyt_candidate_index(candidate, &high, &low));
            seen[low]++;
            hyt_candidate_destroy(candidate);
        }
        double chi = 0;
        for (size_t i = 0; i < points[m]; i++) chi += ((double)seen[i] - EACH) * ((double)seen[i] - EACH) / EACH;
        if (chi > 120) fail_msg("space %zu: chi-square %.1f of %zu points", m, chi, points[m]);
        hyt_space_destroy(space);
    }
}

static bool is_neighbour(const hyt_space *space, const hyti_level *of, const hyti_level *wanted)
{
    hyti_level other[8];
    for (size_t i = 0; hyti_space_neighbour(space, of, i, other); i++)
        if (same(space, other, wanted)) return true;
    return false;
}

/* One step back from b, genes that are not active in b at level 0: what a looks like from there. */
static void forget(const hyt_space *space, const hyti_level *a, const hyti_level *b, hyti_level *out)
{
    memcpy(out, a, hyt_space_genes(space) * sizeof *out);
    for (size_t i = 0; i < hyt_space_genes(space); i++)
        if (!hyti_space_active(space, b, i)) out[i] = 0;
    hyti_space_canonicalise(space, out);
}

static void neighbours_are_mutual(void **state)
{
    (void)state;
    for (size_t m = 0; m < HYTI_COUNT(makers); m++) {
        hyt_space *space = NULL;
        MUST(makers[m](NULL, &space));
        for (size_t rank = 0; rank < points[m]; rank++) {
            hyti_level a[8], b[8], c[8], back[8];
            hyti_space_unrank(space, rank, a);
            size_t count = hyti_space_neighbours(space, a);
            for (size_t i = 0; i < count; i++) {
                assert_true(hyti_space_neighbour(space, a, i, b));
                assert_false(same(space, a, b));
                for (size_t j = 0; j < i; j++) {
                    assert_true(hyti_space_neighbour(space, a, j, c));
                    assert_false(same(space, b, c));
                }
                forget(space, a, b, back);
                assert_true(is_neighbour(space, b, back));
            }
            assert_false(hyti_space_neighbour(space, a, count, b));
        }
        hyt_space_destroy(space);
    }
}

/* By their definition, from every genotype that is the same point: one gene, one step. */
static void neighbours_are_all(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(joint_space(NULL, &space));
    hyti_level genotype[4] = { 0 }, a[4], b[4];
    do {
        memcpy(a, genotype, sizeof a);
        hyti_space_canonicalise(space, a);
        for (size_t g = 0; g < 4; g++) {
            if (!hyti_space_active(space, a, g)) continue;
            for (size_t level = 0; level < hyt_space_gene_levels(space, g); level++) {
                bool category = hyt_space_gene_kind(space, g) == HYT_GENE_CATEGORICAL;
                if (!category && level + 1 != genotype[g] && level != genotype[g] + 1) continue;
                memcpy(b, genotype, sizeof b);
                for (size_t i = 0; i < 4; i++)
                    if (!hyti_space_active(space, a, i)) b[i] = 0;
                b[3] = a[3];
                b[g] = (hyti_level)level;
                hyti_space_canonicalise(space, b);
                assert_true(same(space, a, b) || is_neighbour(space, a, b));
            }
        }
    } while (next_genotype(space, genotype));
    hyt_space_destroy(space);
}

static void columns_say_what_features_are(void **state)
{
    (void)state;
    static const int expected[9] = { 7, 7, 7, 1, 1, 1, 1, 8, 8 };
    hyt_space *space = NULL;
    int columns[9];
    MUST(tree_space(NULL, &space));
    hyti_space_columns(space, 1, 2, 7, columns);
    assert_memory_equal(columns, expected, sizeof expected);
    hyt_space_destroy(space);
    MUST(hyt_space_create(NULL, "real", &space));
    MUST(hyt_space_add_real(space, "rate", 0.1, 1, false));
    hyti_space_columns(space, 1, 2, 7, columns);
    assert_int_equal(columns[0], 2);
    hyt_space_destroy(space);
}

static void features_are_standardised(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(tree_space(NULL, &space));
    assert_int_equal(hyti_space_features(space), 3 + 1 + 1 + 1 + 1 + 2);
    double row[9], other[9];
    hyti_level vit[6] = { 1, 0, 0, 1, 0, 0 }, conv[6] = { 0, 2, 0, 0, 0, 1 };
    hyti_space_encode(space, vit, row);
    hyti_space_encode(space, conv, other);
    CHECK_NEAR(row[1], sqrt(2), 1e-12);               /* one of three categories */
    CHECK_NEAR(row[0], -sqrt(0.5), 1e-12);
    CHECK_NEAR(row[5], 0, 1e-12);                     /* heads 2 of 1 2 4: the middle of the logarithms */
    CHECK_NEAR(row[6], -sqrt(1.5), 1e-12);            /* dim 0.5 of 0.5 1 2 */
    CHECK_NEAR(row[4], 0, 1e-12);                     /* no kernel: the middle */
    CHECK_NEAR(other[4], -1, 1e-12);
    double logs[3] = { 1, 2, log2(6) }, mean = (3 + log2(6)) / 3, square = 0;
    for (int i = 0; i < 3; i++) square += (logs[i] - mean) * (logs[i] - mean) / 3;
    CHECK_NEAR(other[3], (logs[2] - mean) / sqrt(square), 1e-12);
    hyti_level skip[6] = { 2, 0, 0, 0, 0, 0 };
    hyti_space_encode(space, skip, row);
    CHECK_NEAR(row[7], -1, 1e-12);                    /* no norm: neither of the two */
    CHECK_NEAR(row[8], -1, 1e-12);
    hyt_space_destroy(space);
}

/* 200 genes of 4096 levels, half of them behind a switch: 2^1212 points and more. */
static void spaces_beyond_counting_work(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "huge", &space));
    MUST(hyt_space_add_integer(space, "switch", 0, 1, 1));
    char name[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "g%d", i);
        MUST(hyt_space_add_integer(space, name, 1, 4096, 1));
        if (i % 2) MUST(hyt_space_add_condition(space, name, "switch", (const size_t[]){ 1 }, 1));
    }
    uint64_t high = 7, low = 7;
    CHECK_STATUS(hyt_space_count(space, &high, &low), HYT_ERR_RANGE);
    CHECK_MESSAGE("2^128 points or more");
    CHECK_STATUS(hyt_space_genotypes(space, &high, &low), HYT_ERR_RANGE);
    assert_true(high == 7 && low == 7);
    hyt_candidate *candidate = NULL;
    CHECK_STATUS(hyt_candidate_at(space, 0, 0, &candidate), HYT_ERR_RANGE);
    for (uint64_t i = 0; i < 50; i++) { /* all but one in 2^1200 of the points have the switch on */
        MUST(hyt_candidate_sample(space, 1, i, &candidate));
        assert_int_equal(hyt_candidate_level(candidate, 0), 1);
        CHECK_STATUS(hyt_candidate_index(candidate, &high, &low), HYT_ERR_RANGE);
        hyt_candidate_destroy(candidate);
    }
    hyt_space_destroy(space);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    const char *const words[] = { "a", "b", "a" };
    const double values[] = { 1, 3, 2, INFINITY };
    uint64_t high, low;
    size_t gene = 99;
    CHECK_STATUS(hyt_space_create(NULL, "", &space), HYT_ERR_ARGUMENT);
    MUST(hyt_space_create(NULL, "s", &space));
    CHECK_STATUS(hyt_space_count(space, &high, &low), HYT_ERR_STATE);
    CHECK_STATUS(hyt_space_find_gene(space, "x", &gene), HYT_ERR_NOT_FOUND);
    MUST(hyt_space_add_integer(space, "depth", 0, 3, 1));
    CHECK_STATUS(hyt_space_add_integer(space, "depth", 0, 3, 1), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_space_add_integer(space, "a b", 0, 3, 1), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_space_add_integer(space, "-", 0, 3, 1), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_space_add_integer(space, "x", 3, 0, 1), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_integer(space, "x", 0, 3, 0), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_integer(space, "x", 0, 3, 2), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_integer(space, "x", 0, 4096, 1), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_integer(space, "x", INT64_MIN, INT64_MAX, 1), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_ordinal(space, "x", values, 0), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_ordinal(space, "x", values, 3), HYT_ERR_RANGE);
    CHECK_MESSAGE("value 2 is 2");
    CHECK_STATUS(hyt_space_add_ordinal(space, "x", values + 3, 1), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_add_categorical(space, "x", words, 3), HYT_ERR_CONFLICT);
    CHECK_STATUS(hyt_space_add_categorical(space, "x", NULL, 3), HYT_ERR_ARGUMENT);
    assert_int_equal(hyt_space_genes(space), 1);
    MUST(hyt_space_add_categorical(space, "x", words, 2));
    const size_t levels[] = { 3, 4, 3 };
    CHECK_STATUS(hyt_space_add_condition(space, "x", "deptj", levels, 1), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"depth\"");
    CHECK_STATUS(hyt_space_add_condition(space, "depth", "x", levels, 1), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_space_add_condition(space, "x", "x", levels, 1), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_space_add_condition(space, "x", "depth", levels, 0), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_space_add_condition(space, "x", "depth", levels, 2), HYT_ERR_RANGE);
    CHECK_MESSAGE("level 4");
    CHECK_STATUS(hyt_space_add_condition(space, "x", "depth", (const size_t[]){ 3, 3 }, 2), HYT_ERR_CONFLICT);
    MUST(hyt_space_count(space, &high, &low));
    assert_int_equal(low, 8);
    MUST(hyt_space_add_condition(space, "x", "depth", levels, 1));
    CHECK_STATUS(hyt_space_add_condition(space, "x", "depth", levels, 1), HYT_ERR_CONFLICT);
    MUST(hyt_space_count(space, &high, &low));
    assert_int_equal(low, 5);
    hyt_candidate *candidate = NULL;
    MUST(hyt_candidate_at(space, 0, 0, &candidate));
    CHECK_STATUS(hyt_space_add_integer(space, "late", 0, 1, 1), HYT_ERR_STATE);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
}

static void accessors_are_bounded(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(tree_space(NULL, &space));
    assert_string_equal(hyt_space_name(space), "tree");
    assert_string_equal(hyt_space_gene_name(space, 2), "kernel");
    assert_string_equal(hyt_space_gene_label(space, 0, 2), "skip");
    assert_null(hyt_space_gene_label(space, 1, 0));
    assert_null(hyt_space_gene_label(space, 0, 3));
    assert_null(hyt_space_gene_name(space, 6));
    assert_int_equal(hyt_space_gene_levels(space, 6), 0);
    CHECK_NEAR(hyt_space_gene_value(space, 1, 2), 6, 0);
    CHECK_NEAR(hyt_space_gene_value(space, 0, 2), 2, 0);
    assert_true(isnan(hyt_space_gene_value(space, 1, 3)));
    hyt_space_destroy(space);
}

static hyt_status build_all(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_status status = tree_space(context, &space);
    hyt_space_destroy(space);
    space = NULL;
    if (status == HYT_OK) status = joint_space(context, &space);
    hyt_space_destroy(space);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(build_all);
}

/* The gene or condition that could not be added is not there, and the space goes on. */
static void failed_additions_change_nothing(void **state)
{
    (void)state;
    const char *const words[] = { "a", "b" };
    for (size_t later = 1; later < 30; later++) {
        test_heap heap = { 0 };
        heap.heap = (hyt_heap){ &heap, test_heap_allocate, test_heap_release };
        hyt_context *context = NULL;
        hyt_space *space = NULL;
        uint64_t high, low;
        MUST(hyt_context_create(&heap.heap, NULL, &context));
        MUST(hyt_space_create(context, "s", &space));
        MUST(hyt_space_add_integer(space, "a", 0, 2, 1));
        heap.fail_at = heap.calls + later;
        bool added = hyt_space_add_categorical(space, "b", words, 2) == HYT_OK;
        bool hangs = added && hyt_space_add_condition(space, "b", "a", (const size_t[]){ 0 }, 1) == HYT_OK;
        heap.fail_at = 0;
        MUST(hyt_space_count(space, &high, &low));
        assert_int_equal(low, !added ? 3 : hangs ? 4 : 6);
        hyt_space_destroy(space);
        hyt_context_destroy(context);
        assert_int_equal(heap.live, 0);
        if (later == 1) assert_false(added);
        if (later == 29) assert_true(hangs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_genotype_is_one_point), cmocka_unit_test(order_is_lexicographic),
        cmocka_unit_test(smallest_stands_for_all),     cmocka_unit_test(samples_are_uniform),
        cmocka_unit_test(neighbours_are_mutual),       cmocka_unit_test(neighbours_are_all),
        cmocka_unit_test(columns_say_what_features_are),
        cmocka_unit_test(features_are_standardised),   cmocka_unit_test(spaces_beyond_counting_work),
        cmocka_unit_test(mistakes_are_named),          cmocka_unit_test(accessors_are_bounded),
        cmocka_unit_test(running_out_of_memory_leaves_nothing), cmocka_unit_test(failed_additions_change_nothing),
    };
    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
