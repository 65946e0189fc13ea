/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IDX files, plain and gzip'd, and what is said of others. */
#include "test.h"
#include "base/zip.h"
#include <hytnas/data.h>
#include <unistd.h>

#define GREY "\0\0\x08\3" "\0\0\0\2" "\0\0\0\1" "\0\0\0\2" "\x0a\x14\x1e\xff"
#define COLOUR "\0\0\x08\4" "\0\0\0\2" "\0\0\0\1" "\0\0\0\1" "\0\0\0\3" "abcdef"
#define LABELS "\0\0\x08\1" "\0\0\0\2" "\3\1"
#define BYTES(text) text, sizeof(text) - 1

static void idx_is_read(void **state)
{
    (void)state;
    hyt_dataset *data = NULL;
    MUST(hyt_dataset_parse_idx(NULL, BYTES(GREY), BYTES(LABELS), &data));
    assert_int_equal(hyt_dataset_count(data), 2);
    assert_int_equal(hyt_dataset_height(data), 1);
    assert_int_equal(hyt_dataset_width(data), 2);
    assert_int_equal(hyt_dataset_classes(data), 4);
    assert_int_equal(hyt_dataset_label(data, 0), 3);
    assert_memory_equal(hyt_dataset_picture(data, 1), "\x1e\x1e\x1e\xff\xff\xff", 6);
    hyt_dataset_destroy(data);
    MUST(hyt_dataset_parse_idx(NULL, BYTES(COLOUR), BYTES(LABELS), &data));
    assert_memory_equal(hyt_dataset_picture(data, 1), "def", 3);
    hyt_dataset_destroy(data);
}

/* A gzip file with these flags and extra parts of its header. */
static size_t pack(const void *bytes, size_t size, unsigned flags, const char *extra, size_t extra_size, uint8_t *out)
{
    void *packed = NULL;
    size_t length = 0;
    const uint8_t header[10] = { 0x1f, 0x8b, 8, (uint8_t)flags, 0, 0, 0, 0, 2, 3 };
    MUST(hyti_deflate(NULL, HYTI_ZIP_RAW, bytes, size, &packed, &length));
    const uint32_t trailer[2] = { hyti_crc32(0, bytes, size), (uint32_t)size };
    memcpy(out, header, 10);
    memcpy(out + 10, extra, extra_size);
    memcpy(out + 10 + extra_size, packed, length);
    for (size_t i = 0; i < 8; i++) out[10 + extra_size + length + i] = (uint8_t)(trailer[i / 4] >> 8 * (i % 4));
    hyti_free(NULL, packed);
    return 18 + extra_size + length;
}

static void gzip_is_unpacked(void **state)
{
    (void)state;
    static const struct { unsigned flags; const char *extra; size_t size; } headers[] = {
        { 0, "", 0 }, { 8, "name", 5 }, { 16 + 8, "name\0comment", 13 }, { 4, "\3\0abc", 5 },
        { 2 + 4 + 8, "\1\0xname\0cc", 10 },
    };
    uint8_t file[256];
    hyt_dataset *data = NULL;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        size_t size = pack(BYTES(GREY), headers[i].flags, headers[i].extra, headers[i].size, file);
        MUST(hyt_dataset_parse_idx(NULL, file, size, BYTES(LABELS), &data));
        assert_int_equal(hyt_dataset_picture(data, 1)[5], 255);
        hyt_dataset_destroy(data);
        data = NULL;
        for (size_t cut = 0; cut < size; cut++) {
            hyt_status status = hyt_dataset_parse_idx(NULL, file, cut, BYTES(LABELS), &data);
            if (status != HYT_ERR_FORMAT) fail_msg("cut at %zu of %zu: %s", cut, size, hyt_status_name(status));
            CHECK_MESSAGE("pictures: ");
        }
    }
    size_t size = pack(BYTES(GREY), 0, "", 0, file);
    file[size - 8] ^= 1;
    CHECK_STATUS(hyt_dataset_parse_idx(NULL, file, size, BYTES(LABELS), &data), HYT_ERR_FORMAT);
    CHECK_MESSAGE("CRC");
    file[size - 8] ^= 1;
    file[size - 1] = 0x7f;
    CHECK_STATUS(hyt_dataset_parse_idx(NULL, file, size, BYTES(LABELS), &data), HYT_ERR_FORMAT);
    CHECK_MESSAGE("cannot hold");
    file[3] = 0x20;
    CHECK_STATUS(hyt_dataset_parse_idx(NULL, file, size, BYTES(LABELS), &data), HYT_ERR_UNSUPPORTED);
}

static void wrong_files_are_named(void **state)
{
    (void)state;
    static const struct { const char *bytes; size_t size; hyt_status status; const char *says; } bad[] = {
        { BYTES("\1\0\x08\1\0\0\0\1a"), HYT_ERR_FORMAT, "no IDX file" },
        { BYTES("\0\0"), HYT_ERR_FORMAT, "no IDX file" },
        { BYTES("\0\0\x0d\1\0\0\0\1aaaa"), HYT_ERR_UNSUPPORTED, "type 0x0d" },
        { BYTES("\0\0\x08\0"), HYT_ERR_FORMAT, "rank 0" },
        { BYTES("\0\0\x08\3\0\0\0\1"), HYT_ERR_FORMAT, "rank 3 in 8 bytes" },
        { BYTES("\0\0\x08\1\0\0\0\3ab"), HYT_ERR_FORMAT, "has 2 values" },
        { BYTES("\0\0\x08\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), HYT_ERR_FORMAT,
          "0 values" },
        { BYTES("\0\0\x08\1\0\0\0\3abc"), HYT_ERR_FORMAT, "" },
    };
    hyt_dataset *data = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(hyt_dataset_parse_idx(NULL, bad[i].bytes, bad[i].size, BYTES(LABELS), &data), bad[i].status);
        CHECK_MESSAGE("pictures: ");
        CHECK_MESSAGE(bad[i].says);
        CHECK_STATUS(hyt_dataset_parse_idx(NULL, BYTES(GREY), bad[i].bytes, bad[i].size, &data), bad[i].status);
        CHECK_MESSAGE("labels: ");
    }
    CHECK_STATUS(hyt_dataset_parse_idx(NULL, BYTES(GREY), BYTES(GREY), &data), HYT_ERR_FORMAT);
    CHECK_MESSAGE("labels: an IDX file of rank 3");
    CHECK_STATUS(hyt_dataset_parse_idx(NULL, BYTES("\0\0\x08\3\0\0\0\0\0\0\0\1\0\0\0\1"), BYTES("\0\0\x08\1\0\0\0\0"),
                                       &data), HYT_ERR_RANGE);
    assert_null(data);
}

static void files_are_read(void **state)
{
    (void)state;
    char path[] = "/tmp/hytnas-idx-XXXXXX";
    hyt_dataset *data = NULL;
    int file = mkstemp(path);
    assert_int_equal(write(file, GREY, sizeof GREY - 1), sizeof GREY - 1);
    close(file);
    CHECK_STATUS(hyt_dataset_load_idx(NULL, path, path, &data), HYT_ERR_FORMAT);
    CHECK_MESSAGE(path);
    CHECK_STATUS(hyt_dataset_load_idx(NULL, path, "/nowhere/labels", &data), HYT_ERR_IO);
    CHECK_MESSAGE("/nowhere/labels");
    remove(path);
}

static hyt_status read_packed(hyt_context *context)
{
    uint8_t file[256];
    hyt_dataset *data = NULL;
    size_t size = pack(BYTES(GREY), 0, "", 0, file);
    hyt_status status = hyt_dataset_parse_idx(context, file, size, BYTES(LABELS), &data);
    hyt_dataset_destroy(data);
    return status;
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    test_each_allocation(read_packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_is_read), cmocka_unit_test(gzip_is_unpacked), cmocka_unit_test(wrong_files_are_named),
        cmocka_unit_test(files_are_read), cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests_name("idx", tests, NULL, NULL);
}
