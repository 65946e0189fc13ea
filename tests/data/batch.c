/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of an epoch and augmentation: both depend on (seed, epoch, index) alone, and off means off. */
#include "test.h"
#include "data/batch.h"

enum { COUNT = 3, HEIGHT = 10, WIDTH = 13, VALUES = HEIGHT * WIDTH * 3 };

static hyt_dataset *noise(void)
{
    uint8_t pictures[COUNT * VALUES];
    const uint32_t labels[COUNT] = { 0 };
    uint32_t word = 9;
    hyt_dataset *data = NULL;
    for (size_t i = 0; i < sizeof pictures; i++) pictures[i] = (uint8_t)((word = word * 1664525u + 1013904223u) >> 24);
    MUST(hyt_dataset_create(NULL, pictures, labels, COUNT, HEIGHT, WIDTH, 1, &data));
    return data;
}

static void an_order_is_a_permutation(void **state)
{
    (void)state;
    size_t order[100], again[100], other[100], fixed = 0;
    for (size_t count = 0; count <= 100; count++) {
        unsigned char seen[100] = { 0 };
        hyti_data_order(5, 2, count, order);
        for (size_t i = 0; i < count; i++) {
            assert_true(order[i] < count);
            assert_int_equal(seen[order[i]]++, 0);
        }
    }
    hyti_data_order(5, 2, 100, again);
    assert_memory_equal(order, again, sizeof order);
    hyti_data_order(5, 3, 100, other);
    assert_memory_not_equal(order, other, sizeof order);
    hyti_data_order(6, 2, 100, other);
    assert_memory_not_equal(order, other, sizeof order);
    for (size_t i = 0; i < 100; i++) fixed += order[i] == i;
    assert_in_range(fixed, 0, 8);
}

static const hyti_augment plain = { .mean = { 0.5f, 0.25f, 0 }, .inverse = { 2, 4, 1 } };

static void off_is_the_picture_itself(void **state)
{
    (void)state;
    hyt_dataset *data = noise();
    float out[VALUES];
    for (size_t i = 0; i < COUNT; i++) {
        hyti_data_picture(data, i, &plain, 1, 2, out);
        for (size_t p = 0; p < VALUES; p++) {
            double value = hyt_dataset_picture(data, i)[p] / 255.0;
            CHECK_NEAR(out[p], (value - plain.mean[p % 3]) * plain.inverse[p % 3], 1e-6);
        }
    }
    hyt_dataset_destroy(data);
}

static void a_flip_mirrors_half_of_the_time(void **state)
{
    (void)state;
    hyt_dataset *data = noise();
    hyti_augment augment = plain;
    float straight[VALUES], out[VALUES];
    size_t mirrored = 0;
    augment.flip = true;
    hyti_data_picture(data, 1, &plain, 1, 0, straight);
    for (uint64_t epoch = 0; epoch < 400; epoch++) {
        hyti_data_picture(data, 1, &augment, 1, epoch, out);
        if (memcmp(out, straight, sizeof out) == 0) continue;
        mirrored++;
        for (size_t y = 0; y < HEIGHT; y++)
            for (size_t x = 0; x < WIDTH; x++)
                assert_memory_equal(out + 3 * (y * WIDTH + x), straight + 3 * (y * WIDTH + WIDTH - 1 - x), 12);
    }
    assert_in_range(mirrored, 150, 250);
    hyt_dataset_destroy(data);
}

/* Same (seed, epoch, index): same floats; any of them different: others. Values stay within the range of pictures. */
static void augmentation_depends_on_its_place_alone(void **state)
{
    (void)state;
    hyt_dataset *data = noise();
    const hyti_augment augment = { true, 0.2, 0.3, { 0 }, { 1, 1, 1 } };
    float first[VALUES], out[VALUES];
    hyti_data_picture(data, 2, &augment, 7, 4, first);
    const uint64_t places[][3] = { { 2, 8, 4 }, { 2, 7, 5 }, { 1, 7, 4 }, { 2, 7, 4 } };
    for (size_t i = 0; i < 4; i++) {
        hyti_data_picture(data, (size_t)places[i][0], &augment, places[i][1], places[i][2], out);
        assert_int_equal(memcmp(first, out, sizeof out) == 0, i == 3);
        for (size_t p = 0; p < VALUES; p++) assert_true(out[p] >= 0 && out[p] <= 1);
    }
    hyt_dataset_destroy(data);
}

/* On a flat grey picture a crop and a change of saturation show nothing; brightness and contrast keep it flat. */
static void flat_pictures_stay_flat(void **state)
{
    (void)state;
    uint8_t grey[VALUES];
    const uint32_t label = 0;
    hyt_dataset *data = NULL;
    float out[VALUES];
    double low = 1, high = 0;
    memset(grey, 102, sizeof grey);
    MUST(hyt_dataset_create(NULL, grey, &label, 1, HEIGHT, WIDTH, 1, &data));
    for (uint64_t epoch = 0; epoch < 100; epoch++) {
        const hyti_augment augment = { true, 0.3, epoch % 2 ? 0.25 : 0, { 0 }, { 1, 1, 1 } };
        hyti_data_picture(data, 0, &augment, 3, epoch, out);
        for (size_t p = 0; p < VALUES; p++) CHECK_NEAR(out[p], out[0], 1e-6);
        if (epoch % 2 == 0) CHECK_NEAR(out[0], 0.4, 1e-6);
        low = fmin(low, out[0]);
        high = fmax(high, out[0]);
    }
    assert_true(low >= 0.4 * 0.75 - 1e-6 && low < 0.35);
    assert_true(high <= 0.4 * 1.25 + 1e-6 && high > 0.45);
    hyt_dataset_destroy(data);
}

/* A ramp from left to right stays one: its slope is the scale, its middle moves by the shift. */
static void a_crop_scales_and_shifts(void **state)
{
    (void)state;
    uint8_t ramp[VALUES];
    const uint32_t label = 0;
    const hyti_augment augment = { false, 0.2, 0, { 0 }, { 1, 1, 1 } };
    hyt_dataset *data = NULL;
    float out[VALUES];
    double flattest = 2, steepest = 0, leftmost = 0, rightmost = 0;
    for (size_t p = 0; p < VALUES; p++) ramp[p] = (uint8_t)(20 * (p / 3 % WIDTH));
    MUST(hyt_dataset_create(NULL, ramp, &label, 1, HEIGHT, WIDTH, 1, &data));
    for (uint64_t epoch = 0; epoch < 200; epoch++) {
        double place[WIDTH], middle = WIDTH / 2;
        hyti_data_picture(data, 0, &augment, 3, epoch, out);
        for (size_t x = 0; x < WIDTH; x++) place[x] = out[3 * x] * 255 / 20;
        double scale = place[WIDTH / 2 + 1] - place[WIDTH / 2], shift = place[WIDTH / 2] - middle;
        for (size_t x = 0; x < WIDTH; x++) {
            double expected = middle + shift + ((double)x - middle) * scale; /* edges repeated */
            CHECK_NEAR(place[x], fmin(fmax(expected, 0), WIDTH - 1), 1e-4);
        }
        flattest = fmin(flattest, scale), steepest = fmax(steepest, scale);
        leftmost = fmin(leftmost, shift), rightmost = fmax(rightmost, shift);
    }
    assert_true(flattest >= 0.8 - 1e-4 && flattest < 0.85 && steepest > 1.15 && steepest <= 1.2 + 1e-4);
    assert_true(leftmost >= -0.2 * WIDTH - 1e-4 && leftmost < -0.15 * WIDTH);
    assert_true(rightmost <= 0.2 * WIDTH + 1e-4 && rightmost > 0.15 * WIDTH);
    hyt_dataset_destroy(data);
}

/* One colour all over: its grey says the brightness, its distance from it brightness, contrast and saturation. */
static void jitter_changes_colour(void **state)
{
    (void)state;
    const uint8_t colour[3] = { 140, 70, 100 };
    const uint32_t label = 0;
    const hyti_augment augment = { false, 0, 0.25, { 0 }, { 1, 1, 1 } };
    hyt_dataset *data = NULL;
    float out[3];
    double palest = 2, strongest = 0;
    MUST(hyt_dataset_create(NULL, colour, &label, 1, 1, 1, 1, &data));
    for (uint64_t epoch = 0; epoch < 200; epoch++) {
        hyti_data_picture(data, 0, &augment, 3, epoch, out);
        double grey = 0.299 * out[0] + 0.587 * out[1] + 0.114 * out[2], own = (0.299 * 140 + 0.587 * 70 + 11.4) / 255;
        double brightness = grey / own, strength = (out[0] - out[1]) / (70 / 255.0) / brightness;
        assert_true(brightness > 0.75 - 1e-5 && brightness < 1.25 + 1e-5);
        CHECK_NEAR((out[2] - out[1]) / (out[0] - out[1]), 30 / 70.0, 1e-5);
        palest = fmin(palest, strength), strongest = fmax(strongest, strength);
    }
    assert_true(palest > 0.75 * 0.75 - 1e-5 && palest < 0.7); /* less than one of them reaches */
    assert_true(strongest < 1.25 * 1.25 + 1e-5 && strongest > 1.35);
    hyt_dataset_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_a_permutation),
        cmocka_unit_test(off_is_the_picture_itself),
        cmocka_unit_test(a_flip_mirrors_half_of_the_time),
        cmocka_unit_test(augmentation_depends_on_its_place_alone),
        cmocka_unit_test(flat_pictures_stay_flat),
        cmocka_unit_test(a_crop_scales_and_shifts),
        cmocka_unit_test(jitter_changes_colour),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
