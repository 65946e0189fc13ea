/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data sets from memory and from rows, their statistics, and what resizing keeps. */
#include "test.h"
#include "base/heap.h"
#include <hytnas/data.h>

static hyt_dataset *create(const uint8_t *pictures, size_t count, size_t height, size_t width)
{
    uint32_t *labels = calloc(count, sizeof *labels);
    hyt_dataset *data = NULL;
    MUST(hyt_dataset_create(NULL, pictures, labels, count, height, width, 1, &data));
    free(labels);
    return data;
}

static void pictures_are_copied(void **state)
{
    (void)state;
    uint8_t pictures[2 * 3] = { 0, 51, 255, 255, 51, 255 };
    uint32_t labels[2] = { 2, 0 };
    double mean[3], deviation[3];
    hyt_dataset *data = NULL;
    MUST(hyt_dataset_create(NULL, pictures, labels, 2, 1, 1, 3, &data));
    memset(pictures, 7, sizeof pictures);
    labels[0] = 9;
    assert_int_equal(hyt_dataset_picture(data, 0)[1], 51);
    assert_int_equal(hyt_dataset_label(data, 0), 2);
    assert_int_equal(hyt_dataset_class_count(data, 1), 0);
    assert_int_equal(hyt_dataset_class_count(data, 3), 0);
    hyt_dataset_statistics(data, mean, deviation);
    CHECK_NEAR(mean[0], 0.5, 1e-15);
    CHECK_NEAR(mean[1], 0.2, 1e-15);
    CHECK_NEAR(deviation[0], 0.5, 1e-15);
    CHECK_NEAR(deviation[1], 0, 1e-15);
    CHECK_STATUS(hyt_dataset_check(data, "train", 3), HYT_ERR_FORMAT);
    CHECK_MESSAGE("train has no picture of class 1");
    CHECK_STATUS(hyt_dataset_check(data, "train", 2), HYT_ERR_FORMAT);
    CHECK_MESSAGE("only 2 classes");
    hyt_dataset_destroy(data);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    const uint8_t picture[3] = { 0 };
    const uint32_t label = 1;
    hyt_dataset *data = NULL;
    CHECK_STATUS(hyt_dataset_create(NULL, picture, &label, 1, 1, 1, 1, &data), HYT_ERR_RANGE);
    CHECK_MESSAGE("label 1");
    CHECK_STATUS(hyt_dataset_create(NULL, picture, &label, 1, 1, 1, 65537, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create(NULL, picture, &label, 0, 1, 1, 2, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create(NULL, picture, &label, 1, 0, 1, 2, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create(NULL, picture, &label, SIZE_MAX, 2, 2, 2, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create(NULL, NULL, &label, 1, 1, 1, 2, &data), HYT_ERR_ARGUMENT);
    assert_null(data);
    assert_int_equal(hyt_dataset_count(NULL), 0);
    hyt_dataset_destroy(NULL);
}

static int count_up(void *user, size_t index, uint8_t *picture, uint32_t *label)
{
    size_t *next = user;
    assert_int_equal(index, (*next)++);
    picture[0] = (uint8_t)index;
    *label = (uint32_t)index;
    return index < 4 ? 0 : -77;
}

static void rows_come_in_order(void **state)
{
    (void)state;
    size_t next = 0;
    hyt_dataset *data = NULL;
    MUST(hyt_dataset_read(NULL, count_up, &next, 4, 2, 2, 4, &data));
    assert_int_equal(next, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(hyt_dataset_picture(data, i)[0], i);
        assert_int_equal(hyt_dataset_label(data, i), i);
    }
    hyt_dataset_destroy(data);
    data = NULL;
    next = 0;
    CHECK_STATUS(hyt_dataset_read(NULL, count_up, &next, 9, 2, 2, 9, &data), -77);
    CHECK_MESSAGE("row");
    assert_int_equal(next, 5);
    assert_null(data);
}

static double mean_of(const hyt_dataset *data)
{
    double mean[3], deviation[3];
    hyt_dataset_statistics(data, mean, deviation);
    return (mean[0] + mean[1] + mean[2]) / 3;
}

static void constant_stays_constant(void **state)
{
    (void)state;
    uint8_t *flat = malloc(9 * 7 * 3);
    for (int value = 0; value < 256; value += 17) {
        memset(flat, value, 9 * 7 * 3);
        hyt_dataset *data = create(flat, 1, 9, 7);
        for (size_t side = 1; side <= 20; side++) {
            hyt_dataset *other = NULL;
            MUST(hyt_dataset_resize(data, side, 21 - side, &other));
            for (size_t i = 0; i < side * (21 - side) * 3; i++)
                assert_int_equal(hyt_dataset_picture(other, 0)[i], value);
            hyt_dataset_destroy(other);
        }
        hyt_dataset_destroy(data);
    }
    free(flat);
}

/* Averaging keeps the mean but for rounding; the same size changes nothing; a ramp stays a ramp when it grows. */
static void resizing_keeps_what_it_should(void **state)
{
    (void)state;
    uint8_t noise[4 * 12 * 12 * 3], ramp[8 * 3];
    uint32_t word = 1;
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)((word = word * 1664525u + 1013904223u) >> 24);
    for (size_t i = 0; i < sizeof ramp; i++) ramp[i] = (uint8_t)(i / 3 * 30);
    hyt_dataset *data = create(noise, 4, 12, 12), *line = create(ramp, 1, 1, 8), *other = NULL;
    MUST(hyt_dataset_resize(data, 12, 12, &other));
    assert_memory_equal(hyt_dataset_picture(other, 0), noise, sizeof noise);
    hyt_dataset_destroy(other);
    for (size_t side = 1; side < 12; side++) {
        MUST(hyt_dataset_resize(data, side, 12 - side, &other));
        CHECK_NEAR(mean_of(other), mean_of(data), 0.5 / 255);
        hyt_dataset_destroy(other);
    }
    MUST(hyt_dataset_resize(line, 1, 24, &other));
    for (size_t x = 1; x + 1 < 24; x++)
        CHECK_NEAR(hyt_dataset_picture(other, 0)[3 * x], 30 * ((x + 0.5) / 3 - 0.5), 0.51);
    hyt_dataset_destroy(other);
    CHECK_STATUS(hyt_dataset_resize(data, 0, 3, &other), HYT_ERR_RANGE);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_copied),     cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(rows_come_in_order),      cmocka_unit_test(constant_stays_constant),
        cmocka_unit_test(resizing_keeps_what_it_should),
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
