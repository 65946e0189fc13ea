/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a search hands over, from made-up results: complete, self-contained, well-formed.
 * With a folder as its argument, the files are left there to be looked at. */
#include "base/json.h"
#include "base/rng.h"
#include "base/text.h"
#include "hytnas/outcome.h"
#include "hytnas/svg.h"
#include "test.h"
#include <unistd.h>

enum { TRIALS = 48 };
static char folder[128] = "/tmp/hytnas-report-XXXXXX";
static const char *const names[] = { "accuracy", "latency_ms", "parameters", "macs" };

/* Bigger is better and slower, with luck; some trials fail. */
static void restore_trials(hyt_search *search, hyt_space *space, size_t objectives)
{
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < TRIALS; i++) {
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        MUST(hyt_candidate_sample(space, 5, i, &candidate));
        MUST(hyt_candidate_decode(candidate, 48, 2, &graph));
        double macs = (double)hyt_graph_macs(graph), luck = hyti_rng_normal(&rng);
        double values[4] = { 0.92 - 0.3 * pow(macs / 2e6, -0.6) + 0.012 * luck,
                             macs / 9e6 * (1 + 0.15 * fabs(luck)) + 0.08, (double)hyt_graph_parameters(graph), macs };
        hyt_trial_state state = i % 17 == 9 ? HYT_TRIAL_TIMEOUT : HYT_TRIAL_FINISHED;
        MUST(hyt_search_restore(search, i, candidate, i, state, i + 1, values, objectives));
        hyt_graph_destroy(graph);
        hyt_candidate_destroy(candidate);
    }
}

static hyt_search *made_up(size_t objectives)
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_search_create(space, NULL, &search));
    for (size_t j = 0; j < objectives; j++)
        MUST(hyt_search_add_objective(search, names[j], j ? HYT_MINIMISE : HYT_MAXIMISE));
    restore_trials(search, space, objectives);
    hyt_space_destroy(space);
    return search;
}

static void fill_front(search_outcome *outcome)
{
    static front_network front[TRIALS];
    static char genomes[TRIALS][128], models[TRIALS][64];
    outcome->front = front;
    outcome->count = 0;
    for (size_t i = 0; i < TRIALS; i++) {
        outcome->finished += hyt_search_trial_state(outcome->search, i) == HYT_TRIAL_FINISHED;
        if (!hyt_search_trial_in_front(outcome->search, i)) continue;
        const double *values = hyt_search_trial_objectives(outcome->search, i);
        size_t at = outcome->count++;
        snprintf(models[i], sizeof models[i], "results/models/trial-%04zu.hyt", i);
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(outcome->search, i)), genomes[i], 128, NULL));
        for (; at > 0 && values[0] > front[at - 1].values[0]; at--) front[at] = front[at - 1];
        front[at] = (front_network){ .index = i,
                                     .values = values,
                                     .genome = genomes[i],
                                     .model = models[i],
                                     .test_accuracy = values[0] - 0.01,
                                     .final_accuracy = i % 2 ? values[0] + 0.02 : NAN,
                                     .parameters = 45210,
                                     .macs = 1234567,
                                     .weight_bytes = 180840,
                                     .arena_bytes = 65536 };
    }
    outcome->failed = TRIALS - outcome->finished;
}

static named_setting settings[] = {
    { "data", "shapes" }, { "trials", "48" }, { "hostile", "<b>\"&'</b>" }, { "seed", "1" }
};

static search_outcome outcome_of(const hyt_search *search)
{
    search_outcome outcome = {
        .score = "accuracy",
        .search = search,
        .folder = folder,
        .stopped = "trials",
        .settings = settings,
        .setting_count = 4,
        .summary = "shapes: 800 pictures to train on, 400 to validate, 400 to test; 2 classes, input 48 × 48"
    };
    MUST(hyt_search_hypervolume(search, &outcome.hypervolume));
    fill_front(&outcome);
    return outcome;
}

static char *read_result(const char *name)
{
    char path[256];
    void *bytes = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    MUST(hyti_file_read(NULL, path, 1 << 24, &bytes, &size));
    ((char *)bytes)[size] = 0; /* the reader leaves room */
    return bytes;
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) count++;
    return count;
}

/* Each start tag with an end tag, in order. Void elements of HTML are not in the body, and SVG's are closed in place.
 */
static void check_nesting(const char *text)
{
    char open[32][16];
    size_t depth = 0;
    for (const char *at = strstr(text, "<body"); (at = strchr(at, '<')); at++) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        size_t length = strcspn(at + 1, " >/\n");
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            length = strcspn(at + 2, ">");
            if (strlen(open[depth]) != length || strncmp(open[depth], at + 2, length) != 0)
                fail_msg("<%s> is ended by %.20s", open[depth], at);
        } else if (end[-1] != '/' && strncmp(at, "<br>", 4) != 0) {
            assert_true(depth < 32 && length < 16);
            snprintf(open[depth++], 16, "%.*s", (int)length, at + 1);
        }
        if (depth == 0) return;
        at = end;
    }
    fail_msg("%zu tags are not ended", depth);
}

static void report_is_complete(void **state)
{
    (void)state;
    for (size_t objectives = 1; objectives <= 4; objectives++) {
        hyt_search *search = made_up(objectives);
        search_outcome outcome = outcome_of(search);
        assert_true(outcome.count >= (objectives > 1 ? 3 : 1));
        assert_int_equal(write_report(&outcome), GOOD);
        char *text = read_result("report.html");
        size_t pairs = objectives * (objectives - 1) / 2;
        assert_int_equal(occurrences(text, "<svg"), pairs + 2);
        assert_int_equal(occurrences(text, "class=\"front r") >= outcome.count * pairs, 1);
        assert_int_equal(occurrences(text, "class=\"dominated\""), (outcome.finished - outcome.count) * pairs);
        assert_int_equal(occurrences(text, "class=\"failed\""), outcome.failed);
        assert_int_equal(occurrences(text, "class=\"cell\""), 23 * outcome.count);
        assert_int_equal(occurrences(text, "<tr>"), outcome.count + 1);
        for (size_t i = 0; i < outcome.count; i++) assert_non_null(strstr(text, outcome.front[i].genome));
        assert_null(strstr(text, "://"));      /* nothing from elsewhere */
        assert_null(strstr(text, "url("));
        assert_null(strstr(text, "<b>\""));    /* nothing unescaped */
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, "inf"));
        check_nesting(text);
        hyti_free_aligned(NULL, text);
        hyt_search_destroy(search);
    }
}

static void table_reads_back(void **state)
{
    (void)state;
    hyt_search *search = made_up(3);
    search_outcome outcome = outcome_of(search);
    outcome.front[1].model = "one, \"two\"/models/trial-0001.hyt";
    assert_int_equal(write_csv(&outcome), GOOD);
    char *text = read_result("front.csv"), *line = text;
    assert_non_null(strstr(text, ",\"one, \"\"two\"\"/models/trial-0001.hyt\"\n"));
    for (size_t i = 0; i <= outcome.count; i++) {
        size_t length = strcspn(line, "\n"), commas = 0;
        bool quoted = false;
        for (size_t k = 0; k < length; k++) {
            quoted ^= line[k] == '"';
            commas += line[k] == ',' && !quoted;
        }
        assert_int_equal(commas, 11);
        line += length + 1;
    }
    assert_int_equal(*line, 0);
    hyti_free_aligned(NULL, text);
    hyt_search_destroy(search);
}

static void json_reads_back(void **state)
{
    (void)state;
    hyt_search *search = made_up(3);
    search_outcome outcome = outcome_of(search);
    char *text = NULL;
    size_t size = 0;
    hyti_json *root = NULL;
    FILE *out = open_memstream(&text, &size);
    print_outcome_json(out, &outcome);
    assert_int_equal(close_stream(out, "memory"), GOOD);
    MUST(hyti_json_parse(text, size, &root));
    const hyti_json *front = hyti_json_get(root, "front");
    assert_int_equal(hyti_json_count(front), outcome.count);
    for (size_t i = 0; i < outcome.count; i++) {
        const hyti_json *objectives = hyti_json_get(hyti_json_at(front, i), "objectives");
        double value = 0;
        for (size_t j = 0; j < 3; j++) {
            MUST(hyti_json_number(hyti_json_get(objectives, names[j]), names[j], &value));
            CHECK_NEAR(value, outcome.front[i].values[j], 0);
        }
        MUST(hyti_json_number(hyti_json_get(hyti_json_at(front, i), "test_accuracy"), "test_accuracy", &value));
    }
    hyti_json_destroy(root);
    free(text);
    hyt_search_destroy(search);
}

static void empty_front_is_a_report_too(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    MUST(hyt_space_preset(NULL, "hytnas", &space));
    MUST(hyt_search_create(space, NULL, &search));
    MUST(hyt_search_add_objective(search, "accuracy", HYT_MAXIMISE));
    MUST(hyt_search_add_objective(search, "latency_ms", HYT_MINIMISE));
    search_outcome outcome = {
        .score = "accuracy",
        .search = search, .folder = folder, .stopped = "stopped", .summary = "", .hypervolume = NAN
    };
    assert_int_equal(write_report(&outcome), GOOD);
    assert_int_equal(write_csv(&outcome), GOOD);
    char *text = read_result("report.html");
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    check_nesting(text);
    hyti_free_aligned(NULL, text);
    hyt_search_destroy(search);
    hyt_space_destroy(space);
}

static void remove_result(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

/* Trials are whole; a score is a share, however small; a cost of a wide range goes by its logarithm. */
static void axes_suit_what_they_show(void **state)
{
    (void)state;
    double ticks[32];
    axis_scale trials = { .metric = "trials", .low = 1, .high = 4, .to = 100 };
    size_t count = scale_ticks(&trials, 8, ticks);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) CHECK_NEAR(ticks[i], (double)i + 1, 0);
    const double values[] = { 0.001, 0.03 };
    assert_false(scale_around("map50", values, 2, 0, 100).logarithmic);
    assert_true(scale_around("latency_ms", values, 2, 0, 100).logarithmic);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_front_is_a_report_too),
        cmocka_unit_test(report_is_complete),
        cmocka_unit_test(table_reads_back),
        cmocka_unit_test(json_reads_back), cmocka_unit_test(axes_suit_what_they_show),
    };
    if (argc > 1) snprintf(folder, sizeof folder, "%s", argv[1]);
    else if (!mkdtemp(folder)) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (argc > 1) return failed;
    remove_result("report.html");
    remove_result("front.csv");
    rmdir(folder);
    return failed;
}
