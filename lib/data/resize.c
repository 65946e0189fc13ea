/* SPDX-License-Identifier: MIT */
/* Pictures at another size, one axis after the other: averaged over the area that an output pixel covers where the axis
 * shrinks, linear between pixel centres where it grows. */
#include "data/dataset.h"
#include <string.h>

/* Output i of an axis is the sum of weights[i * taps + k] times input first[i] + k. */
typedef struct axis {
    size_t in, out, taps;
    size_t *first;
    float *weights;
} axis;

static void fill_average(axis *a, size_t i)
{
    double scale = (double)a->in / (double)a->out, from = (double)i * scale, to = from + scale;
    size_t first = HYTI_MIN((size_t)from, a->in - a->taps);
    a->first[i] = first;
    for (size_t k = 0; k < a->taps; k++) {
        double left = HYTI_MAX(from, (double)(first + k)), right = HYTI_MIN(to, (double)(first + k + 1));
        a->weights[i * a->taps + k] = (float)(HYTI_MAX(right - left, 0.0) / scale);
    }
}

static void fill_linear(axis *a, size_t i)
{
    double place = ((double)i + 0.5) * (double)a->in / (double)a->out - 0.5;
    place = HYTI_MIN(HYTI_MAX(place, 0.0), (double)(a->in - 1));
    size_t first = HYTI_MIN((size_t)place, a->in - a->taps);
    a->first[i] = first;
    if (a->taps == 1) {
        a->weights[i] = 1;
        return;
    }
    a->weights[i * 2 + 1] = (float)(place - (double)first);
    a->weights[i * 2] = 1 - a->weights[i * 2 + 1];
}

static hyt_status axis_init(hyt_context *context, size_t in, size_t out, axis *a)
{
    *a = (axis){ .in = in, .out = out };
    a->taps = HYTI_MIN(out < in ? in / out + 2 : (size_t)2, in);
    a->first = hyti_array(context, out, sizeof *a->first);
    a->weights = hyti_array(context, out, a->taps * sizeof *a->weights);
    if (!a->first || !a->weights) return hyti_fail_nomem();
    for (size_t i = 0; i < out; i++) {
        if (out < in) fill_average(a, i);
        else fill_linear(a, i);
    }
    return HYT_OK;
}

static void axis_clear(hyt_context *context, axis *a)
{
    hyti_free(context, a->first);
    hyti_free(context, a->weights);
}

typedef struct resampler {
    axis x, y;
    float *wide; /* the input rows at their new width: y.in, x.out, channels */
    float *row;  /* one output row */
} resampler;

static void resample_rows(const resampler *r, size_t channels, const uint8_t *in)
{
    size_t taps = r->x.taps;
    for (size_t y = 0; y < r->y.in; y++) {
        const uint8_t *row = in + y * r->x.in * channels;
        float *out = r->wide + y * r->x.out * channels;
        for (size_t x = 0; x < r->x.out; x++) {
            const uint8_t *from = row + r->x.first[x] * channels;
            for (size_t c = 0; c < channels; c++) {
                float sum = 0;
                for (size_t k = 0; k < taps; k++) sum += r->x.weights[x * taps + k] * (float)from[k * channels + c];
                out[x * channels + c] = sum;
            }
        }
    }
}

static void resample_columns(const resampler *r, size_t channels, uint8_t *out)
{
    size_t length = r->x.out * channels, taps = r->y.taps;
    for (size_t y = 0; y < r->y.out; y++) {
        memset(r->row, 0, length * sizeof *r->row);
        for (size_t k = 0; k < taps; k++) {
            const float *row = r->wide + (r->y.first[y] + k) * length;
            float weight = r->y.weights[y * taps + k];
            for (size_t i = 0; i < length; i++) r->row[i] += weight * row[i];
        }
        for (size_t i = 0; i < length; i++) out[y * length + i] = (uint8_t)(HYTI_MIN(r->row[i], 255.0f) + 0.5f);
    }
}

static hyt_status resampler_init(const hyt_dataset *from, const hyt_dataset *to, resampler *r)
{
    hyt_context *context = from->context;
    HYTI_TRY(axis_init(context, from->width, to->width, &r->x));
    HYTI_TRY(axis_init(context, from->height, to->height, &r->y));
    r->wide = hyti_array(context, from->height, to->width * 3 * sizeof *r->wide);
    r->row = hyti_array(context, to->width, 3 * sizeof *r->row);
    return r->wide && r->row ? HYT_OK : hyti_fail_nomem();
}

static void resample(const resampler *r, size_t channels, const uint8_t *in, uint8_t *out)
{
    resample_rows(r, channels, in);
    resample_columns(r, channels, out);
}

static hyt_status resize_boxes(const hyt_dataset *from, hyt_dataset *to)
{
    const hyti_box_table *boxes = &from->boxes;
    size_t count = boxes->starts[from->count];
    float x = (float)to->width / (float)from->width, y = (float)to->height / (float)from->height;
    HYTI_TRY(hyti_box_table_init(to->context, from->count, count, &to->boxes));
    memcpy(to->boxes.starts, boxes->starts, (from->count + 1) * sizeof *boxes->starts);
    memcpy(to->boxes.labels, boxes->labels, count * sizeof *boxes->labels);
    memcpy(to->boxes.crowds, boxes->crowds, count * sizeof *boxes->crowds);
    for (size_t i = 0; i < count * 4; i++) to->boxes.corners[i] = boxes->corners[i] * (i % 2 ? y : x);
    to->boxes.classes = boxes->classes;
    return HYT_OK;
}

/* Scratch of one mask: where its pixels have one class, that at the new size, and the largest share so far. */
typedef struct vote {
    uint8_t *has, *share, *most;
} vote;

/* A pixel has the class that covers most of it; of equals the higher one. */
static void resize_mask(const resampler *r, const vote *v, const uint8_t *mask, uint8_t *out)
{
    size_t in = r->y.in * r->x.in, pixels = r->y.out * r->x.out;
    bool present[256] = { false };
    for (size_t p = 0; p < in; p++) present[mask[p]] = true;
    memset(v->most, 0, pixels);
    for (unsigned class = 0; class < 256; class++) {
        if (!present[class]) continue;
        for (size_t p = 0; p < in; p++) v->has[p] = mask[p] == class ? 255 : 0;
        resample(r, 1, v->has, v->share);
        for (size_t p = 0; p < pixels; p++) {
            if (v->share[p] < v->most[p]) continue;
            v->most[p] = v->share[p];
            out[p] = (uint8_t)class;
        }
    }
}

static hyt_status resize_masks(const hyt_dataset *from, hyt_dataset *to, const resampler *r)
{
    size_t in = from->height * from->width, out = to->height * to->width;
    hyt_context *context = to->context;
    vote v = { hyti_alloc(context, in), hyti_alloc(context, out), hyti_alloc(context, out) };
    to->masks = hyti_array(context, to->count, out);
    to->mask_classes = from->mask_classes;
    bool ready = v.has && v.share && v.most && to->masks;
    for (size_t i = 0; ready && i < to->count; i++)
        resize_mask(r, &v, from->masks + i * in, to->masks + i * out);
    hyti_free(context, v.has);
    hyti_free(context, v.share);
    hyti_free(context, v.most);
    return ready ? HYT_OK : hyti_fail_nomem();
}

static hyt_status resize_pictures(const hyt_dataset *from, hyt_dataset *to, const resampler *r)
{
    for (size_t i = 0; i < from->count; i++) {
        hyti_picture picture;
        HYTI_TRY(hyti_dataset_fetch(from, i, &picture));
        resample(r, 3, picture.bytes, to->pictures + i * hyti_picture_bytes(to));
        hyti_dataset_drop(from, &picture);
    }
    return HYT_OK;
}

static hyt_status resize_into(const hyt_dataset *from, hyt_dataset *to)
{
    resampler r = { 0 };
    hyt_status status = resampler_init(from, to, &r);
    if (status == HYT_OK) {
        status = resize_pictures(from, to, &r);
        memcpy(to->labels, from->labels, from->count * sizeof *from->labels);
        if (status == HYT_OK && from->boxes.starts) status = resize_boxes(from, to);
        if (status == HYT_OK && from->masks) status = resize_masks(from, to, &r);
    }
    hyti_free(from->context, r.wide);
    hyti_free(from->context, r.row);
    axis_clear(from->context, &r.x);
    axis_clear(from->context, &r.y);
    return status == HYT_OK ? hyti_dataset_finish(to, from->classes) : status;
}

hyt_status hyt_dataset_resize(const hyt_dataset *dataset, size_t height, size_t width, hyt_dataset **out)
{
    HYTI_NEED(dataset);
    HYTI_NEED(out);
    hyt_dataset *resized = NULL;
    HYTI_TRY(hyti_dataset_new(dataset->context, dataset->count, height, width, NULL, 0, &resized));
    hyt_status status = resize_into(dataset, resized);
    if (status == HYT_OK) *out = resized;
    else hyt_dataset_destroy(resized);
    return status;
}
