/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every word of the options of the default method, as the option table has them, beside every other: what is proposed
 * is allowed, distinct and decided by the seed, whatever fails, in rounds and asynchronously. */
#include "toy.h"

enum { TRIALS = 13, OUT = 3 };

static const char *const keys[] = { HYT_SEARCH_ACQUISITION, HYT_SEARCH_SOLVER, HYT_SEARCH_SELECTION,
                                    HYT_SEARCH_SURROGATE };
enum { KEYS = sizeof keys / sizeof *keys };

static const char *choices_of(const hyt_options *options, const char *key)
{
    size_t row = 0;
    while (strcmp(hyt_options_key(options, row), key) != 0) row++;
    return hyt_options_choices(options, row);
}

static size_t count_words(const char *choices)
{
    size_t count = 1;
    for (; *choices; choices++) count += *choices == '|';
    return count;
}

static hyt_status set_word(hyt_options *options, const char *key, size_t place)
{
    char word[32];
    const char *choices = choices_of(options, key);
    for (; place > 0; place--) choices += strcspn(choices, "|") + 1;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(choices, "|"), choices);
    return hyt_options_set_text(options, key, word);
}

/* The surrogate goes through its words beside the other three, so that each is there with each word of these. */
static hyt_status set_words(hyt_options *options, size_t combination)
{
    size_t rest = combination;
    for (size_t k = 0; k + 1 < KEYS; k++) {
        size_t words = count_words(choices_of(options, keys[k]));
        HYTI_TRY(set_word(options, keys[k], rest % words));
        rest /= words;
    }
    return set_word(options, keys[KEYS - 1], (combination + rest) % count_words(choices_of(options, keys[KEYS - 1])));
}

static size_t count_combinations(void)
{
    size_t count = 1;
    hyt_options *options = NULL;
    MUST(hyt_search_options_create(NULL, &options));
    for (size_t k = 0; k + 1 < KEYS; k++) count *= count_words(choices_of(options, keys[k]));
    hyt_options_destroy(options);
    return count;
}

/* A gene of each kind, one of which depends on another. */
static hyt_status mixed_space(hyt_context *context, hyt_space **out)
{
    static const char *const words[] = { "none", "some", "all" };
    static const double values[] = { 0.5, 1, 4 };
    const size_t levels[] = { 1, 2 };
    hyt_space *space = NULL;
    hyt_status status = hyt_space_create(context, "mixed", &space);
    if (status == HYT_OK) status = hyt_space_add_real(space, "rate", 0.01, 4, 1);
    if (status == HYT_OK) status = hyt_space_add_integer(space, "depth", 0, 4, 1);
    if (status == HYT_OK) status = hyt_space_add_ordinal(space, "width", values, 3);
    if (status == HYT_OK) status = hyt_space_add_categorical(space, "kind", words, 3);
    if (status == HYT_OK) status = hyt_space_add_real(space, "share", 0, 1, 0);
    if (status == HYT_OK) status = hyt_space_add_condition(space, "share", "kind", levels, 2);
    if (status == HYT_OK) *out = space;
    else hyt_space_destroy(space);
    return status;
}

typedef struct frame {
    size_t combination;
    size_t genes; /* integers from 0 to 4; 0: a gene of each kind */
    const char *mode;
    int64_t trials, seed;
} frame;

static const double most = 7; /* of the sum, a constraint */

static hyt_status make(hyt_context *context, const frame *f, hyt_search **out)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    hyt_status status = f->genes > 0 ? toy_space(context, f->genes, 4, &space) : mixed_space(context, &space);
    if (status == HYT_OK) status = hyt_search_options_create(context, &options);
    if (status == HYT_OK) status = set_words(options, f->combination);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_MODE, f->mode);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, f->trials);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_SEED, f->seed);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_BATCH, OUT);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_INITIAL, 7);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_RETRIES, 0);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_POPULATION, 8);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 2);
    if (status == HYT_OK) status = hyt_search_create(space, options, &search);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "cost", HYT_MINIMISE);
    if (status == HYT_OK) status = hyt_search_add_constraint(search, "sum", toy_sum, NULL, NULL, most);
    if (status == HYT_OK) status = hyt_search_add_limit(search, "gain", 2);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    if (status == HYT_OK) *out = search;
    else hyt_search_destroy(search);
    return status;
}

static hyt_trial_state evaluate(hyt_trial *trial, double *objectives)
{
    const hyt_candidate *candidate = hyt_trial_candidate(trial);
    toy_objectives(candidate, objectives);
    if (hyt_candidate_level(candidate, 1) == 2) return HYT_TRIAL_INFEASIBLE;
    if (hyt_trial_number(trial) == 9) return HYT_TRIAL_TRANSIENT;
    if (hyt_trial_number(trial) == 3) objectives[1] = NAN;
    return HYT_TRIAL_FINISHED;
}

/* As many trials are out as there may be; the one that is out longest is told next. */
static hyt_status drive(hyt_search *search)
{
    hyt_trial *out[OUT];
    size_t n = 0, count;
    do {
        double objectives[2];
        hyt_status status = n < OUT ? hyt_search_ask(search, OUT - n, out + n, &count) : HYT_ERR_STATE;
        if (status == HYT_OK) n += count;
        else if (status != HYT_ERR_STATE && status != HYT_ERR_EXHAUSTED) return status;
        if (n == 0) return HYT_OK;
        hyt_trial_state end = evaluate(out[0], objectives);
        HYTI_TRY(hyt_search_tell(search, out[0], end, objectives, 2));
        memmove(out, out + 1, --n * sizeof *out);
    } while (true);
}

static hyt_search *run(const frame *f)
{
    hyt_search *search = NULL;
    MUST(make(NULL, f, &search));
    MUST(drive(search));
    return search;
}

static void check_allowed(const hyt_search *search)
{
    for (size_t i = 0; i < hyt_search_size(search); i++) {
        double sum;
        toy_sum(NULL, hyt_trial_candidate(hyt_search_trial(search, i)), &sum);
        assert_true(sum <= most);
    }
}

static void proposals_are_allowed_and_decided_by_the_seed(void **state)
{
    (void)state;
    size_t combinations = count_combinations();
    for (size_t k = 0; k < 4 * combinations; k++) {
        const frame f = { k / 4, k % 2 * 3, k / 2 % 2 ? "asynchronous" : "batch", TRIALS, 1 };
        hyt_search *search = run(&f), *again = run(&f);
        assert_int_equal(hyt_search_size(search), TRIALS);
        check_allowed(search);
        toy_check_distinct(search);
        toy_check_same(search, again);
        hyt_search_destroy(search);
        hyt_search_destroy(again);
    }
}

/* All that is allowed is proposed, and then there is nothing more. */
static void spaces_end(void **state)
{
    (void)state;
    size_t combinations = count_combinations();
    for (size_t k = 0; k < combinations; k++) {
        const frame f = { k, 2, k % 2 ? "asynchronous" : "batch", 100, 1 };
        hyt_search *search = run(&f);
        check_allowed(search);
        toy_check_distinct(search);
        assert_int_equal(hyt_search_size(search), 24); /* of 25 one has a sum of 8 */
        hyt_search_destroy(search);
    }
}

static size_t tried; /* combination */

static hyt_status run_tried(hyt_context *context)
{
    const frame f = { tried, tried % 2 * 3, "batch", 9, 1 };
    hyt_search *search = NULL;
    HYTI_TRY(make(context, &f, &search));
    hyt_status status = drive(search);
    hyt_search_destroy(search);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    size_t combinations = count_combinations();
    for (tried = 1; tried < combinations; tried += combinations / 3) test_each_allocation(run_tried);
}

/* A row of a table for each word, in docs/search.md. */
static void every_word_is_documented(void **state)
{
    static char text[1 << 17];
    char path[4096], row[64];
    const char *source = getenv("HYTNAS_SOURCE");
    hyt_options *options = NULL;
    (void)state;
    snprintf(path, sizeof path, "%s/docs/search.md", source ? source : ".");
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    MUST(hyt_search_options_create(NULL, &options));
    for (size_t k = 0; k < KEYS; k++) {
        const char *table, *word = choices_of(options, keys[k]);
        snprintf(row, sizeof row, "\n| `%s` |", keys[k]);
        table = strstr(text, row);
        if (!table) fail_msg("no table of `%s`", keys[k]);
        const char *end = strstr(table, "\n\n");
        for (size_t left = count_words(word); left > 0; left--, word += strcspn(word, "|") + 1) {
            snprintf(row, sizeof row, "\n| `%.*s` |", (int)strcspn(word, "|"), word);
            const char *place = strstr(table, row);
            if (!place || place > end) fail_msg("no row%s of the table of `%s`", row, keys[k]);
        }
    }
    hyt_options_destroy(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proposals_are_allowed_and_decided_by_the_seed),
        cmocka_unit_test(spaces_end),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(every_word_is_documented),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
