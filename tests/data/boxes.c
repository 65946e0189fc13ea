/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boxes and masks: laid on a data set from memory, refused by name where they do not fit, moved as the picture is. */
#include "test.h"
#include "data/batch.h"

enum { COUNT = 3, HEIGHT = 10, WIDTH = 16, PIXELS = HEIGHT * WIDTH };

static hyt_dataset *pictures(void)
{
    uint8_t bytes[COUNT * PIXELS * 3];
    const uint32_t labels[COUNT] = { 1, 0, 1 };
    hyt_dataset *data = NULL;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 37 >> 2);
    MUST(hyt_dataset_create(NULL, bytes, labels, COUNT, HEIGHT, WIDTH, 2, &data));
    return data;
}

static const hyt_box some[] = {
    { 2, 3, 1, 2, 5, 6, 0 }, { 0, 0, 0, 0, 16, 10, 1 }, { 2, 1, -0.5f, -1, 17, 10.25f, 0 }, { 2, 3, 1, 1, 2, 2, 1 },
};

static void boxes_are_sorted_by_picture(void **state)
{
    (void)state;
    hyt_dataset *data = pictures(), *annotated = NULL;
    size_t count;
    MUST(hyt_dataset_annotate(data, some, 4, 4, NULL, 0, &annotated));
    assert_ptr_equal(hyt_dataset_picture(annotated, 2), hyt_dataset_picture(data, 2));
    hyt_dataset_destroy(data); /* the pictures stay */
    assert_int_equal(hyt_dataset_box_classes(annotated), 4);
    assert_int_equal(hyt_dataset_label(annotated, 2), 1);
    assert_null(hyt_dataset_boxes(annotated, 1, &count));
    assert_int_equal(count, 0);
    assert_null(hyt_dataset_box_labels(annotated, 1));
    assert_null(hyt_dataset_box_crowds(annotated, 3));
    const float whole[4] = { 0, 0, 16, 10 };
    const float *boxes = hyt_dataset_boxes(annotated, 2, &count);
    assert_int_equal(count, 3);
    assert_true(boxes[0] == 1 && boxes[1] == 2 && boxes[2] == 5 && boxes[3] == 6);
    assert_memory_equal(boxes + 4, whole, sizeof whole); /* what is outside by a rounding is cut off */
    assert_memory_equal(hyt_dataset_box_labels(annotated, 2), ((const uint32_t[]){ 3, 1, 3 }), 12);
    assert_memory_equal(hyt_dataset_box_crowds(annotated, 2), ((const uint8_t[]){ 0, 0, 1 }), 3);
    assert_int_equal(hyt_dataset_mask_classes(annotated), 0);
    hyt_dataset_destroy(annotated);
}

static void bad_boxes_are_named(void **state)
{
    (void)state;
    static const struct { hyt_box box; const char *says; } bad[] = {
        { { 3, 0, 0, 0, 1, 1, 0 }, "belongs to picture 3, there are 3" },
        { { 1, 4, 0, 0, 1, 1, 0 }, "picture 1 has class 4, there are 4" },
        { { 1, 0, 5, 0, 5, 1, 0 }, "box 1 of picture 1 is empty" },
        { { 1, 0, 0, 4, 5, 3, 0 }, "is empty" },
        { { 1, 0, 0, 0, 18, 3, 0 }, "box 1 of picture 1 is outside" },
        { { 1, 0, -2, 0, 3, 3, 0 }, "is outside" },
        { { 1, 0, 16, 0, 16.5f, 3, 0 }, "is outside" },
        { { 1, 0, 0, -0.75f, 3, 0, 0 }, "is outside" },
        { { 1, 0, NAN, 0, 3, 3, 0 }, "no finite number" },
        { { 1, 0, 0, 0, INFINITY, 3, 0 }, "no finite number" },
    };
    hyt_dataset *data = pictures(), *annotated = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const hyt_box boxes[2] = { { 0, 3, 0, 0, 1, 1, 0 }, bad[i].box };
        CHECK_STATUS(hyt_dataset_annotate(data, boxes, 2, 4, NULL, 0, &annotated), HYT_ERR_RANGE);
        CHECK_MESSAGE(bad[i].says);
    }
    CHECK_STATUS(hyt_dataset_annotate(data, some, 4, 0, NULL, 0, &annotated), HYT_ERR_RANGE);
    CHECK_MESSAGE("0 classes");
    CHECK_STATUS(hyt_dataset_annotate(data, NULL, 4, 4, NULL, 0, &annotated), HYT_ERR_ARGUMENT);
    assert_null(annotated);
    MUST(hyt_dataset_annotate(data, NULL, 0, 4, NULL, 0, &annotated)); /* boxes, but none yet */
    assert_int_equal(hyt_dataset_box_classes(annotated), 4);
    hyt_dataset_destroy(annotated);
    hyt_dataset_destroy(data);
}

static void masks_are_checked(void **state)
{
    (void)state;
    uint8_t masks[COUNT * PIXELS] = { 0, 2, HYT_MASK_IGNORED };
    hyt_dataset *data = pictures(), *annotated = NULL;
    MUST(hyt_dataset_annotate(data, NULL, 0, 0, masks, 3, &annotated));
    assert_memory_equal(hyt_dataset_mask(annotated, 0), masks, PIXELS);
    assert_int_equal(hyt_dataset_mask_classes(annotated), 3);
    assert_int_equal(hyt_dataset_box_classes(annotated), 0);
    hyt_dataset_destroy(annotated);
    masks[2 * PIXELS + 7] = 3;
    CHECK_STATUS(hyt_dataset_annotate(data, NULL, 0, 0, masks, 3, &annotated), HYT_ERR_RANGE);
    CHECK_MESSAGE("the mask of picture 2 has class 3, there are 3");
    CHECK_STATUS(hyt_dataset_annotate(data, NULL, 0, 0, masks, 256, &annotated), HYT_ERR_RANGE);
    hyt_dataset_destroy(data);
}

/* Boxes scale; a mask pixel takes the class that covers most of it, what is not counted being one of them. */
static void resizing_keeps_boxes_and_masks(void **state)
{
    (void)state;
    uint8_t masks[COUNT * PIXELS];
    hyt_dataset *data = pictures(), *annotated = NULL, *half = NULL;
    for (size_t p = 0; p < sizeof masks; p++)
        masks[p] = p % WIDTH < 6 ? 2 : p % WIDTH < 11 ? 0 : HYT_MASK_IGNORED;
    MUST(hyt_dataset_annotate(data, some, 4, 4, masks, 3, &annotated));
    MUST(hyt_dataset_resize(annotated, HEIGHT / 2, WIDTH / 2, &half));
    const float *box = hyt_dataset_boxes(half, 2, NULL);
    assert_true(box[0] == 0.5f && box[1] == 1 && box[2] == 2.5f && box[3] == 3);
    assert_memory_equal(hyt_dataset_box_labels(half, 2), ((const uint32_t[]){ 3, 1, 3 }), 12);
    assert_memory_equal(hyt_dataset_box_crowds(half, 2), ((const uint8_t[]){ 0, 0, 1 }), 3);
    assert_int_equal(hyt_dataset_box_classes(half), 4);
    assert_int_equal(hyt_dataset_mask_classes(half), 3);
    for (size_t y = 0; y < HEIGHT / 2; y++) /* the sixth is half 0, half not counted: the higher one */
        assert_memory_equal(hyt_dataset_mask(half, 1) + y * (WIDTH / 2), "\2\2\2\0\0\xff\xff\xff", WIDTH / 2);
    hyt_dataset_destroy(half);
    hyt_dataset_destroy(annotated);
    hyt_dataset_destroy(data);
}

/* A white rectangle on black, moved by a crop: the mask covers what is white of the picture, the box holds the mask. */
static void what_belongs_to_a_picture_moves_with_it(void **state)
{
    (void)state;
    enum { SIDE = 48 };
    uint8_t picture[SIDE * SIDE * 3] = { 0 }, mask[SIDE * SIDE] = { 0 }, moved[SIDE * SIDE];
    float *out = calloc(SIDE * SIDE * 3, sizeof *out);
    const float box[4] = { 14, 20, 29, 33 };
    const uint32_t label = 0;
    const hyti_augment augment = { true, 0.25, 0, { 0 }, { 1, 1, 1 } };
    hyt_dataset *data = NULL;
    for (size_t p = 0; p < SIDE * SIDE; p++) {
        mask[p] = p % SIDE >= 14 && p % SIDE < 29 && p / SIDE >= 20 && p / SIDE < 33;
        memset(picture + 3 * p, mask[p] ? 255 : 0, 3);
    }
    MUST(hyt_dataset_create(NULL, picture, &label, 1, SIDE, SIDE, 1, &data));
    for (uint64_t epoch = 0; epoch < 100; epoch++) {
        float at[4];
        hyti_placement place = hyti_data_placement(data, 0, &augment, 3, epoch);
        hyti_data_picture(data, 0, &augment, 3, epoch, out);
        hyti_placement_mask(&place, SIDE, SIDE, mask, moved);
        assert_true(hyti_placement_box(&place, SIDE, SIDE, box, at));
        for (size_t p = 0; p < SIDE * SIDE; p++) {
            if (out[3 * p] > 0.51f) assert_true(moved[p] == 1); /* at a corner the nearest shows from a quarter on */
            if (out[3 * p] < 0.24f) assert_true(moved[p] == 0);
            float x = (float)(p % SIDE) + 0.5f, y = (float)(p / SIDE) + 0.5f;
            float depth = fminf(fminf(x - at[0], at[2] - x), fminf(y - at[1], at[3] - y)); /* in the box */
            if (depth > 1e-3f) assert_true(moved[p] == 1);
            if (depth < -1e-3f) assert_true(moved[p] == 0);
        }
    }
    free(out);
    hyt_dataset_destroy(data);
}

static void what_hardly_shows_is_dropped(void **state)
{
    (void)state;
    const hyti_placement still = { 1, 0, 1, 0 }, right = { 1, -10, 1, 0 }, mirrored = { -1, 15, 1, 0 };
    const float box[4] = { 2, 3, 10, 9 }, thin[4] = { 2, 3, 2.25f, 9 };
    float at[4] = { -1, -1, -1, -1 };
    assert_true(hyti_placement_box(&still, HEIGHT, WIDTH, box, at));
    assert_memory_equal(at, box, sizeof box);
    assert_true(hyti_placement_box(&mirrored, HEIGHT, WIDTH, box, at));
    assert_true(at[0] == 6 && at[1] == 3 && at[2] == 14 && at[3] == 9);
    assert_true(hyti_placement_box(&right, HEIGHT, WIDTH, box, at)); /* half of it is left */
    assert_true(at[0] == 12 && at[1] == 3 && at[2] == 16 && at[3] == 9);
    const hyti_placement further = { 1, -13, 1, 0 }, away = { 1, -30, 1, 0 };
    assert_false(hyti_placement_box(&further, HEIGHT, WIDTH, box, at));
    assert_false(hyti_placement_box(&away, HEIGHT, WIDTH, box, at));
    assert_false(hyti_placement_box(&still, HEIGHT, WIDTH, thin, at));
    assert_true(at[0] == 12);
}

static hyt_status annotate_somehow(hyt_context *context)
{
    const uint8_t picture[6] = { 0 }, masks[2] = { 0, 1 };
    const uint32_t labels[2] = { 0 };
    const hyt_box boxes[2] = { { 1, 0, 0, 0, 1, 1, 0 }, { 0, 0, 0, 0, 1, 1, 0 } };
    hyt_dataset *data = NULL, *annotated = NULL, *large = NULL;
    hyt_status status = hyt_dataset_create(context, picture, labels, 2, 1, 1, 1, &data);
    if (status == HYT_OK) status = hyt_dataset_annotate(data, boxes, 2, 1, masks, 2, &annotated);
    if (status == HYT_OK) status = hyt_dataset_resize(annotated, 3, 2, &large);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(annotated);
    hyt_dataset_destroy(large);
    return status;
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    test_each_allocation(annotate_somehow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_sorted_by_picture),
        cmocka_unit_test(bad_boxes_are_named),
        cmocka_unit_test(masks_are_checked),
        cmocka_unit_test(resizing_keeps_boxes_and_masks),
        cmocka_unit_test(what_belongs_to_a_picture_moves_with_it),
        cmocka_unit_test(what_hardly_shows_is_dropped),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
