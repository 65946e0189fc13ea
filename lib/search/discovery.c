/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Pareto discovery of DGEMO (Konakovic Lukovic, Tian, Matusik, NeurIPS 2020, section 4; Schulz et al., ACM Trans.
 * Graph. 37(4), 2018), for discrete points. A buffer holds, for each of many directions of the objective space, the few
 * points nearest to the ideal. Again and again some of them are changed at random and descend, neighbour by neighbour,
 * along their direction; whatever is met on the way and around its end is offered to the buffer as one family (on
 * continuous spaces that is the affine piece of the front around an optimum). In the end each direction takes one of
 * its points such that neighbouring directions agree on families where that costs little: what is a graph cut there is
 * iterated conditional modes here. */
#include "search/discovery.h"
#include "search/breed.h"
#include "search/directions.h"
#include <math.h>
#include <string.h>

enum {
    DEPTH = 8,      /* points that a direction keeps */
    STEPS = 16,     /* of one descent */
    ADJACENT = 4,   /* directions whose families should agree */
    SWEEPS = 10
};
static const double disagreement = 0.05; /* what a neighbour of another family costs, in distances to the ideal */
static const double margin = 0.1;        /* of the ideal below the least values, in ranges */

typedef struct entry {
    size_t place, family; /* place among the points kept */
    double distance;
} entry;

typedef struct buffer {
    const hyti_problem *problem;
    hyti_score_fn score;
    void *user;
    hyti_rng *rng;
    size_t m, cells, seen, families;
    double *directions, *scores, *penalties;
    entry *entries; /* DEPTH a cell, nearest first */
    size_t *counts, *chosen;
    hyti_set kept, rows; /* rows: what is scored next */
    hyti_level *here;
    double low[HYTI_SEARCH_OBJECTIVES], range[HYTI_SEARCH_OBJECTIVES];
} buffer;

static void buffer_close(buffer *b)
{
    hyt_context *context = hyti_problem_context(b->problem);
    hyti_free(context, b->directions);
    hyti_free(context, b->scores);
    hyti_free(context, b->entries);
    hyti_free(context, b->counts);
    hyti_free(context, b->here);
    hyti_set_close(&b->kept);
    hyti_set_close(&b->rows);
}

static hyt_status buffer_open(buffer *b, const hyti_problem *problem, size_t cells)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t m = problem->objectives;
    b->problem = problem;
    b->m = m;
    b->cells = cells;
    hyti_set_open(&b->kept, problem->space);
    hyti_set_open(&b->rows, problem->space);
    b->directions = hyti_array(context, cells, m * sizeof *b->directions);
    b->scores = hyti_array(context, HYTI_DISCOVERY_ROWS, (m + 1) * sizeof *b->scores);
    b->entries = hyti_array(context, cells, DEPTH * sizeof *b->entries);
    b->counts = hyti_array(context, cells, 2 * sizeof *b->counts);
    b->here = hyti_array(context, HYTI_MAX(b->kept.genes, 1), 2 * sizeof *b->here);
    if (!b->directions || !b->scores || !b->entries || !b->counts || !b->here) return hyti_fail_nomem();
    b->penalties = b->scores + HYTI_DISCOVERY_ROWS * m;
    b->chosen = b->counts + cells;
    hyti_directions(m, cells, b->directions);
    for (size_t i = 0; i < cells; i++) { /* of length 1 */
        double square = 0;
        for (size_t j = 0; j < m; j++) square += b->directions[i * m + j] * b->directions[i * m + j];
        for (size_t j = 0; j < m; j++) b->directions[i * m + j] /= sqrt(square);
    }
    return HYT_OK;
}

static hyt_status score_rows(buffer *b)
{
    b->seen += b->rows.count;
    return b->score(b->user, b->rows.levels, b->rows.count, b->scores, b->penalties);
}

/* The direction that the scaled objectives lie in, and how far out they are. */
static size_t cell_of(const buffer *b, const double *scores, double *distance)
{
    double scaled[HYTI_SEARCH_OBJECTIVES], square = 0, most = -INFINITY, below = 0;
    size_t cell = 0;
    for (size_t j = 0; j < b->m; j++) {
        double at = (scores[j] - b->low[j]) / b->range[j] + margin;
        scaled[j] = fmax(at, 0);
        below += fmin(at, 0);
        square += scaled[j] * scaled[j];
    }
    *distance = sqrt(square) + below;
    for (size_t i = 0; i < b->cells; i++) {
        double along = 0;
        for (size_t j = 0; j < b->m; j++) along += scaled[j] * b->directions[i * b->m + j];
        if (along <= most) continue;
        most = along;
        cell = i;
    }
    return cell;
}

/* Offers scored row `i` to its cell. Constraints may cost more than scores: they are met only if it would stay. */
static hyt_status offer(buffer *b, size_t i, size_t family)
{
    const hyti_level *levels = hyti_set_at(&b->rows, i);
    double distance, violation;
    if (b->penalties[i] > 0 || hyti_set_find(b->problem->taken, levels) != HYTI_NOWHERE) return HYT_OK;
    size_t cell = cell_of(b, b->scores + i * b->m, &distance), *count = &b->counts[cell], place = HYTI_NOWHERE;
    entry *entries = b->entries + cell * DEPTH;
    if (!isfinite(distance) || (*count == DEPTH && distance >= entries[DEPTH - 1].distance)) return HYT_OK;
    if (hyti_set_find(&b->kept, levels) != HYTI_NOWHERE) return HYT_OK;
    HYTI_TRY(hyti_problem_violation(b->problem, levels, &violation));
    if (violation > 0) return HYT_OK;
    HYTI_TRY(hyti_set_add(&b->kept, levels, &place));
    size_t at = *count < DEPTH ? (*count)++ : DEPTH - 1;
    for (; at > 0 && entries[at - 1].distance > distance; at--) entries[at] = entries[at - 1];
    entries[at] = (entry){ place, family, distance };
    return HYT_OK;
}

static hyt_status offer_rows(buffer *b, size_t family)
{
    for (size_t i = 0; i < b->rows.count; i++) HYTI_TRY(offer(b, i, family));
    return HYT_OK;
}

/* Best known points and draws; they set the scale. */
static hyt_status begin(buffer *b, const hyti_set *start)
{
    hyti_set_empty(&b->rows);
    for (size_t i = 0; i < start->count && i < HYTI_DISCOVERY_ROWS / 2; i++)
        HYTI_TRY(hyti_set_add(&b->rows, hyti_set_at(start, i), NULL));
    size_t before = HYTI_NOWHERE;
    while (b->rows.count < HYTI_DISCOVERY_ROWS && b->rows.count != before) {
        before = b->rows.count;
        HYTI_TRY(hyti_problem_draw(b->problem, b->rng, &b->rows));
    }
    if (b->rows.count == 0) return HYT_OK;
    HYTI_TRY(score_rows(b));
    hyti_ranges(b->scores, b->rows.count, b->m, b->low, b->range);
    for (size_t i = 0; i < b->rows.count; i++) HYTI_TRY(offer(b, i, b->families++));
    return HYT_OK;
}

/* A point to descend from, changed somewhat: of a random cell that has any, or of the best known ones. */
static size_t pick_start(buffer *b, const hyti_set *start)
{
    size_t cell = (size_t)hyti_rng_below(b->rng, b->cells), tried = 0;
    const hyti_level *from = NULL;
    while (b->counts[cell] == 0 && tried++ < b->cells) cell = (cell + 1) % b->cells;
    if (b->counts[cell] > 0 && (start->count == 0 || hyti_rng_below(b->rng, 4) > 0))
        from = hyti_set_at(&b->kept, b->entries[cell * DEPTH + hyti_rng_below(b->rng, b->counts[cell])].place);
    else if (start->count > 0)
        from = hyti_set_at(start, (size_t)hyti_rng_below(b->rng, start->count));
    if (!from) return HYTI_NOWHERE;
    memcpy(b->here, from, b->kept.genes * sizeof *b->here);
    while (hyti_rng_below(b->rng, 2)) hyti_breed_change(b->problem->space, b->rng, b->here);
    return cell;
}

/* The point itself first, then its neighbours, or some of them, spread over all, where there are very many. */
static hyt_status look_around(buffer *b)
{
    const hyt_space *space = b->problem->space;
    size_t most = hyti_space_neighbours(space, b->here), stride = most / (HYTI_DISCOVERY_ROWS - 1) + 1;
    hyti_level *step = b->here + b->kept.genes;
    hyti_set_empty(&b->rows);
    HYTI_TRY(hyti_set_add(&b->rows, b->here, NULL));
    for (size_t i = (size_t)hyti_rng_below(b->rng, stride); i < most; i += stride) {
        if (!hyti_space_neighbour(space, b->here, i, step)) break;
        HYTI_TRY(hyti_set_add(&b->rows, step, NULL));
    }
    return score_rows(b);
}

/* Downhill along a direction until no neighbour is better; all that is met on the way is one family. */
static hyt_status descend(buffer *b, size_t cell)
{
    double weights[HYTI_SEARCH_OBJECTIVES];
    size_t family = b->families++;
    for (size_t j = 0; j < b->m; j++) weights[j] = 1 / fmax(b->directions[cell * b->m + j], 0.02);
    for (size_t i = 0; i < STEPS; i++) {
        size_t best = 0;
        double least = INFINITY;
        HYTI_TRY(look_around(b));
        HYTI_TRY(offer_rows(b, family));
        for (size_t k = 0; k < b->rows.count; k++) {
            double worth = hyti_chebyshev(b->scores + k * b->m, weights, b->low, b->range, b->m) + b->penalties[k];
            if (worth >= least) continue;
            least = worth;
            best = k;
        }
        if (best == 0) break;
        memcpy(b->here, hyti_set_at(&b->rows, best), b->kept.genes * sizeof *b->here);
    }
    return HYT_OK;
}

/* What it costs that a cell takes one of its points: how much further out it is, and who disagrees. */
static double cost_of(const buffer *b, size_t cell, size_t at, const size_t *adjacent, size_t count)
{
    const entry *entries = b->entries + cell * DEPTH;
    double cost = entries[at].distance - entries[0].distance;
    for (size_t k = 0; k < count; k++) {
        size_t other = adjacent[k];
        if (b->counts[other] == 0) continue;
        cost += disagreement * (b->entries[other * DEPTH + b->chosen[other]].family != entries[at].family);
    }
    return cost;
}

/* The cells whose directions are nearest. */
static size_t find_adjacent(const buffer *b, size_t cell, size_t *adjacent)
{
    double near[ADJACENT];
    size_t count = 0, most = b->m == 2 ? 2 : ADJACENT;
    for (size_t i = 0; i < b->cells; i++) {
        double along = 0;
        if (i == cell) continue;
        for (size_t j = 0; j < b->m; j++) along += b->directions[i * b->m + j] * b->directions[cell * b->m + j];
        if (count == most && along <= near[count - 1]) continue;
        size_t at = count < most ? count++ : count - 1;
        for (; at > 0 && near[at - 1] < along; at--) {
            near[at] = near[at - 1];
            adjacent[at] = adjacent[at - 1];
        }
        near[at] = along;
        adjacent[at] = i;
    }
    return count;
}

static void agree_on_families(buffer *b)
{
    size_t adjacent[ADJACENT];
    bool changed = true;
    for (size_t sweep = 0; sweep < SWEEPS && changed; sweep++) {
        changed = false;
        for (size_t cell = 0; cell < b->cells; cell++) {
            size_t count = find_adjacent(b, cell, adjacent), best = b->chosen[cell];
            if (b->counts[cell] == 0) continue;
            double least = cost_of(b, cell, best, adjacent, count);
            for (size_t at = 0; at < b->counts[cell]; at++) {
                double cost = cost_of(b, cell, at, adjacent, count);
                if (cost >= least) continue;
                least = cost;
                best = at;
            }
            changed |= best != b->chosen[cell];
            b->chosen[cell] = best;
        }
    }
}

static hyt_status collect(const buffer *b, hyti_discovery *out)
{
    out->families = b->families;
    out->family = hyti_array(hyti_problem_context(b->problem), b->cells, sizeof *out->family);
    if (!out->family) return hyti_fail_nomem();
    for (size_t cell = 0; cell < b->cells; cell++) {
        if (b->counts[cell] == 0) continue;
        const entry *one = b->entries + cell * DEPTH + b->chosen[cell];
        out->family[out->points.count] = one->family;
        HYTI_TRY(hyti_set_add(&out->points, hyti_set_at(&b->kept, one->place), NULL));
    }
    return HYT_OK;
}

hyt_status hyti_discover(const hyti_problem *problem, hyti_score_fn score, void *user, const hyti_inner_params *params,
                         hyti_rng *rng, const hyti_set *start, hyti_discovery *out)
{
    buffer b = { .score = score, .user = user, .rng = rng };
    *out = (hyti_discovery){ 0 };
    hyti_set_open(&out->points, problem->space);
    hyt_status status = buffer_open(&b, problem, params->population);
    if (status == HYT_OK) status = begin(&b, start);
    while (status == HYT_OK && b.seen < params->population * params->generations) {
        size_t cell = pick_start(&b, start);
        if (cell == HYTI_NOWHERE) break;
        status = descend(&b, cell);
    }
    if (status == HYT_OK) {
        agree_on_families(&b);
        status = collect(&b, out);
    }
    buffer_close(&b);
    return status;
}

void hyti_discovery_close(hyti_discovery *discovery)
{
    if (discovery->points.space) hyti_free(hyti_space_context(discovery->points.space), discovery->family);
    hyti_set_close(&discovery->points);
    *discovery = (hyti_discovery){ 0 };
}
