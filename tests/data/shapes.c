/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in set: the same picture for the same number whatever the range and size, balanced, boxes and masks of the
 * figures, and neither pixels nor colours give the class away to a linear model. */
#include "test.h"
#include "linear.h"
#include <hytnas/data.h>

static hyt_dataset *shapes(size_t count, size_t size, uint64_t seed, uint64_t first)
{
    hyt_dataset *data = NULL;
    MUST(hyt_dataset_create_shapes(NULL, count, size, seed, first, &data));
    return data;
}

static void a_picture_depends_on_seed_and_number_alone(void **state)
{
    (void)state;
    enum { COUNT = 20, SIZE = 32, BYTES = SIZE * SIZE * 3 };
    hyt_dataset *all = shapes(COUNT, SIZE, 5, 100), *part = shapes(7, SIZE, 5, 109);
    hyt_dataset *other = shapes(COUNT, SIZE, 6, 100);
    for (size_t i = 0; i < 7; i++) {
        assert_memory_equal(hyt_dataset_picture(part, i), hyt_dataset_picture(all, i + 9), BYTES);
        assert_memory_equal(hyt_dataset_mask(part, i), hyt_dataset_mask(all, i + 9), SIZE * SIZE);
        assert_int_equal(hyt_dataset_label(part, i), hyt_dataset_label(all, i + 9));
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_memory_not_equal(hyt_dataset_picture(all, i), hyt_dataset_picture(other, i), BYTES);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(hyt_dataset_picture(all, i), hyt_dataset_picture(all, j), BYTES);
    }
    hyt_dataset_destroy(all);
    hyt_dataset_destroy(part);
    hyt_dataset_destroy(other);
}

static void every_range_is_balanced(void **state)
{
    (void)state;
    size_t first_of_pair = 0;
    hyt_dataset *data = shapes(200, 16, 3, 0), *odd = shapes(201, 16, 3, 1);
    MUST(hyt_dataset_check(data, "shapes", 2));
    assert_int_equal(hyt_dataset_class_count(data, 1), 100);
    assert_in_range(hyt_dataset_class_count(odd, 1), 100, 101);
    for (size_t i = 0; i < 200; i += 2) first_of_pair += hyt_dataset_label(data, i);
    assert_in_range(first_of_pair, 30, 70); /* not always the same one of a pair */
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(odd);
}

/* Share of the union of two masks that both have. */
static double overlap(const uint8_t *a, const uint8_t *b, size_t pixels)
{
    size_t both = 0, either = 0;
    for (size_t p = 0; p < pixels; p++) {
        both += a[p] && b[p];
        either += a[p] || b[p];
    }
    return either ? (double)both / (double)either : 1;
}

static void the_scene_is_the_same_at_any_size(void **state)
{
    (void)state;
    enum { COUNT = 30, SMALL = 48 };
    double difference = 0;
    hyt_dataset *small = shapes(COUNT, SMALL, 9, 0), *large = shapes(COUNT, 2 * SMALL, 9, 0), *shrunk = NULL;
    MUST(hyt_dataset_resize(large, SMALL, SMALL, &shrunk));
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(hyt_dataset_label(small, i), hyt_dataset_label(shrunk, i));
        assert_true(overlap(hyt_dataset_mask(small, i), hyt_dataset_mask(shrunk, i), SMALL * SMALL) > 0.85);
        for (size_t p = 0; p < SMALL * SMALL * 3; p++)
            difference += fabs((double)hyt_dataset_picture(small, i)[p] - hyt_dataset_picture(shrunk, i)[p]);
    }
    assert_true(difference / (COUNT * SMALL * SMALL * 3) < 8); /* grain and edges */
    hyt_dataset_destroy(small);
    hyt_dataset_destroy(large);
    hyt_dataset_destroy(shrunk);
}

/* The box is the smallest that holds the mask. */
static void check_box(const hyt_dataset *data, size_t index)
{
    size_t count, size = hyt_dataset_width(data);
    const float *box = hyt_dataset_boxes(data, index, &count);
    const uint8_t *mask = hyt_dataset_mask(data, index);
    float tight[4] = { (float)size, (float)size, 0, 0 };
    for (size_t p = 0; p < size * size; p++) {
        if (!mask[p]) continue;
        float x = (float)(p % size), y = (float)(p / size);
        tight[0] = fminf(tight[0], x);
        tight[1] = fminf(tight[1], y);
        tight[2] = fmaxf(tight[2], x + 1);
        tight[3] = fmaxf(tight[3], y + 1);
    }
    assert_int_equal(count, hyt_dataset_label(data, index));
    if (count == 0) assert_true(!box && tight[2] == 0);
    else assert_memory_equal(box, tight, sizeof tight);
    if (count == 1) assert_true(box[3] - box[1] >= 0.3f * (float)size); /* little of it is hidden */
}

static void boxes_hold_the_masks(void **state)
{
    (void)state;
    for (size_t size = 16; size <= 64; size *= 2) {
        hyt_dataset *data = shapes(400, size, size, 0), *half = NULL;
        for (size_t i = 0; i < 400; i++) check_box(data, i);
        MUST(hyt_dataset_resize(data, size / 2, size * 2, &half));
        for (size_t i = 0; i < 400; i++) {
            size_t count, same;
            const float *box = hyt_dataset_boxes(data, i, &count), *scaled = hyt_dataset_boxes(half, i, &same);
            assert_int_equal(count, same);
            if (count) CHECK_NEAR(scaled[2], 2 * box[2], 0);
            if (count) CHECK_NEAR(scaled[3], box[3] / 2, 0);
        }
        hyt_dataset_destroy(data);
        hyt_dataset_destroy(half);
    }
}

static double fit(linear_rows (*view)(const hyt_dataset *), const hyt_dataset *train, const hyt_dataset *test,
                  float rate)
{
    linear_rows a = view(train), b = view(test);
    linear_scale(&a, &b);
    double accuracy = linear_fit(&a, &b, rate, 0.1f, 15);
    linear_rows_clear(&a);
    linear_rows_clear(&b);
    return accuracy;
}

static void a_linear_model_learns_little(void **state)
{
    (void)state;
    hyt_dataset *train = shapes(1500, 32, 1, 0), *test = shapes(1500, 32, 1, 1500);
    double pixels = fit(linear_pixels, train, test, 1e-4f), statistics = fit(linear_statistics, train, test, 1e-3f);
    print_message("linear: %.3f on pixels, %.3f on statistics of colour and contrast\n", pixels, statistics);
    assert_true(pixels < 0.70);
    assert_true(statistics < 0.65);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(test);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    hyt_dataset *data = NULL;
    CHECK_STATUS(hyt_dataset_create_shapes(NULL, 4, 15, 1, 0, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create_shapes(NULL, 4, 513, 1, 0, &data), HYT_ERR_RANGE);
    CHECK_MESSAGE("513");
    CHECK_STATUS(hyt_dataset_create_shapes(NULL, 0, 32, 1, 0, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create_shapes(NULL, 4, 32, 1, UINT64_MAX, &data), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_create_shapes(NULL, 4, 32, 1, 0, NULL), HYT_ERR_ARGUMENT);
    assert_null(data);
}

static hyt_status make_and_resize(hyt_context *context)
{
    hyt_dataset *data = NULL, *small = NULL;
    hyt_status status = hyt_dataset_create_shapes(context, 4, 20, 1, 0, &data);
    if (status == HYT_OK) status = hyt_dataset_resize(data, 16, 24, &small);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(small);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(make_and_resize);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_depends_on_seed_and_number_alone), cmocka_unit_test(every_range_is_balanced),
        cmocka_unit_test(the_scene_is_the_same_at_any_size),          cmocka_unit_test(boxes_hold_the_masks),
        cmocka_unit_test(a_linear_model_learns_little),               cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
