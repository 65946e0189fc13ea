/* SPDX-License-Identifier: GPL-3.0-or-later */
/* COCO and Pascal VOC: what they write becomes a list, everything else gets a message that says where the fault is. */
#include "test.h"
#include <hytnas/data.h>

static const char *const coco_images =
    "\"images\": [{\"id\": 42, \"file_name\": \"a.jpg\", \"width\": 64, \"height\": 48}, "
    "{\"id\": -7, \"file_name\": \"sub/b.png\", \"width\": 10, \"height\": 20}]";
static const char *const coco_categories =
    "\"categories\": [{\"id\": 18, \"name\": \"dog\"}, {\"id\": 1, \"name\": \"person\"}]";

/* Whole files from parts, each of which can be wrong. */
static hyt_status parse_coco(hyt_annotations *list, const char *images, const char *categories, const char *annotations)
{
    char text[2048];
    snprintf(text, sizeof text, "{%s, %s, \"annotations\": [%s]}", images, categories, annotations);
    return hyt_annotations_parse_coco(list, text, strlen(text));
}

static void coco_is_read(void **state)
{
    (void)state;
    hyt_annotations *list = NULL;
    size_t count;
    MUST(hyt_annotations_create(NULL, NULL, &list));
    MUST(parse_coco(list, coco_images, coco_categories,
                    "{\"image_id\": -7, \"category_id\": 1, \"bbox\": [1, 2.5, 3, 4], \"iscrowd\": 1}, "
                    "{\"image_id\": 42, \"category_id\": 18, \"bbox\": [-0.25, 0, 64.5, 48]}"));
    assert_int_equal(hyt_annotations_count(list), 2);
    assert_string_equal(hyt_annotations_file(list, 1), "sub/b.png");
    assert_null(hyt_annotations_file(list, 2));
    assert_int_equal(hyt_annotations_width(list, 1), 10);
    assert_int_equal(hyt_annotations_height(list, 0), 48);
    assert_int_equal(hyt_annotations_classes(list), 2);
    assert_string_equal(hyt_annotations_class(list, 0), "dog");
    const hyt_box *boxes = hyt_annotations_boxes(list, &count);
    assert_int_equal(count, 2);
    assert_true(boxes[0].picture == 1 && boxes[0].label == 1 && boxes[0].crowd == 1);
    assert_true(boxes[0].x1 == 1 && boxes[0].y1 == 2.5f && boxes[0].x2 == 4 && boxes[0].y2 == 6.5f);
    assert_true(boxes[1].picture == 0 && boxes[1].label == 0 && boxes[1].crowd == 0);
    hyt_annotations_destroy(list);
}

static void check_coco(const char *images, const char *categories, const char *annotations, hyt_status expected,
                       const char *says)
{
    hyt_annotations *list = NULL;
    MUST(hyt_annotations_create(NULL, NULL, &list));
    CHECK_STATUS(parse_coco(list, images ? images : coco_images, categories ? categories : coco_categories,
                            annotations), expected);
    CHECK_MESSAGE(says);
    assert_int_equal(hyt_annotations_count(list), 0);
    assert_int_equal(hyt_annotations_classes(list), 0);
    hyt_annotations_destroy(list);
}

#define BOX(numbers) "{\"image_id\": 42, \"category_id\": 1, \"bbox\": [" numbers "]}"
#define IMAGE(fields) "\"images\": [{" fields "}]"

static void wrong_coco_is_named(void **state)
{
    (void)state;
    const hyt_status format = HYT_ERR_FORMAT, range = HYT_ERR_RANGE;
    check_coco(NULL, NULL, BOX("1, 2, 3"), format, "annotations, number 0: bbox: expected four numbers");
    check_coco(NULL, NULL, BOX("1, 2, 3, true"), format, "bbox");
    check_coco(NULL, NULL, BOX("1, 2, 0, 4"), range, "picture \"a.jpg\": box 0 of picture 0 is empty");
    check_coco(NULL, NULL, BOX("1, 2, -3, 4"), range, "is empty");
    check_coco(NULL, NULL, BOX("1, 2, 65, 4"), range,
               "annotations, number 0: picture \"a.jpg\": box 0 of picture 0 is outside");
    check_coco(NULL, NULL, BOX("1, 2, 3e38, 4"), range, "beyond all pictures");
    check_coco(NULL, NULL, "{\"image_id\": 43, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}", format, "no image 43");
    check_coco(NULL, NULL, "{\"image_id\": 42, \"category_id\": 2, \"bbox\": [1, 2, 3, 4]}", format, "no category 2");
    check_coco(NULL, NULL, "{\"category_id\": 2, \"bbox\": [1, 2, 3, 4]}", format, "image_id");
    check_coco(NULL, NULL, "[]", format, "annotations, number 0");
    check_coco(NULL, "\"categories\": [{\"id\": 1, \"name\": \"a\"}, {\"id\": 1, \"name\": \"b\"}]", "", format,
               "two categories of id 1");
    check_coco(NULL, "\"categories\": 5", "", format, "no array \"categories\"");
    check_coco("\"pictures\": []", NULL, "", format, "no array \"images\"");
    check_coco(IMAGE("\"id\": 1, \"file_name\": \"a\", \"width\": 0, \"height\": 4"), NULL, "", range, "0 by 4 pixels");
    check_coco(IMAGE("\"id\": 1, \"file_name\": \"a\", \"width\": 3"), NULL, "", format, "images, number 0: height");
    static const char *const outside[] = { "/etc/passwd", "..", "../a", "a/../b", "a/..", "" };
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        char image[256];
        snprintf(image, sizeof image, IMAGE("\"id\": 1, \"file_name\": \"%s\", \"width\": 3, \"height\": 3"),
                 outside[i]);
        check_coco(image, NULL, "", format, "no path below the folder");
    }
    check_coco(IMAGE("\"id\": 1, \"file_name\": \"..a/b..\", \"width\": 3, \"height\": 0"), NULL, "", range, "3 by 0");
    hyt_annotations *list = NULL;
    MUST(hyt_annotations_create(NULL, NULL, &list));
    CHECK_STATUS(hyt_annotations_parse_coco(list, "{\"images\": [", 12), format);
    CHECK_STATUS(hyt_annotations_parse_coco(list, "[]", 2), format);
    hyt_annotations_destroy(list);
}

#define SIZE "<size><width>64</width><height>48</height></size>"
#define OBJECT(name, corners) "<object><name>" name "</name><bndbox>" corners "</bndbox></object>"
#define CORNERS "<xmin>1</xmin><ymin>2</ymin><xmax>64</xmax><ymax>3.5</ymax>"

static hyt_status parse_voc(hyt_annotations *list, const char *text)
{
    return hyt_annotations_parse_voc(list, text, strlen(text));
}

static void voc_is_read(void **state)
{
    (void)state;
    hyt_annotations *list = NULL, *part = NULL;
    size_t count;
    MUST(hyt_annotations_create(NULL, NULL, &list));
    MUST(parse_voc(list, "\xef\xbb\xbf<?xml version='1.0'?><!-- a > b -->\n<annotation a = \"<\" b='>'>" SIZE
                         "<filename> one &lt;1&gt;.jpg\n</filename><owner/><source><a><b/></a>text</source>"
                         "<object><part>" OBJECT("head", CORNERS) "</part><name>dog</name><difficult>1</difficult>"
                         "<bndbox>" CORNERS "</bndbox></object>" OBJECT("person", CORNERS) "</annotation>\n"));
    MUST(parse_voc(list, "<annotation><filename>two.png</filename>" SIZE OBJECT("dog", CORNERS) "</annotation>"));
    assert_int_equal(hyt_annotations_count(list), 2);
    assert_string_equal(hyt_annotations_file(list, 0), "one <1>.jpg");
    assert_int_equal(hyt_annotations_classes(list), 2);
    assert_string_equal(hyt_annotations_class(list, 1), "person");
    const hyt_box *boxes = hyt_annotations_boxes(list, &count);
    assert_int_equal(count, 3);
    assert_true(boxes[0].x1 == 0 && boxes[0].y1 == 1 && boxes[0].x2 == 64 && boxes[0].y2 == 3.5f);
    assert_true(boxes[0].crowd == 1 && boxes[1].crowd == 0 && boxes[1].label == 1);
    assert_true(boxes[2].picture == 1 && boxes[2].label == 0);
    MUST(hyt_annotations_create(NULL, list, &part));
    MUST(parse_voc(part, "<annotation><filename>c</filename>" SIZE OBJECT("person", CORNERS) "</annotation>"));
    assert_int_equal(hyt_annotations_boxes(part, &count)[0].label, 1); /* as in the other list */
    CHECK_STATUS(parse_voc(part, "<annotation><filename>d</filename>" SIZE OBJECT("cat", CORNERS) "</annotation>"),
                 HYT_ERR_RANGE);
    CHECK_MESSAGE("class \"cat\" is none of the 2");
    assert_int_equal(hyt_annotations_count(part), 1);
    hyt_annotations_destroy(list);
    hyt_annotations_destroy(part);
}

static void wrong_voc_is_named(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } bad[] = {
        { "", "byte 0: expected a tag" },
        { "<annotations></annotations>", "the document is \"annotations\"" },
        { "<annotation>", "byte 12: the document ends within an element" },
        { "<annotation></annotatio>", "the end tag of another element" },
        { "<annotation><size></annotation>", "the end tag of another element" },
        { "<annotation></annotation>x", "something after the end" },
        { "<annotation></annotation>", "picture \"\": its name is no path" },
        { "<annotation a></annotation>", "an attribute without a value" },
        { "<annotation a=b></annotation>", "a value without quotes" },
        { "<annotation a=\"b></annotation>", "a value that does not end" },
        { "<!DOCTYPE annotation []><annotation></annotation>", "a declaration or CDATA" },
        { "<annotation><filename>&b;</filename></annotation>", "an entity other than" },
        { "<annotation><filename><a/></filename></annotation>", "an element where a text was expected" },
        { "<annotation><!-- ", "ends within a comment" },
        { "<annotation><size><width>many</width></size></annotation>", "width: \"many\" is no number" },
        { "<annotation><filename>a</filename></annotation>", "\"a\": 0 by 0 pixels" },
        { "<annotation><filename>a</filename>" SIZE OBJECT("b", "<xmin>1</xmin>") "</annotation>",
          "object 0 has no name" },
        { "<annotation><filename>a</filename>" SIZE OBJECT("", CORNERS) "</annotation>", "object 0 has no name" },
        { "<annotation><filename>a</filename>" SIZE OBJECT("b", "<x>1</x>") "</annotation>",
          "bndbox: an element \"x\"" },
        { "<annotation><filename>a</filename>" SIZE OBJECT("b", CORNERS "<xmax>66</xmax>") "</annotation>",
          "picture \"a\": box 0 of picture 0 is outside" },
        { "<annotation><filename>a</filename>" SIZE OBJECT("b", CORNERS "<xmax>0</xmax>") "</annotation>", "is empty" },
    };
    hyt_annotations *list = NULL;
    char deep[4096] = "<annotation>";
    MUST(hyt_annotations_create(NULL, NULL, &list));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hyt_status status = parse_voc(list, bad[i].text);
        if (status != HYT_ERR_FORMAT && status != HYT_ERR_RANGE)
            fail_msg("%s: %s", bad[i].text, hyt_status_name(status));
        CHECK_MESSAGE(bad[i].says);
    }
    for (int i = 0; i < 100; i++) strcat(deep, "<a>");
    CHECK_STATUS(parse_voc(list, deep), HYT_ERR_FORMAT);
    CHECK_MESSAGE("nested too deep");
    assert_int_equal(hyt_annotations_count(list), 0);
    assert_int_equal(hyt_annotations_classes(list), 0);
    hyt_annotations_destroy(list);
}

static hyt_status read_both(hyt_context *context)
{
    hyt_annotations *list = NULL, *part = NULL;
    hyt_status status = hyt_annotations_create(context, NULL, &list);
    if (status == HYT_OK)
        status = parse_coco(list, coco_images, coco_categories,
                            "{\"image_id\": -7, \"category_id\": 1, \"bbox\": [1, 2.5, 3, 4]}");
    if (status == HYT_OK) status = hyt_annotations_create(context, list, &part);
    if (status == HYT_OK)
        status = parse_voc(part, "<annotation><filename>c</filename>" SIZE OBJECT("dog", CORNERS) "</annotation>");
    hyt_annotations_destroy(list);
    hyt_annotations_destroy(part);
    return status;
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    test_each_allocation(read_both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coco_is_read), cmocka_unit_test(wrong_coco_is_named), cmocka_unit_test(voc_is_read),
        cmocka_unit_test(wrong_voc_is_named), cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests_name("annotations", tests, NULL, NULL);
}
