/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The undominated region is the union of the boxes below its local upper bounds: points that no point of the front is
 * strictly below, and that nothing larger could replace. They are kept up to date point by point (Klamroth, Lacour,
 * Vanderpooten, Eur. J. Oper. Res. 245(3), 2015, algorithm 3): a bound u has, for each objective j, a defining point,
 * which is equal to it there and below it elsewhere. A new point below u splits it into the bounds that have the new
 * point as j-th defining one, of which those stay that are bounds: where it is above the other defining points in j.
 * Bounds and defining points also cut the region into disjoint boxes, one a bound: from the largest j-th value of the
 * defining points before the j-th up to u_j (Lacour, Klamroth, Fonseca, Comput. Oper. Res. 79, 2017, section 3).
 *
 * All this is for points without a common value in any objective. So it is done on ranks, ties going to the later
 * point as the larger, which is as if each point were moved by next to nothing; boxes without thickness are dropped. */
#include "pareto/cells.h"
#include <string.h>

typedef struct cutter {
    hyt_context *context;
    size_t m, n, room;      /* points of the front; bounds that there is room for */
    size_t *front, *scratch; /* rows of the front */
    uint32_t *ranks;        /* n rows; from 1 */
    uint32_t *bounds;       /* count rows: defining points, n: none, where the reference bounds */
    size_t count;
} cutter;

static bool within(const double *row, const double *reference, size_t m)
{
    for (size_t j = 0; j < m; j++)
        if (!(row[j] < reference[j])) return false;
    return true;
}

static bool reaches(const double *a, const double *b, size_t m) /* nowhere above */
{
    for (size_t j = 0; j < m; j++)
        if (a[j] > b[j]) return false;
    return true;
}

/* One of each of the undominated rows within the reference. */
static void find_front(cutter *c, const double *rows, size_t n, const double *reference)
{
    size_t m = c->m;
    for (size_t i = 0; i < n; i++) {
        const double *row = rows + i * m;
        bool covered = !within(row, reference, m);
        for (size_t k = 0; k < c->n && !covered; k++) covered = reaches(rows + c->front[k] * m, row, m);
        if (covered) continue;
        size_t kept = 0;
        for (size_t k = 0; k < c->n; k++)
            if (!reaches(row, rows + c->front[k] * m, m)) c->front[kept++] = c->front[k];
        c->front[kept] = i;
        c->n = kept + 1;
    }
}

/* Puts the points in an order in which each is, by ranks, furthest from those before it, so that a front that is not
 * used to its end is used all over. */
static void spread(cutter *c, size_t *distance)
{
    for (size_t i = 0; i < c->n; i++) distance[i] = SIZE_MAX;
    for (size_t i = 1; i < c->n; i++) {
        const uint32_t *last = c->ranks + (i - 1) * c->m;
        size_t furthest = i;
        for (size_t k = i; k < c->n; k++) {
            size_t apart = 0;
            for (size_t j = 0; j < c->m; j++) {
                const uint32_t a = c->ranks[k * c->m + j], b = last[j];
                apart += a > b ? a - b : b - a;
            }
            distance[k] = HYTI_MIN(distance[k], apart);
            if (distance[k] > distance[furthest]) furthest = k;
        }
        for (size_t j = 0; j < c->m; j++) {
            uint32_t swap = c->ranks[i * c->m + j];
            c->ranks[i * c->m + j] = c->ranks[furthest * c->m + j];
            c->ranks[furthest * c->m + j] = swap;
        }
        distance[furthest] = distance[i];
    }
}

/* Ranks by objective, and the values that they stand for. */
static void rank_front(cutter *c, const double *rows, const double *reference, double *gathered, double *values)
{
    size_t m = c->m, n = c->n;
    for (size_t i = 0; i < n; i++) memcpy(gathered + i * m, rows + c->front[i] * m, m * sizeof *rows);
    for (size_t j = 0; j < m; j++) {
        double *column = values + j * (n + 1);
        hyti_sort_rows(gathered, n, m, j, c->front, c->scratch);
        for (size_t i = 0; i < n; i++) {
            c->ranks[c->front[i] * m + j] = (uint32_t)i + 1;
            column[i] = gathered[c->front[i] * m + j];
        }
        column[n] = reference[j];
    }
}

static uint32_t rank_of(const cutter *c, uint32_t point, size_t j)
{
    return point == c->n ? 0 : c->ranks[point * c->m + j];
}

/* The value of a bound: what its own defining point has, n + 1 where that is the reference. */
static uint32_t bound_at(const cutter *c, const uint32_t *bound, size_t j)
{
    return bound[j] == c->n ? (uint32_t)c->n + 1 : c->ranks[bound[j] * c->m + j];
}

static bool below_bound(const cutter *c, const uint32_t *ranks, const uint32_t *bound)
{
    for (size_t j = 0; j < c->m; j++)
        if (ranks[j] >= bound_at(c, bound, j)) return false;
    return true;
}

/* Splits the bound at `place` by a point that is below it; the last takes its place, what is new comes behind it. */
static hyt_status split(cutter *c, uint32_t point, size_t place)
{
    size_t m = c->m, last = --c->count;
    uint32_t old[HYTI_PARETO_OBJECTIVES];
    memcpy(old, c->bounds + place * m, m * sizeof *old);
    memmove(c->bounds + place * m, c->bounds + last * m, m * sizeof *old);
    for (size_t j = 0; j < m; j++) {
        uint32_t most = 0;
        for (size_t k = 0; k < m; k++)
            if (k != j) most = HYTI_MAX(most, rank_of(c, old[k], j));
        if (c->ranks[point * m + j] <= most) continue;
        HYTI_TRY(hyti_grow(c->context, &c->bounds, &c->room, c->count + 1, m * sizeof *c->bounds));
        memcpy(c->bounds + c->count * m, old, m * sizeof *old);
        c->bounds[c->count++ * m + j] = point;
    }
    return HYT_OK;
}

static hyt_status cut(cutter *c)
{
    c->count = 1;
    HYTI_TRY(hyti_grow(c->context, &c->bounds, &c->room, 1, c->m * sizeof *c->bounds));
    for (size_t j = 0; j < c->m; j++) c->bounds[j] = (uint32_t)c->n;
    for (size_t i = 0; i < c->n && c->count <= HYTI_CELLS_MOST / c->m; i++)
        for (size_t k = c->count; k-- > 0;) /* downwards: whatever takes its place has had its turn */
            if (below_bound(c, c->ranks + i * c->m, c->bounds + k * c->m)) HYTI_TRY(split(c, (uint32_t)i, k));
    return HYT_OK;
}

/* Writes the box of a bound; false if it is empty. */
static bool box_of(const cutter *c, const uint32_t *bound, const double *values, uint32_t *places)
{
    for (size_t j = 0; j < c->m; j++) {
        const double *column = values + j * (c->n + 1);
        uint32_t low = 0, high = bound_at(c, bound, j);
        for (size_t k = 0; k < j; k++) low = HYTI_MAX(low, rank_of(c, bound[k], j));
        if (low >= high || (low > 0 && column[low - 1] == column[high - 1])) return false;
        places[2 * j] = low;
        places[2 * j + 1] = high;
    }
    return true;
}

static hyt_status prepare(cutter *c, hyti_cells *cells, const double *rows, size_t n, const double *reference)
{
    size_t m = c->m;
    c->front = hyti_array(c->context, HYTI_MAX(n, 1), 2 * sizeof *c->front);
    if (!c->front) return hyti_fail_nomem();
    c->scratch = c->front + n;
    find_front(c, rows, n, reference);
    double *gathered = hyti_array(c->context, c->n + 1, m * sizeof *gathered);
    c->ranks = hyti_array(c->context, c->n + 1, m * sizeof *c->ranks);
    cells->values = hyti_array(c->context, c->n + 1, m * sizeof *cells->values);
    cells->coordinates = c->n + 1;
    bool room = gathered && c->ranks && cells->values;
    if (room) rank_front(c, rows, reference, gathered, cells->values);
    if (room && m > 3) spread(c, c->scratch);
    hyti_free(c->context, gathered);
    return room ? HYT_OK : hyti_fail_nomem();
}

static hyt_status collect(const cutter *c, hyti_cells *cells)
{
    cells->places = hyti_array(c->context, c->count, 2 * c->m * sizeof *cells->places);
    if (!cells->places) return hyti_fail_nomem();
    for (size_t k = 0; k < c->count; k++)
        if (box_of(c, c->bounds + k * c->m, cells->values, cells->places + cells->count * 2 * c->m)) cells->count++;
    return HYT_OK;
}

hyt_status hyti_cells_open(hyti_cells *cells, hyt_context *context, const double *rows, size_t n, size_t m,
                           const double *reference)
{
    cutter c = { .context = context, .m = m };
    *cells = (hyti_cells){ .context = context, .objectives = m };
    hyt_status status = prepare(&c, cells, rows, n, reference);
    if (status == HYT_OK) status = cut(&c);
    if (status == HYT_OK) status = collect(&c, cells);
    hyti_free(context, c.front);
    hyti_free(context, c.ranks);
    hyti_free(context, c.bounds);
    if (status != HYT_OK) hyti_cells_close(cells);
    return status;
}

void hyti_cells_close(hyti_cells *cells)
{
    hyti_free(cells->context, cells->values);
    hyti_free(cells->context, cells->places);
    *cells = (hyti_cells){ 0 };
}
