/* SPDX-License-Identifier: MIT */
#include "data/annotations.h"
#include "data/dataset.h"
#include <string.h>

enum { NAME_MAX_BYTES = 4096, SIDE_MAX = 1 << 24 };

hyt_status hyt_annotations_create(hyt_context *context, const hyt_annotations *classes, hyt_annotations **out)
{
    HYTI_NEED(out);
    hyt_annotations *list = hyti_alloc(context, sizeof *list);
    if (!list) return hyti_fail_nomem();
    list->context = hyti_context_retain(context);
    hyt_status status = HYT_OK;
    uint32_t label;
    for (size_t i = 0; i < hyt_annotations_classes(classes) && status == HYT_OK; i++)
        status = hyti_annotations_label(list, classes->classes[i], &label);
    list->closed = classes != NULL;
    if (status == HYT_OK) *out = list;
    else hyt_annotations_destroy(list);
    return status;
}

void hyt_annotations_destroy(hyt_annotations *list)
{
    if (!list) return;
    hyt_context *context = list->context;
    hyti_annotations_back(list, (hyti_annotations_mark){ 0 });
    hyti_free(context, list->pictures);
    hyti_free(context, list->boxes);
    hyti_free(context, list->classes);
    hyti_free(context, list);
    hyt_context_destroy(context);
}

hyti_annotations_mark hyti_annotations_now(const hyt_annotations *list)
{
    return (hyti_annotations_mark){ list->count, list->box_count, list->class_count };
}

void hyti_annotations_back(hyt_annotations *list, hyti_annotations_mark mark)
{
    while (list->count > mark.pictures) hyti_free(list->context, list->pictures[--list->count].file);
    while (list->class_count > mark.classes) hyti_free(list->context, list->classes[--list->class_count]);
    list->box_count = mark.boxes;
}

/* Names of files come from elsewhere: none may lead out of the folder that the pictures are in. */
static bool leads_out(const char *file)
{
    if (file[0] == '/' || file[0] == 0 || strlen(file) >= NAME_MAX_BYTES) return true;
    for (const char *part = file; part; part = strchr(part, '/')) {
        if (*part == '/') part++;
        size_t length = strcspn(part, "/");
        if (length == 2 && part[0] == '.' && part[1] == '.') return true;
    }
    return false;
}

hyt_status hyti_annotations_add_picture(hyt_annotations *list, const char *file, int64_t width, int64_t height)
{
    if (leads_out(file))
        return hyti_fail(HYT_ERR_FORMAT, "picture \"%.80s\": its name is no path below the folder of the pictures",
                         file);
    if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
        return hyti_fail(HYT_ERR_RANGE, "picture \"%.80s\": %lld by %lld pixels", file, (long long)width,
                         (long long)height);
    HYTI_TRY(hyti_grow(list->context, &list->pictures, &list->picture_room, list->count + 1, sizeof *list->pictures));
    char *copy = hyti_copy_text(list->context, file);
    if (!copy) return hyti_fail_nomem();
    list->pictures[list->count++] = (hyti_listed){ copy, (size_t)width, (size_t)height };
    return HYT_OK;
}

hyt_status hyti_annotations_label(hyt_annotations *list, const char *name, uint32_t *label)
{
    for (size_t i = 0; i < list->class_count; i++) {
        if (strcmp(list->classes[i], name) != 0) continue;
        *label = (uint32_t)i;
        return HYT_OK;
    }
    if (list->closed)
        return hyti_fail(HYT_ERR_RANGE, "class \"%.80s\" is none of the %zu that are expected", name,
                         list->class_count);
    if (list->class_count == HYTI_ANNOTATED_CLASSES_MAX)
        return hyti_fail(HYT_ERR_RANGE, "more than %d classes", HYTI_ANNOTATED_CLASSES_MAX);
    HYTI_TRY(hyti_grow(list->context, &list->classes, &list->class_room, list->class_count + 1, sizeof *list->classes));
    char *copy = hyti_copy_text(list->context, name);
    if (!copy) return hyti_fail_nomem();
    *label = (uint32_t)list->class_count;
    list->classes[list->class_count++] = copy;
    return HYT_OK;
}

hyt_status hyti_annotations_add_box(hyt_annotations *list, const hyt_box *box)
{
    const hyti_listed *picture = &list->pictures[box->picture];
    hyt_status status = hyti_box_check(box, list->box_count, list->count, picture->height, picture->width,
                                       list->class_count);
    if (status != HYT_OK) return hyti_fail_within(status, "picture \"%.80s\"", picture->file);
    HYTI_TRY(hyti_grow(list->context, &list->boxes, &list->box_room, list->box_count + 1, sizeof *list->boxes));
    list->boxes[list->box_count++] = *box;
    return HYT_OK;
}

size_t hyt_annotations_count(const hyt_annotations *list)
{
    return list ? list->count : 0;
}

const char *hyt_annotations_file(const hyt_annotations *list, size_t index)
{
    return list && index < list->count ? list->pictures[index].file : NULL;
}

size_t hyt_annotations_width(const hyt_annotations *list, size_t index)
{
    return list && index < list->count ? list->pictures[index].width : 0;
}

size_t hyt_annotations_height(const hyt_annotations *list, size_t index)
{
    return list && index < list->count ? list->pictures[index].height : 0;
}

size_t hyt_annotations_classes(const hyt_annotations *list)
{
    return list ? list->class_count : 0;
}

const char *hyt_annotations_class(const hyt_annotations *list, size_t label)
{
    return list && label < list->class_count ? list->classes[label] : NULL;
}

const hyt_box *hyt_annotations_boxes(const hyt_annotations *list, size_t *count)
{
    if (count) *count = list ? list->box_count : 0;
    return list ? list->boxes : NULL;
}
