/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `.npz` reader: what numpy writes is read, everything else gets a message that names file, array and fault. */
#include "archive.h"
#include <unistd.h>

#define PIXELS "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c" /* two pictures of 1 by 2 */
static const entry good_x = { "X.npy", "'|u1'", "(2, 1, 2, 3)", PIXELS, 12 };
static const entry good_y = { "y.npy", "'|u1'", "(2,)", "\0\1", 2 };

static void check_good(entry x, entry y, uint32_t first, uint32_t second)
{
    hyt_dataset *data = NULL;
    const entry other = { "other.npy", "'<f8'", "()", "12345678", 8 };
    const entry entries[] = { other, y, x };
    MUST(parse(entries, 3, &data));
    assert_int_equal(hyt_dataset_count(data), 2);
    assert_int_equal(hyt_dataset_height(data), 1);
    assert_int_equal(hyt_dataset_width(data), 2);
    assert_memory_equal(hyt_dataset_picture(data, 0), PIXELS, 6);
    assert_memory_equal(hyt_dataset_picture(data, 1), &PIXELS[6], 6);
    assert_null(hyt_dataset_picture(data, 2));
    assert_int_equal(hyt_dataset_label(data, 0), first);
    assert_int_equal(hyt_dataset_label(data, 1), second);
    assert_int_equal(hyt_dataset_classes(data), HYTI_MAX(first, second) + 1);
    assert_int_equal(hyt_dataset_class_count(data, second), 1);
    assert_null(hyt_dataset_mask(data, 0));
    assert_null(hyt_dataset_boxes(data, 0, NULL));
    hyt_dataset_destroy(data);
}

static void each_way_of_writing_is_read(void **state)
{
    (void)state;
    for (int version = 1; version <= 3; version++) {
        for (int deflated = 0; deflated < 2; deflated++) {
            entry x = good_x, y = good_y;
            x.version = y.version = version;
            x.deflated = y.deflated = deflated;
            check_good(x, y, 0, 1);
        }
    }
}

static void each_integer_type_is_read(void **state)
{
    (void)state;
    const struct { const char *dtype, *values; size_t size; uint32_t first, second; } types[] = {
        { "'|u1'", "\xff\3", 2, 255, 3 },
        { "'|i1'", "\x7f\3", 2, 127, 3 },
        { "'|b1'", "\0\1", 2, 0, 1 },
        { "'<i2'", "\1\2\3\0", 4, 513, 3 },
        { "'>i2'", "\1\2\0\3", 4, 258, 3 },
        { "'<u2'", "\xff\xff\3\0", 4, 65535, 3 },
        { "'>u4'", "\0\0\1\0\0\0\0\7", 8, 256, 7 },
        { "'<i8'", "\2\0\0\0\0\0\0\0\1\1\0\0\0\0\0\0", 16, 2, 257 },
        { "\">u8\"", "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\1\0", 16, 2, 256 },
    };
    for (size_t i = 0; i < HYTI_COUNT(types); i++) {
        entry y = good_y;
        y.dtype = types[i].dtype;
        y.values = types[i].values;
        y.size = types[i].size;
        check_good(good_x, y, types[i].first, types[i].second);
    }
}

static void check_bad(entry x, entry y, hyt_status expected, const char *array, const char *fault)
{
    hyt_dataset *data = NULL;
    const entry entries[] = { x, y };
    CHECK_STATUS(parse(entries, 2, &data), expected);
    CHECK_MESSAGE(array);
    CHECK_MESSAGE(fault);
    assert_null(data);
}

#define BAD_X(status, fault, ...)                                             \
    do {                                                                      \
        entry x = good_x;                                                     \
        entry *e = &x;                                                        \
        __VA_ARGS__;                                                          \
        check_bad(x, good_y, status, "array X", fault);                       \
    } while (0)
#define BAD_Y(status, fault, ...)                                             \
    do {                                                                      \
        entry y = good_y;                                                     \
        entry *e = &y;                                                        \
        __VA_ARGS__;                                                          \
        check_bad(good_x, y, status, "array y", fault);                       \
    } while (0)

static void a_wrong_array_is_named(void **state)
{
    (void)state;
    BAD_X(HYT_ERR_FORMAT, "dtype <f4, expected uint8", e->dtype = "'<f4'");
    BAD_X(HYT_ERR_FORMAT, "(structured)", e->dtype = "[('a', '<u4'), ('b', '<f4')]");
    BAD_X(HYT_ERR_FORMAT, "shape (2, 6)", e->shape = "(2, 6)");
    BAD_X(HYT_ERR_FORMAT, "shape (2, 3, 1, 2)", e->shape = "(2, 3, 1, 2)");
    BAD_X(HYT_ERR_FORMAT, "no pixel", e->shape = "(2, 0, 2, 3)");
    BAD_X(HYT_ERR_FORMAT, "does not go with 12 bytes", e->shape = "(3, 1, 2, 3)");
    BAD_X(HYT_ERR_FORMAT, "does not go with 12 bytes", e->shape = "(9223372036854775808, 1, 2, 3)");
    BAD_X(HYT_ERR_FORMAT, "not understood", e->shape = "(99999999999999999999, 1, 2, 3)");
    BAD_X(HYT_ERR_FORMAT, "not understood", e->shape = "(1, 1, 1, 1, 1, 1, 1)");
    BAD_X(HYT_ERR_FORMAT, "not understood", e->shape = "(2, 1, 2, 3), 'shape': (2, 1, 2, 3)");
    BAD_X(HYT_ERR_FORMAT, "not understood", e->shape = "(2, -1, 2, 3)");
    BAD_X(HYT_ERR_UNSUPPORTED, "Fortran", e->fortran = true);
    BAD_X(HYT_ERR_UNSUPPORTED, "version 4.0", e->version = 4);
    BAD_X(HYT_ERR_UNSUPPORTED, "method 12", e->method = 12);
    BAD_X(HYT_ERR_UNSUPPORTED, "encrypted", e->flags = 1);
    BAD_X(HYT_ERR_FORMAT, "CRC", e->crc_flip = 1);
    BAD_X(HYT_ERR_FORMAT, "cannot hold", e->more_unpacked = 1);
    BAD_X(HYT_ERR_FORMAT, "deflated data ends", e->deflated = true, e->more_unpacked = 1);
    BAD_X(HYT_ERR_FORMAT, "cannot hold", e->deflated = true, e->more_unpacked = 1u << 30);
    BAD_X(HYT_ERR_FORMAT, "no array X", e->name = "x.npy");
    check_bad(good_x, good_x, HYT_ERR_FORMAT, "array X", "twice");
}

static void wrong_labels_are_named(void **state)
{
    (void)state;
    BAD_Y(HYT_ERR_FORMAT, "dtype <f8, expected an integer", e->dtype = "'<f8'");
    BAD_Y(HYT_ERR_FORMAT, "dtype |u3", e->dtype = "'|u3'");
    BAD_Y(HYT_ERR_FORMAT, "shape (1, 2), expected (2,)", e->shape = "(1, 2)");
    BAD_Y(HYT_ERR_FORMAT, "3 labels for the 2 pictures", e->shape = "(3,)", e->values = "\0\1\1", e->size = 3);
    BAD_Y(HYT_ERR_FORMAT, "1 labels for the 2 pictures", e->shape = "(1,)", e->size = 1);
    BAD_Y(HYT_ERR_FORMAT, "does not go with 2 bytes", e->dtype = "'<i8'");
    BAD_Y(HYT_ERR_RANGE, "label -1 of picture 1", e->dtype = "'|i1'", e->values = "\0\xff");
    BAD_Y(HYT_ERR_RANGE, "label 65536 of picture 0", e->dtype = "'>u4'", e->values = "\0\1\0\0\0\0\0\0", e->size = 8);
    BAD_Y(HYT_ERR_RANGE, "label 18446744073709551615", e->dtype = "'<u8'", e->size = 16,
          e->values = "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0");
    BAD_Y(HYT_ERR_FORMAT, "no array y", e->name = "labels.npy");
}

/* Whole archive good, every shorter one refused. */
static void a_torn_archive_is_refused(void **state)
{
    (void)state;
    const entry entries[] = { good_x, good_y };
    hyti_text file = archive(entries, 2);
    hyt_dataset *data = NULL;
    for (size_t length = 0; length < file.length; length++) {
        void *cut = hyti_copy(NULL, file.data, length);
        CHECK_STATUS(hyt_dataset_parse_npz(NULL, cut, length, &data), HYT_ERR_FORMAT);
        hyti_free(NULL, cut);
        assert_null(data);
    }
    MUST(hyt_dataset_parse_npz(NULL, file.data, file.length, &data));
    hyt_dataset_destroy(data);
    hyti_text_clear(&file);
}

static void the_file_is_named(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-npz-XXXXXX";
    hyt_dataset *data = NULL;
    close(mkstemp(path));
    CHECK_STATUS(hyt_dataset_load_npz(NULL, path, &data), HYT_ERR_FORMAT);
    CHECK_MESSAGE(path);
    CHECK_STATUS(hyt_dataset_load_npz(NULL, "/nowhere/train.npz", &data), HYT_ERR_IO);
    CHECK_MESSAGE("/nowhere/train.npz");
    CHECK_STATUS(hyt_dataset_load_npz(NULL, "/tmp", &data), HYT_ERR_IO);
    CHECK_STATUS(hyt_dataset_load_npz(NULL, NULL, &data), HYT_ERR_ARGUMENT);
    CHECK_STATUS(hyt_dataset_load_npz(NULL, path, NULL), HYT_ERR_ARGUMENT);
    const entry entries[] = { good_x, good_y };
    hyti_text file = archive(entries, 2);
    MUST(hyti_file_write(path, file.data, file.length));
    MUST(hyt_dataset_load_npz(NULL, path, &data));
    assert_int_equal(hyt_dataset_count(data), 2);
    hyt_dataset_destroy(data);
    hyti_text_clear(&file);
    remove(path);
}

/* A heap of small blocks alone. */
static void *small_block(void *user, size_t size)
{
    (void)user;
    return size <= 1024 ? malloc(size) : NULL;
}

static void release_block(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

/* Pictures that are stored as they are stay in the file, which may be gone by name; deflated ones need memory. */
static void stored_pictures_are_not_copied(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-npz-XXXXXX";
    uint8_t pixels[2 * 20 * 20 * 3];
    const hyt_heap heap = { NULL, small_block, release_block };
    hyt_context *context = NULL;
    MUST(hyt_context_create(&heap, NULL, &context));
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * i >> 3);
    for (int deflated = 0; deflated < 2; deflated++) {
        hyt_dataset *data = NULL, *part = NULL;
        const entry x = { .name = "X.npy", .dtype = "'|u1'", .shape = "(2, 20, 20, 3)", .values = pixels,
                          .size = sizeof pixels, .deflated = deflated };
        const entry entries[] = { x, good_y };
        hyti_text file = archive(entries, 2);
        MUST(hyti_file_write(path, file.data, file.length));
        hyti_text_clear(&file);
        CHECK_STATUS(hyt_dataset_load_npz(context, path, &data), deflated ? HYT_ERR_NOMEM : HYT_OK);
        remove(path);
        if (deflated) continue;
        MUST(hyt_dataset_subset(data, (const size_t[]){ 1 }, 1, &part));
        hyt_dataset_destroy(data);
        assert_memory_equal(hyt_dataset_picture(part, 0), pixels + sizeof pixels / 2, sizeof pixels / 2);
        hyt_dataset_destroy(part);
    }
    hyt_context_destroy(context);
}

static hyt_status load_deflated(hyt_context *context)
{
    entry entries[] = { good_x, good_y };
    entries[0].deflated = true;
    hyti_text file = archive(entries, 2);
    hyt_dataset *data = NULL, *small = NULL;
    hyt_status status = hyt_dataset_parse_npz(context, file.data, file.length, &data);
    if (status == HYT_OK) status = hyt_dataset_resize(data, 3, 1, &small);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(small);
    hyti_text_clear(&file);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(load_deflated);
}

static void check_part(const char *part, size_t count, size_t without, size_t with)
{
    char name[64];
    hyt_dataset *data = NULL;
    double mean[3], deviation[3];
    snprintf(name, sizeof name, "person-crops/%s.npz", part);
    const char *path = test_data(name);
    if (!path) skip();
    MUST(hyt_dataset_load_npz(NULL, path, &data));
    MUST(hyt_dataset_check(data, part, 2));
    assert_int_equal(hyt_dataset_count(data), count);
    assert_int_equal(hyt_dataset_height(data), 64);
    assert_int_equal(hyt_dataset_width(data), 64);
    assert_int_equal(hyt_dataset_class_count(data, 0), without);
    assert_int_equal(hyt_dataset_class_count(data, 1), with);
    hyt_dataset_statistics(data, mean, deviation);
    for (int c = 0; c < 3; c++) {
        CHECK_NEAR(mean[c], 0.43, 0.06); /* photographs */
        CHECK_NEAR(deviation[c], 0.25, 0.05);
    }
    hyt_dataset_destroy(data);
}

static void person_crops_are_read(void **state)
{
    (void)state;
    check_part("train", 1303, 649, 654);
    check_part("val", 240, 120, 120);
    check_part("test", 356, 176, 180);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_of_writing_is_read), cmocka_unit_test(each_integer_type_is_read),
        cmocka_unit_test(a_wrong_array_is_named),      cmocka_unit_test(wrong_labels_are_named),
        cmocka_unit_test(a_torn_archive_is_refused),   cmocka_unit_test(the_file_is_named),
        cmocka_unit_test(stored_pictures_are_not_copied),
        cmocka_unit_test(running_out_of_memory_leaves_nothing), cmocka_unit_test(person_crops_are_read),
    };
    return cmocka_run_group_tests_name("npz", tests, NULL, NULL);
}
