/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/segment.h"
#include <math.h>
#include <string.h>

/* The two rows or columns of logits around one of the mask, and how far it is from the first: half-pixel centres. */
typedef struct between { size_t first, second; double share; } between;

static between between_of(size_t index, size_t length, size_t mask_length)
{
    double place = ((double)index + 0.5) * (double)length / (double)mask_length - 0.5;
    double inside = fmin(fmax(place, 0), (double)(length - 1));
    size_t first = (size_t)inside;
    return (between){ first, first + 1 < length ? first + 1 : first, inside - (double)first };
}

/* The four pixels of logits around a pixel of the mask and their weights. */
typedef struct corners { size_t place[4]; double weight[4]; } corners;

static corners corners_of(const hyti_pixels *p, const between *y, size_t x)
{
    const between at = between_of(x, p->width, p->mask_width);
    size_t first = y->first * p->width, second = y->second * p->width;
    double near = 1 - at.share, upper = 1 - y->share;
    return (corners){ { (first + at.first) * p->classes, (first + at.second) * p->classes,
                        (second + at.first) * p->classes, (second + at.second) * p->classes },
                      { upper * near, upper * at.share, y->share * near, y->share * at.share } };
}

static void enlarge(const hyti_pixels *p, const corners *at, const float *logits, double *out)
{
    for (size_t c = 0; c < p->classes; c++) {
        out[c] = 0;
        for (size_t k = 0; k < 4; k++) out[c] += at->weight[k] * logits[at->place[k] + c];
    }
}

/* From one pixel of the mask that counts to the next, row by row. */
typedef struct walk {
    const hyti_pixels *pixels;
    const uint8_t *mask;
    const float *logits;
    size_t y, x;                      /* where it goes on */
    between row;
    size_t label;                     /* of the pixel */
    corners at;
    double z[HYTI_MAX_PIXEL_CLASSES]; /* its logits, enlarged */
} walk;

static bool next_pixel(walk *w)
{
    const hyti_pixels *p = w->pixels;
    for (; w->y < p->mask_height; w->y++, w->x = 0) {
        if (w->x == 0) w->row = between_of(w->y, p->height, p->mask_height);
        while (w->x < p->mask_width) {
            size_t x = w->x++;
            w->label = w->mask[w->y * p->mask_width + x];
            if (w->label == HYTI_UNCOUNTED) continue;
            w->at = corners_of(p, &w->row, x);
            enlarge(p, &w->at, w->logits, w->z);
            return true;
        }
    }
    return false;
}

/* In place; returns the logarithm of the sum, so that log p = z - it. */
static double softmax(double *z, size_t classes)
{
    double highest = z[0], sum = 0;
    for (size_t c = 1; c < classes; c++) highest = fmax(highest, z[c]);
    for (size_t c = 0; c < classes; c++) sum += z[c] = exp(z[c] - highest);
    for (size_t c = 0; c < classes; c++) z[c] /= sum;
    return highest + log(sum);
}

/* What the loss needs of the whole picture. */
typedef struct sums {
    double cross;
    size_t count;
    double both[HYTI_MAX_PIXEL_CLASSES], all[HYTI_MAX_PIXEL_CLASSES]; /* sums of p t, and of p + t */
} sums;

static void sum_picture(const hyti_pixels *p, const uint8_t *mask, const float *logits, sums *s)
{
    walk w = { .pixels = p, .mask = mask, .logits = logits };
    *s = (sums){ 0 };
    while (next_pixel(&w)) {
        double own = w.z[w.label];
        s->cross += softmax(w.z, p->classes) - own;
        s->count++;
        for (size_t c = 0; c < p->classes; c++) s->all[c] += w.z[c];
        s->both[w.label] += w.z[w.label];
        s->all[w.label]++;
    }
}

/* Of one pixel in its enlarged logits, for the loss of the whole picture. */
static void pixel_gradient(const hyti_pixels *p, const sums *s, size_t label, const double *probability, double *out)
{
    double mean = 0;
    for (size_t c = 0; c < p->classes; c++) {
        double all = s->all[c] + 1;
        out[c] = -(2 * (c == label) * all - (2 * s->both[c] + 1)) / (all * all * (double)p->classes);
        mean += probability[c] * out[c];
    }
    for (size_t c = 0; c < p->classes; c++)
        out[c] = probability[c] * (out[c] - mean) + (probability[c] - (c == label)) / (double)s->count;
}

static void send_back(const hyti_pixels *p, const uint8_t *mask, const float *logits, const sums *s, double weight,
                      float *gradient)
{
    walk w = { .pixels = p, .mask = mask, .logits = logits };
    double slope[HYTI_MAX_PIXEL_CLASSES];
    while (next_pixel(&w)) {
        softmax(w.z, p->classes);
        pixel_gradient(p, s, w.label, w.z, slope);
        for (size_t c = 0; c < p->classes; c++)
            for (size_t k = 0; k < 4; k++)
                gradient[w.at.place[k] + c] += (float)(weight * slope[c] * w.at.weight[k]);
    }
}

double hyti_segment_loss(const hyti_pixels *pixels, const uint8_t *mask, const float *logits, double weight,
                         float *gradient)
{
    sums s;
    double dice = 0;
    sum_picture(pixels, mask, logits, &s);
    memset(gradient, 0, pixels->classes * pixels->height * pixels->width * sizeof *gradient);
    if (s.count == 0) return 0;
    send_back(pixels, mask, logits, &s, weight, gradient);
    for (size_t c = 0; c < pixels->classes; c++) dice += 1 - (2 * s.both[c] + 1) / (s.all[c] + 1);
    return s.cross / (double)s.count + dice / (double)pixels->classes;
}

void hyti_pixel_counts_add(hyti_pixel_counts *counts, const hyti_pixels *pixels, const uint8_t *mask,
                           const float *logits)
{
    walk w = { .pixels = pixels, .mask = mask, .logits = logits };
    while (next_pixel(&w)) {
        size_t best = 0;
        for (size_t c = 1; c < pixels->classes; c++)
            if (w.z[c] > w.z[best]) best = c;
        counts->meant[w.label]++;
        counts->said[best]++;
        counts->both[best] += best == w.label;
    }
}

double hyti_pixel_iou(const hyti_pixel_counts *counts, size_t label)
{
    uint64_t either = counts->meant[label] + counts->said[label] - counts->both[label];
    return either > 0 ? (double)counts->both[label] / (double)either : NAN;
}

double hyti_pixel_miou(const hyti_pixel_counts *counts, size_t classes)
{
    double sum = 0;
    size_t n = 0;
    for (size_t c = 0; c < classes; c++) {
        double iou = hyti_pixel_iou(counts, c);
        if (isnan(iou)) continue;
        sum += iou;
        n++;
    }
    return n > 0 ? sum / (double)n : 0;
}
