/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pareto/pareto.h"
#include <string.h>

static bool row_before(const double *rows, size_t stride, size_t column, size_t a, size_t b)
{
    for (size_t j = 0; j < stride; j++) {
        size_t at = (column + j) % stride;
        double x = rows[a * stride + at], y = rows[b * stride + at];
        if (x != y) return x < y;
    }
    return a < b;
}

void hyti_sort_rows(const double *rows, size_t n, size_t stride, size_t column, size_t *order, size_t *scratch)
{
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t a = start, middle = HYTI_MIN(start + width, n), b = middle, end = HYTI_MIN(start + 2 * width, n);
            for (size_t k = start; k < end; k++) {
                bool left = b == end || (a < middle && row_before(rows, stride, column, order[a], order[b]));
                scratch[k] = order[left ? a++ : b++];
            }
        }
        memcpy(order, scratch, n * sizeof *order);
    }
}

enum { RUN = 8 }; /* sorted by insertion */

static void insert_run(hyti_key *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        hyti_key one = keys[i];
        size_t k = i;
        for (; k > 0 && one.key < keys[k - 1].key; k--) keys[k] = keys[k - 1];
        keys[k] = one;
    }
}

/* Without a branch that could be guessed wrong. */
static void merge_runs(const hyti_key *a, const hyti_key *middle, const hyti_key *end, hyti_key *out)
{
    const hyti_key *b = middle;
    while (a < middle && b < end) {
        bool right = b->key < a->key;
        *out++ = *(right ? b : a);
        b += right;
        a += !right;
    }
    memcpy(out, a, (size_t)(middle - a) * sizeof *out);
    memcpy(out + (middle - a), b, (size_t)(end - b) * sizeof *out);
}

void hyti_sort_column(const double *rows, size_t n, size_t stride, size_t column, hyti_key *keys)
{
    hyti_key *from = keys, *to = keys + n;
    for (size_t i = 0; i < n; i++) keys[i] = (hyti_key){ rows[i * stride + column], i };
    for (size_t start = 0; start < n; start += RUN) insert_run(keys + start, HYTI_MIN((size_t)RUN, n - start));
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width)
            merge_runs(from + start, from + HYTI_MIN(start + width, n), from + HYTI_MIN(start + 2 * width, n),
                       to + start);
        hyti_key *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys) memcpy(keys, from, n * sizeof *keys);
}

/* One front in the making. The points that came before a point in lexicographic order are no worse in the first
 * objective. With two or three of them a front is as good as the steps that its members make in the others (Kung,
 * Luccio, Preparata, J. ACM 22(4), 1975): second rising, last falling. With more it is the list of its members. */
typedef struct front {
    size_t *places;
    size_t count, capacity;
} front;

typedef struct fronts {
    hyt_context *context;
    const double *points;
    size_t m, count, capacity;
    front *list;
} fronts;

/* First step whose second objective is above `value`. */
static size_t step_after(const fronts *all, const front *one, double value)
{
    size_t low = 0, high = one->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (all->points[one->places[middle] * all->m + 1] <= value) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Whether the front has a point that dominates this later one (equal points do not come here). */
static bool front_dominates(const fronts *all, const front *one, const double *point)
{
    size_t m = all->m;
    if (m == 1) return true;
    if (m <= 3) {
        size_t after = step_after(all, one, point[1]);
        return after > 0 && all->points[one->places[after - 1] * m + m - 1] <= point[m - 1];
    }
    for (size_t i = one->count; i-- > 0;) {
        const double *member = all->points + one->places[i] * m;
        size_t j = 1;
        while (j < m && member[j] <= point[j]) j++;
        if (j == m) return true;
    }
    return false;
}

static hyt_status front_add(const fronts *all, front *one, size_t place)
{
    size_t m = all->m, at = one->count, after = one->count;
    const double *point = all->points + place * m;
    HYTI_TRY(hyti_grow(all->context, &one->places, &one->capacity, one->count + 1, sizeof *one->places));
    if (m == 2 || m == 3) {
        at = after = step_after(all, one, point[1]);
        while (at > 0 && all->points[one->places[at - 1] * m + 1] == point[1]) at--; /* it is below them in the last */
        while (after < one->count && all->points[one->places[after] * m + m - 1] >= point[m - 1]) after++;
    }
    memmove(one->places + at + 1, one->places + after, (one->count - after) * sizeof *one->places);
    one->places[at] = place;
    one->count += at + 1 - after;
    return HYT_OK;
}

/* The first front without a point that dominates this one: what a front dominates, all earlier fronts dominate. */
static hyt_status fronts_place(fronts *all, size_t place, size_t *rank)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (front_dominates(all, &all->list[middle], all->points + place * all->m)) low = middle + 1;
        else high = middle;
    }
    if (low == all->count) HYTI_TRY(hyti_grow(all->context, &all->list, &all->capacity, low + 1, sizeof *all->list));
    HYTI_TRY(front_add(all, &all->list[low], place));
    all->count = HYTI_MAX(all->count, low + 1);
    *rank = low;
    return HYT_OK;
}

static void fronts_clear(fronts *all)
{
    for (size_t i = 0; i < all->capacity; i++) hyti_free(all->context, all->list[i].places);
    hyti_free(all->context, all->list);
}

static bool same(const double *a, const double *b, size_t m)
{
    for (size_t j = 0; j < m; j++)
        if (a[j] != b[j]) return false;
    return true;
}

/* Efficient non-dominated sort by binary search over the fronts (Zhang, Tian, Cheng, Jin, IEEE Trans. Evol. Comput.
 * 19(2), 2015): time O(n log^2 n) for two and three objectives, O(m n^2) at worst for more. */
hyt_status hyt_pareto_sort(hyt_context *context, const double *points, size_t n, size_t m, size_t *ranks)
{
    HYTI_TRY(hyti_points_check(points, n, m));
    HYTI_NEED(ranks);
    fronts all = { .context = context, .points = points, .m = m };
    size_t *order = hyti_array(context, HYTI_MAX(n, 1), 2 * sizeof *order);
    if (!order) return hyti_fail_nomem();
    hyti_sort_rows(points, n, m, 0, order, order + n);
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < n && status == HYT_OK; i++) {
        const double *point = points + order[i] * m;
        if (i > 0 && same(point, points + order[i - 1] * m, m))
            ranks[order[i]] = ranks[order[i - 1]];
        else
            status = fronts_place(&all, order[i], &ranks[order[i]]);
    }
    fronts_clear(&all);
    hyti_free(context, order);
    return status;
}
