/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --data takes: each kind of source is found, its parts are as they should be, and what is wrong is named. */
#include "test.h"
#include "hytnas/decode.h"
#include "hytnas/gather.h"
#include "hytnas/pictures.h"
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>

enum { WIDE = 40, HIGH = 30, SIDE = 32 };
static char root[64];
static const char *task; /* of the test that runs */

/* A path below the folder of this test; lent until the fourth call from here. */
static const char *at(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *at(const char *format, ...)
{
    static char paths[4][512];
    static unsigned next;
    char name[400], *path = paths[next++ % 4];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

/* A plain picture of one colour, the shade in its red. */
static void fill(uint8_t *pixels, uint8_t shade)
{
    for (size_t p = 0; p < WIDE * HIGH; p++) memcpy(pixels + 3 * p, ((const uint8_t[]){ shade, 60, 200 }), 3);
}

static void write_png(const char *path, uint8_t shade)
{
    uint8_t pixels[WIDE * HIGH * 3];
    png_image image = { .version = PNG_IMAGE_VERSION, .width = WIDE, .height = HIGH, .format = PNG_FORMAT_RGB };
    fill(pixels, shade);
    assert_int_not_equal(png_image_write_to_file(&image, path, 0, pixels, 0, NULL), 0);
}

static void write_jpeg(const char *path, uint8_t shade)
{
    uint8_t pixels[WIDE * HIGH * 3];
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fill(pixels, shade);
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, file);
    info.image_width = WIDE;
    info.image_height = HIGH;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 95, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < HIGH) {
        JSAMPROW row = pixels + 3 * WIDE * info.next_scanline;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    fclose(file);
}

static void write_text(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
}

static void make(const char *path) { assert_int_equal(mkdir(path, 0777), 0); }

/* `each` pictures of either class, PNG and JPEG by turns; the shade tells the class. */
static void make_classes(const char *folder, int each)
{
    static const char *const names[2] = { "cat", "dog" };
    if (folder[0]) make(at("%s", folder));
    for (int c = 0; c < 2; c++) {
        make(at("%s/%s", folder, names[c]));
        for (int i = 0; i < each; i++) {
            if (i % 2) write_png(at("%s/%s/%d.PNG", folder, names[c], i), (uint8_t)(50 + 100 * c));
            else write_jpeg(at("%s/%s/%d.jpg", folder, names[c], i), (uint8_t)(50 + 100 * c));
        }
    }
}

static int load_quietly(const char *source, size_t input, picture_parts *out, char said[2048])
{
    const pictures_wanted wanted = { .source = source, .input = input, .task = task };
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int before = dup(2);
    dup2(fileno(file), 2);
    *out = (picture_parts){ 0 };
    int result = load_pictures(&wanted, out);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    rewind(file);
    said[fread(said, 1, 2047, file)] = 0;
    fclose(file);
    return result;
}

static void check_bad(const char *source, size_t input, const char *says)
{
    char said[2048];
    picture_parts parts;
    assert_int_equal(load_quietly(source, input, &parts, said), BAD);
    if (!strstr(said, says)) fail_msg("said \"%s\", not \"%s\"", said, says);
    free_pictures(&parts);
}

static picture_parts check_good(const char *source, size_t input, size_t train, size_t validation, size_t test)
{
    char said[2048];
    picture_parts parts;
    if (load_quietly(source, input, &parts, said) != GOOD) fail_msg("%s: %s", source, said);
    assert_string_equal(said, "");
    assert_int_equal(hyt_dataset_count(parts.train), train);
    assert_int_equal(hyt_dataset_count(parts.validation), validation);
    assert_int_equal(hyt_dataset_count(parts.test), test);
    return parts;
}

/* Colours are those of the class, within what JPEG loses. */
static void check_classes(const hyt_dataset *data)
{
    for (size_t i = 0; i < hyt_dataset_count(data); i++) {
        uint8_t picture[SIDE * SIDE * 3];
        MUST(hyt_dataset_copy_picture(data, i, picture));
        for (size_t p = 0; p < sizeof picture; p += 3) {
            CHECK_NEAR(picture[p], 50 + 100 * (int)hyt_dataset_label(data, i), 3);
            CHECK_NEAR(picture[p + 1], 60, 3);
            CHECK_NEAR(picture[p + 2], 200, 3);
        }
    }
}

static void folders_of_classes_are_split(void **state)
{
    (void)state;
    make_classes("one", 20);
    picture_parts parts = check_good(at("one"), SIDE, 28, 6, 6), again = check_good(at("one"), SIDE, 28, 6, 6);
    assert_int_equal(parts.classes, 2);
    assert_int_equal(hyt_dataset_class_count(parts.test, 1), 3);
    check_classes(parts.train);
    check_classes(parts.test);
    assert_true(parts.train_print == again.train_print && parts.validation_print == again.validation_print);
    free_pictures(&parts);
    free_pictures(&again);
    write_jpeg(at("one/cat/0.jpg"), 90); /* another picture under the same name */
    again = check_good(at("one"), SIDE, 28, 6, 6);
    assert_true(parts.train_print != again.train_print || parts.validation_print != again.validation_print);
    free_pictures(&again);
    check_bad(at("one"), 20, "too small");
    make(at("one/empty"));
    check_bad(at("one"), SIDE, "one/empty: has no picture (PNG, JPEG)");
    rmdir(at("one/empty"));
}

/* With little memory the same pictures come from the files again and again, until one is damaged. */
static void what_does_not_fit_is_read_when_needed(void **state)
{
    (void)state;
    hyt_dataset *data[2] = { NULL, NULL }, *parts[2];
    uint64_t prints[2];
    make_classes("many", 5);
    for (int i = 0; i < 2; i++) {
        file_list files = { 0 };
        assert_int_equal(gather_classes(at("many"), NULL, &files), GOOD);
        assert_int_equal(read_files(&files, SIDE, i ? (size_t)1 << 20 : 2 * SIDE * SIDE * 3, &data[i]), GOOD);
        MUST(hyt_dataset_fingerprint(data[i], &prints[i]));
    }
    assert_true(prints[0] == prints[1]);
    assert_null(hyt_dataset_picture(data[0], 0));
    assert_non_null(hyt_dataset_picture(data[1], 0));
    MUST(hyt_dataset_split(data[0], 0.5, 0, &parts[0], &parts[1]));
    hyt_dataset_destroy(data[0]);
    check_classes(parts[0]);
    check_classes(parts[1]);
    write_text(at("many/dog/4.jpg"), "\xff\xd8\xff\xe0", 4);
    CHECK_STATUS(hyt_dataset_fingerprint(data[1], &prints[0]), HYT_OK);
    hyt_status first = hyt_dataset_fingerprint(parts[0], &prints[0]);
    if (first == HYT_OK) first = hyt_dataset_fingerprint(parts[1], &prints[0]);
    assert_int_equal(first, HYT_ERR_FORMAT);
    CHECK_MESSAGE("many/dog/4.jpg: JPEG: ");
    hyt_dataset_destroy(data[1]);
    hyt_dataset_destroy(parts[0]);
    hyt_dataset_destroy(parts[1]);
}

static void parts_may_be_folders(void **state)
{
    (void)state;
    make(at("parts"));
    make_classes("parts/train", 20);
    make_classes("parts/val", 4);
    picture_parts parts = check_good(at("parts"), SIDE, 34, 6, 8); /* val is the test, a share of train validates */
    free_pictures(&parts);
    make_classes("parts/test", 3);
    parts = check_good(at("parts"), 0, 40, 8, 6);
    assert_int_equal(parts.input, 96);
    free_pictures(&parts);
    make(at("parts/test/bird"));
    write_png(at("parts/test/bird/a.png"), 3);
    check_bad(at("parts"), SIDE, "parts/test/bird: there is no such class among the 2");
}

/* In the middle of a folder: a JPEG cut short, one with made-up bytes, a PNG with a wrong CRC, something else. */
static void a_damaged_picture_is_named(void **state)
{
    (void)state;
    char bytes[1 << 16];
    make_classes("damaged", 6);
    FILE *file = fopen(at("damaged/cat/4.jpg"), "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    write_text(at("damaged/cat/4.jpg"), bytes, size - 30);
    check_bad(at("damaged"), SIDE, "damaged/cat/4.jpg: JPEG: ");
    write_text(at("damaged/cat/4.jpg"), bytes, 60);
    check_bad(at("damaged"), SIDE, "damaged/cat/4.jpg: JPEG: ");
    write_text(at("damaged/cat/4.jpg"), "GIF89a", 6);
    check_bad(at("damaged"), SIDE, "damaged/cat/4.jpg: neither PNG nor JPEG");
    write_text(at("damaged/cat/4.jpg"), "", 0);
    check_bad(at("damaged"), SIDE, "damaged/cat/4.jpg: neither PNG nor JPEG");
    write_text(at("damaged/cat/4.jpg"), bytes, size);
    picture_parts parts = check_good(at("damaged"), SIDE, 8, 2, 2);
    free_pictures(&parts);
    file = fopen(at("damaged/dog/3.PNG"), "rb");
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    bytes[size / 2] ^= 4;
    write_text(at("damaged/dog/3.PNG"), bytes, size);
    check_bad(at("damaged"), SIDE, "damaged/dog/3.PNG: PNG: ");
}

/* One box a picture: the right half. */
static void make_coco(const char *file, int count)
{
    char text[8192];
    size_t used =
        (size_t)snprintf(text, sizeof text, "{\"categories\": [{\"id\": 9, \"name\": \"thing\"}], \"images\": [");
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"id\": %d, \"file_name\": \"%d.jpg\", \"width\": %d, \"height\": %d}",
                                 i ? "," : "", i, i, WIDE, HIGH);
    used += (size_t)snprintf(text + used, sizeof text - used, "], \"annotations\": [");
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"image_id\": %d, \"category_id\": 9, \"bbox\": [20, 0, 20, 30]}",
                                 i ? "," : "", i);
    used += (size_t)snprintf(text + used, sizeof text - used, "]}");
    write_text(file, text, used);
}

static void check_boxes(const hyt_dataset *data)
{
    for (size_t i = 0; i < hyt_dataset_count(data); i++) {
        size_t count;
        const float *box = hyt_dataset_boxes(data, i, &count);
        assert_int_equal(count, 1);
        CHECK_NEAR(box[0], SIDE / 2, 1e-4);
        CHECK_NEAR(box[1], 0, 0);
        CHECK_NEAR(box[2], SIDE, 1e-4);
        CHECK_NEAR(box[3], SIDE, 1e-4);
    }
}

static void coco_is_found(void **state)
{
    (void)state;
    make(at("coco"));
    make(at("coco/annotations"));
    make(at("coco/train2017"));
    make(at("coco/val2017"));
    for (int i = 0; i < 20; i++) write_jpeg(at("coco/train2017/%d.jpg", i), (uint8_t)(i * 9));
    for (int i = 0; i < 5; i++) write_jpeg(at("coco/val2017/%d.jpg", i), (uint8_t)(i * 9));
    make_coco(at("coco/annotations/instances_train2017.json"), 20);
    make_coco(at("coco/annotations/instances_val2017.json"), 5);
    picture_parts parts = check_good(at("coco"), SIDE, 17, 3, 5);
    assert_int_equal(parts.classes, 1);
    assert_int_equal(hyt_dataset_classes(parts.test), 1);
    check_boxes(parts.train);
    check_boxes(parts.validation);
    check_boxes(parts.test);
    free_pictures(&parts);
    make_coco(at("coco/train2017/some.json"), 20);
    parts = check_good(at("coco/train2017/some.json"), SIDE, 14, 3, 3);
    free_pictures(&parts);
}

static void coco_faults_are_named(void **state)
{
    (void)state;
    make_coco(at("coco/annotations/instances_val2017.json"), 6);
    check_bad(at("coco"), SIDE, "coco/val2017/5.jpg: No such file");
    write_text(at("coco/annotations/instances_val2017.json"), "{\"images\": 3}", 13);
    check_bad(at("coco"), SIDE, "instances_val2017.json: no array \"categories\"");
    unlink(at("coco/annotations/instances_val2017.json"));
    check_bad(at("coco"), SIDE, "coco/annotations: has no instances_val*.json");
}

static void make_voc(const char *name, int width, const char *class)
{
    char text[1024];
    int size = snprintf(text, sizeof text,
                        "<annotation><filename>%s.jpg</filename><size><width>%d</width><height>%d</height></size>"
                        "<object><name>%s</name><bndbox><xmin>21</xmin><ymin>1</ymin><xmax>40</xmax><ymax>30</ymax>"
                        "</bndbox></object></annotation>", name, width, HIGH, class);
    write_text(at("voc/Annotations/%s.xml", name), text, (size_t)size);
}

static void voc_is_found(void **state)
{
    (void)state;
    static const char lists[] = "0\n1  1\n2 -1\r\n\n3\n4\n5\n6\n";
    make(at("voc"));
    make(at("voc/Annotations"));
    make(at("voc/JPEGImages"));
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        make_voc(name, WIDE, "person");
        write_jpeg(at("voc/JPEGImages/%d.jpg", i), (uint8_t)(i * 9));
    }
    picture_parts parts = check_good(at("voc"), SIDE, 14, 3, 3);
    check_boxes(parts.train);
    check_boxes(parts.test);
    free_pictures(&parts);
    make(at("voc/ImageSets"));
    make(at("voc/ImageSets/Main"));
    write_text(at("voc/ImageSets/Main/train.txt"), lists, sizeof lists - 1);
    write_text(at("voc/ImageSets/Main/val.txt"), "7\n8\n9\n", 6);
    parts = check_good(at("voc"), SIDE, 6, 1, 3);
    free_pictures(&parts);
    make_voc("8", WIDE, "cat");
    check_bad(at("voc"), SIDE, "voc/Annotations/8.xml: class \"cat\" is none of the 1");
    make_voc("8", WIDE + 1, "person");
    check_bad(at("voc"), SIDE, "JPEGImages/8.jpg: is 40 by 30 pixels, its annotation says 41 by 30");
    write_text(at("voc/ImageSets/Main/val.txt"), "../a\n", 5);
    check_bad(at("voc"), SIDE, "is no name of a picture");
}

static void idx_is_found(void **state)
{
    (void)state;
    char pictures[16 + 20 * 4 * 4] = "\0\0\x08\3\0\0\0\x14\0\0\0\4\0\0\0\4", labels[8 + 20] = "\0\0\x08\1\0\0\0\x14";
    for (int i = 0; i < 20; i++) labels[8 + i] = (char)(i % 2);
    make(at("idx"));
    write_text(at("idx/train-images-idx3-ubyte"), pictures, sizeof pictures);
    write_text(at("idx/train-labels-idx1-ubyte"), labels, sizeof labels);
    check_bad(at("idx"), SIDE, "has no t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz");
    write_text(at("idx/t10k-images-idx3-ubyte"), pictures, sizeof pictures);
    write_text(at("idx/t10k-labels-idx1-ubyte"), labels, sizeof labels);
    picture_parts parts = check_good(at("idx"), SIDE, 18, 2, 20);
    free_pictures(&parts);
    check_bad(at("idx"), 0, "pictures of 4 x 4 are too small");
}

static void boxes_alone_are_no_classes(void **state)
{
    (void)state;
    check_bad(at("coco/train2017/some.json"), SIDE, "all pictures are of one class");
    task = "segmentation";
    check_bad(at("coco/train2017/some.json"), SIDE, "has no masks to learn segmentation from");
    task = "detection";
    check_bad(at("one"), SIDE, "has no boxes to learn detection from");
}

static void one_npz_is_split(void **state)
{
    (void)state;
    const char *path = test_data("penn-fudan/train.npz");
    if (!path) skip();
    picture_parts parts = check_good(path, 64, 76, 17, 16);
    assert_int_equal(hyt_dataset_box_classes(parts.validation), 1);
    free_pictures(&parts);
}

static void what_is_nothing_is_named(void **state)
{
    (void)state;
    make(at("nothing"));
    check_bad(at("nothing"), 0, "has neither train.npz");
    check_bad(at("nowhere"), 0, "there is no such folder or file");
}

static int classify(void **state)
{
    (void)state;
    task = "classification";
    return 0;
}

static int detect(void **state)
{
    (void)state;
    task = "detection";
    return 0;
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/hytnas-pictures-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int clear_root(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(folders_of_classes_are_split, classify),
        cmocka_unit_test_setup(what_does_not_fit_is_read_when_needed, classify),
        cmocka_unit_test_setup(parts_may_be_folders, classify),
        cmocka_unit_test_setup(a_damaged_picture_is_named, classify),
        cmocka_unit_test_setup(coco_is_found, detect),
        cmocka_unit_test_setup(coco_faults_are_named, detect),
        cmocka_unit_test_setup(voc_is_found, detect),
        cmocka_unit_test_setup(idx_is_found, classify),
        cmocka_unit_test_setup(boxes_alone_are_no_classes, classify),
        cmocka_unit_test_setup(one_npz_is_split, detect),
        cmocka_unit_test_setup(what_is_nothing_is_named, classify),
    };
    return cmocka_run_group_tests_name("pictures", tests, make_root, clear_root);
}
