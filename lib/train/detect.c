/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/detect.h"
#include "train/losses.h"
#include <math.h>
#include <string.h>

#define GAMMA 2.0
#define GIOU 2.0          /* what its loss weighs */
#define L1 5.0
#define NOTHING 0.1       /* what "no object" weighs */
#define LEAST_QUALITY 0.1 /* that a claimed box weighs by, so that poor ones learn too */

static bool in_crowd(const hyti_box *box, const hyti_truth *truths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (truths[i].crowd && hyti_box_share(box, &truths[i].box) > 0.5) return true;
    return false;
}

/* Adds `factor` times the gradient of the four numbers; returns the loss. */
static double giou_part(const hyti_head *head, const hyti_prior *prior, const float *row, const hyti_box *target,
                        double factor, float *gradient)
{
    double slope[4][4], corners[4];
    hyti_box box = hyti_head_box(head, prior, row, slope);
    double loss = hyti_giou_loss(&box, target, corners);
    for (size_t k = 0; k < 4; k++) {
        double sum = 0;
        for (size_t i = 0; i < 4; i++) sum += corners[i] * slope[i][k];
        gradient[k] += (float)(factor * sum);
    }
    return loss;
}

static double class_part(const hyti_head *head, const float *row, const hyti_claim *claim, size_t label, double factor,
                         float *gradient)
{
    double loss = 0, slope;
    for (size_t c = 0; c < head->classes; c++) {
        loss += hyti_focal_loss(row[4 + c], claim && label == c ? claim->quality : 0, GAMMA, &slope);
        gradient[4 + c] = (float)(factor * slope);
    }
    return loss;
}

double hyti_dense_loss(const hyti_head *head, const hyti_truth *truths, size_t count, const hyti_claim *claims,
                       size_t n_claims, const float *output, double weight, float *gradient)
{
    double norm = 0, loss = 0;
    for (size_t i = 0; i < n_claims; i++) norm += claims[i].quality;
    norm = fmax(norm, 1);
    for (size_t i = 0, next = 0; i < head->places; i++) {
        const hyti_claim *claim = next < n_claims && claims[next].place == i ? &claims[next++] : NULL;
        const hyti_truth *truth = claim ? &truths[claim->truth] : NULL;
        const float *row = output + i * head->columns;
        float *to = gradient + i * head->columns;
        hyti_prior prior = hyti_head_prior(head, i);
        memset(to, 0, head->columns * sizeof *to);
        if (!claim) {
            hyti_box box = hyti_head_box(head, &prior, row, NULL);
            if (in_crowd(&box, truths, count)) continue;
        }
        loss += class_part(head, row, claim, truth ? truth->label : 0, weight / norm, to);
        if (!claim) continue;
        double share = GIOU * fmax(claim->quality, LEAST_QUALITY);
        loss += share * giou_part(head, &prior, row, &truth->box, weight * share / norm, to);
    }
    return loss / norm;
}

/* Centre and size of a box, of the picture's. */
static void centre_of(const hyti_head *head, const hyti_box *box, double centre[4])
{
    double width = (double)head->width, height = (double)head->height;
    centre[0] = (box->x1 + box->x2) / 2 / width;
    centre[1] = (box->y1 + box->y2) / 2 / height;
    centre[2] = (box->x2 - box->x1) / width;
    centre[3] = (box->y2 - box->y1) / height;
}

typedef struct pairing {
    const hyti_head *head;
    const hyti_truth *const *truths; /* those that are no crowd */
    const float *output;
} pairing;

/* Equation 1, with the weights of the loss (section A.2). */
static double pair_cost(const void *user, size_t truth, size_t query)
{
    const pairing *p = user;
    const float *row = p->output + query * p->head->columns;
    double centre[4], unused[4], apart = 0;
    hyti_prior prior = hyti_head_prior(p->head, query);
    hyti_box box = hyti_head_box(p->head, &prior, row, NULL);
    centre_of(p->head, &p->truths[truth]->box, centre);
    for (size_t k = 0; k < 4; k++) apart += fabs(row[k] - centre[k]);
    return L1 * apart + GIOU * hyti_giou_loss(&box, &p->truths[truth]->box, unused) -
           hyti_head_score(p->head, row, p->truths[truth]->label);
}

/* More boxes than queries: the first ones are found. */
static size_t countable(const hyti_head *head, const hyti_truth *truths, size_t count, const hyti_truth **out)
{
    size_t n = 0;
    for (size_t i = 0; i < count && n < head->places; i++)
        if (!truths[i].crowd) out[n++] = &truths[i];
    return n;
}

void hyti_query_match(const hyti_head *head, const hyti_truth *truths, size_t count, const float *output,
                      size_t *query_of)
{
    const hyti_truth *wanted[HYTI_MAX_TRUTHS];
    const pairing p = { head, wanted, output };
    size_t n = countable(head, truths, count, wanted);
    hyti_match_cheapest(pair_cost, &p, n, head->places, query_of);
}

/* L1 and GIoU of one query; its gradient is set. */
static double box_part(const hyti_head *head, const float *row, const hyti_box *target, double factor, float *gradient)
{
    double centre[4], loss = 0;
    hyti_prior prior = hyti_head_prior(head, 0);
    centre_of(head, target, centre);
    for (size_t k = 0; k < 4; k++) {
        double away = row[k] - centre[k];
        loss += L1 * fabs(away);
        gradient[k] = (float)(factor * L1 * ((away > 0) - (away < 0)));
    }
    return loss + GIOU * giou_part(head, &prior, row, target, factor * GIOU, gradient);
}

/* Whether a query without a box counts as "no object": not where it looks at a crowd. */
static bool counts(const hyti_head *head, const hyti_truth *truths, size_t count, const float *row)
{
    hyti_prior prior = hyti_head_prior(head, 0);
    hyti_box box = hyti_head_box(head, &prior, row, NULL);
    return !in_crowd(&box, truths, count);
}

double hyti_query_loss(const hyti_head *head, const hyti_truth *truths, size_t count, const size_t *query_of,
                       const float *output, double weight, float *gradient)
{
    const hyti_truth *wanted[HYTI_MAX_TRUTHS], *truth_of[HYTI_MAX_QUERIES] = { NULL };
    double share[HYTI_MAX_QUERIES], sum = 0, classes = 0, boxes = 0;
    size_t n = countable(head, truths, count, wanted);
    for (size_t i = 0; i < n; i++) truth_of[query_of[i]] = wanted[i];
    for (size_t q = 0; q < head->places; q++) {
        share[q] = truth_of[q] ? 1 : counts(head, truths, count, output + q * head->columns) ? NOTHING : 0;
        sum += share[q];
    }
    sum = sum > 0 ? sum : 1;
    memset(gradient, 0, head->places * head->columns * sizeof *gradient);
    for (size_t q = 0; q < head->places; q++) {
        const float *row = output + q * head->columns;
        float *to = gradient + q * head->columns;
        size_t label = truth_of[q] ? truth_of[q]->label : head->classes;
        classes += share[q] * hyti_cross_entropy(row + 4, head->classes + 1, label, weight * share[q] / sum, to + 4);
        if (truth_of[q]) boxes += box_part(head, row, &truth_of[q]->box, weight / (double)n, to);
    }
    return classes / sum + (n > 0 ? boxes / (double)n : 0);
}

double hyti_detect_loss(const hyti_head *head, const hyti_truth *truths, size_t count, const float *output,
                        double weight, float *gradient)
{
    hyti_claim claims[HYTI_MAX_TRUTHS * HYTI_CLOSEST];
    size_t query_of[HYTI_MAX_TRUTHS];
    for (size_t i = 0; i < head->places * head->columns; i++)
        if (!isfinite(output[i])) {
            memset(gradient, 0, head->places * head->columns * sizeof *gradient);
            return NAN;
        }
    if (head->kind == HYTI_HEAD_QUERIES) {
        hyti_query_match(head, truths, count, output, query_of);
        return hyti_query_loss(head, truths, count, query_of, output, weight, gradient);
    }
    size_t n = hyti_match_aligned(head, output, truths, count, claims);
    return hyti_dense_loss(head, truths, count, claims, n, output, weight, gradient);
}
