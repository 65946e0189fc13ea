/* SPDX-License-Identifier: MIT */
/* Data sets that share the pictures of another one: with other boxes and masks, or a choice of the pictures. */
#include "data/dataset.h"
#include <string.h>

static size_t place_of(const hyt_dataset *dataset, size_t index)
{
    return dataset->places ? dataset->places[index] : index;
}

/* Labels, and the places in the data set that has the pictures: a view of a view looks past it. */
static hyt_status take_rows(const hyt_dataset *from, const size_t *places, hyt_dataset *view)
{
    for (size_t i = 0; i < view->count; i++) {
        size_t place = places ? places[i] : i;
        if (place >= from->count)
            return hyti_fail(HYT_ERR_RANGE, "picture %zu of the choice is number %zu, there are %zu", i, place,
                             from->count);
        view->labels[i] = from->labels[place];
        if (view->places) view->places[i] = place_of(from, place);
    }
    return HYT_OK;
}

static hyt_status fill_view(const hyt_dataset *from, const size_t *places, hyt_dataset *view)
{
    bool mapped = places || from->places;
    if (mapped) view->places = hyti_array(view->context, view->count, sizeof *view->places);
    if (mapped && !view->places) return hyti_fail_nomem();
    HYTI_TRY(take_rows(from, places, view));
    return hyti_dataset_finish(view, from->classes);
}

hyt_status hyti_dataset_view(const hyt_dataset *from, const size_t *places, size_t count, hyt_dataset **out)
{
    hyt_dataset *view = NULL;
    HYTI_TRY(hyti_dataset_empty(from->context, count, from->height, from->width, &view));
    view->parent = from->parent ? from->parent : from;
    hyti_dataset_retain(view->parent);
    hyt_status status = fill_view(from, places, view);
    if (status == HYT_OK) *out = view;
    else hyt_dataset_destroy(view);
    return status;
}

hyt_status hyti_dataset_check_masks(const hyt_dataset *dataset)
{
    size_t pixels = dataset->height * dataset->width, classes = dataset->mask_classes;
    if (classes == 0 || classes > HYT_MASK_IGNORED)
        return hyti_fail(HYT_ERR_RANGE, "%zu classes of masks: from 1 to %d are possible", classes, HYT_MASK_IGNORED);
    for (size_t i = 0; i < dataset->count; i++) {
        const uint8_t *mask = dataset->masks + i * pixels;
        for (size_t p = 0; p < pixels; p++) {
            if (mask[p] < classes || mask[p] == HYT_MASK_IGNORED) continue;
            return hyti_fail(HYT_ERR_RANGE, "the mask of picture %zu has class %u, there are %zu classes", i, mask[p],
                             classes);
        }
    }
    return HYT_OK;
}

static hyt_status annotate(hyt_dataset *dataset, const hyt_box *boxes, size_t n_boxes, size_t box_classes,
                           const uint8_t *masks, size_t mask_classes)
{
    hyt_context *context = dataset->context;
    if (n_boxes || box_classes)
        HYTI_TRY(hyti_box_table_fill(context, boxes, n_boxes, dataset->count, dataset->height, dataset->width,
                                     box_classes, &dataset->boxes));
    if (!masks) return HYT_OK;
    dataset->masks = hyti_copy(context, masks, dataset->count * dataset->height * dataset->width);
    dataset->mask_classes = mask_classes;
    return dataset->masks ? hyti_dataset_check_masks(dataset) : hyti_fail_nomem();
}

hyt_status hyt_dataset_annotate(const hyt_dataset *dataset, const hyt_box *boxes, size_t n_boxes, size_t box_classes,
                                const uint8_t *masks, size_t mask_classes, hyt_dataset **out)
{
    hyt_dataset *annotated = NULL;
    HYTI_NEED(dataset);
    if (n_boxes) HYTI_NEED(boxes);
    HYTI_NEED(out);
    HYTI_TRY(hyti_dataset_view(dataset, NULL, dataset->count, &annotated));
    hyt_status status = annotate(annotated, boxes, n_boxes, box_classes, masks, mask_classes);
    if (status == HYT_OK) *out = annotated;
    else hyt_dataset_destroy(annotated);
    return status;
}
