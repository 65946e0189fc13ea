/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/columns.h"
#include <math.h>

/* Deviations below this share of the largest value are rounding. */
#define LEAST_SHARE 1e-12

hyt_status hyti_columns_create(hyt_context *context, const double *x, size_t n, size_t d, hyti_columns *out)
{
    hyti_columns columns = { .context = context, .d = d };
    columns.mean = hyti_array(context, d, sizeof *columns.mean);
    columns.inverse = hyti_array(context, d, sizeof *columns.inverse);
    if (!columns.mean || !columns.inverse) {
        hyti_columns_clear(&columns);
        return hyti_fail_nomem();
    }
    for (size_t k = 0; k < d; k++) {
        double sum = 0, squares = 0, largest = 0;
        for (size_t i = 0; i < n; i++) {
            sum += x[i * d + k];
            largest = fmax(largest, fabs(x[i * d + k]));
        }
        double mean = sum / (double)n;
        for (size_t i = 0; i < n; i++) squares += (x[i * d + k] - mean) * (x[i * d + k] - mean);
        double deviation = sqrt(squares / (double)n);
        columns.mean[k] = mean;
        columns.inverse[k] = deviation > LEAST_SHARE * largest ? 1 / deviation : 0;
    }
    *out = columns;
    return HYT_OK;
}

void hyti_columns_clear(hyti_columns *columns)
{
    hyti_free(columns->context, columns->mean);
    hyti_free(columns->context, columns->inverse);
    *columns = (hyti_columns){ .context = columns->context };
}

void hyti_columns_apply(const hyti_columns *columns, const double *x, size_t n, double *out)
{
    size_t d = columns->d;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) out[i * d + k] = (x[i * d + k] - columns->mean[k]) * columns->inverse[k];
}
