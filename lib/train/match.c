/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/match.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* One shortest augmenting path of the Hungarian method in the form of Jonker and Volgenant (1987): prices keep every
 * cost minus its two prices at 0 or more, and at 0 where it is assigned. Columns are numbered from 1; 0 stands for the
 * row that looks for one. */
typedef struct prices {
    double row[HYTI_MAX_QUERIES], column[HYTI_MAX_QUERIES + 1], least[HYTI_MAX_QUERIES + 1];
    size_t before[HYTI_MAX_QUERIES + 1], taken_by[HYTI_MAX_QUERIES + 1]; /* row + 1 */
    bool seen[HYTI_MAX_QUERIES + 1];
} prices;

/* Goes on to the column that is cheapest to reach. */
static size_t step(hyti_cost_fn cost, const void *user, size_t columns, size_t at, prices *p)
{
    size_t row = p->taken_by[at] - 1, next = 0;
    double most = INFINITY;
    p->seen[at] = true;
    for (size_t c = 1; c <= columns; c++) {
        if (p->seen[c]) continue;
        double reduced = cost(user, row, c - 1) - p->row[row] - p->column[c];
        if (reduced < p->least[c]) {
            p->least[c] = reduced;
            p->before[c] = at;
        }
        if (next == 0 || p->least[c] < most) {
            most = p->least[c];
            next = c;
        }
    }
    for (size_t c = 0; c <= columns; c++) {
        if (p->seen[c]) {
            p->row[p->taken_by[c] - 1] += most;
            p->column[c] -= most;
        } else {
            p->least[c] -= most;
        }
    }
    return next;
}

void hyti_match_cheapest(hyti_cost_fn cost, const void *user, size_t rows, size_t columns, size_t *column_of)
{
    prices p = { .row = { 0 } };
    assert(rows <= columns && columns <= HYTI_MAX_QUERIES);
    for (size_t row = 0; row < rows; row++) {
        size_t at = 0;
        p.taken_by[0] = row + 1;
        for (size_t c = 0; c <= columns; c++) {
            p.least[c] = INFINITY;
            p.seen[c] = false;
        }
        do at = step(cost, user, columns, at, &p);
        while (p.taken_by[at] != 0);
        for (; at != 0; at = p.before[at]) p.taken_by[at] = p.taken_by[p.before[at]];
    }
    for (size_t c = 1; c <= columns; c++)
        if (p.taken_by[c] != 0) column_of[p.taken_by[c] - 1] = c - 1;
}

static bool holds(const hyti_box *box, const hyti_prior *prior)
{
    return prior->x > box->x1 && prior->x < box->x2 && prior->y > box->y1 && prior->y < box->y2;
}

static void measure(const hyti_head *head, const float *output, const hyti_truth *truth, const hyti_prior *prior,
                    hyti_claim *claim)
{
    const float *row = output + claim->place * head->columns;
    hyti_box box = hyti_head_box(head, prior, row, NULL);
    claim->overlap = hyti_box_iou(&box, &truth->box);
    claim->aligned = sqrt(hyti_head_score(head, row, truth->label)) * pow(claim->overlap, 6);
}

/* Keeps the best of a box in falling order. */
static size_t insert(hyti_claim *best, size_t count, const hyti_claim *claim)
{
    size_t at = count;
    while (at > 0 && best[at - 1].aligned < claim->aligned) at--;
    if (at == HYTI_CLOSEST) return count;
    count = HYTI_MIN(count + 1, HYTI_CLOSEST);
    for (size_t i = count - 1; i > at; i--) best[i] = best[i - 1];
    best[at] = *claim;
    return count;
}

static double distance(const hyti_prior *prior, const hyti_box *box)
{
    return hypot(prior->x - (box->x1 + box->x2) / 2, prior->y - (box->y1 + box->y2) / 2);
}

static size_t claim_box(const hyti_head *head, const float *output, const hyti_truth *truths, size_t truth,
                        hyti_claim *best)
{
    hyti_claim nearest = { .truth = truth };
    double shortest = INFINITY;
    size_t count = 0;
    for (size_t place = 0; place < head->places; place++) {
        hyti_prior prior = hyti_head_prior(head, place);
        hyti_claim claim = { .place = place, .truth = truth };
        double away = distance(&prior, &truths[truth].box);
        if (away < shortest) {
            shortest = away;
            nearest.place = place;
        }
        if (!holds(&truths[truth].box, &prior)) continue;
        measure(head, output, &truths[truth], &prior, &claim);
        count = insert(best, count, &claim);
    }
    if (count > 0) return count;
    hyti_prior prior = hyti_head_prior(head, nearest.place);
    measure(head, output, &truths[truth], &prior, &nearest);
    best[0] = nearest;
    return 1;
}

static void rate(hyti_claim *claims, size_t count)
{
    double aligned = 0, overlap = 0;
    for (size_t i = 0; i < count; i++) {
        aligned = fmax(aligned, claims[i].aligned);
        overlap = fmax(overlap, claims[i].overlap);
    }
    for (size_t i = 0; i < count; i++) claims[i].quality = aligned > 0 ? claims[i].aligned / aligned * overlap : 0;
}

static int by_place(const void *left, const void *right)
{
    const hyti_claim *a = left, *b = right;
    if (a->place != b->place) return a->place < b->place ? -1 : 1;
    if (a->overlap != b->overlap) return a->overlap > b->overlap ? -1 : 1;
    return (a->truth > b->truth) - (a->truth < b->truth);
}

size_t hyti_match_aligned(const hyti_head *head, const float *output, const hyti_truth *truths, size_t count,
                          hyti_claim *claims)
{
    size_t all = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (truths[i].crowd) continue;
        size_t own = claim_box(head, output, truths, i, claims + all);
        rate(claims + all, own);
        all += own;
    }
    if (all > 1) qsort(claims, all, sizeof *claims, by_place);
    for (size_t i = 0; i < all; i++)
        if (kept == 0 || claims[kept - 1].place != claims[i].place) claims[kept++] = claims[i];
    return kept;
}
