/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates, their genomes, and trials. */
#include "space/spaces.h"

static void genomes_go_round(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(tree_space(NULL, &space));
    for (uint64_t i = 0; i < TREE_POINTS; i++) {
        hyt_candidate *a = NULL, *b = NULL;
        char text[64];
        size_t length = 0, needed = 0;
        MUST(hyt_candidate_at(space, 0, i, &a));
        MUST(hyt_candidate_genome(a, text, sizeof text, &length));
        assert_int_equal(length, strlen(text));
        MUST(hyt_candidate_parse(space, text, &b));
        assert_true(hyt_candidate_equal(a, b));
        strcpy(text, "kept");
        CHECK_STATUS(hyt_candidate_genome(a, text, length, &needed), HYT_ERR_RANGE);
        assert_int_equal(needed, length);
        assert_string_equal(text, "kept");
        CHECK_STATUS(hyt_candidate_genome(a, NULL, 0, NULL), HYT_ERR_RANGE);
        hyt_candidate_destroy(a);
        hyt_candidate_destroy(b);
    }
    hyt_space_destroy(space);
}

static void genomes_are_read_with_care(void **state)
{
    (void)state;
    static const struct { const char *genome; hyt_status status; const char *says; } bad[] = {
        { "", HYT_ERR_RANGE, "operator" },
        { "vit:2:-:2:1", HYT_ERR_SHAPE, "5 values" },
        { "vit:2:-:2:1:batch:", HYT_ERR_SHAPE, "more values" },
        { "vit:3:-:2:1:batch", HYT_ERR_RANGE, "\"depth\" has no value \"3\"" },
        { "vit:2:-:2:0x1:batch", HYT_ERR_RANGE, "0x1" },
        { "vit:2:-:nan:1:batch", HYT_ERR_RANGE, "nan" },
        { "vit:2:-:2 :1:batch", HYT_ERR_RANGE, "\"heads\"" },
        { "vit:2:-::1:batch", HYT_ERR_RANGE, "\"heads\"" },
        { "vit:2:-:2:1:bat", HYT_ERR_RANGE, "bat" },
        { "vit:2:-:-:1:batch", HYT_ERR_RANGE, "\"heads\" counts here" },
        { "vit:2:-:2:00000000000000000000000000000000000000000000000000000000000000000001:batch", HYT_ERR_RANGE,
          "\"dim\"" },
    };
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL, *other = NULL;
    MUST(tree_space(NULL, &space));
    for (size_t i = 0; i < HYTI_COUNT(bad); i++) {
        CHECK_STATUS(hyt_candidate_parse(space, bad[i].genome, &candidate), bad[i].status);
        CHECK_MESSAGE(bad[i].says);
        assert_null(candidate);
    }
    MUST(hyt_candidate_parse(space, "vit:2:3:2:1.0:batch", &candidate));   /* a value where none counts is let be */
    MUST(hyt_candidate_parse(space, "vit:2.0:-:2e0:1:batch", &other));
    assert_true(hyt_candidate_equal(candidate, other));
    hyt_candidate_destroy(candidate);
    hyt_candidate_destroy(other);
    hyt_space_destroy(space);
}

static void levels_are_checked_and_made_canonical(void **state)
{
    (void)state;
    hyt_space *space = NULL, *twin = NULL;
    hyt_candidate *a = NULL, *b = NULL, *c = NULL, *copy = NULL;
    MUST(tree_space(NULL, &space));
    MUST(tree_space(NULL, &twin));
    CHECK_STATUS(hyt_candidate_create(space, (const size_t[]){ 0, 0, 0 }, 3, &a), HYT_ERR_SHAPE);
    CHECK_STATUS(hyt_candidate_create(space, (const size_t[]){ 0, 3, 0, 0, 0, 0 }, 6, &a), HYT_ERR_RANGE);
    CHECK_MESSAGE("\"depth\"");
    MUST(hyt_space_add_integer(space, "still-open", 0, 0, 1));
    MUST(hyt_candidate_create(space, (const size_t[]){ 2, 1, 1, 2, 2, 1, 0 }, 7, &a));
    MUST(hyt_candidate_create(space, (const size_t[]){ 2, 1, 0, 1, 0, 0, 0 }, 7, &b));
    MUST(hyt_candidate_parse(twin, "skip:4:-:-:-:-", &c));
    assert_true(hyt_candidate_equal(a, b));
    assert_false(hyt_candidate_equal(a, c));
    assert_int_equal(hyt_candidate_level(a, 2), 0);
    assert_int_equal(hyt_candidate_active(a, 2), 0);
    assert_int_equal(hyt_candidate_active(a, 1), 1);
    assert_int_equal(hyt_candidate_active(a, 7), 0);
    CHECK_NEAR(hyt_candidate_value(a, 1), 4, 0);
    assert_true(isnan(hyt_candidate_value(a, 7)));
    MUST(hyt_candidate_copy(a, &copy));
    hyt_candidate_destroy(a);
    hyt_space_destroy(space); /* kept by its candidates */
    assert_true(hyt_candidate_equal(copy, b));
    hyt_graph *graph = NULL;
    CHECK_STATUS(hyt_candidate_decode(copy, 64, 2, &graph), HYT_ERR_UNSUPPORTED);
    hyt_candidate_destroy(copy);
    hyt_candidate_destroy(b);
    hyt_candidate_destroy(c);
    hyt_space_destroy(twin);
    hyt_candidate_destroy(NULL);
    hyt_space_destroy(NULL);
}

static void neighbours_end(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL, *other = NULL;
    MUST(tree_space(NULL, &space));
    MUST(hyt_candidate_parse(space, "vit:4:-:1:-:layer", &candidate));
    assert_int_equal(hyt_candidate_neighbours(candidate), 2 + 2 + 1 + 1);
    for (size_t i = 0; i < 6; i++) {
        MUST(hyt_candidate_neighbour(candidate, i, &other));
        assert_false(hyt_candidate_equal(candidate, other));
        hyt_candidate_destroy(other);
    }
    CHECK_STATUS(hyt_candidate_neighbour(candidate, 6, &other), HYT_ERR_NOT_FOUND);
    CHECK_STATUS(hyt_candidate_at(space, 0, TREE_POINTS, &other), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_candidate_at(space, 1, 0, &other), HYT_ERR_RANGE);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
}

/* Draws depend on seed and index alone, and hashes tell points apart. */
static void draws_repeat(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    enum { DRAWS = 1000 };
    uint64_t hashes[DRAWS];
    for (uint64_t i = 0; i < DRAWS; i++) {
        hyt_candidate *a = NULL, *b = NULL, *other = NULL;
        MUST(hyt_candidate_sample(space, 3, i, &a));
        MUST(hyt_candidate_sample(space, 3, i, &b));
        MUST(hyt_candidate_sample(space, 4, i, &other));
        assert_true(hyt_candidate_equal(a, b));
        assert_false(hyt_candidate_equal(a, other));
        hashes[i] = hyti_levels_hash(space, a->levels);
        assert_int_equal(hashes[i], hyti_levels_hash(space, b->levels));
        for (uint64_t j = 0; j < i; j++) assert_true(hashes[i] != hashes[j]);
        hyt_candidate_destroy(a);
        hyt_candidate_destroy(b);
        hyt_candidate_destroy(other);
    }
    hyt_space_destroy(space);
}

static hyt_status count_report(hyt_trial *trial, uint64_t step, const double *objectives, size_t n)
{
    *(double *)trial->owner += (double)step + objectives[n - 1];
    return HYT_OK;
}

static int always(const hyt_trial *trial)
{
    (void)trial;
    return 1;
}

static void trials_answer(void **state)
{
    (void)state;
    double sum = 0, objective = 0.5;
    hyt_trial plain = { .number = 7, .fidelity = 1, .deadline = INFINITY };
    hyt_trial full = { .fidelity = 0.25, .deadline = 0, .owner = &sum, .report = count_report, .should_stop = always };
    assert_int_equal(hyt_trial_number(&plain), 7);
    assert_null(hyt_trial_candidate(&plain));
    assert_true(isinf(hyt_trial_seconds_left(&plain)));
    MUST(hyt_trial_report(&plain, 1, &objective, 1));
    assert_int_equal(hyt_trial_should_stop(&plain), 0);
    CHECK_NEAR(hyt_trial_fidelity(&full), 0.25, 0);
    assert_true(hyt_trial_seconds_left(&full) <= 0);
    MUST(hyt_trial_report(&full, 2, &objective, 1));
    CHECK_NEAR(sum, 2.5, 0);
    assert_int_equal(hyt_trial_should_stop(&full), 1);
    assert_string_equal(hyt_trial_state_name(HYT_TRIAL_NAN), "nan");
    assert_string_equal(hyt_trial_state_name((hyt_trial_state)1), "unknown");
}

static hyt_status use_candidates(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_candidate *sample = NULL, *at = NULL, *parsed = NULL, *near = NULL;
    char text[64];
    hyt_status status = tree_space(context, &space);
    if (status == HYT_OK) status = hyt_candidate_sample(space, 1, 1, &sample);
    if (status == HYT_OK) status = hyt_candidate_at(space, 0, 3, &at);
    if (status == HYT_OK) status = hyt_candidate_genome(at, text, sizeof text, NULL);
    if (status == HYT_OK) status = hyt_candidate_parse(space, text, &parsed);
    if (status == HYT_OK) status = hyt_candidate_neighbour(parsed, 0, &near);
    hyt_candidate_destroy(sample);
    hyt_candidate_destroy(at);
    hyt_candidate_destroy(parsed);
    hyt_candidate_destroy(near);
    hyt_space_destroy(space);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(use_candidates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genomes_go_round), cmocka_unit_test(genomes_are_read_with_care),
        cmocka_unit_test(levels_are_checked_and_made_canonical), cmocka_unit_test(neighbours_end),
        cmocka_unit_test(draws_repeat), cmocka_unit_test(trials_answer),
        cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests_name("candidate", tests, NULL, NULL);
}
