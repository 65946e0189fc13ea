/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spaces in and out of JSON. */
#include "space/spaces.h"

static void spaces_go_round(void **state)
{
    (void)state;
    hyt_space *space = NULL, *again = NULL;
    char *text = NULL, *second = NULL;
    MUST(tree_space(NULL, &space));
    MUST(hyt_space_to_json(space, &text));
    MUST(hyt_space_parse_json(NULL, text, strlen(text), &again));
    MUST(hyt_space_to_json(again, &second));
    assert_string_equal(text, second);
    assert_int_equal(hyt_space_genes(space), hyt_space_genes(again));
    for (uint64_t i = 0; i < TREE_POINTS; i++) {
        hyt_candidate *a = NULL, *b = NULL;
        char first[64], other[64];
        MUST(hyt_candidate_at(space, 0, i, &a));
        MUST(hyt_candidate_at(again, 0, i, &b));
        MUST(hyt_candidate_genome(a, first, sizeof first, NULL));
        MUST(hyt_candidate_genome(b, other, sizeof other, NULL));
        assert_string_equal(first, other);
        hyt_candidate_destroy(a);
        hyt_candidate_destroy(b);
    }
    hyt_text_destroy(text);
    hyt_text_destroy(second);
    hyt_space_destroy(space);
    hyt_space_destroy(again);
}

static void presets_go_round(void **state)
{
    (void)state;
    hyt_space *space = NULL, *again = NULL;
    char *text = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_space_to_json(space, &text));
    assert_string_equal(text, "{\"preset\": \"hytnas\"}");
    MUST(hyt_space_parse_json(NULL, text, strlen(text), &again));
    assert_int_equal(hyt_space_genes(again), 23);
    hyt_text_destroy(text);
    hyt_space_destroy(space);
    hyt_space_destroy(again);
}

#define GENE "{\"name\": \"a\", \"kind\": \"integer\", \"low\": 0, \"high\": 3, \"step\": 1}"
#define SPACE(genes) "{\"name\": \"s\", \"genes\": [" genes "]}"
static const struct { const char *text; hyt_status status; const char *says; } bad[] = {
    { "", HYT_ERR_FORMAT, "JSON" },
    { "[]", HYT_ERR_FORMAT, "a space: expected an object" },
    { "{\"name\": \"s\"}", HYT_ERR_FORMAT, "\"genes\" is missing" },
    { "{\"genes\": []}", HYT_ERR_FORMAT, "\"name\" is missing" },
    { "{\"name\": \"\", \"genes\": [" GENE "]}", HYT_ERR_FORMAT, "name" },
    { "{\"name\": 3, \"genes\": [" GENE "]}", HYT_ERR_FORMAT, "name" },
    { "{\"name\": \"s\", \"genes\": {}}", HYT_ERR_FORMAT, "genes: expected a list" },
    { "{\"name\": \"s\", \"genes\": [" GENE "], \"extra\": 1}", HYT_ERR_FORMAT, "\"extra\"" },
    { SPACE(""), HYT_ERR_FORMAT, "genes: a list of 0" },
    { SPACE("3"), HYT_ERR_FORMAT, "genes[0]: expected an object" },
    { SPACE("{\"kind\": \"integer\"}"), HYT_ERR_FORMAT, "genes[0]: name" },
    { SPACE("{\"name\": \"a\"}"), HYT_ERR_FORMAT, "genes[0]: kind" },
    { SPACE("{\"name\": \"a\", \"kind\": \"ordinall\"}"), HYT_ERR_FORMAT, "the nearest is \"ordinal\"" },
    { SPACE("{\"name\": \"a\", \"kind\": \"integer\", \"low\": 1, \"high\": 2}"), HYT_ERR_FORMAT,
      "\"step\" is missing" },
    { SPACE("{\"name\": \"a\", \"kind\": \"integer\", \"low\": 1.5, \"high\": 2, \"step\": 1}"), HYT_ERR_FORMAT,
      "low" },
    { SPACE("{\"name\": \"a\", \"kind\": \"integer\", \"low\": 3, \"high\": 2, \"step\": 1}"), HYT_ERR_FORMAT,
      "genes[0]" },
    { SPACE("{\"name\": \"a\", \"kind\": \"integer\", \"low\": 0, \"high\": 9007199254740992, \"step\": 1}"),
      HYT_ERR_FORMAT, "levels" },
    { SPACE("{\"name\": \"a\", \"kind\": \"integer\", \"low\": 0, \"high\": 2, \"step\": 1, \"values\": []}"),
      HYT_ERR_FORMAT, "\"values\"" },
    { SPACE("{\"name\": \"a\", \"kind\": \"ordinal\"}"), HYT_ERR_FORMAT, "\"values\" is missing" },
    { SPACE("{\"name\": \"a\", \"kind\": \"ordinal\", \"values\": []}"), HYT_ERR_FORMAT, "values: a list of 0" },
    { SPACE("{\"name\": \"a\", \"kind\": \"ordinal\", \"values\": [1, \"2\"]}"), HYT_ERR_FORMAT, "values[1]" },
    { SPACE("{\"name\": \"a\", \"kind\": \"ordinal\", \"values\": [2, 1]}"), HYT_ERR_FORMAT, "value 1 is 1" },
    { SPACE("{\"name\": \"a\", \"kind\": \"categorical\", \"labels\": \"x\"}"), HYT_ERR_FORMAT,
      "labels: expected a list" },
    { SPACE("{\"name\": \"a\", \"kind\": \"categorical\", \"labels\": [\"x\", 1]}"), HYT_ERR_FORMAT, "labels[1]" },
    { SPACE("{\"name\": \"a\", \"kind\": \"categorical\", \"labels\": [\"x\", \"x\"]}"), HYT_ERR_FORMAT,
      "two labels \"x\"" },
    { SPACE("{\"name\": \"a\", \"kind\": \"categorical\", \"labels\": [\"x:y\"]}"), HYT_ERR_FORMAT, "x:y" },
    { SPACE("{\"name\": \"a:b\", \"kind\": \"categorical\", \"labels\": [\"x\"]}"), HYT_ERR_FORMAT, "a:b" },
    { SPACE(GENE ", " GENE), HYT_ERR_FORMAT, "genes[1]: there are two" },
#define WHEN(when) SPACE(GENE ", {\"name\": \"b\", \"kind\": \"ordinal\", \"values\": [1], \"when\": " when "}")
    { WHEN("3"), HYT_ERR_FORMAT, "genes[1]: when: expected an object" },
    { WHEN("{\"gene\": \"a\"}"), HYT_ERR_FORMAT, "\"levels\" is missing" },
    { WHEN("{\"gene\": \"a\", \"levels\": 3}"), HYT_ERR_FORMAT, "when.levels" },
    { WHEN("{\"gene\": \"a\", \"levels\": []}"), HYT_ERR_FORMAT, "when.levels" },
    { WHEN("{\"gene\": \"a\", \"levels\": [-1]}"), HYT_ERR_FORMAT, "-1 is below 0" },
    { WHEN("{\"gene\": \"a\", \"levels\": [4]}"), HYT_ERR_FORMAT, "level 4" },
    { WHEN("{\"gene\": \"a\", \"levels\": [1, 1]}"), HYT_ERR_FORMAT, "twice" },
    { WHEN("{\"gene\": \"c\", \"levels\": [1]}"), HYT_ERR_FORMAT, "no gene \"c\"" },
    { WHEN("{\"gene\": \"b\", \"levels\": [0]}"), HYT_ERR_FORMAT, "not before it" },
    { WHEN("{\"gene\": 1, \"levels\": [0]}"), HYT_ERR_FORMAT, "when.gene" },
    { WHEN("{\"gene\": \"a\", \"levels\": [0], \"if\": 1}"), HYT_ERR_FORMAT, "\"if\"" },
    { "{\"preset\": \"hytna\"}", HYT_ERR_NOT_FOUND, "\"hytnas\"" },
    { "{\"preset\": 1}", HYT_ERR_FORMAT, "preset" },
    { "{\"preset\": \"hytnas\", \"genes\": []}", HYT_ERR_FORMAT, "\"genes\"" },
};

static void every_fault_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < HYTI_COUNT(bad); i++) {
        hyt_space *space = NULL;
        hyt_status status = hyt_space_parse_json(NULL, bad[i].text, strlen(bad[i].text), &space);
        if (status != bad[i].status || !strstr(hyt_message(), bad[i].says) || space)
            fail_msg("%s: %s (%s), expected \"%s\"", bad[i].text, hyt_status_name(status), hyt_message(), bad[i].says);
    }
}

static void files_are_named(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-space-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    fputs(SPACE(GENE), file);
    fclose(file);
    hyt_space *space = NULL;
    MUST(hyt_space_load_json(NULL, path, &space));
    assert_string_equal(hyt_space_gene_name(space, 0), "a");
    hyt_space_destroy(space);
    space = NULL;
    file = fopen(path, "w");
    fputs("{\"name\": \"s\"}", file);
    fclose(file);
    CHECK_STATUS(hyt_space_load_json(NULL, path, &space), HYT_ERR_FORMAT);
    CHECK_MESSAGE(path);
    CHECK_MESSAGE("genes");
    remove(path);
    CHECK_STATUS(hyt_space_load_json(NULL, path, &space), HYT_ERR_IO);
    assert_null(space);
}

static hyt_status round_trip(hyt_context *context)
{
    hyt_space *space = NULL, *again = NULL;
    char *text = NULL;
    hyt_status status = tree_space(context, &space);
    if (status == HYT_OK) status = hyt_space_to_json(space, &text);
    if (status == HYT_OK) status = hyt_space_parse_json(context, text, strlen(text), &again);
    hyt_text_destroy(text);
    hyt_space_destroy(space);
    hyt_space_destroy(again);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(round_trip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_go_round), cmocka_unit_test(presets_go_round), cmocka_unit_test(every_fault_is_named),
        cmocka_unit_test(files_are_named), cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
