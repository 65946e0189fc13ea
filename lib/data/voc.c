/* SPDX-License-Identifier: MIT */
/* One picture's annotation as Pascal VOC writes it. Corners there count pixels from 1 and include the last one. */
#include "base/number.h"
#include "data/annotations.h"
#include "data/xml.h"
#include <math.h>
#include <string.h>

enum { TEXT = 512 };

typedef struct found {
    char name[TEXT];
    double corners[4];   /* xmin, ymin, xmax, ymax */
    unsigned seen;       /* a bit each corner */
    bool difficult;
} found;

typedef struct reader {
    hyti_xml xml;
    hyt_annotations *list;
    char file[TEXT];
    double width, height;
    found *objects;
    size_t count, room;
} reader;

static hyt_status read_number(reader *r, const char *name, double *out)
{
    char text[TEXT], *end;
    HYTI_TRY(hyti_xml_text(&r->xml, text, sizeof text));
    *out = hyti_number_read(text, &end);
    if (end == text || *end || !(fabs(*out) < 1e9))
        return hyti_fail(HYT_ERR_FORMAT, "%s: \"%.40s\" is no number of pixels", name, text);
    return HYT_OK;
}

static hyt_status read_size(reader *r)
{
    char name[HYTI_XML_NAME];
    for (bool there = true;;) {
        HYTI_TRY(hyti_xml_child(&r->xml, name, &there));
        if (!there) return HYT_OK;
        if (strcmp(name, "width") == 0) HYTI_TRY(read_number(r, name, &r->width));
        else if (strcmp(name, "height") == 0) HYTI_TRY(read_number(r, name, &r->height));
        else HYTI_TRY(hyti_xml_skip(&r->xml));
    }
}

static hyt_status read_corners(reader *r, found *object)
{
    static const char *const names[4] = { "xmin", "ymin", "xmax", "ymax" };
    char name[HYTI_XML_NAME];
    for (bool there = true;;) {
        HYTI_TRY(hyti_xml_child(&r->xml, name, &there));
        if (!there) return HYT_OK;
        size_t corner = 0;
        while (corner < 4 && strcmp(name, names[corner]) != 0) corner++;
        if (corner == 4) return hyti_fail(HYT_ERR_FORMAT, "bndbox: an element \"%s\"", name);
        HYTI_TRY(read_number(r, name, &object->corners[corner]));
        object->seen |= 1u << corner;
    }
}

static hyt_status read_object(reader *r)
{
    char name[HYTI_XML_NAME];
    found object = { .seen = 0 };
    double difficult = 0;
    for (bool there = true;;) {
        HYTI_TRY(hyti_xml_child(&r->xml, name, &there));
        if (!there) break;
        if (strcmp(name, "name") == 0) HYTI_TRY(hyti_xml_text(&r->xml, object.name, sizeof object.name));
        else if (strcmp(name, "difficult") == 0) HYTI_TRY(read_number(r, name, &difficult));
        else if (strcmp(name, "bndbox") == 0) HYTI_TRY(read_corners(r, &object));
        else HYTI_TRY(hyti_xml_skip(&r->xml)); /* parts have boxes of their own */
    }
    object.difficult = difficult != 0;
    if (object.name[0] == 0 || object.seen != 15)
        return hyti_fail(HYT_ERR_FORMAT, "object %zu has no name, or no bndbox of four corners", r->count);
    HYTI_TRY(hyti_grow(r->list->context, &r->objects, &r->room, r->count + 1, sizeof *r->objects));
    r->objects[r->count++] = object;
    return HYT_OK;
}

static hyt_status read_document(reader *r, const char *text, size_t size)
{
    char name[HYTI_XML_NAME];
    HYTI_TRY(hyti_xml_open(text, size, &r->xml, name));
    if (strcmp(name, "annotation") != 0)
        return hyti_fail(HYT_ERR_FORMAT, "the document is \"%s\", expected \"annotation\"", name);
    for (bool there = true;;) {
        HYTI_TRY(hyti_xml_child(&r->xml, name, &there));
        if (!there) return hyti_xml_end(&r->xml);
        if (strcmp(name, "filename") == 0) HYTI_TRY(hyti_xml_text(&r->xml, r->file, sizeof r->file));
        else if (strcmp(name, "size") == 0) HYTI_TRY(read_size(r));
        else if (strcmp(name, "object") == 0) HYTI_TRY(read_object(r));
        else HYTI_TRY(hyti_xml_skip(&r->xml));
    }
}

static hyt_status add(reader *r)
{
    HYTI_TRY(hyti_annotations_add_picture(r->list, r->file, (int64_t)r->width, (int64_t)r->height));
    for (size_t i = 0; i < r->count; i++) {
        const found *object = &r->objects[i];
        const double *c = object->corners;
        hyt_box box = { .picture = r->list->count - 1, .x1 = (float)(c[0] - 1), .y1 = (float)(c[1] - 1),
                        .x2 = (float)c[2], .y2 = (float)c[3], .crowd = object->difficult };
        HYTI_TRY(hyti_annotations_label(r->list, object->name, &box.label));
        HYTI_TRY(hyti_annotations_add_box(r->list, &box));
    }
    return HYT_OK;
}

hyt_status hyt_annotations_parse_voc(hyt_annotations *list, const void *text, size_t size)
{
    HYTI_NEED(list);
    HYTI_NEED(text);
    hyti_annotations_mark before = hyti_annotations_now(list);
    reader r = { .list = list };
    hyt_status status = read_document(&r, text, size);
    if (status == HYT_OK) status = add(&r);
    if (status != HYT_OK) hyti_annotations_back(list, before);
    hyti_free(list->context, r.objects);
    return status;
}
