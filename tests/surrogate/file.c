/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surrogates as bytes, of every kind: what is read answers as what was written, and damage is noticed. */
#include "base/zip.h"
#include "surrogate/model.h"
#include "test.h"
#include <unistd.h>

enum { N = 30, D = 4, HEAD = 16 };

static double x[N * D], y[N];

#define FOR_EACH_KIND(kind) \
    for (size_t place_ = 0; hyt_surrogate_kind(place_); place_++) \
        for (const char *kind = hyt_surrogate_kind(place_); kind; kind = NULL)

static void sample(void)
{
    hyti_rng rng = hyti_rng_start(41, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        x[i * D] = hyti_rng_uniform(&rng);
        x[i * D + 1] = (double)hyti_rng_below(&rng, 3);
        x[i * D + 2] = hyti_rng_below(&rng, 2) == 1;
        x[i * D + 3] = 1 - x[i * D + 2];
        y[i] = 100 + 3 * x[i * D] - x[i * D + 1] + 2 * x[i * D + 2] + 0.1 * hyti_rng_normal(&rng);
    }
}

/* Of that kind, small, its columns set, a third of its rows added later. */
static hyt_surrogate *made(const char *kind, bool fitted)
{
    static const int columns[D] = { HYT_COLUMN_REAL, HYT_COLUMN_ORDINAL, HYT_COLUMN_CATEGORY, HYT_COLUMN_CATEGORY };
    static const char *const less[][2] = { { "rounds", "20" }, { "members", "3" }, { "epochs", "10" }, { "draws", "4" },
                                           { "trees", "10" } };
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL;
    MUST(hyt_surrogate_options_create(NULL, kind, &options));
    MUST(hyt_options_set_int(options, HYT_SURROGATE_SEED, 5));
    for (size_t i = 0; i < sizeof less / sizeof *less && strcmp(kind, "auto") != 0; i++) {
        hyt_status status = hyt_options_set_text(options, less[i][0], less[i][1]);
        assert_true(status == HYT_OK || status == HYT_ERR_NOT_FOUND);
    }
    MUST(hyt_surrogate_create(NULL, kind, D, options, &model));
    hyt_options_destroy(options);
    MUST(hyt_surrogate_set_columns(model, columns, D));
    if (!fitted) return model;
    MUST(hyt_surrogate_fit(model, x, y, 2 * N / 3));
    MUST(hyt_surrogate_update(model, x + 2 * N / 3 * D, y + 2 * N / 3, N / 3));
    return model;
}

static void must_be_alike(const hyt_surrogate *a, const hyt_surrogate *b)
{
    double mean[2][N], deviation[2][N], draws[2][3 * N], slopes[2][2 * D];
    assert_int_equal(hyt_surrogate_rows(a), hyt_surrogate_rows(b));
    if (!hyt_surrogate_chosen(a)) {
        assert_null(hyt_surrogate_chosen(b));
        return;
    }
    assert_string_equal(hyt_surrogate_chosen(a), hyt_surrogate_chosen(b));
    MUST(hyt_surrogate_predict(a, x, N, mean[0], deviation[0]));
    MUST(hyt_surrogate_predict(b, x, N, mean[1], deviation[1]));
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    assert_memory_equal(deviation[0], deviation[1], sizeof deviation[0]);
    MUST(hyt_surrogate_sample(a, x, N, 3, 8, draws[0]));
    MUST(hyt_surrogate_sample(b, x, N, 3, 8, draws[1]));
    assert_memory_equal(draws[0], draws[1], sizeof draws[0]);
    hyt_status status = hyt_surrogate_gradient(a, x, slopes[0], slopes[0] + D);
    CHECK_STATUS(hyt_surrogate_gradient(b, x, slopes[1], slopes[1] + D), status);
    if (status == HYT_OK) assert_memory_equal(slopes[0], slopes[1], sizeof slopes[0]);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    sample();
    FOR_EACH_KIND(kind)
        for (int fitted = 0; fitted < 2; fitted++) {
            hyt_surrogate *model = made(kind, fitted), *again = NULL;
            char *bytes = NULL, *bytes2 = NULL;
            size_t size, size2;
            MUST(hyt_surrogate_write(model, &bytes, &size));
            MUST(hyt_surrogate_parse(NULL, bytes, size, &again));
            must_be_alike(model, again);
            MUST(hyt_surrogate_write(again, &bytes2, &size2));
            assert_int_equal(size, size2);
            assert_memory_equal(bytes, bytes2, size);
            if (fitted) { /* and it goes on as the other would */
                MUST(hyt_surrogate_update(model, x, y, 2));
                MUST(hyt_surrogate_update(again, x, y, 2));
                must_be_alike(model, again);
            }
            hyt_text_destroy(bytes);
            hyt_text_destroy(bytes2);
            hyt_surrogate_destroy(model);
            hyt_surrogate_destroy(again);
        }
}

static void files_are_as_bytes(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-surrogate-XXXXXX";
    hyt_surrogate *model, *again = NULL;
    int handle = mkstemp(path);
    assert_true(handle >= 0);
    close(handle);
    sample();
    model = made("ridge", true);
    MUST(hyt_surrogate_save(model, path));
    MUST(hyt_surrogate_load(NULL, path, &again));
    must_be_alike(model, again);
    hyt_surrogate_destroy(again);
    again = NULL;
    assert_int_equal(truncate(path, 100), 0);
    CHECK_STATUS(hyt_surrogate_load(NULL, path, &again), HYT_ERR_FORMAT);
    CHECK_MESSAGE(path);
    unlink(path);
    CHECK_STATUS(hyt_surrogate_load(NULL, path, &again), HYT_ERR_IO);
    CHECK_STATUS(hyt_surrogate_save(model, "/no/such/folder/file"), HYT_ERR_IO);
    assert_null(again);
    hyt_surrogate_destroy(model);
}

/* With its checksum set right, so that what is behind it is reached. */
static hyt_status parse_copy(const char *bytes, size_t size, size_t at, unsigned char value, hyt_surrogate **out)
{
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    if (at < size) copy[at] = (char)value;
    if (size >= HEAD) {
        uint32_t crc = hyti_crc32(0, copy + HEAD, size - HEAD);
        memcpy(copy + HEAD - 4, &crc, 4);
    }
    hyt_status status = hyt_surrogate_parse(NULL, copy, size, out);
    free(copy);
    return status;
}

/* Cut anywhere it is refused; with a byte changed it is refused, or a model that answers or says why not. */
static void damage_is_survived(void **state)
{
    (void)state;
    sample();
    FOR_EACH_KIND(kind) {
        hyt_surrogate *model = made(kind, true), *again = NULL;
        char *bytes = NULL;
        size_t size;
        hyti_rng rng = hyti_rng_start(6, HYTI_PURPOSE_TEST, 1);
        MUST(hyt_surrogate_write(model, &bytes, &size));
        size_t step = 1 + size / 400;
        for (size_t cut = 0; cut < size; cut += step) {
            hyt_status status = parse_copy(bytes, cut, size, 0, &again);
            if (status != HYT_ERR_FORMAT)
                fail_msg("%s cut at %zu of %zu: %s", kind, cut, size, hyt_status_name(status));
        }
        for (size_t at = HEAD; at < size; at += 1 + hyti_rng_below(&rng, step)) {
            double mean[N], deviation[N];
            if (parse_copy(bytes, size, at, (unsigned char)hyti_rng_u32(&rng), &again) != HYT_OK) continue;
            size_t n = strcmp(hyt_surrogate_chosen(again) ? hyt_surrogate_chosen(again) : "", "") ? N : 0;
            if (n) hyt_surrogate_predict(again, x, n, mean, deviation);
            hyt_surrogate_destroy(again);
            again = NULL;
        }
        bytes[size - 1] ^= 1;
        CHECK_STATUS(hyt_surrogate_parse(NULL, bytes, size, &again), HYT_ERR_FORMAT);
        CHECK_MESSAGE("checksum");
        bytes[8] = 9;
        CHECK_STATUS(hyt_surrogate_parse(NULL, bytes, size, &again), HYT_ERR_CONFLICT);
        CHECK_MESSAGE("version 9");
        assert_null(again);
        hyt_text_destroy(bytes);
        hyt_surrogate_destroy(model);
    }
}

static const char *live_kind;

static hyt_status live(hyt_context *context)
{
    hyt_surrogate *model = NULL, *again = NULL;
    char *bytes = NULL;
    size_t size = 0;
    hyt_status status = hyt_surrogate_create(context, live_kind, D, NULL, &model);
    if (status == HYT_OK) status = hyt_surrogate_fit(model, x, y, 8);
    if (status == HYT_OK) status = hyt_surrogate_write(model, &bytes, &size);
    if (status == HYT_OK) status = hyt_surrogate_parse(context, bytes, size, &again);
    hyt_text_destroy(bytes);
    hyt_surrogate_destroy(again);
    hyt_surrogate_destroy(model);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sample();
    FOR_EACH_KIND(kind) {
        if (strcmp(kind, "ranker") == 0) continue; /* its fit asks for memory once a round */
        live_kind = kind;
        test_each_allocation(live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(files_are_as_bytes),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
