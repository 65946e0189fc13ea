/* SPDX-License-Identifier: MIT */
/* Choices of the pictures of a data set. */
#include "base/rng.h"
#include "data/dataset.h"
#include <math.h>
#include <string.h>

static size_t count_boxes(const hyti_box_table *boxes, const size_t *indices, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += boxes->starts[indices[i] + 1] - boxes->starts[indices[i]];
    return sum;
}

static hyt_status choose_boxes(const hyt_dataset *from, const size_t *indices, hyt_dataset *to)
{
    const hyti_box_table *have = &from->boxes;
    hyti_box_table *boxes = &to->boxes;
    HYTI_TRY(hyti_box_table_init(to->context, to->count, count_boxes(have, indices, to->count), boxes));
    boxes->classes = have->classes;
    for (size_t i = 0; i < to->count; i++) {
        size_t first = have->starts[indices[i]], n = have->starts[indices[i] + 1] - first, at = boxes->starts[i];
        memcpy(boxes->corners + 4 * at, have->corners + 4 * first, 4 * n * sizeof *have->corners);
        memcpy(boxes->labels + at, have->labels + first, n * sizeof *have->labels);
        memcpy(boxes->crowds + at, have->crowds + first, n * sizeof *have->crowds);
        boxes->starts[i + 1] = at + n;
    }
    return HYT_OK;
}

static hyt_status choose_masks(const hyt_dataset *from, const size_t *indices, hyt_dataset *to)
{
    size_t pixels = from->height * from->width;
    to->masks = hyti_array(to->context, to->count, pixels);
    to->mask_classes = from->mask_classes;
    if (!to->masks) return hyti_fail_nomem();
    for (size_t i = 0; i < to->count; i++) memcpy(to->masks + i * pixels, from->masks + indices[i] * pixels, pixels);
    return HYT_OK;
}

hyt_status hyt_dataset_subset(const hyt_dataset *dataset, const size_t *indices, size_t count, hyt_dataset **out)
{
    hyt_dataset *chosen = NULL;
    HYTI_NEED(dataset);
    HYTI_NEED(indices);
    HYTI_NEED(out);
    HYTI_TRY(hyti_dataset_view(dataset, indices, count, &chosen));
    hyt_status status = dataset->boxes.starts ? choose_boxes(dataset, indices, chosen) : HYT_OK;
    if (status == HYT_OK && dataset->masks) status = choose_masks(dataset, indices, chosen);
    if (status == HYT_OK) *out = chosen;
    else hyt_dataset_destroy(chosen);
    return status;
}

/* Marks `wanted` of the pictures of one class, each choice as likely (selection sampling: Knuth, volume 2, 3.4.2 S). */
static void draw_class(const hyt_dataset *dataset, uint32_t label, double share, uint64_t seed, bool *first)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_SPLIT, label);
    size_t left = dataset->class_counts[label], wanted = (size_t)floor(share * (double)left + 0.5);
    for (size_t i = 0; i < dataset->count; i++) {
        if (dataset->labels[i] != label) continue;
        first[i] = hyti_rng_below(&rng, left--) < wanted;
        wanted -= first[i];
    }
}

/* The numbers of the pictures that are in the first part from the front of `order`, of the others after them. */
static size_t sort_parts(const bool *first, size_t count, size_t *order)
{
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++)
        if (first[i]) order[chosen++] = i;
    size_t other = chosen;
    for (size_t i = 0; i < count; i++)
        if (!first[i]) order[other++] = i;
    return chosen;
}

static hyt_status split(const hyt_dataset *dataset, double share, uint64_t seed, bool *marks, size_t *order,
                        hyt_dataset *parts[2])
{
    for (size_t label = 0; label < dataset->classes; label++)
        if (dataset->class_counts[label]) draw_class(dataset, (uint32_t)label, share, seed, marks);
    size_t chosen = sort_parts(marks, dataset->count, order);
    if (chosen == 0 || chosen == dataset->count)
        return hyti_fail(HYT_ERR_RANGE, "a share of %g of %zu pictures in %zu classes leaves one part empty", share,
                         dataset->count, dataset->classes);
    HYTI_TRY(hyt_dataset_subset(dataset, order, chosen, &parts[0]));
    return hyt_dataset_subset(dataset, order + chosen, dataset->count - chosen, &parts[1]);
}

hyt_status hyt_dataset_split(const hyt_dataset *dataset, double share, uint64_t seed, hyt_dataset **first,
                             hyt_dataset **second)
{
    HYTI_NEED(dataset);
    HYTI_NEED(first);
    HYTI_NEED(second);
    if (!(share > 0 && share < 1)) return hyti_fail(HYT_ERR_RANGE, "a share of %g is not between 0 and 1", share);
    hyt_dataset *parts[2] = { NULL, NULL };
    bool *marks = hyti_array(dataset->context, dataset->count, sizeof *marks);
    size_t *order = hyti_array(dataset->context, dataset->count, sizeof *order);
    hyt_status status = marks && order ? split(dataset, share, seed, marks, order, parts) : hyti_fail_nomem();
    hyti_free(dataset->context, marks);
    hyti_free(dataset->context, order);
    if (status == HYT_OK) {
        *first = parts[0];
        *second = parts[1];
        return HYT_OK;
    }
    hyt_dataset_destroy(parts[0]);
    hyt_dataset_destroy(parts[1]);
    return status;
}
