/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/precision.h"
#include <math.h>
#include <stdlib.h>

#define RECALLS 101

void hyti_precision_begin(hyti_precision *precision, hyt_context *context, size_t classes)
{
    *precision = (hyti_precision){ .context = context, .classes = classes };
}

void hyti_precision_clear(hyti_precision *precision)
{
    hyti_free(precision->context, precision->found);
    hyti_free(precision->context, precision->truths);
    *precision = (hyti_precision){ 0 };
}

/* The box that a detection is taken for at one overlap: of the free ones the best; only without one, the crowd that it
 * lies in most. SIZE_MAX: none. */
static size_t match(const hyti_detection *found, const hyti_truth *truths, size_t count, const bool *taken,
                    double least)
{
    size_t best = SIZE_MAX;
    double most = fmin(least, 1 - 1e-10);
    for (int crowd = 0; crowd < 2 && best == SIZE_MAX; crowd++)
        for (size_t i = 0; i < count; i++) {
            if (truths[i].label != found->label || truths[i].crowd != (bool)crowd || (taken[i] && !crowd)) continue;
            double overlap = crowd ? hyti_box_share(&found->box, &truths[i].box)
                                   : hyti_box_iou(&found->box, &truths[i].box);
            if (overlap < most) continue;
            most = overlap;
            best = i;
        }
    return best;
}

static void judge(const hyti_detection *found, size_t n_found, const hyti_truth *truths, size_t n_truths, bool *taken,
                  size_t overlap, hyti_judged *out)
{
    for (size_t i = 0; i < n_truths; i++) taken[i] = false;
    for (size_t i = 0; i < n_found; i++) {
        size_t truth = match(&found[i], truths, n_truths, taken, 0.5 + 0.05 * (double)overlap);
        if (truth == SIZE_MAX) continue;
        taken[truth] = true;
        if (truths[truth].crowd) out[i].ignored |= (uint16_t)(1u << overlap);
        else out[i].right |= (uint16_t)(1u << overlap);
    }
}

/* Takes away what comes after the best of each class, in place. */
static size_t best_of_each(hyti_detection *found, size_t count, uint32_t *per_class)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (per_class[found[i].label]++ < HYTI_DETECTIONS) found[kept++] = found[i];
    return kept;
}

static hyt_status add(hyti_precision *p, hyti_detection *found, size_t n_found, const hyti_truth *truths,
                      size_t n_truths, bool *taken, uint32_t *per_class)
{
    hyti_detections_sort(found, n_found);
    n_found = best_of_each(found, n_found, per_class);
    HYTI_TRY(hyti_grow(p->context, &p->found, &p->found_capacity, p->n_found + n_found, sizeof *p->found));
    HYTI_TRY(hyti_grow(p->context, &p->truths, &p->truths_capacity, p->n_truths + n_truths, sizeof *p->truths));
    hyti_judged *out = p->found + p->n_found;
    for (size_t i = 0; i < n_found; i++)
        out[i] = (hyti_judged){ found[i].score, found[i].label, (uint32_t)p->pictures, 0, 0 };
    for (size_t k = 0; k < HYTI_OVERLAPS; k++) judge(found, n_found, truths, n_truths, taken, k, out);
    for (size_t i = 0; i < n_truths; i++) {
        if (truths[i].crowd) continue;
        p->truths[p->n_truths][0] = (uint32_t)p->pictures;
        p->truths[p->n_truths++][1] = truths[i].label;
    }
    p->n_found += n_found;
    p->pictures++;
    return HYT_OK;
}

hyt_status hyti_precision_add(hyti_precision *precision, hyti_detection *found, size_t n_found,
                              const hyti_truth *truths, size_t n_truths)
{
    bool *taken = hyti_array(precision->context, n_truths + 1, sizeof *taken);
    uint32_t *per_class = hyti_array(precision->context, precision->classes, sizeof *per_class);
    hyt_status status = taken && per_class ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) status = add(precision, found, n_found, truths, n_truths, taken, per_class);
    hyti_free(precision->context, taken);
    hyti_free(precision->context, per_class);
    return status;
}

/* By class, then falling score; of equals those of earlier pictures first, as they came. */
static int by_class(const void *left, const void *right)
{
    const hyti_judged *const *a = left, *const *b = right;
    if ((*a)->label != (*b)->label) return (*a)->label < (*b)->label ? -1 : 1;
    if ((*a)->score != (*b)->score) return (*a)->score > (*b)->score ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

/* Precision at 101 recalls of `count` detections of one class, in order. points: room for count, recall and
 * precision. */
static double average(const hyti_judged *const *found, size_t count, size_t overlap, double total,
                      const uint32_t *times, double (*points)[2])
{
    double right = 0, wrong = 0, sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        double weight = times ? times[found[i]->picture] : 1;
        if (found[i]->ignored >> overlap & 1 || weight == 0) continue;
        if (found[i]->right >> overlap & 1) right += weight;
        else wrong += weight;
        points[n][0] = right / total;
        points[n++][1] = right / (right + wrong);
    }
    for (size_t i = n; i-- > 1;) points[i - 1][1] = fmax(points[i - 1][1], points[i][1]);
    for (size_t k = 0, at = 0; k < RECALLS; k++) {
        while (at < n && points[at][0] < (double)k / (RECALLS - 1)) at++;
        if (at < n) sum += points[at][1];
    }
    return sum / RECALLS;
}

static double mean_of_classes(const hyti_precision *p, size_t overlaps, const uint32_t *times,
                              const hyti_judged **found, double *totals, double (*points)[2])
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->n_found; i++) found[i] = &p->found[i];
    if (p->n_found > 1) qsort(found, p->n_found, sizeof *found, by_class);
    for (size_t i = 0; i < p->n_truths; i++) totals[p->truths[i][1]] += times ? times[p->truths[i][0]] : 1;
    for (size_t c = 0, first = 0, last; c < p->classes; c++, first = last) {
        for (last = first; last < p->n_found && found[last]->label == c; last++) {}
        if (totals[c] == 0) continue;
        for (size_t k = 0; k < overlaps; k++) sum += average(found + first, last - first, k, totals[c], times, points);
        n += overlaps;
    }
    return n > 0 ? sum / (double)n : 0;
}

hyt_status hyti_precision_mean(const hyti_precision *precision, size_t overlaps, const uint32_t *times, double *mean)
{
    hyt_context *context = precision->context;
    const hyti_judged **found = hyti_array(context, precision->n_found + 1, sizeof *found);
    double *totals = hyti_array(context, precision->classes, sizeof *totals);
    double (*points)[2] = hyti_array(context, precision->n_found + 1, sizeof *points);
    hyt_status status = found && totals && points ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) *mean = mean_of_classes(precision, overlaps, times, found, totals, points);
    hyti_free(context, (void *)found);
    hyti_free(context, totals);
    hyti_free(context, points);
    return status;
}
