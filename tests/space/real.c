/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real genes: exact points of a fine grid, beside genes of few levels. */
#include "space/spaces.h"
#include <float.h>

#define LAST ((size_t)UINT32_MAX - 1)

/* operator decides whether rate (by logarithms) and shift count; width always counts. */
static hyt_status mixed_space(hyt_context *context, hyt_space **out)
{
    static const char *const words[] = { "sgd", "adam", "none" };
    hyt_space *space = NULL;
    hyt_status status = hyt_space_create(context, "mixed", &space);
    if (status != HYT_OK) return status;
    TRY_ADD(hyt_space_add_categorical(space, "operator", words, 3));
    TRY_ADD(hyt_space_add_real(space, "rate", 1e-5, 0.5, 1));
    TRY_ADD(hyt_space_add_integer(space, "width", 1, 3, 1));
    TRY_ADD(hyt_space_add_real(space, "shift", -2, 6, 0));
    TRY_ADD(hyt_space_add_real(space, "only", 0.3, 0.3, 0));
    TRY_ADD(hyt_space_add_condition(space, "rate", "operator", (const size_t[]){ 0, 1 }, 2));
    TRY_ADD(hyt_space_add_condition(space, "shift", "operator", (const size_t[]){ 1 }, 1));
    *out = space;
    return HYT_OK;
}

static const struct { double low, high; int log; } ranges[] = {
    { 0, 1, 0 },           { -1, 1, 0 },         { -5, -2, 0 },      { 1e6, 1e6 + 11, 0 }, { -1e300, 1e300, 0 },
    { 0, 1e-280, 0 },      { 0.1, 0.3, 0 },      { 1e-8, 1, 1 },     { 1, 1.00002, 1 },    { 1e-150, 1e150, 1 },
    { DBL_MIN, 1e-290, 1 }, { 1e-3, 1e300, 1 },  { 3, 7, 1 },        { 2.5, 1e3, 0 },
};

/* Rising, from end to end, and every value leads back to its level. */
static void levels_and_values_are_one(void **state)
{
    (void)state;
    for (size_t r = 0; r < HYTI_COUNT(ranges); r++) {
        hyt_space *space = NULL;
        size_t back = 0;
        MUST(hyt_space_create(NULL, "s", &space));
        MUST(hyt_space_add_real(space, "x", ranges[r].low, ranges[r].high, ranges[r].log));
        assert_int_equal(hyt_space_gene_levels(space, 0), LAST + 1);
        assert_int_equal(hyt_space_gene_is_log(space, 0), ranges[r].log);
        assert_true(hyt_space_gene_value(space, 0, 0) == ranges[r].low);
        assert_true(hyt_space_gene_value(space, 0, LAST) == ranges[r].high);
        assert_true(isnan(hyt_space_gene_value(space, 0, LAST + 1)));
        hyti_rng rng = hyti_rng_start(r, HYTI_PURPOSE_TEST, 0);
        for (size_t i = 0; i < 20000; i++) {
            size_t level = i < 10   ? i
                           : i < 20 ? LAST + 10 - i
                           : i < 30 ? LAST / 2 + i - 25
                                    : hyti_rng_below(&rng, LAST);
            double value = hyt_space_gene_value(space, 0, level);
            MUST(hyt_space_find_level(space, 0, value, &back));
            if (back != level) fail_msg("range %zu: level %zu is %.17g is level %zu", r, level, value, back);
            if (level < LAST && !(hyt_space_gene_value(space, 0, level + 1) > value))
                fail_msg("range %zu: level %zu is %.17g, the next %.17g", r, level, value,
                         hyt_space_gene_value(space, 0, level + 1));
        }
        hyt_space_destroy(space);
    }
}

/* Against the library's functions of the host: even in the value, or in its logarithm. */
static void grids_are_even(void **state)
{
    (void)state;
    for (size_t r = 0; r < HYTI_COUNT(ranges); r++) {
        hyt_space *space = NULL;
        MUST(hyt_space_create(NULL, "s", &space));
        MUST(hyt_space_add_real(space, "x", ranges[r].low, ranges[r].high, ranges[r].log));
        double low = ranges[r].low, high = ranges[r].high;
        for (double part = 0; part <= 1; part += 1.0 / 512) {
            double level = rint(part * (double)LAST), at = level / (double)LAST;
            double value = hyt_space_gene_value(space, 0, (size_t)level);
            if (ranges[r].log) {
                double expected = at * log(high) + (1 - at) * log(low);
                CHECK_NEAR(log(value), expected, 1e-15 * (1 + fabs(log(low)) + fabs(log(high))));
            } else CHECK_NEAR(value, low + at * (high - low), 1e-15 * fmax(fabs(low), fabs(high)));
        }
        hyt_space_destroy(space);
    }
}

static void the_middle_and_the_ends_are_exact(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    size_t level = 7;
    MUST(hyt_space_create(NULL, "s", &space));
    MUST(hyt_space_add_real(space, "x", -1, 3, 0));
    assert_true(hyt_space_gene_value(space, 0, LAST / 2) == 1);
    MUST(hyt_space_find_level(space, 0, 3 + 4e-10, &level)); /* less than half a level outside */
    assert_int_equal(level, LAST);
    CHECK_STATUS(hyt_space_find_level(space, 0, 3 + 6e-10, &level), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_find_level(space, 0, -1.1, &level), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_find_level(space, 0, NAN, &level), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_find_level(space, 0, INFINITY, &level), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_find_level(space, 1, 0, &level), HYT_ERR_RANGE);
    assert_int_equal(level, LAST);
    hyt_space_destroy(space);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct { double low, high; int log; } bad[] = {
        { 1, 0, 0 }, { NAN, 1, 0 }, { 0, INFINITY, 0 }, { -1e308, 1e308, 0 }, { 1, 1 + 1e-9, 0 }, { 0, 1e-300, 0 },
        { 0, 1, 1 }, { -1, 1, 1 },  { 1e-200, 1e200, 1 }, { 5e-324, 1, 1 },
    };
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "s", &space));
    for (size_t i = 0; i < HYTI_COUNT(bad); i++) {
        CHECK_STATUS(hyt_space_add_real(space, "rate", bad[i].low, bad[i].high, bad[i].log), HYT_ERR_RANGE);
        CHECK_MESSAGE("\"rate\"");
    }
    assert_int_equal(hyt_space_genes(space), 0);
    MUST(hyt_space_add_real(space, "x", 0, 1, 0));
    CHECK_STATUS(hyt_space_add_real(space, "x", 0, 1, 0), HYT_ERR_CONFLICT);
    MUST(hyt_space_add_integer(space, "n", 0, 1, 1));
    CHECK_STATUS(hyt_space_add_condition(space, "n", "x", (const size_t[]){ 0 }, 1), HYT_ERR_ARGUMENT);
    CHECK_MESSAGE("real");
    hyt_space_destroy(space);
}

static void values_make_candidates(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyt_candidate *a = NULL, *b = NULL, *none = NULL;
    char genome[128];
    MUST(mixed_space(NULL, &space));
    MUST(hyt_candidate_from_values(space, (const double[]){ 1, 0.1, 2, 0.1, 0.3 }, 5, &a));
    CHECK_NEAR(hyt_candidate_value(a, 1), 0.1, 1e-9);
    CHECK_NEAR(hyt_candidate_value(a, 3), 0.1, 1e-9);
    MUST(hyt_candidate_genome(a, genome, sizeof genome, NULL));
    MUST(hyt_candidate_parse(space, genome, &b));
    assert_true(hyt_candidate_equal(a, b));
    hyt_candidate_destroy(b);
    MUST(hyt_candidate_parse(space, "adam:0.1:2:.1:0.3", &b)); /* the nearest level */
    assert_true(hyt_candidate_equal(a, b));
    hyt_candidate_destroy(b);
    MUST(hyt_candidate_from_values(space, (const double[]){ 2, NAN, 2, 99 - 98, 0.3 }, 5, &b));
    assert_int_equal(hyt_candidate_active(b, 1), 0);
    MUST(hyt_candidate_parse(space, "none:-:2:-:0.3", &none));
    assert_true(hyt_candidate_equal(b, none));
    hyt_candidate_destroy(b);
    b = NULL;
    CHECK_STATUS(hyt_candidate_from_values(space, (const double[]){ 1, NAN, 2, 0, 0.3 }, 5, &b), HYT_ERR_RANGE);
    CHECK_MESSAGE("\"rate\"");
    CHECK_STATUS(hyt_candidate_from_values(space, (const double[]){ 1, 0.6, 2, 0, 0.3 }, 5, &b), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_candidate_from_values(space, (const double[]){ 1, 0.1, 2.5, 0, 0.3 }, 5, &b), HYT_ERR_RANGE);
    CHECK_MESSAGE("\"width\"");
    CHECK_STATUS(hyt_candidate_from_values(space, (const double[]){ 1, 0.1 }, 2, &b), HYT_ERR_SHAPE);
    assert_null(b);
    hyt_candidate_destroy(a);
    hyt_candidate_destroy(none);
    hyt_space_destroy(space);
}

/* Genomes, ranks and JSON all lead back to the same point. */
static void points_go_round(void **state)
{
    (void)state;
    hyt_space *space = NULL, *again = NULL;
    char *text = NULL, *second = NULL, genome[128], other[128];
    MUST(mixed_space(NULL, &space));
    MUST(hyt_space_to_json(space, &text));
    MUST(hyt_space_parse_json(NULL, text, strlen(text), &again));
    MUST(hyt_space_to_json(again, &second));
    assert_string_equal(text, second);
    size_t kinds[3] = { 0 };
    for (uint64_t i = 0; i < 3000; i++) {
        hyt_candidate *a = NULL, *b = NULL, *c = NULL;
        uint64_t high, low;
        MUST(hyt_candidate_sample(space, 1, i, &a));
        MUST(hyt_candidate_genome(a, genome, sizeof genome, NULL));
        MUST(hyt_candidate_parse(space, genome, &b));
        assert_true(hyt_candidate_equal(a, b));
        MUST(hyt_candidate_parse(again, genome, &c));
        MUST(hyt_candidate_genome(c, other, sizeof other, NULL));
        assert_string_equal(genome, other);
        hyt_candidate_destroy(b);
        MUST(hyt_candidate_index(a, &high, &low));
        MUST(hyt_candidate_at(space, high, low, &b));
        assert_true(hyt_candidate_equal(a, b));
        kinds[hyt_candidate_level(a, 0)]++;
        hyt_candidate_destroy(a);
        hyt_candidate_destroy(b);
        hyt_candidate_destroy(c);
    }
    for (size_t k = 0; k < 3; k++) assert_true(kinds[k] > 900 && kinds[k] < 1100); /* 1000 each, deviation 26 */
    hyt_text_destroy(text);
    hyt_text_destroy(second);
    hyt_space_destroy(space);
    hyt_space_destroy(again);
}

static void samples_fill_the_grid(void **state)
{
    (void)state;
    enum { DRAWS = 20000, BINS = 50 };
    hyt_space *space = NULL;
    size_t seen[BINS] = { 0 };
    MUST(hyt_space_create(NULL, "s", &space));
    MUST(hyt_space_add_real(space, "x", 1, 16, 1));
    for (uint64_t i = 0; i < DRAWS; i++) {
        hyt_candidate *a = NULL;
        MUST(hyt_candidate_sample(space, 8, i, &a));
        seen[(size_t)fmin(log2(hyt_candidate_value(a, 0)) / 4 * BINS, BINS - 1)]++;
        hyt_candidate_destroy(a);
    }
    double chi = 0, each = (double)DRAWS / BINS;
    for (size_t i = 0; i < BINS; i++) chi += ((double)seen[i] - each) * ((double)seen[i] - each) / each;
    assert_true(chi < 95); /* 49 degrees of freedom: above it once in 10,000 seeds, and the seed is fixed */
    hyt_space_destroy(space);
}

/* Finite, distinct, other points; both ends among them; back by the same step. */
static void neighbours_are_few_and_reach_the_ends(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "s", &space));
    MUST(hyt_space_add_real(space, "x", 0, 1, 0));
    MUST(hyt_space_add_real(space, "only", 2, 2, 1));
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < 500; i++) {
        size_t start = i == 0 ? 0 : i == 1 ? LAST : i < 20 ? (size_t)1 << i : hyti_rng_below(&rng, LAST);
        hyti_level from[2] = { (hyti_level)start };
        hyti_level to[2], other[2], back[2];
        size_t count = hyti_space_neighbours(space, from), ends = from[0] == 0 || from[0] == LAST, finest = LAST;
        assert_true(count >= 7 && count <= HYTI_REAL_STEPS);
        for (size_t k = 0; k < count; k++) {
            assert_true(hyti_space_neighbour(space, from, k, to));
            assert_true(to[0] <= LAST && to[0] != from[0] && to[1] == 0);
            for (size_t l = 0; l < k; l++) {
                assert_true(hyti_space_neighbour(space, from, l, other));
                assert_true(other[0] != to[0]);
            }
            bool end = to[0] == 0 || to[0] == LAST, mutual = end;
            ends += end;
            for (size_t l = 0; hyti_space_neighbour(space, to, l, back); l++) mutual |= back[0] == from[0];
            assert_true(mutual);
            if (!end) finest = HYTI_MIN(finest, (size_t)llabs((long long)to[0] - from[0]));
        }
        assert_int_equal(ends, 2);
        assert_true(finest <= 1 << 15);
        assert_false(hyti_space_neighbour(space, from, count, to));
    }
    hyt_space_destroy(space);
}

/* Mean 0, variance 1 over the uniform distribution, 0 where the gene is not active or never changes. */
static void features_are_standardised(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    hyt_space *space = NULL;
    double row[7], sum = 0, square = 0;
    size_t active = 0;
    MUST(mixed_space(NULL, &space));
    assert_int_equal(hyti_space_features(space), 3 + 4);
    hyti_rng rng = hyti_rng_start(5, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        hyti_level levels[5];
        hyti_space_sample(space, &rng, levels);
        hyti_space_encode(space, levels, row);
        CHECK_NEAR(row[6], 0, 0);
        if (levels[0] == 2) CHECK_NEAR(row[3], 0, 0);
        if (levels[0] != 1) CHECK_NEAR(row[5], 0, 0);
        if (levels[0] == 2) continue;
        double share = log(hyti_gene_value(&space->genes[1], levels[1]) / 1e-5) / log(0.5 / 1e-5);
        CHECK_NEAR(row[3], (share - 0.5) * sqrt(12), 1e-8);
        sum += row[3];
        square += row[3] * row[3];
        active++;
    }
    CHECK_NEAR(sum / (double)active, 0, 0.06);
    CHECK_NEAR(square / (double)active, 1, 0.06);
    hyt_space_destroy(space);
}

/* Ten real genes are beyond numbering; sampling, hashing and neighbours go on. */
static void many_real_genes_work(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    char name[16];
    uint64_t high = 5, low = 5;
    MUST(hyt_space_create(NULL, "s", &space));
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "x%d", i);
        MUST(hyt_space_add_real(space, name, 0, 1, 0));
    }
    MUST(hyt_space_count(space, &high, &low)); /* (2^32 - 1)^4 */
    assert_true(high == UINT64_C(0xfffffffc00000005) && low == UINT64_C(0xfffffffc00000001));
    for (int i = 4; i < 256; i++) {
        snprintf(name, sizeof name, "x%d", i);
        MUST(hyt_space_add_real(space, name, 0, 1, 0));
    }
    CHECK_STATUS(hyt_space_count(space, &high, &low), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_space_genotypes(space, &high, &low), HYT_ERR_RANGE);
    hyt_candidate *a = NULL, *b = NULL;
    MUST(hyt_candidate_sample(space, 1, 1, &a));
    CHECK_STATUS(hyt_candidate_index(a, &high, &low), HYT_ERR_RANGE);
    MUST(hyt_candidate_neighbour(a, hyt_candidate_neighbours(a) - 1, &b));
    assert_false(hyt_candidate_equal(a, b));
    assert_true(hyti_levels_hash(space, a->levels) != hyti_levels_hash(space, b->levels));
    hyt_candidate_destroy(a);
    hyt_candidate_destroy(b);
    hyt_space_destroy(space);
}

static void bad_files_are_named(void **state)
{
    (void)state;
#define REAL(rest) "{\"name\": \"s\", \"genes\": [{\"name\": \"a\", \"kind\": \"real\", " rest "}]}"
    static const struct { const char *text, *says; } bad[] = {
        { REAL("\"low\": 0"), "\"high\" is missing" },
        { REAL("\"low\": 1, \"high\": 0"), "genes[0]: gene \"a\"" },
        { REAL("\"low\": 0, \"high\": 1, \"scale\": \"log\""), "above 0" },
        { REAL("\"low\": 0, \"high\": 1, \"scale\": \"logg\""), "\"logg\"" },
        { REAL("\"low\": 0, \"high\": 1, \"scale\": 1"), "scale" },
        { REAL("\"low\": 0, \"high\": \"1\""), "high" },
        { REAL("\"low\": 0, \"high\": 1, \"log\": 1"), "\"log\"" },
    };
    hyt_space *space = NULL;
    for (size_t i = 0; i < HYTI_COUNT(bad); i++) {
        CHECK_STATUS(hyt_space_parse_json(NULL, bad[i].text, strlen(bad[i].text), &space), HYT_ERR_FORMAT);
        CHECK_MESSAGE(bad[i].says);
        assert_null(space);
    }
    static const char good[] = REAL("\"low\": 0.5, \"high\": 1");
    MUST(hyt_space_parse_json(NULL, good, strlen(good), &space));
    assert_int_equal(hyt_space_gene_is_log(space, 0), 0);
    hyt_space_destroy(space);
}

static hyt_status use_all(hyt_context *context)
{
    hyt_space *space = NULL, *again = NULL;
    hyt_candidate *a = NULL, *b = NULL;
    char *text = NULL;
    hyt_status status = mixed_space(context, &space);
    if (status == HYT_OK) status = hyt_space_to_json(space, &text);
    if (status == HYT_OK) status = hyt_space_parse_json(context, text, strlen(text), &again);
    if (status == HYT_OK) status = hyt_candidate_from_values(again, (const double[]){ 1, 0.1, 2, 0.1, 0.3 }, 5, &a);
    if (status == HYT_OK) status = hyt_candidate_neighbour(a, 3, &b);
    hyt_candidate_destroy(a);
    hyt_candidate_destroy(b);
    hyt_text_destroy(text);
    hyt_space_destroy(space);
    hyt_space_destroy(again);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(use_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_and_values_are_one), cmocka_unit_test(grids_are_even),
        cmocka_unit_test(the_middle_and_the_ends_are_exact), cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(values_make_candidates), cmocka_unit_test(points_go_round),
        cmocka_unit_test(samples_fill_the_grid), cmocka_unit_test(neighbours_are_few_and_reach_the_ends),
        cmocka_unit_test(features_are_standardised), cmocka_unit_test(many_real_genes_work),
        cmocka_unit_test(bad_files_are_named), cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
