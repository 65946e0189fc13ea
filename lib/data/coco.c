/* SPDX-License-Identifier: MIT */
/* COCO's "instances" files: images, categories and annotations, which name each other by numbers of their own. */
#include "base/json.h"
#include "data/annotations.h"
#include <math.h>
#include <stdlib.h>

/* What stands for a number of the file. */
typedef struct number { int64_t id; size_t value; } number;
typedef struct numbers { number *at; size_t count; } numbers;

static int compare(const void *a, const void *b)
{
    const number *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static hyt_status sort_numbers(numbers *n, const char *what)
{
    if (n->count) qsort(n->at, n->count, sizeof *n->at, compare);
    for (size_t i = 1; i < n->count; i++)
        if (n->at[i].id == n->at[i - 1].id)
            return hyti_fail(HYT_ERR_FORMAT, "two %s of id %lld", what, (long long)n->at[i].id);
    return HYT_OK;
}

static const number *find(const numbers *n, int64_t id)
{
    const number key = { id, 0 };
    return n->count ? bsearch(&key, n->at, n->count, sizeof *n->at, compare) : NULL;
}

typedef struct reader {
    hyt_annotations *list;
    numbers images, categories;
    const hyti_json *member;  /* of the array that is being read */
} reader;

static hyt_status get_int(const reader *r, const char *key, int64_t *out)
{
    return hyti_json_int(hyti_json_get(r->member, key), key, out);
}

static hyt_status read_image(reader *r, size_t index)
{
    int64_t width, height;
    const char *file;
    HYTI_TRY(get_int(r, "id", &r->images.at[index].id));
    HYTI_TRY(get_int(r, "width", &width));
    HYTI_TRY(get_int(r, "height", &height));
    HYTI_TRY(hyti_json_text(hyti_json_get(r->member, "file_name"), "file_name", &file));
    r->images.at[index].value = r->list->count;
    return hyti_annotations_add_picture(r->list, file, width, height);
}

static hyt_status read_category(reader *r, size_t index)
{
    const char *name;
    uint32_t label;
    HYTI_TRY(get_int(r, "id", &r->categories.at[index].id));
    HYTI_TRY(hyti_json_text(hyti_json_get(r->member, "name"), "name", &name));
    HYTI_TRY(hyti_annotations_label(r->list, name, &label));
    r->categories.at[index].value = label;
    return HYT_OK;
}

/* x, y, width, height: corners that are far from all pictures stay numbers that a float holds. */
static hyt_status read_corners(const hyti_json *bbox, hyt_box *box)
{
    double v[4];
    if (hyti_json_count(bbox) != 4) return hyti_fail(HYT_ERR_FORMAT, "bbox: expected four numbers");
    for (size_t i = 0; i < 4; i++) HYTI_TRY(hyti_json_number(hyti_json_at(bbox, i), "bbox", &v[i]));
    for (size_t i = 0; i < 4; i++)
        if (!(fabs(v[i]) < 1e9)) return hyti_fail(HYT_ERR_RANGE, "bbox: %g is beyond all pictures", v[i]);
    box->x1 = (float)v[0];
    box->y1 = (float)v[1];
    box->x2 = (float)(v[0] + v[2]);
    box->y2 = (float)(v[1] + v[3]);
    return HYT_OK;
}

static hyt_status read_annotation(reader *r, size_t index)
{
    int64_t image, category, crowd = 0;
    hyt_box box = { 0 };
    (void)index;
    HYTI_TRY(get_int(r, "image_id", &image));
    HYTI_TRY(get_int(r, "category_id", &category));
    if (hyti_json_get(r->member, "iscrowd")) HYTI_TRY(get_int(r, "iscrowd", &crowd));
    HYTI_TRY(read_corners(hyti_json_get(r->member, "bbox"), &box));
    const number *picture = find(&r->images, image), *label = find(&r->categories, category);
    if (!picture) return hyti_fail(HYT_ERR_FORMAT, "image_id: there is no image %lld", (long long)image);
    if (!label) return hyti_fail(HYT_ERR_FORMAT, "category_id: there is no category %lld", (long long)category);
    box.picture = picture->value;
    box.label = (uint32_t)label->value;
    box.crowd = crowd != 0;
    return hyti_annotations_add_box(r->list, &box);
}

/* All members of an array of the file; a failure says which. */
static hyt_status read_array(reader *r, const hyti_json *root, const char *key, numbers *ids,
                             hyt_status (*read)(reader *r, size_t index))
{
    const hyti_json *array = hyti_json_get(root, key);
    if (hyti_json_type_of(array) != HYTI_JSON_ARRAY)
        return hyti_fail(HYT_ERR_FORMAT, "no array \"%s\": not an instances file of COCO", key);
    size_t count = hyti_json_count(array);
    if (ids) {
        ids->at = hyti_array(r->list->context, count, sizeof *ids->at);
        ids->count = count;
        if (!ids->at) return hyti_fail_nomem();
    }
    for (size_t i = 0; i < count; i++) {
        r->member = hyti_json_at(array, i);
        hyt_status status = read(r, i);
        if (status == HYT_ERR_NOMEM) return status;
        if (status != HYT_OK) return hyti_fail_within(status, "%s, number %zu", key, i);
    }
    return ids ? sort_numbers(ids, key) : HYT_OK;
}

static hyt_status read_root(reader *r, const hyti_json *root)
{
    HYTI_TRY(read_array(r, root, "categories", &r->categories, read_category));
    HYTI_TRY(read_array(r, root, "images", &r->images, read_image));
    return read_array(r, root, "annotations", NULL, read_annotation);
}

hyt_status hyt_annotations_parse_coco(hyt_annotations *list, const void *text, size_t size)
{
    hyti_json *root = NULL;
    HYTI_NEED(list);
    HYTI_NEED(text);
    hyti_annotations_mark before = hyti_annotations_now(list);
    HYTI_TRY(hyti_json_parse(text, size, &root));
    reader r = { .list = list };
    hyt_status status = read_root(&r, root);
    if (status != HYT_OK) hyti_annotations_back(list, before);
    hyti_free(list->context, r.images.at);
    hyti_free(list->context, r.categories.at);
    hyti_json_destroy(root);
    return status;
}
