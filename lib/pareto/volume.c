/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact hypervolume.
 *
 * A point that dominates the reference is kept as the sides of its box, reference - point, so that everything below
 * measures unions of boxes that start at the origin. They are swept (bounds.c for more than three sides). Where that
 * would take too much room they are taken apart by WFG (While, Bradstreet, Barone, "A fast way of calculating exact
 * hypervolumes", IEEE Trans. Evol. Comput. 16(1), 2012): sorted by the last side, each box adds its own volume less
 * what the larger ones, limited to it, cover of it, and since all of these have the same last side that is a problem
 * with fewer boxes and one side fewer. */
#include "pareto/bounds.h"
#include "pareto/pareto.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static hyt_status open_bounds(hyti_volume *volume)
{
    if (volume->m <= 3) return HYT_OK;
    volume->bounds = hyti_alloc(volume->context, sizeof *volume->bounds);
    if (!volume->bounds) return hyti_fail_nomem();
    return hyti_bounds_open(volume->bounds, volume->context, volume->capacity, volume->m);
}

hyt_status hyti_volume_open(hyti_volume *volume, hyt_context *context, size_t capacity, size_t m)
{
    assert(m > 0 && m <= HYTI_PARETO_OBJECTIVES);
    capacity = HYTI_MAX(capacity, 1);
    *volume = (hyti_volume){ .context = context, .m = m, .capacity = capacity };
    volume->boxes = hyti_array(context, capacity, m * (m + 1) / 2 * sizeof(double));
    volume->stairs = hyti_array(context, capacity, 2 * sizeof(double));
    volume->keys = hyti_array(context, capacity, 2 * sizeof(hyti_key));
    volume->order = hyti_array(context, capacity, m * sizeof(size_t));
    bool room = volume->boxes && volume->stairs && volume->keys && volume->order;
    hyt_status status = room ? open_bounds(volume) : hyti_fail_nomem();
    if (status != HYT_OK) hyti_volume_close(volume);
    return status;
}

void hyti_volume_close(hyti_volume *volume)
{
    if (volume->bounds) hyti_bounds_close(volume->bounds);
    hyti_free(volume->context, volume->bounds);
    hyti_free(volume->context, volume->boxes);
    hyti_free(volume->context, volume->stairs);
    hyti_free(volume->context, volume->keys);
    hyti_free(volume->context, volume->order);
    *volume = (hyti_volume){ 0 };
}

static double *boxes_of(const hyti_volume *volume, size_t sides)
{
    return volume->boxes + volume->capacity * (sides * (sides - 1) / 2);
}

static double longest(const double *boxes, size_t n)
{
    double side = 0;
    for (size_t i = 0; i < n; i++) side = fmax(side, boxes[i]);
    return side;
}

/* From the highest box down: each adds a strip where it is wider than those before. */
static double sweep_area(const hyti_volume *volume, size_t n)
{
    double area = 0, width = 0;
    hyti_sort_column(boxes_of(volume, 2), n, 2, 1, volume->keys);
    for (size_t i = n; i-- > 0;) {
        const double *box = boxes_of(volume, 2) + 2 * volume->keys[i].place;
        if (box[0] <= width) continue;
        area += (box[0] - width) * box[1];
        width = box[0];
    }
    return area;
}

/* The union of rectangles as steps: x rising, y falling. Puts one more in and returns the area that it adds. */
static double step_add(double *x, double *y, size_t *count, const double *box)
{
    size_t low = 0, high = *count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (x[middle] < box[0]) low = middle + 1;
        else high = middle;
    }
    if (low < *count && y[low] >= box[1]) return 0;
    double area = 0, right = box[0], height = low < *count ? y[low] : 0;
    size_t first = low, after = low + (low < *count && x[low] == box[0]);
    for (;; first--) {
        double left = first ? x[first - 1] : 0;
        area += (right - left) * (box[1] - height);
        if (first == 0 || y[first - 1] > box[1]) break;
        right = left;
        height = y[first - 1];
    }
    memmove(x + first + 1, x + after, (*count - after) * sizeof *x);
    memmove(y + first + 1, y + after, (*count - after) * sizeof *y);
    x[first] = box[0];
    y[first] = box[1];
    *count = *count + first + 1 - after;
    return area;
}

/* From the highest box down over the third side, keeping the cross-section as steps. */
static double sweep_volume(const hyti_volume *volume, size_t n)
{
    double *x = volume->stairs, *y = x + volume->capacity, sum = 0;
    size_t count = 0;
    hyti_sort_column(boxes_of(volume, 3), n, 3, 2, volume->keys);
    for (size_t i = n; i-- > 0;)
        sum += step_add(x, y, &count, boxes_of(volume, 3) + 3 * volume->keys[i].place) * volume->keys[i].key;
    return sum;
}

static bool covers(const double *a, const double *b, size_t sides)
{
    for (size_t j = 0; j < sides; j++)
        if (a[j] < b[j]) return false;
    return true;
}

/* Adds a box to a set in which none lies within another; returns the new count. */
static size_t set_add(double *boxes, size_t n, const double *box, size_t sides)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (covers(boxes + i * sides, box, sides)) return n;
    for (size_t i = 0; i < n; i++) {
        if (covers(box, boxes + i * sides, sides)) continue;
        if (kept != i) memcpy(boxes + kept * sides, boxes + i * sides, sides * sizeof *boxes);
        kept++;
    }
    memcpy(boxes + kept * sides, box, sides * sizeof *boxes);
    return kept + 1;
}

static double product(const double *box, size_t sides)
{
    double volume = 1;
    for (size_t j = 0; j < sides; j++) volume *= box[j];
    return volume;
}

static double measure(const hyti_volume *volume, size_t sides, size_t n);

/* WFG: the i-th box from below against those above it, with the last side cut off. */
static double take_apart(const hyti_volume *volume, size_t sides, size_t n)
{
    const double *boxes = boxes_of(volume, sides);
    size_t *order = volume->order + volume->capacity * (sides - 1);
    double *limited = boxes_of(volume, sides - 1), corner[HYTI_PARETO_OBJECTIVES], sum = 0;
    hyti_sort_column(boxes, n, sides, sides - 1, volume->keys);
    for (size_t i = 0; i < n; i++) order[i] = volume->keys[i].place;
    for (size_t i = 0; i < n; i++) {
        const double *box = boxes + sides * order[i];
        size_t count = 0;
        for (size_t k = i + 1; k < n; k++) {
            const double *other = boxes + sides * order[k];
            for (size_t j = 0; j + 1 < sides; j++) corner[j] = fmin(box[j], other[j]);
            count = set_add(limited, count, corner, sides - 1);
        }
        sum += box[sides - 1] * (product(box, sides - 1) - measure(volume, sides - 1, count));
    }
    return sum;
}

/* The boxes at boxes_of(sides). */
static double measure(const hyti_volume *volume, size_t sides, size_t n)
{
    double sum = 0;
    if (n == 0) return 0;
    if (n == 1) return product(boxes_of(volume, sides), sides);
    switch (sides) {
    case 1: return longest(boxes_of(volume, 1), n);
    case 2: return sweep_area(volume, n);
    case 3: return sweep_volume(volume, n);
    default:
        if (hyti_bounds_sweep(volume->bounds, boxes_of(volume, sides), n, sides, volume->keys, &sum)) return sum;
        return take_apart(volume, sides, n);
    }
}

static bool box_of(const double *point, const double *reference, size_t m, double *box)
{
    for (size_t j = 0; j < m; j++) {
        box[j] = reference[j] - point[j];
        if (!(box[j] > 0)) return false;
    }
    return true;
}

double hyti_volume_of(hyti_volume *volume, const double *points, size_t n, const double *reference)
{
    size_t m = volume->m, count = 0;
    double *boxes = boxes_of(volume, m), box[HYTI_PARETO_OBJECTIVES];
    assert(n <= volume->capacity);
    for (size_t i = 0; i < n; i++) {
        if (box_of(points + i * m, reference, m, box)) memcpy(boxes + count++ * m, box, m * sizeof *box);
    }
    return measure(volume, m, count);
}

double hyti_volume_gain(hyti_volume *volume, const double *points, size_t n, size_t skip, const double *point,
                        const double *reference)
{
    size_t m = volume->m, count = 0;
    double *boxes = boxes_of(volume, m), box[HYTI_PARETO_OBJECTIVES], other[HYTI_PARETO_OBJECTIVES];
    assert(n <= volume->capacity);
    if (!box_of(point, reference, m, box)) return 0;
    for (size_t i = 0; i < n; i++) {
        if (i == skip || !box_of(points + i * m, reference, m, other)) continue;
        for (size_t j = 0; j < m; j++) other[j] = fmin(other[j], box[j]);
        if (covers(other, box, m)) return 0;
        memcpy(boxes + count++ * m, other, m * sizeof *other);
    }
    return fmax(0, product(box, m) - measure(volume, m, count));
}
