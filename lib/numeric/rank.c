/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/rank.h"
#include <gsl/gsl_sort.h>
#include <math.h>

static double pairs(size_t n)
{
    return 0.5 * (double)n * ((double)n - 1);
}

/* Pairs tied in a, and in both, of values ordered by (a, b). */
static void count_ties(const double *a, const double *b, size_t n, double *in_a, double *in_both)
{
    *in_a = *in_both = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && a[end] == a[i];) end++;
        *in_a += pairs(end - i);
        for (size_t k = i, stop; k < end; k = stop) {
            for (stop = k + 1; stop < end && b[stop] == b[k];) stop++;
            *in_both += pairs(stop - k);
        }
    }
}

/* Merge sort, counting the pairs that stood in the wrong order. */
static double count_swaps(double *values, double *room, size_t n)
{
    double swaps = 0;
    double *from = values, *to = room;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = HYTI_MIN(start + width, n), end = HYTI_MIN(start + 2 * width, n);
            size_t left = start, right = middle;
            for (size_t i = start; i < end; i++) {
                bool take_right = left == middle || (right < end && from[right] < from[left]);
                if (take_right) swaps += (double)(middle - left);
                to[i] = take_right ? from[right++] : from[left++];
            }
        }
        double *swap = from;
        from = to;
        to = swap;
    }
    for (size_t i = 0; from != values && i < n; i++) values[i] = from[i];
    return swaps;
}

/* Fills x, y with a, b ordered by a and, where a ties, by b. */
static void order_pairs(const double *a, const double *b, size_t *order, double *x, double *y, size_t n)
{
    gsl_sort_index(order, a, 1, n);
    for (size_t i = 0; i < n; i++) {
        x[i] = a[order[i]];
        y[i] = b[order[i]];
    }
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[end] == x[i];) end++;
        gsl_sort(y + i, 1, end - i);
    }
}

static double tied_pairs(const double *sorted, size_t n)
{
    double ties = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end] == sorted[i];) end++;
        ties += pairs(end - i);
    }
    return ties;
}

hyt_status hyti_kendall(hyt_context *context, const double *a, const double *b, size_t n, double *tau)
{
    size_t *order = hyti_array(context, n + 1, sizeof *order);
    double *x = hyti_array(context, n + 1, 3 * sizeof *x);
    hyt_status status = order && x ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        double *y = x + n, *room = x + 2 * n, in_a, in_both;
        order_pairs(a, b, order, x, y, n);
        count_ties(x, y, n, &in_a, &in_both);
        double swaps = count_swaps(y, room, n), in_b = tied_pairs(y, n), all = pairs(n);
        double agree = all - in_a - in_b + in_both - 2 * swaps;
        *tau = agree / (sqrt(all - in_a) * sqrt(all - in_b));
    }
    hyti_free(context, order);
    hyti_free(context, x);
    return status;
}

static void find_ranks(const double *values, size_t *order, double *ranks, size_t n)
{
    gsl_sort_index(order, values, 1, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && values[order[end]] == values[order[i]];) end++;
        for (size_t k = i; k < end; k++) ranks[order[k]] = 0.5 * (double)(i + end - 1);
    }
}

hyt_status hyti_spearman(hyt_context *context, const double *a, const double *b, size_t n, double *rho)
{
    size_t *order = hyti_array(context, n + 1, sizeof *order);
    double *ranks = hyti_array(context, n + 1, 2 * sizeof *ranks);
    hyt_status status = order && ranks ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        find_ranks(a, order, ranks, n);
        find_ranks(b, order, ranks + n, n);
        *rho = hyti_pearson(ranks, ranks + n, n);
    }
    hyti_free(context, order);
    hyti_free(context, ranks);
    return status;
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    return sum / (double)n;
}

double hyti_pearson(const double *a, const double *b, size_t n)
{
    double mean_a = mean_of(a, n), mean_b = mean_of(b, n), aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        double u = a[i] - mean_a, v = b[i] - mean_b;
        aa += u * u;
        bb += v * v;
        ab += u * v;
    }
    return ab / (sqrt(aa) * sqrt(bb));
}

static double residual_squares(const double *measured, const double *predicted, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (measured[i] - predicted[i]) * (measured[i] - predicted[i]);
    return sum;
}

double hyti_r2(const double *measured, const double *predicted, size_t n)
{
    double mean = mean_of(measured, n), total = 0;
    for (size_t i = 0; i < n; i++) total += (measured[i] - mean) * (measured[i] - mean);
    return total > 0 ? 1 - residual_squares(measured, predicted, n) / total : NAN;
}

double hyti_rmse(const double *measured, const double *predicted, size_t n)
{
    return sqrt(residual_squares(measured, predicted, n) / (double)n);
}
