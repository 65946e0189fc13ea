/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/directions.h"
#include <math.h>

/* The i-th of a sequence that fills the unit interval evenly, one of several that do so jointly (additive recurrence,
 * by the square roots of primes). */
static double even(size_t i, size_t sequence)
{
    static const double steps[] = { 0.41421356237309515, 0.7320508075688772, 0.2360679774997898, 0.6457513110645906,
                                    0.3166247903554,     0.6055512754639891, 0.1231056256176606, 0.358898943540674 };
    double at = 0.5 + (double)i * steps[sequence % HYTI_COUNT(steps)] * (double)(1 + sequence / HYTI_COUNT(steps));
    return at - floor(at);
}

/* Exponential variables over their sum are uniform over the simplex. */
static void normalise(double *row, size_t m)
{
    double sum = 0;
    for (size_t j = 0; j < m; j++) sum += row[j] = -log(1 - row[j]);
    for (size_t j = 0; j < m; j++) row[j] = sum > 0 ? row[j] / sum : 1 / (double)m;
}

void hyti_directions(size_t m, size_t count, double *rows)
{
    for (size_t i = 0; i < count; i++) {
        double *row = rows + i * m;
        if (m == 2) {
            row[0] = count > 1 ? (double)i / (double)(count - 1) : 0.5;
            row[1] = 1 - row[0];
            continue;
        }
        for (size_t j = 0; j < m; j++) row[j] = i < m ? i == j : even(i - m, j);
        if (i >= m) normalise(row, m);
    }
}

void hyti_direction_draw(hyti_rng *rng, size_t m, double *row)
{
    for (size_t j = 0; j < m; j++) row[j] = hyti_rng_uniform(rng);
    normalise(row, m);
}

double hyti_chebyshev(const double *objectives, const double *weights, const double *low, const double *range,
                      size_t m)
{
    static const double share = 0.05;
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < m; j++) {
        double one = weights[j] * (objectives[j] - low[j]) / range[j];
        most = fmax(most, one);
        sum += one;
    }
    return most + share * sum;
}

void hyti_ranges(const double *rows, size_t n, size_t m, double *low, double *range)
{
    for (size_t j = 0; j < m; j++) {
        double high = n ? rows[j] : 0;
        low[j] = high;
        for (size_t i = 1; i < n; i++) {
            low[j] = fmin(low[j], rows[i * m + j]);
            high = fmax(high, rows[i * m + j]);
        }
        range[j] = high > low[j] ? high - low[j] : 1;
    }
}
