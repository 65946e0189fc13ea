/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The union of boxes that start at the origin, swept from the highest downwards along the last side: each box covers
 * some more of the other sides' space, and what it newly covers counts times its height.
 *
 * What is not yet covered is kept as the disjoint boxes of its local bounds (Lacour, Klamroth, Fonseca, Comput. Oper.
 * Res. 79, 2017, algorithm HBDA-I; see cells.c for bounds, defining points and their boxes), so a new box takes away
 * those of the bounds that it is within and puts back those of the bounds that these are split into. In four other
 * sides there are some n^2 bounds at worst and about 10 n where points are random: where there is no
 * room for them the sweep gives up. */
#include "pareto/bounds.h"
#include <string.h>

enum { LANES = 16, FIRST_ROOM = 1024 };

hyt_status hyti_bounds_open(hyti_bounds *bounds, hyt_context *context, size_t capacity, size_t sides)
{
    *bounds = (hyti_bounds){ .context = context, .sides = sides };
    bounds->ranks = hyti_array(context, capacity + 1, sides * sizeof *bounds->ranks);
    bounds->lengths = hyti_array(context, capacity + 2, sides * sizeof *bounds->lengths);
    if (bounds->ranks && bounds->lengths) return HYT_OK;
    hyti_bounds_close(bounds);
    return hyti_fail_nomem();
}

void hyti_bounds_close(hyti_bounds *bounds)
{
    hyti_free(bounds->context, bounds->ranks);
    hyti_free(bounds->context, bounds->lengths);
    hyti_free(bounds->context, bounds->upper);
    hyti_free(bounds->context, bounds->makers);
    hyti_free(bounds->context, bounds->areas);
    *bounds = (hyti_bounds){ 0 };
}

/* Twice the room; false where it ends. */
static bool widen(hyti_bounds *b)
{
    size_t room = HYTI_MAX(2 * b->room, (size_t)FIRST_ROOM);
    if (room > HYTI_BOUNDS_MOST) return false;
    hyti_bounds wider = *b;
    wider.room = room;
    wider.upper = hyti_array(b->context, room, b->sides * sizeof *b->upper);
    wider.makers = hyti_array(b->context, room, b->sides * sizeof *b->makers);
    wider.areas = hyti_array(b->context, room, sizeof *b->areas);
    bool good = wider.upper && wider.makers && wider.areas;
    if (good && b->count > 0) {
        for (size_t j = 0; j < b->d; j++)
            memcpy(wider.upper + j * room, b->upper + j * b->room, b->count * sizeof *b->upper);
        memcpy(wider.makers, b->makers, b->count * b->d * sizeof *b->makers);
        memcpy(wider.areas, b->areas, b->count * sizeof *b->areas);
    }
    hyti_bounds *unused = good ? b : &wider;
    hyti_free(b->context, unused->upper);
    hyti_free(b->context, unused->makers);
    hyti_free(b->context, unused->areas);
    if (good) *b = wider;
    return good;
}

/* Room for what one block may be split into. */
static bool has_room(hyti_bounds *b)
{
    return b->count + LANES * b->d <= b->room || widen(b);
}

/* Ranks of each side but the last, from 1 for the longest, and the lengths that they stand for: 0 for the longest
 * again, where an uncovered box ends, n + 1 for none. */
static void rank_sides(hyti_bounds *b, const double *boxes, hyti_key *keys)
{
    size_t d = b->d, n = b->n;
    for (size_t j = 0; j < d; j++) {
        double *lengths = b->lengths + j * (n + 2);
        hyti_sort_column(boxes, n, d + 1, j, keys);
        for (size_t i = 0; i < n; i++) {
            b->ranks[keys[n - 1 - i].place * d + j] = (int32_t)i + 1;
            lengths[i + 1] = keys[n - 1 - i].key;
        }
        lengths[0] = lengths[1];
        lengths[n + 1] = 0;
        b->ranks[n * d + j] = 0;
    }
}

/* Appends the bound of these upper ranks and defining boxes; returns the size of its box. */
static double add_bound(hyti_bounds *b, const int32_t *upper, const uint32_t *makers)
{
    size_t d = b->d, place = b->count++;
    double area = 1;
    for (size_t j = 0; j < d; j++) {
        int32_t low = 0;
        for (size_t k = 0; k < j; k++) low = HYTI_MAX(low, b->ranks[makers[k] * d + j]);
        area *= b->lengths[j * (b->n + 2) + (size_t)low] - b->lengths[j * (b->n + 2) + (size_t)upper[j]];
        b->upper[j * b->room + place] = upper[j];
        b->makers[place * d + j] = makers[j];
    }
    b->areas[place] = area;
    return area;
}

static void remove_bound(hyti_bounds *b, size_t place)
{
    size_t last = --b->count;
    for (size_t j = 0; j < b->d; j++) {
        b->upper[j * b->room + place] = b->upper[j * b->room + last];
        b->makers[place * b->d + j] = b->makers[last * b->d + j];
    }
    b->areas[place] = b->areas[last];
}

/* Splits the bound at `place` by a box within it; returns what this covers of its box. */
static double split(hyti_bounds *b, const int32_t *ranks, uint32_t box, size_t place)
{
    size_t d = b->d;
    int32_t upper[HYTI_PARETO_OBJECTIVES];
    uint32_t makers[HYTI_PARETO_OBJECTIVES];
    double covered = b->areas[place];
    for (size_t j = 0; j < d; j++) {
        upper[j] = b->upper[j * b->room + place];
        makers[j] = b->makers[place * d + j];
    }
    remove_bound(b, place);
    for (size_t j = 0; j < d; j++) {
        int32_t most = 0, old_upper = upper[j];
        uint32_t old_maker = makers[j];
        for (size_t k = 0; k < d; k++)
            if (k != j) most = HYTI_MAX(most, b->ranks[makers[k] * d + j]);
        if (ranks[j] <= most) continue;
        upper[j] = ranks[j];
        makers[j] = box;
        covered -= add_bound(b, upper, makers);
        upper[j] = old_upper;
        makers[j] = old_maker;
    }
    return covered;
}

/* Which of the bounds of one block have the box within them, and whether any has. Plain loops of a fixed length, for
 * the compiler to turn into vector instructions. */
static int32_t find_within(const hyti_bounds *b, size_t block, const int32_t *ranks, int32_t *within)
{
    int32_t any = 0;
    for (size_t i = 0; i < LANES; i++) within[i] = -1;
    for (size_t j = 0; j < b->d; j++) {
        const int32_t *upper = b->upper + j * b->room + block, rank = ranks[j];
        for (size_t i = 0; i < LANES; i++) within[i] &= -(rank < upper[i]);
    }
    for (size_t i = 0; i < LANES; i++) any |= within[i];
    return any;
}

/* Adds what the box newly covers to `covered`; false if there is no more room. Downwards, so that whatever takes a
 * removed bound's place has had its turn. */
static bool cover(hyti_bounds *b, uint32_t box, double *covered)
{
    const int32_t *ranks = b->ranks + box * b->d;
    int32_t within[LANES];
    for (size_t block = hyti_round_up(b->count, LANES); block > 0; block -= LANES) {
        size_t first = block - LANES, end = HYTI_MIN(block, b->count);
        if (!find_within(b, first, ranks, within)) continue;
        if (!has_room(b)) return false;
        for (size_t k = end; k-- > first;)
            if (within[k - first]) *covered += split(b, ranks, box, k);
    }
    return true;
}

/* All that the boxes may cover, as one bound that none of them defines. */
static bool start(hyti_bounds *b)
{
    int32_t upper[HYTI_PARETO_OBJECTIVES];
    uint32_t makers[HYTI_PARETO_OBJECTIVES];
    for (size_t j = 0; j < b->d; j++) {
        upper[j] = (int32_t)b->n + 1;
        makers[j] = (uint32_t)b->n;
    }
    b->count = 0;
    if (!has_room(b)) return false;
    add_bound(b, upper, makers);
    return true;
}

bool hyti_bounds_sweep(hyti_bounds *bounds, const double *boxes, size_t n, size_t sides, hyti_key *keys, double *volume)
{
    double sum = 0;
    bounds->n = n;
    bounds->d = sides - 1;
    rank_sides(bounds, boxes, keys);
    if (!start(bounds)) return false;
    hyti_sort_column(boxes, n, sides, sides - 1, keys);
    for (size_t i = n; i-- > 0;) {
        double covered = 0;
        if (!cover(bounds, (uint32_t)keys[i].place, &covered)) return false;
        sum += covered * keys[i].key;
    }
    *volume = sum;
    return true;
}
