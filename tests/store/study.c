/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study keeps what a search asked and was told, refuses what it was not made for, and believes no byte of a file. */
#include "base/rng.h"
#include "test.h"
#include <hytnas/hytnas.h>
#include <signal.h>
#include <stdbool.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/hytnas-study-XXXXXX";
static char path[128];

/* A file of this test, fresh. */
static const char *fresh(const char *name)
{
    static const char *const parts[] = { "", "-wal", "-shm", "-lock" };
    char part[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (size_t i = 0; i < 4; i++) {
        snprintf(part, sizeof part, "%s%s", path, parts[i]);
        unlink(part);
    }
    return path;
}

static bool there(const char *file)
{
    return access(file, F_OK) == 0;
}

static hyt_status toy_space(hyt_context *context, hyt_space **out)
{
    static const double widths[] = { 1, 1.5, 2 };
    static const char *const words[] = { "conv", "attention" };
    hyt_status status = hyt_space_create(context, "toy", out);
    if (status == HYT_OK) status = hyt_space_add_integer(*out, "depth", 1, 16, 1);
    if (status == HYT_OK) status = hyt_space_add_ordinal(*out, "width", widths, 3);
    if (status == HYT_OK) status = hyt_space_add_categorical(*out, "kind", words, 2);
    return status;
}

typedef struct toy_setup {
    const char *surrogate, *method;
    int64_t trials, seed;
    double limit;
    bool swapped;
} toy_setup;
static const toy_setup usual = { "trees", "hytnas", 12, 1, 100, false };
static const toy_setup drawn = {
    "trees", "random", 12, 1, 100, false
}; /* the same without surrogates, for many of them */

static int depth_of(void *user, const hyt_candidate *candidate, double *value)
{
    (void)user;
    *value = hyt_candidate_value(candidate, 0);
    return 0;
}

static hyt_status toy_search_in(hyt_space *space, const toy_setup *setup, hyt_search **out)
{
    hyt_options *options = NULL;
    hyt_status status = hyt_search_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, setup->trials);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_SEED, setup->seed);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_SURROGATE, setup->surrogate);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_METHOD, setup->method);
    if (status == HYT_OK) status = hyt_search_create(space, options, out);
    if (status == HYT_OK) status = hyt_search_add_objective(*out, setup->swapped ? "cost" : "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_search_add_objective(*out, setup->swapped ? "gain" : "cost", HYT_MINIMISE);
    if (status == HYT_OK) status = hyt_search_add_constraint(*out, "depth", depth_of, NULL, NULL, setup->limit);
    hyt_options_destroy(options);
    return status;
}

static hyt_search *toy_search(const toy_setup *setup)
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    MUST(toy_space(NULL, &space));
    MUST(toy_search_in(space, setup, &search));
    hyt_space_destroy(space);
    return search;
}

/* Fails in three ways for some candidates. */
static int toy_evaluate(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)n;
    const hyt_candidate *candidate = hyt_trial_candidate(trial);
    double depth = hyt_candidate_value(candidate, 0), width = hyt_candidate_value(candidate, 1);
    if (depth == 3) return HYT_TRIAL_INFEASIBLE;
    objectives[0] = depth == 5 ? NAN : sqrt(depth) * width / 3 + 0.1 * hyt_candidate_value(candidate, 2);
    objectives[1] = depth * width;
    return 0;
}

/* Evaluates and tells one trial of those asked. */
static void tell_one(hyt_search *search, hyt_trial *trial)
{
    double objectives[2] = { 0 };
    int answer = toy_evaluate(NULL, trial, objectives, 2);
    MUST(hyt_search_tell(search, trial, (hyt_trial_state)answer, answer == 0 ? objectives : NULL, answer == 0 ? 2 : 0));
}

static hyt_search *attached(const char *file, hyt_study_mode mode, const toy_setup *setup, const char *note)
{
    hyt_study *study = NULL;
    hyt_search *search = toy_search(setup);
    MUST(hyt_study_open(NULL, file, mode, &study));
    MUST(hyt_study_attach(study, search, note));
    hyt_study_destroy(study); /* the search keeps it */
    return search;
}

static void make_study(const char *file, const toy_setup *setup, size_t told)
{
    hyt_trial *trials[5];
    size_t count = 0;
    hyt_search *search = attached(file, HYT_STUDY_NEW, setup, "epochs=4;rate=0.1");
    while (told > 0) {
        MUST(hyt_search_ask(search, 5, trials, &count));
        for (size_t i = 0; i < count && told > 0; i++, told--) tell_one(search, trials[i]);
    }
    hyt_search_destroy(search);
}

static void same_genome(const hyt_search *a, const hyt_search *b, size_t index)
{
    char left[64], right[64];
    MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(a, index)), left, sizeof left, NULL));
    MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(b, index)), right, sizeof right, NULL));
    assert_string_equal(left, right);
}

static void same_trials(const hyt_study *study, const hyt_search *search)
{
    assert_int_equal(hyt_study_size(study), hyt_search_size(search));
    for (size_t i = 0; i < hyt_study_size(study); i++) {
        uint64_t number;
        hyt_trial_state state;
        const char *genome;
        const double *values, *expected = hyt_search_trial_objectives(search, i);
        char text[64];
        MUST(hyt_study_trial(study, i, &number, &state, &genome, &values));
        MUST(hyt_candidate_genome(hyt_trial_candidate(hyt_search_trial(search, i)), text, sizeof text, NULL));
        assert_int_equal(number, hyt_trial_number(hyt_search_trial(search, i)));
        assert_int_equal(state, hyt_search_trial_state(search, i));
        assert_string_equal(genome, text);
        assert_int_equal(values != NULL, state == HYT_TRIAL_FINISHED);
        if (values) assert_memory_equal(values, expected, 2 * sizeof *values);
    }
}

static void keeps_every_trial(void **state)
{
    (void)state;
    hyt_study *study = NULL;
    const char *file = fresh("keeps.db");
    hyt_search *search = attached(file, HYT_STUDY_NEW, &usual, "");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    MUST(hyt_study_open(NULL, file, HYT_STUDY_READ, &study)); /* while the search still holds it */
    assert_int_equal(hyt_study_size(study), 12);
    assert_int_equal(hyt_study_objectives(study), 2);
    assert_string_equal(hyt_study_objective_name(study, 1), "cost");
    assert_int_equal(hyt_study_objective_direction(study, 0), HYT_MAXIMISE);
    same_trials(study, search);
    CHECK_STATUS(hyt_study_trial(study, 12, NULL, NULL, NULL, NULL), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_study_attach(study, search, ""), HYT_ERR_STATE);
    hyt_study_destroy(study);
    hyt_search_destroy(search);
}

/* The law of a study: stopped anywhere and resumed, it goes on as if it had never been stopped. */
static void resumes_in_the_middle_of_a_round(void **state)
{
    (void)state;
    hyt_search *whole = toy_search(&usual);
    MUST(hyt_search_run(whole, toy_evaluate, NULL, NULL));
    for (size_t told = 0; told < 12; told++) {
        const char *file = fresh("resume.db");
        make_study(file, &usual, told);
        hyt_search *search = attached(file, HYT_STUDY_RESUME, &usual, told ? "epochs=4;rate=0.1" : "any");
        size_t done = 0;
        for (size_t i = 0; i < hyt_search_size(search); i++)
            done += hyt_search_trial_state(search, i) != HYT_TRIAL_PENDING;
        assert_int_equal(done, told);
        MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
        assert_int_equal(hyt_search_size(search), 12);
        for (size_t i = 0; i < 12; i++) same_genome(search, whole, i);
        hyt_search_destroy(search);
    }
    hyt_search_destroy(whole);
}

static void trials_may_grow(void **state)
{
    (void)state;
    hyt_study *study = NULL;
    toy_setup more = usual;
    const char *file = fresh("grow.db");
    make_study(file, &usual, 12);
    more.trials = 20;
    hyt_search *search = attached(file, HYT_STUDY_RESUME, &more, "epochs=4;rate=0.1");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    hyt_search_destroy(search);
    MUST(hyt_study_open(NULL, file, HYT_STUDY_READ, &study));
    assert_int_equal(hyt_study_size(study), 20);
    hyt_study_destroy(study);
}

static void check_refused(const char *file, const toy_setup *setup, const char *note, const char *says)
{
    hyt_study *study = NULL;
    hyt_search *search = toy_search(setup);
    MUST(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study));
    CHECK_STATUS(hyt_study_attach(study, search, note), HYT_ERR_CONFLICT);
    CHECK_MESSAGE(says);
    hyt_study_destroy(study);
    hyt_search_destroy(search);
}

static void another_search_is_refused(void **state)
{
    (void)state;
    static const char note[] = "epochs=4;rate=0.1";
    const char *file = fresh("refuse.db");
    hyt_study *study = NULL;
    toy_setup other;
    make_study(file, &usual, 7);
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_NEW, &study), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("trials already");
    check_refused(file, &usual, "epochs=8;rate=0.1", "made with \"epochs=4\", not \"epochs=8\"");
    check_refused(file, &usual, "epochs=4;rate=0.1;flip=1", "flip=1");
    other = usual, other.surrogate = "gp";
    check_refused(file, &other, note, "option.surrogate trees, not gp");
    other = usual, other.limit = 8;
    check_refused(file, &other, note, "constraint.depth 100, not 8");
    other = usual, other.swapped = true;
    check_refused(file, &other, note, "objective.0 max gain, not max cost");

    hyt_space *space = NULL;
    hyt_search *search = NULL;
    MUST(toy_space(NULL, &space));
    MUST(hyt_space_add_integer(space, "more", 0, 1, 1));
    MUST(toy_search_in(space, &usual, &search));
    MUST(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study));
    CHECK_STATUS(hyt_study_attach(study, search, note), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("another search space");
    hyt_study_destroy(study);
    hyt_search_destroy(search);
    hyt_space_destroy(space);
    search = attached(file, HYT_STUDY_RESUME, &usual, note); /* and it is as it was */
    assert_in_range(hyt_search_size(search), 7, 12);
    hyt_search_destroy(search);
}

static void one_writer_at_a_time(void **state)
{
    (void)state;
    const char *file = fresh("lock.db");
    hyt_study *study = NULL;
    char lock[160];
    hyt_search *search = attached(file, HYT_STUDY_NEW, &usual, "");
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("in use");
    hyt_search_destroy(search);
    snprintf(lock, sizeof lock, "%s-lock", file);
    assert_false(there(lock));
    MUST(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study));
    hyt_study_destroy(study);
}

static void write_file(const char *file, const void *bytes, size_t size)
{
    FILE *out = fopen(file, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
}

static void run_sql(const char *file, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(database));
    sqlite3_close(database);
}

static void starts_where_nothing_is_yet(void **state)
{
    (void)state;
    hyt_study *study = NULL;
    const char *file = fresh("none.db");
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_READ, &study), HYT_ERR_NOT_FOUND);
    assert_false(there(file));
    hyt_search_destroy(attached(file, HYT_STUDY_RESUME, &usual, "")); /* missing */
    write_file(fresh("none.db"), "", 0);
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_READ, &study), HYT_ERR_NOT_FOUND);
    hyt_search_destroy(attached(file, HYT_STUDY_RESUME, &usual, "")); /* empty */
    run_sql(fresh("none.db"), "PRAGMA journal_mode=WAL"); /* killed before the first commit */
    hyt_search_destroy(attached(file, HYT_STUDY_RESUME, &usual, ""));
    hyt_search_destroy(attached(file, HYT_STUDY_NEW, &usual, "another")); /* without a trial it binds nobody */
    CHECK_STATUS(hyt_study_open(NULL, "/nowhere/at/all.db", HYT_STUDY_RESUME, &study), HYT_ERR_IO);
    CHECK_STATUS(hyt_study_open(NULL, folder, HYT_STUDY_RESUME, &study), HYT_ERR_IO);
}

/* Names that mean something else to SQLite: what is stored must be on a disk. */
static void every_name_is_a_file(void **state)
{
    (void)state;
    hyt_study *study = NULL;
    char back[256];
    CHECK_STATUS(hyt_study_open(NULL, "", HYT_STUDY_RESUME, &study), HYT_ERR_ARGUMENT);
    assert_non_null(getcwd(back, sizeof back));
    assert_int_equal(chdir(folder), 0);
    hyt_search_destroy(attached(":memory:", HYT_STUDY_NEW, &drawn, ""));
    bool kept = there(":memory:");
    unlink(":memory:");
    assert_int_equal(chdir(back), 0);
    assert_true(kept);
}

static void check_open(const char *file, hyt_status expected, const char *says)
{
    hyt_study *study = NULL;
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study), expected);
    CHECK_MESSAGE(says);
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_READ, &study), expected);
    CHECK_STATUS(hyt_study_open(NULL, file, HYT_STUDY_NEW, &study), expected);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    static const char text[] = "These are notes of the kitchen, not a database.\n";
    char back[sizeof text];
    const char *file = fresh("other.db");
    write_file(file, text, sizeof text);
    check_open(file, HYT_ERR_FORMAT, "not a database");
    FILE *in = fopen(file, "rb");
    assert_int_equal(fread(back, 1, sizeof back, in), sizeof text);
    fclose(in);
    assert_memory_equal(back, text, sizeof text);
    run_sql(fresh("other.db"), "CREATE TABLE recipes(name)");
    check_open(file, HYT_ERR_CONFLICT, "another application");
    make_study(fresh("other.db"), &usual, 5);
    run_sql(file, "PRAGMA user_version=7");
    check_open(file, HYT_ERR_CONFLICT, "version 7");
}

/* Results that were added and proposals that were given back are there when the study is resumed. */
static void added_results_are_kept(void **state)
{
    (void)state;
    const char *file = fresh("added.db");
    hyt_trial *trials[5];
    size_t count = 0;
    const double objectives[] = { 7, 3 };
    hyt_search *search = attached(file, HYT_STUDY_NEW, &usual, "");
    for (uint64_t i = 0; i < 3; i++) {
        hyt_candidate *candidate = NULL;
        MUST(hyt_candidate_sample((hyt_space *)(uintptr_t)hyt_search_space(search), 9, i, &candidate));
        MUST(hyt_search_add_result(search, candidate, i == 1 ? HYT_TRIAL_TIMEOUT : HYT_TRIAL_FINISHED, objectives, 2));
        hyt_candidate_destroy(candidate);
        if (i != 1) continue;
        MUST(hyt_search_ask(search, 2, trials, &count));
        MUST(hyt_search_tell(search, trials[0], HYT_TRIAL_CANCELLED, NULL, 0));
    }
    hyt_search *resumed = NULL;
    size_t size = hyt_search_size(search);
    hyt_search_destroy(search);
    resumed = attached(file, HYT_STUDY_RESUME, &usual, "");
    assert_int_equal(hyt_search_size(resumed), size);
    assert_int_equal(hyt_search_trial_state(resumed, 1), HYT_TRIAL_TIMEOUT);
    assert_int_equal(hyt_search_trial_state(resumed, 2), HYT_TRIAL_CANCELLED);
    assert_int_equal(hyt_search_trial_state(resumed, 3), HYT_TRIAL_PENDING);
    assert_int_equal(hyt_search_trial_state(resumed, size - 1), HYT_TRIAL_FINISHED);
    assert_true(hyt_search_trial_objectives(resumed, size - 1)[0] == 7);
    /* Those added are free, the cancelled one is made up for. */
    MUST(hyt_search_run(resumed, toy_evaluate, NULL, NULL));
    assert_int_equal(hyt_search_size(resumed), usual.trials + 4);
    hyt_search_destroy(resumed);
}

/* What SQLite finds in order, but no search ever wrote. */
static void false_rows_are_found(void **state)
{
    (void)state;
    static const struct { const char *sql, *says;
    } cases[] = {
        { "UPDATE trial SET state=77 WHERE number=2", "trial 2: state 77" },
        { "UPDATE trial SET state=1 WHERE number=2", "state 1" },
        { "UPDATE trial SET state='x' WHERE number=2", "no number" },
        { "UPDATE trial SET round=-2 WHERE number=2", "no number" },
        { "UPDATE trial SET ended=1.5 WHERE number=2", "no number" },
        { "UPDATE trial SET ended=NULL WHERE number=2", "end does not go" },
        { "UPDATE trial SET ended=2 WHERE state=6", "end does not go" },
        { "UPDATE trial SET ended=99 WHERE number=2", "told when there were" },
        { "DELETE FROM trial WHERE number=1", "trial 2 where 1 was expected" },
        { "UPDATE trial SET number=-1 WHERE number=0", "trial -1" },
        { "UPDATE trial SET genome='99:1:conv' WHERE number=3", "trial 3" },
        { "UPDATE trial SET genome='1:1' WHERE number=3", "trial 3" },
        { "UPDATE trial SET genome='01:1:conv' WHERE number=3", "trial 3" },
        { "UPDATE trial SET genome=x'00' WHERE number=3", "not text" },
        { "UPDATE trial SET genome=CAST(x'0031' AS TEXT) WHERE number=3", "zero" },
        { "UPDATE trial SET objectives='[1]' WHERE state=0", "2 objectives" },
        { "UPDATE trial SET objectives='[1,1e999]' WHERE state=0", "trial" },
        { "UPDATE trial SET objectives='{}' WHERE state=0", "2 objectives" },
        { "UPDATE trial SET objectives=NULL WHERE state=0", "without objectives" },
        { "UPDATE trial SET objectives='[1,2]', state=2 WHERE state=0", "did not finish" },
        { "DELETE FROM fact WHERE key='space'", "no space" },
        { "DELETE FROM fact WHERE key='objective.0'", "no objectives" },
        { "UPDATE fact SET value='up gain' WHERE key='objective.0'", "objective 0" },
        { "UPDATE fact SET value='max gain' || char(27) || '[2J' WHERE key='objective.0'", "objective 0" },
        { "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i < 20000) "
          "INSERT INTO fact SELECT 'objective.' || i, 'min o' || i FROM n",
          "more than 4 objectives" },
        { "UPDATE fact SET value='{}' WHERE key='space'", "its space" },
        { "CREATE VIEW v AS SELECT 1", "tables" },
        { "CREATE TRIGGER t AFTER INSERT ON trial BEGIN DELETE FROM trial; END", "tables" },
        { "DROP TABLE fact; CREATE VIEW fact AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT "
          "i, i FROM n",
          "tables" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hyt_study *study = NULL;
        const char *file = fresh("false.db");
        make_study(file, &usual, 10);
        run_sql(file, cases[i].sql);
        hyt_status status = hyt_study_open(NULL, file, HYT_STUDY_READ, &study);
        if (status != HYT_ERR_FORMAT) fail_msg("%s: %s", cases[i].sql, hyt_status_name(status));
        CHECK_MESSAGE(cases[i].says);
    }
    hyt_study *study = NULL;
    hyt_search *search = toy_search(&usual);
    const char *file = fresh("false.db");
    make_study(file, &usual, 12);
    run_sql(file, "UPDATE trial SET genome=(SELECT genome FROM trial WHERE number=0) WHERE number=1");
    MUST(hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study));
    CHECK_STATUS(hyt_study_attach(study, search, "epochs=4;rate=0.1"), HYT_ERR_FORMAT);
    CHECK_MESSAGE("trial 1");
    assert_int_equal(hyt_search_size(search), 0); /* as it was */
    hyt_study_destroy(study);
    hyt_search_destroy(search);
}

/* Reads and resumes what may be damaged: any answer is good, a crash is not, and what opens is consistent. */
static void probe(const char *file)
{
    hyt_study *study = NULL;
    hyt_search *search = toy_search(&drawn);
    if (hyt_study_open(NULL, file, HYT_STUDY_RESUME, &study) == HYT_OK) {
        for (size_t i = 0; i < hyt_study_size(study); i++) {
            uint64_t number = 99;
            const char *genome = NULL;
            MUST(hyt_study_trial(study, i, &number, NULL, &genome, NULL));
            assert_int_equal(number, i);
            assert_non_null(genome);
        }
        if (hyt_study_attach(study, search, "epochs=4;rate=0.1") == HYT_OK)
            hyt_search_run(search, toy_evaluate, NULL, NULL);
    }
    hyt_study_destroy(study);
    hyt_search_destroy(search);
}

static void any_byte_may_be_wrong(void **state)
{
    (void)state;
    static unsigned char good[1 << 16], bad[1 << 16];
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    const char *file = fresh("bytes.db");
    make_study(file, &drawn, 12);
    FILE *in = fopen(file, "rb");
    size_t size = fread(good, 1, sizeof good, in);
    fclose(in);
    assert_in_range(size, 1000, sizeof good - 1);
    for (size_t round = 0; round < 300; round++) {
        size_t length = round % 10 == 9 ? hyti_rng_below(&rng, size) : size;
        memcpy(bad, good, size);
        for (size_t k = 0; k <= round % 7; k++)
            bad[hyti_rng_below(&rng, round % 2 ? 200 : size)] ^= (unsigned char)(1u << hyti_rng_below(&rng, 8));
        write_file(fresh("bytes.db"), bad, length);
        probe(file);
    }
}

/* A full disk, as the kernel tells it: EFBIG behind SIGXFSZ. In a child, since the limit cannot be lifted again. */
static int search_on_full_disk(const char *file)
{
    struct rlimit limit = { 40000, 40000 };
    toy_setup many = usual;
    signal(SIGXFSZ, SIG_IGN);
    many.trials = 96;
    many.method = "random";
    hyt_search *search = attached(file, HYT_STUDY_RESUME, &many, "epochs=4;rate=0.1");
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    hyt_status status = hyt_search_run(search, toy_evaluate, NULL, NULL);
    if (status == HYT_ERR_IO && strstr(hyt_message(), file)) return 0;
    fprintf(stderr, "%s: %s\n", hyt_status_name(status), hyt_message());
    return 1;
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    toy_setup many = usual;
    const char *file = fresh("full.db");
    int result = -1;
    many.method = "random";
    hyt_search_destroy(attached(file, HYT_STUDY_NEW, &many, "epochs=4;rate=0.1"));
    pid_t child = fork();
    if (child == 0) _exit(search_on_full_disk(file));
    waitpid(child, &result, 0);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    many.trials = 96;
    hyt_search *search = attached(file, HYT_STUDY_RESUME, &many, "epochs=4;rate=0.1");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL)); /* the disk has room again */
    assert_int_equal(hyt_search_size(search), 96);
    hyt_search_destroy(search);
}

/* Killed at random moments and resumed, again and again: nothing lost, nothing twice. */
static void a_kill_loses_nothing(void **state)
{
    (void)state;
    toy_setup many = usual;
    const char *file = fresh("kill.db");
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    many.trials = 90;
    many.method = "random";
    hyt_search_destroy(attached(file, HYT_STUDY_NEW, &many, ""));
    size_t done = 0;
    for (int round = 0; round < 40 && done < 90; round++) {
        int result = -1;
        pid_t child = fork();
        if (child == 0) {
            hyt_search *search = attached(file, HYT_STUDY_RESUME, &many, "");
            _exit(hyt_search_run(search, toy_evaluate, NULL, NULL) != HYT_OK);
        }
        usleep((useconds_t)hyti_rng_below(&rng, 8000));
        kill(child, SIGKILL);
        waitpid(child, &result, 0);
        assert_true(WIFSIGNALED(result) || WEXITSTATUS(result) == 0);
        hyt_study *study = NULL;
        MUST(hyt_study_open(NULL, file, HYT_STUDY_READ, &study));
        size_t told = 0;
        for (size_t i = 0; i < hyt_study_size(study); i++) {
            hyt_trial_state trial = HYT_TRIAL_PENDING;
            MUST(hyt_study_trial(study, i, NULL, &trial, NULL, NULL));
            told += trial != HYT_TRIAL_PENDING;
        }
        hyt_study_destroy(study);
        assert_in_range(told, done, 90);
        done = told;
    }
    hyt_search *search = attached(file, HYT_STUDY_RESUME, &many, "");
    MUST(hyt_search_run(search, toy_evaluate, NULL, NULL));
    assert_int_equal(hyt_search_size(search), 90);
    for (size_t i = 0; i < 90; i++) {
        assert_int_not_equal(hyt_search_trial_state(search, i), HYT_TRIAL_PENDING);
        for (size_t k = 0; k < i; k++)
            assert_false(hyt_candidate_equal(hyt_trial_candidate(hyt_search_trial(search, i)),
                                             hyt_trial_candidate(hyt_search_trial(search, k))));
    }
    hyt_search_destroy(search);
}

static hyt_status use_study(hyt_context *context)
{
    hyt_space *space = NULL;
    hyt_search *search = NULL;
    hyt_study *study = NULL;
    hyt_trial *trials[5];
    size_t count = 0;
    const double values[2] = { 1, 2 };
    hyt_status status = hyt_study_open(context, path, HYT_STUDY_RESUME, &study);
    if (status == HYT_OK) status = toy_space(context, &space);
    if (status == HYT_OK) status = toy_search_in(space, &usual, &search);
    if (status == HYT_OK) status = hyt_study_attach(study, search, "epochs=4;rate=0.1");
    if (status == HYT_OK) status = hyt_search_ask(search, 5, trials, &count);
    if (status == HYT_OK) status = hyt_search_tell(search, trials[0], HYT_TRIAL_FINISHED, values, 2);
    hyt_search_destroy(search);
    hyt_study_destroy(study);
    hyt_space_destroy(space);
    return status;
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    make_study(fresh("memory.db"), &usual, 6); /* one trial of the round is told a time */
    test_each_allocation(use_study);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "keeps.db", "resume.db", "grow.db",  "refuse.db", "lock.db", "none.db",
                                         "other.db", "false.db",  "bytes.db", "full.db",   "kill.db", "memory.db",
                                         "added.db" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) fresh(names[i]);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_trial),
        cmocka_unit_test(resumes_in_the_middle_of_a_round),
        cmocka_unit_test(trials_may_grow),
        cmocka_unit_test(another_search_is_refused),
        cmocka_unit_test(one_writer_at_a_time),
        cmocka_unit_test(starts_where_nothing_is_yet),
        cmocka_unit_test(every_name_is_a_file),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(added_results_are_kept), cmocka_unit_test(false_rows_are_found),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(a_kill_loses_nothing),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
