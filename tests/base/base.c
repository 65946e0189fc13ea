/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "base/large.h"
#include "base/number.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/text.h"
#include "base/zip.h"
#include "test.h"
#include <locale.h>
#include <unistd.h>

typedef struct params { int64_t count, method, flag; double rate; } params;
static const hyti_option rows[] = {
    { "count", HYT_OPT_INT, 5, 1, 10, NULL, offsetof(params, count), "how many" },
    { "method", HYT_OPT_CHOICE, 1, 0, 0, "gp|trees|auto", offsetof(params, method), "which" },
    { "flag", HYT_OPT_FLAG, 1, 0, 1, NULL, offsetof(params, flag), "whether" },
    { "rate", HYT_OPT_REAL, 0.5, 0, 1, NULL, offsetof(params, rate), "how fast" },
};
static const hyti_table table = { rows, 4, sizeof(params), NULL };

static void options_are_checked(void **state)
{
    (void)state;
    hyt_options *options = NULL;
    char text[16];
    params read;
    MUST(hyti_options_create(NULL, &table, &options));
    MUST(hyti_options_read(options, &table, &read));
    assert_int_equal(read.count, 5);
    assert_int_equal(read.method, 1);
    CHECK_STATUS(hyt_options_set_int(options, "conut", 3), HYT_ERR_NOT_FOUND);
    CHECK_MESSAGE("\"count\"");
    CHECK_STATUS(hyt_options_set_int(options, "count", 11), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_options_set_text(options, "rate", "fast"), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_options_set_text(options, "rate", "nan"), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_options_set_real(options, "count", 2.5), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_options_set_text(options, "method", "tree"), HYT_ERR_RANGE);
    MUST(hyt_options_set_text(options, "method", "auto"));
    MUST(hyt_options_set_text(options, "rate", "0.25"));
    MUST(hyt_options_get_text(options, "method", text, sizeof text));
    assert_string_equal(text, "auto");
    CHECK_STATUS(hyt_options_get_text(options, "method", text, 4), HYT_ERR_RANGE);
    MUST(hyti_options_read(options, &table, &read));
    assert_int_equal(read.method, 2);
    CHECK_NEAR(read.rate, 0.25, 0);
    hyt_options_destroy(options);
}

/* A table that starts with another's rows may be read for that one; not the other way round. */
static void options_know_their_table(void **state)
{
    (void)state;
    typedef struct longer { params first; int64_t extra; } longer;
    static const hyti_option more[] = { { "extra", HYT_OPT_INT, 7, 0, 9, NULL, offsetof(longer, extra), "more" } };
    static const hyti_table long_table = { more, 1, sizeof(longer), &table };
    hyt_options *options = NULL, *shorter = NULL;
    longer read = { .extra = -1 };
    MUST(hyti_options_create(NULL, &long_table, &options));
    MUST(hyti_options_create(NULL, &table, &shorter));
    MUST(hyt_options_set_int(options, "count", 3));
    MUST(hyti_options_read(options, &table, &read.first));
    assert_int_equal(read.first.count, 3);
    assert_int_equal(read.extra, -1);
    MUST(hyti_options_read(options, &long_table, &read));
    assert_int_equal(read.extra, 7);
    assert_string_equal(hyt_options_key(options, 4), "extra");
    CHECK_STATUS(hyti_options_read(shorter, &long_table, &read), HYT_ERR_ARGUMENT);
    CHECK_MESSAGE("\"extra\"");
    hyt_options_destroy(options);
    hyt_options_destroy(shorter);
}

/* Known answers of the authors' library (Random123): counter and key all zero. */
static void philox_matches_its_paper(void **state)
{
    (void)state;
    hyti_rng rng = hyti_rng_start(0, HYTI_PURPOSE_TEST, 0);
    uint32_t last = hyti_rng_u32(&rng), third = hyti_rng_u32(&rng);
    uint32_t second = hyti_rng_u32(&rng), first = hyti_rng_u32(&rng);
    assert_int_equal(first, 0x6627e8d5u);
    assert_int_equal(second, 0xe169c58du);
    assert_int_equal(third, 0xbc57ac4cu);
    assert_int_equal(last, 0x9b00dbd8u);
}

static void draws_are_even(void **state)
{
    (void)state;
    hyti_rng rng = hyti_rng_start(7, HYTI_PURPOSE_TEST, 3);
    size_t seen[10] = { 0 };
    double sum = 0, squares = 0;
    for (int i = 0; i < 100000; i++) {
        seen[hyti_rng_below(&rng, 10)]++;
        double z = hyti_rng_normal(&rng);
        sum += z;
        squares += z * z;
    }
    for (int i = 0; i < 10; i++) CHECK_NEAR((double)seen[i], 10000, 500);
    CHECK_NEAR(sum / 1e5, 0, 0.02);
    CHECK_NEAR(squares / 1e5, 1, 0.02);
}

static void mark(void *user, size_t task, size_t worker)
{
    (void)worker;
    ((unsigned char *)user)[task]++;
}

static void pool_runs_each_task_once(void **state)
{
    (void)state;
    unsigned char done[1000];
    for (size_t threads = 1; threads <= 4; threads++) {
        hyti_pool *pool = NULL;
        MUST(hyti_pool_create(NULL, threads, &pool));
        for (size_t count = 0; count < 1000; count += 37) {
            memset(done, 0, sizeof done);
            hyti_pool_run(pool, count, mark, done);
            for (size_t i = 0; i < sizeof done; i++) assert_int_equal(done[i], i < count);
        }
        for (size_t run = 0; run < 20000; run++) { /* back to back: workers are late for some, and early for the next */
            memset(done, 0, 8);
            hyti_pool_run(pool, 2 + run % 6, mark, done);
            for (size_t i = 0; i < 8; i++) assert_int_equal(done[i], i < 2 + run % 6);
        }
        hyti_pool_destroy(pool);
    }
}

static void deflate_goes_round(void **state)
{
    (void)state;
    unsigned char bytes[5000], back[5000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * i >> 3);
    for (int kind = HYTI_ZIP_RAW; kind <= HYTI_ZIP_ZLIB; kind++) {
        void *packed = NULL;
        size_t size = 0;
        MUST(hyti_deflate(NULL, kind, bytes, sizeof bytes, &packed, &size));
        MUST(hyti_inflate(NULL, kind, packed, size, back, sizeof back));
        assert_memory_equal(bytes, back, sizeof bytes);
        CHECK_STATUS(hyti_inflate(NULL, kind, packed, size, back, sizeof back - 1), HYT_ERR_FORMAT);
        CHECK_STATUS(hyti_inflate(NULL, kind, packed, size / 2, back, sizeof back), HYT_ERR_FORMAT);
        CHECK_STATUS(hyti_inflate(NULL, kind, "\xff\xff\xff\xff", 4, back, sizeof back), HYT_ERR_FORMAT);
        hyti_free(NULL, packed);
    }
}

static void json_is_strict(void **state)
{
    (void)state;
    hyti_json *root = NULL;
    char deep[200];
    memset(deep, '[', sizeof deep);
    CHECK_STATUS(hyti_json_parse(deep, sizeof deep, &root), HYT_ERR_FORMAT);
    CHECK_STATUS(hyti_json_parse("{\"a\":1,\"a\":2}", 13, &root), HYT_ERR_FORMAT);
    CHECK_STATUS(hyti_json_parse("{} x", 4, &root), HYT_ERR_FORMAT);
    assert_null(root);
    MUST(hyti_json_parse("{\"a\":[1,2.5,\"x\"]}", 17, &root));
    const hyti_json *list = hyti_json_get(root, "a");
    double number = 0;
    const char *text = NULL;
    assert_int_equal(hyti_json_count(list), 3);
    MUST(hyti_json_number(hyti_json_at(list, 1), "a[1]", &number));
    CHECK_NEAR(number, 2.5, 0);
    MUST(hyti_json_text(hyti_json_at(list, 2), "a[2]", &text));
    CHECK_STATUS(hyti_json_text(hyti_json_at(list, 3), "a[3]", &text), HYT_ERR_FORMAT);
    CHECK_MESSAGE("a[3]");
    const char *const known[] = { "b", NULL };
    assert_string_equal(hyti_json_unknown_key(root, known), "a");
    hyti_json_destroy(root);
}

static hyt_status use_base(hyt_context *context)
{
    hyt_options *options = NULL;
    hyti_pool *pool = NULL;
    void *packed = NULL;
    char *given = NULL;
    size_t size;
    hyt_status status = hyti_options_create(context, &table, &options);
    if (status == HYT_OK) status = hyti_pool_create(context, 2, &pool);
    if (status == HYT_OK) status = hyti_deflate(context, HYTI_ZIP_RAW, "abc", 3, &packed, &size);
    if (status == HYT_OK) status = hyti_give_text(context, "abc", 3, &given);
    hyti_free(context, packed);
    hyt_text_destroy(given);
    hyti_pool_destroy(pool);
    hyt_options_destroy(options);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(use_base);
}

static void files_are_written_whole(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-base-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    fclose(fdopen(descriptor, "w"));
    void *bytes = NULL;
    size_t size = 0;
    MUST(hyti_file_write(path, "hello", 5));
    MUST(hyti_file_read(NULL, path, 100, &bytes, &size));
    assert_int_equal(size, 5);
    assert_memory_equal(bytes, "hello", 5);
    hyti_free_aligned(NULL, bytes);
    CHECK_STATUS(hyti_file_read(NULL, path, 4, &bytes, &size), HYT_ERR_RANGE);
    CHECK_STATUS(hyti_file_write("/nowhere/at/all", "x", 1), HYT_ERR_IO);
    CHECK_MESSAGE("/nowhere/at/all");
    remove(path);
}

/* A new file has the rights that the host's mask leaves, and nothing is left beside it. */
static void files_have_the_usual_rights(void **state)
{
    (void)state;
    char folder[] = "/tmp/hytnas-rights-XXXXXX", path[64];
    struct stat facts;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    mode_t before = umask(027);
    hyt_status status = hyti_file_write(path, "x", 1);
    umask(before);
    MUST(status);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0640);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

/* To the last bit, through JSON: what a study keeps decides the proposals after it was resumed. */
static void numbers_come_back(void **state)
{
    (void)state;
    const double values[] = { 0.0, -0.0, 1, -1, 0.1 + 0.2, 1e15, 123456789012345, 9007199254740992, 5e-324,
                              -1.7976931348623157e308 };
    for (size_t i = 0; i < HYTI_COUNT(values); i++) {
        char text[HYTI_NUMBER_SIZE];
        hyti_json *json = NULL;
        double back = 7;
        hyti_number_print(values[i], text);
        MUST(hyti_json_parse(text, strlen(text), &json));
        MUST(hyti_json_number(json, text, &back));
        if (memcmp(&back, &values[i], sizeof back) != 0) fail_msg("%s reads back as %.17g", text, back);
        hyti_json_destroy(json);
    }
}

/* A host that sets a locale with a decimal comma changes nothing of what files say. */
static void numbers_keep_their_point(void **state)
{
    (void)state;
    char text[HYTI_NUMBER_SIZE], *end;
    locale_t comma = newlocale(LC_NUMERIC_MASK, "de_DE.UTF-8", (locale_t)0);
    if (!comma) comma = newlocale(LC_NUMERIC_MASK, "fr_FR.UTF-8", (locale_t)0);
    locale_t before = comma ? uselocale(comma) : (locale_t)0;
    hyti_number_print(0.1, text);
    assert_string_equal(text, "0.1");
    CHECK_NEAR(hyti_number_read("1.5:2", &end), 1.5, 0);
    assert_string_equal(end, ":2");
    hyti_number_print(1e300 * 1e300, text);
    assert_string_equal(text, "null");
    hyti_number_print(0.1 + 0.2, text);
    assert_true(hyti_number_read(text, NULL) == 0.1 + 0.2);
    if (!comma) {
        print_message("skipped: no locale with a decimal comma here\n");
        return;
    }
    uselocale(before);
    freelocale(comma);
}

/* Zero, apart from each other, at multiples of 64, and what is in them stays. */
static void large_blocks_keep_apart(void **state)
{
    (void)state;
    enum { BLOCKS = 40, ROUNDS = 600 };
    unsigned char *blocks[BLOCKS] = { 0 };
    size_t sizes[BLOCKS] = { 0 }, came = 0;
    hyti_rng rng = hyti_rng_start(11, HYTI_PURPOSE_TEST, 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t i = hyti_rng_below(&rng, BLOCKS);
        if (blocks[i]) {
            for (size_t j = 0; j < sizes[i]; j++)
                if (blocks[i][j] != i + 1) fail_msg("block %zu, byte %zu of %zu", i, j, sizes[i]);
            hyti_free_aligned(NULL, blocks[i]);
        }
        sizes[i] = (size_t)1 << hyti_rng_below(&rng, 22);
        sizes[i] += hyti_rng_below(&rng, sizes[i]);
        blocks[i] = hyti_alloc_aligned(NULL, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            if (blocks[i][j]) fail_msg("block %zu is not zero at byte %zu of %zu", i, j, sizes[i]);
        memset(blocks[i], (int)i + 1, sizes[i]);
        came += hyti_large_owns(blocks[i]);
    }
    print_message("%zu of %d blocks in large pages\n", came, ROUNDS);
    for (size_t i = 0; i < BLOCKS; i++) hyti_free_aligned(NULL, blocks[i]);
    assert_false(hyti_large_owns(&rng));
    assert_null(hyti_large_take(1)); /* left to the heap */
    assert_null(hyti_large_take(SIZE_MAX));
}

/* A block of the heap's that has to be aligned is none of the shared ones, which are known by where they start. */
static void aligned_blocks_are_given_back(void **state)
{
    (void)state;
    enum { ROUNDS = 3000, SIZE = 4060, PAGES = 2 }; /* shared only with the room to align it */
    void *pages[PAGES];
    for (size_t i = 0; i < PAGES; i++) pages[i] = hyti_alloc_aligned(NULL, (size_t)3 << 20);
    for (size_t i = 0; i < ROUNDS; i++) {
        void *block = hyti_alloc_aligned(NULL, SIZE);
        assert_non_null(block);
        hyti_free_aligned(NULL, block);
    }
    void *shared = hyti_alloc_aligned(NULL, 4 * SIZE); /* there would be no room for it among lost ones */
    assert_int_equal(hyti_large_owns(shared), hyti_large_owns(pages[0]));
    hyti_free_aligned(NULL, shared);
    for (size_t i = 0; i < PAGES; i++) hyti_free_aligned(NULL, pages[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),      cmocka_unit_test(options_know_their_table),
        cmocka_unit_test(philox_matches_its_paper),
        cmocka_unit_test(draws_are_even),           cmocka_unit_test(pool_runs_each_task_once),
        cmocka_unit_test(deflate_goes_round),       cmocka_unit_test(json_is_strict),
        cmocka_unit_test(numbers_keep_their_point), cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(files_are_written_whole),
        cmocka_unit_test(files_have_the_usual_rights), cmocka_unit_test(running_out_of_memory_leaves_nothing),
        cmocka_unit_test(large_blocks_keep_apart), cmocka_unit_test(aligned_blocks_are_given_back),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
