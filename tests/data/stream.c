/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures that are read when they are needed, and data sets that share the pictures of another: subsets, splits. */
#include "test.h"
#include "base/pool.h"
#include "data/batch.h"
#include <unistd.h>

enum { COUNT = 40, SIDE = 5, BYTES = SIDE * SIDE * 3, CLASSES = 3 };

/* A source that counts its calls, may fail at one picture and may change its mind about a label. */
typedef struct source {
    atomic_int calls, inside, most_inside, released;
    size_t bad, strange;  /* COUNT: none */
} source;

static uint8_t byte_of(size_t index, size_t place)
{
    return (uint8_t)(index * 31 + place * 7);
}

static int row(void *user, size_t index, uint8_t *picture, uint32_t *label)
{
    source *s = user;
    int inside = atomic_fetch_add(&s->inside, 1) + 1;
    if (inside > atomic_load(&s->most_inside)) atomic_store(&s->most_inside, inside);
    atomic_fetch_add(&s->calls, 1);
    for (size_t i = 0; i < BYTES; i++) {
        assert_int_equal(picture[i], 0);
        picture[i] = byte_of(index, i);
    }
    *label = index == s->strange && atomic_load(&s->calls) > COUNT ? 2 : (uint32_t)(index % CLASSES == 2);
    atomic_fetch_sub(&s->inside, 1);
    return index == s->bad ? -55 : 0;
}

static void release(void *user)
{
    atomic_fetch_add(&((source *)user)->released, 1);
}

static hyt_dataset *stream_of(source *s, size_t cache, int reentrant)
{
    hyt_dataset *data = NULL;
    const hyt_rows rows = { row, s, release, reentrant, cache };
    *s = (source){ .bad = COUNT, .strange = COUNT };
    MUST(hyt_dataset_stream(NULL, &rows, NULL, COUNT, SIDE, SIDE, CLASSES, &data));
    return data;
}

static void check_picture(const hyt_dataset *data, size_t index, size_t number)
{
    uint8_t picture[BYTES];
    MUST(hyt_dataset_copy_picture(data, index, picture));
    for (size_t i = 0; i < BYTES; i++) assert_int_equal(picture[i], byte_of(number, i));
}

static void rows_are_called_when_needed(void **state)
{
    (void)state;
    source s;
    hyt_dataset *data = stream_of(&s, 10 * BYTES + 1, 0);
    assert_int_equal(atomic_load(&s.calls), COUNT); /* for the labels; ten pictures stayed */
    assert_int_equal(hyt_dataset_class_count(data, 1), 13);
    assert_int_equal(hyt_dataset_label(data, 5), 1);
    assert_null(hyt_dataset_picture(data, 0));
    for (size_t i = COUNT; i-- > 0;) check_picture(data, i, i);
    assert_int_equal(atomic_load(&s.calls), COUNT + COUNT - 10);
    for (size_t i = 0; i < 10; i++) check_picture(data, i, i);
    assert_int_equal(atomic_load(&s.calls), COUNT + COUNT - 10);
    uint8_t picture[BYTES];
    CHECK_STATUS(hyt_dataset_copy_picture(data, COUNT, picture), HYT_ERR_RANGE);
    hyt_dataset_destroy(data);
    assert_int_equal(atomic_load(&s.released), 1);
}

typedef struct readers { const hyt_dataset *data; float out[COUNT * 2][BYTES]; } readers;

static void read_one(void *user, size_t task, size_t worker)
{
    readers *r = user;
    const hyti_augment plain = { .inverse = { 1, 1, 1 } };
    (void)worker;
    if (hyti_data_picture(r->data, task * 7 % COUNT, &plain, 0, 0, r->out[task]) != HYT_OK) r->out[task][0] = -1;
}

static void many_threads_read(void **state)
{
    (void)state;
    static readers r;
    hyti_pool *pool = NULL;
    MUST(hyti_pool_create(NULL, 4, &pool));
    for (int reentrant = 0; reentrant < 2; reentrant++) {
        source s;
        r.data = stream_of(&s, 6 * BYTES, reentrant);
        for (int round = 0; round < 20; round++) {
            hyti_pool_run(pool, COUNT * 2, read_one, &r);
            for (size_t t = 0; t < COUNT * 2; t++)
                for (size_t i = 0; i < BYTES; i++)
                    CHECK_NEAR(r.out[t][i] * 255, byte_of(t * 7 % COUNT, i), 1e-4);
        }
        if (!reentrant) assert_int_equal(atomic_load(&s.most_inside), 1);
        hyt_dataset_destroy((hyt_dataset *)(uintptr_t)r.data);
        assert_int_equal(atomic_load(&s.released), 1);
    }
    hyti_pool_destroy(pool);
}

static void failures_come_from_whoever_reads(void **state)
{
    (void)state;
    source s;
    hyt_dataset *data = stream_of(&s, 0, 0), *small = NULL;
    double mean[3], deviation[3];
    uint64_t print;
    s.bad = 7;
    CHECK_STATUS(hyt_dataset_statistics(data, mean, deviation), -55);
    CHECK_STATUS(hyt_dataset_fingerprint(data, &print), -55);
    CHECK_STATUS(hyt_dataset_resize(data, 2, 2, &small), -55);
    s.bad = COUNT;
    s.strange = 9;
    CHECK_STATUS(hyt_dataset_fingerprint(data, &print), HYT_ERR_CONFLICT);
    CHECK_MESSAGE("label 2 for row 9, it was 0");
    s.strange = COUNT;
    MUST(hyt_dataset_statistics(data, mean, deviation));
    s.bad = 7; /* worked out once */
    MUST(hyt_dataset_statistics(data, mean, deviation));
    hyt_dataset_destroy(data);
    const hyt_rows rows = { row, &s, release, 0, 0 };
    s = (source){ .bad = 3, .strange = COUNT };
    CHECK_STATUS(hyt_dataset_stream(NULL, &rows, NULL, COUNT, SIDE, SIDE, CLASSES, &small), -55);
    s.bad = COUNT;
    CHECK_STATUS(hyt_dataset_stream(NULL, &rows, NULL, COUNT, SIDE, SIDE, 1, &small), HYT_ERR_RANGE);
    assert_int_equal(atomic_load(&s.released), 0); /* still the caller's */
    assert_null(small);
}

static void a_stream_is_as_good_as_memory(void **state)
{
    (void)state;
    source s;
    static uint8_t pictures[COUNT * BYTES];
    uint32_t labels[COUNT];
    double mean[2][3], deviation[2][3];
    uint64_t prints[2];
    hyt_dataset *streamed = stream_of(&s, 3 * BYTES, 1), *memory = NULL, *resized[2] = { NULL, NULL };
    for (size_t i = 0; i < COUNT; i++) {
        labels[i] = i % CLASSES == 2;
        MUST(hyt_dataset_copy_picture(streamed, i, pictures + i * BYTES));
    }
    MUST(hyt_dataset_create(NULL, pictures, labels, COUNT, SIDE, SIDE, CLASSES, &memory));
    const hyt_dataset *both[2] = { streamed, memory };
    for (int i = 0; i < 2; i++) {
        MUST(hyt_dataset_statistics(both[i], mean[i], deviation[i]));
        MUST(hyt_dataset_fingerprint(both[i], &prints[i]));
        MUST(hyt_dataset_resize(both[i], 3, 4, &resized[i]));
    }
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    assert_memory_equal(deviation[0], deviation[1], sizeof deviation[0]);
    assert_true(prints[0] == prints[1]);
    for (size_t i = 0; i < COUNT; i++)
        assert_memory_equal(hyt_dataset_picture(resized[0], i), hyt_dataset_picture(resized[1], i), 3 * 4 * 3);
    hyt_dataset_destroy(streamed);
    hyt_dataset_destroy(memory);
    hyt_dataset_destroy(resized[0]);
    hyt_dataset_destroy(resized[1]);
}

/* Every kind of change changes the number. */
static void a_fingerprint_sees_each_change(void **state)
{
    (void)state;
    uint8_t pictures[2 * 12] = { 9, 200, 31 }, masks[2 * 4] = { 0, 1, 255 };
    uint32_t labels[2] = { 0, 1 };
    hyt_box boxes[2] = { { 0, 0, 0, 0, 1, 2, 0 }, { 0, 1, 0, 0, 2, 2, 0 } };
    uint64_t prints[9];
    for (int change = 0; change < 9; change++) {
        hyt_dataset *data = NULL, *marked = NULL;
        hyt_box here[2] = { boxes[0], boxes[1] };
        pictures[23] = change == 1 ? 128 : 0;
        labels[0] = change == 2;
        if (change == 3) here[0].x2 = 1.5f;
        if (change == 4) here[1].label = 0;
        if (change == 5) here[1].crowd = 1;
        if (change == 6) here[0].picture = 1;
        masks[7] = change == 7;
        MUST(hyt_dataset_create(NULL, pictures, labels, 2, 2, 2, change == 8 ? 3 : 2, &data));
        MUST(hyt_dataset_annotate(data, here, 2, 2, masks, 2, &marked));
        MUST(hyt_dataset_fingerprint(marked, &prints[change]));
        for (int before = 0; before < change; before++) assert_true(prints[before] != prints[change]);
        hyt_dataset_destroy(data);
        hyt_dataset_destroy(marked);
    }
}

static void subsets_take_all_with_them(void **state)
{
    (void)state;
    source s;
    uint8_t masks[COUNT * SIDE * SIDE];
    hyt_box boxes[COUNT * 2];
    hyt_dataset *data = stream_of(&s, 0, 1), *marked = NULL, *some = NULL, *fewer = NULL;
    for (size_t i = 0; i < COUNT * 2; i++)
        boxes[i] = (hyt_box){ i / 2, (uint32_t)(i % 5), 0, 0, 1, (float)(i % 3 + 1), (int)(i % 2) };
    for (size_t i = 0; i < sizeof masks; i++) masks[i] = (uint8_t)(i / (SIDE * SIDE));
    MUST(hyt_dataset_annotate(data, boxes, COUNT * 2, 5, masks, COUNT, &marked));
    MUST(hyt_dataset_subset(marked, (const size_t[]){ 39, 2, 2, 17 }, 4, &some));
    MUST(hyt_dataset_subset(some, (const size_t[]){ 3, 1 }, 2, &fewer));
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(marked);
    hyt_dataset_destroy(some);
    assert_int_equal(atomic_load(&s.released), 0);
    const size_t numbers[2] = { 17, 2 };
    assert_int_equal(hyt_dataset_count(fewer), 2);
    assert_int_equal(hyt_dataset_classes(fewer), CLASSES);
    assert_int_equal(hyt_dataset_box_classes(fewer), 5);
    assert_int_equal(hyt_dataset_mask_classes(fewer), COUNT);
    for (size_t i = 0; i < 2; i++) {
        size_t n, number = numbers[i];
        const float *box = hyt_dataset_boxes(fewer, i, &n);
        check_picture(fewer, i, number);
        assert_int_equal(n, 2);
        for (size_t b = 0; b < 2; b++) {
            assert_true(box[4 * b + 3] == (float)((2 * number + b) % 3 + 1));
            assert_int_equal(hyt_dataset_box_labels(fewer, i)[b], (2 * number + b) % 5);
            assert_int_equal(hyt_dataset_box_crowds(fewer, i)[b], b);
        }
        assert_int_equal(hyt_dataset_mask(fewer, i)[7], number);
        assert_int_equal(hyt_dataset_label(fewer, i), number % CLASSES == 2);
    }
    CHECK_STATUS(hyt_dataset_subset(fewer, numbers, 2, &some), HYT_ERR_RANGE);
    CHECK_MESSAGE("number 17, there are 2");
    CHECK_STATUS(hyt_dataset_subset(fewer, numbers, 0, &some), HYT_ERR_RANGE);
    hyt_dataset_destroy(fewer);
    assert_int_equal(atomic_load(&s.released), 1);
}

/* Parts have the share of each class, no picture twice, none lost; another seed draws others. */
static void splits_are_drawn_by_class(void **state)
{
    (void)state;
    source s;
    hyt_dataset *data = stream_of(&s, SIZE_MAX, 1), *parts[2][2];
    bool same = true;
    for (int seed = 0; seed < 2; seed++) {
        size_t times[256] = { 0 };
        MUST(hyt_dataset_split(data, 0.75, (uint64_t)seed, &parts[seed][0], &parts[seed][1]));
        assert_int_equal(hyt_dataset_class_count(parts[seed][0], 0), 20); /* of 27 */
        assert_int_equal(hyt_dataset_class_count(parts[seed][0], 1), 10); /* of 13 */
        assert_int_equal(hyt_dataset_count(parts[seed][0]) + hyt_dataset_count(parts[seed][1]), COUNT);
        for (int part = 0; part < 2; part++) {
            size_t before = 0;
            for (size_t i = 0; i < hyt_dataset_count(parts[seed][part]); i++) {
                uint8_t picture[BYTES];
                size_t number = 0;
                MUST(hyt_dataset_copy_picture(parts[seed][part], i, picture));
                while (byte_of(number, 0) != picture[0]) number++;
                assert_true(i == 0 || number > before); /* in order */
                before = number;
                times[number]++;
            }
        }
        for (size_t i = 0; i < COUNT; i++) assert_int_equal(times[i], 1);
    }
    for (size_t i = 0; i < 30; i++) {
        uint8_t a[BYTES], b[BYTES];
        MUST(hyt_dataset_copy_picture(parts[0][0], i, a));
        MUST(hyt_dataset_copy_picture(parts[1][0], i, b));
        same = same && memcmp(a, b, BYTES) == 0;
    }
    assert_false(same);
    for (int i = 0; i < 4; i++) hyt_dataset_destroy(parts[i / 2][i % 2]);
    hyt_dataset *first = NULL, *second = NULL;
    CHECK_STATUS(hyt_dataset_split(data, 0.01, 0, &first, &second), HYT_ERR_RANGE);
    CHECK_MESSAGE("leaves one part empty");
    CHECK_STATUS(hyt_dataset_split(data, 1, 0, &first, &second), HYT_ERR_RANGE);
    CHECK_STATUS(hyt_dataset_split(data, NAN, 0, &first, &second), HYT_ERR_RANGE);
    hyt_dataset_destroy(data);
}

static hyt_status stream_and_split(hyt_context *context)
{
    source s = { .bad = COUNT, .strange = COUNT };
    const hyt_rows rows = { row, &s, NULL, 0, BYTES };
    hyt_dataset *data = NULL, *marked = NULL, *parts[2] = { NULL, NULL };
    const hyt_box box = { 3, 0, 0, 0, 1, 1, 0 };
    static const uint8_t masks[COUNT * SIDE * SIDE];
    uint64_t print;
    hyt_status status = hyt_dataset_stream(context, &rows, NULL, COUNT, SIDE, SIDE, CLASSES, &data);
    if (status == HYT_OK) status = hyt_dataset_annotate(data, &box, 1, 1, masks, 1, &marked);
    if (status == HYT_OK) status = hyt_dataset_split(marked, 0.5, 1, &parts[0], &parts[1]);
    if (status == HYT_OK) status = hyt_dataset_fingerprint(parts[1], &print);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(marked);
    hyt_dataset_destroy(parts[0]);
    hyt_dataset_destroy(parts[1]);
    return status;
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    test_each_allocation(stream_and_split);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_called_when_needed),
        cmocka_unit_test(many_threads_read),
        cmocka_unit_test(failures_come_from_whoever_reads),
        cmocka_unit_test(a_stream_is_as_good_as_memory),
        cmocka_unit_test(a_fingerprint_sees_each_change),
        cmocka_unit_test(subsets_take_all_with_them),
        cmocka_unit_test(splits_are_drawn_by_class),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
