/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each of the points alone dominates, for up to three objectives.
 *
 * A sweep along the last objective, upwards, over the plane of the other two (after Emmerich, Fonseca, EMO 2011). At
 * each height the points so far that nothing dominates in the plane are stairs, x rising and y falling. What only
 * one of the stairs dominates is the rectangle up to its neighbours, less what lies behind points inside it: those
 * are stairs again, and of each only a list is kept. A point is inside one rectangle at a time, so that the sweep
 * takes O(n log n) steps unless these lists are long. Coordinates are relative to the reference, so below 0; with
 * one or two objectives the missing ones are -1. */
#include "pareto/pareto.h"
#include <string.h>

#define NONE SIZE_MAX

typedef struct sweep {
    double (*at)[3];
    size_t *stairs, count;
    size_t *inner, *next; /* of a stair: the first point inside; of a point inside: the one after it, or NONE */
    double *area, *since; /* of a stair: what it alone dominates, from which height on */
    double *parts;
} sweep;

static void settle(sweep *s, size_t stair, double height)
{
    s->parts[stair] += s->area[stair] * (height - s->since[stair]);
    s->since[stair] = height;
}

/* What the stair at `place` alone dominates; forgets what its neighbours have cut off. */
static void measure(sweep *s, size_t place)
{
    size_t stair = s->stairs[place], *link = &s->inner[stair];
    double right = place + 1 < s->count ? s->at[s->stairs[place + 1]][0] : 0;
    double top = place > 0 ? s->at[s->stairs[place - 1]][1] : 0;
    double x = s->at[stair][0], y = s->at[stair][1], area = 0;
    while (*link != NONE && s->at[*link][1] >= top) *link = s->next[*link];
    for (; *link != NONE && s->at[*link][0] < right; link = &s->next[*link]) {
        area += (s->at[*link][0] - x) * (top - y);
        x = s->at[*link][0];
        top = s->at[*link][1];
    }
    *link = NONE;
    s->area[stair] = area + (right - x) * (top - y);
}

/* Puts a point inside a stair's rectangle, unless it is behind another there; those behind it go. */
static void put_inside(sweep *s, size_t stair, size_t point)
{
    size_t *link = &s->inner[stair];
    double x = s->at[point][0], y = s->at[point][1], lowest = 0;
    for (; *link != NONE && s->at[*link][0] < x; link = &s->next[*link]) lowest = s->at[*link][1];
    if (link != &s->inner[stair] && lowest <= y) return;
    if (*link != NONE && s->at[*link][0] == x && s->at[*link][1] <= y) return;
    size_t after = *link;
    while (after != NONE && s->at[after][1] >= y) after = s->next[after];
    s->next[point] = after;
    *link = point;
}

/* First stair to the right of `x`. */
static size_t stair_after(const sweep *s, double x)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->at[s->stairs[middle]][0] <= x) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The point becomes a stair in place of those from `first` to before `after`, which are now inside it. */
static void put_stair(sweep *s, size_t point, size_t first, size_t after)
{
    double height = s->at[point][2];
    if (first > 0) settle(s, s->stairs[first - 1], height);
    for (size_t i = first; i < after; i++) {
        settle(s, s->stairs[i], height);
        s->next[s->stairs[i]] = i + 1 < after ? s->stairs[i + 1] : NONE;
    }
    if (after < s->count) settle(s, s->stairs[after], height);
    s->inner[point] = first < after ? s->stairs[first] : NONE;
    s->since[point] = height;
    memmove(s->stairs + first + 1, s->stairs + after, (s->count - after) * sizeof *s->stairs);
    s->stairs[first] = point;
    s->count += first + 1 - after;
    for (size_t i = first - (first > 0); i < s->count && i <= first + 1; i++) measure(s, i);
}

static void put(sweep *s, size_t point)
{
    double x = s->at[point][0], y = s->at[point][1];
    size_t after = stair_after(s, x), first = after;
    if (after > 0 && s->at[s->stairs[after - 1]][1] <= y) { /* it is behind this one; if behind another too, lost */
        if (after > 1 && s->at[s->stairs[after - 2]][1] <= y) return;
        settle(s, s->stairs[after - 1], s->at[point][2]);
        put_inside(s, s->stairs[after - 1], point);
        measure(s, after - 1);
        return;
    }
    if (first > 0 && s->at[s->stairs[first - 1]][0] == x) first--;
    while (after < s->count && s->at[s->stairs[after]][1] >= y) after++;
    put_stair(s, point, first, after);
}

/* Fills `at`; the keys are the points within the reference, by height. */
static size_t place_points(const double *points, size_t n, size_t m, const double *reference, sweep *s, hyti_key *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < 3; j++) s->at[i][j] = j < m ? points[i * m + j] - reference[j] : -1;
    hyti_sort_column(*s->at, n, 3, 2, keys);
    for (size_t i = 0; i < n; i++) {
        const double *at = s->at[keys[i].place];
        if (at[0] < 0 && at[1] < 0 && at[2] < 0) keys[count++] = keys[i];
    }
    return count;
}

hyt_status hyti_parts(hyt_context *context, const double *points, size_t n, size_t m, const double *reference,
                      double *parts)
{
    sweep s = { .parts = parts };
    hyti_key *keys = hyti_array(context, HYTI_MAX(n, 1), 2 * sizeof *keys);
    size_t *links = hyti_array(context, HYTI_MAX(n, 1), 3 * sizeof *links);
    double *values = hyti_array(context, HYTI_MAX(n, 1), 5 * sizeof *values);
    bool room = keys && links && values;
    if (room) {
        s.at = (double(*)[3])values;
        s.area = values + 3 * n;
        s.since = values + 4 * n;
        s.stairs = links;
        s.inner = links + n;
        s.next = links + 2 * n;
        for (size_t i = 0; i < n; i++) parts[i] = 0;
        size_t count = place_points(points, n, m, reference, &s, keys);
        for (size_t i = 0; i < count; i++) put(&s, keys[i].place);
        for (size_t i = 0; i < s.count; i++) settle(&s, s.stairs[i], 0);
    }
    hyti_free(context, keys);
    hyti_free(context, links);
    hyti_free(context, values);
    return room ? HYT_OK : hyti_fail_nomem();
}
