/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/columns.h"
#include "surrogate/handle.h"
#include <math.h>

/* Deviations below this share of the largest value are rounding. */
#define LEAST_SHARE 1e-12
/* Below this deviation its square is nearly nothing. */
#define LEAST_DEVIATION 1e-150
/* So far away a linear function says nothing; squares of such are numbers still. */
#define FARTHEST 1e50

static hyt_status allocate(hyt_context *context, size_t d, hyti_columns *out)
{
    hyti_columns columns = { .context = context, .d = d };
    columns.mean = hyti_array(context, d, sizeof *columns.mean);
    columns.inverse = hyti_array(context, d, sizeof *columns.inverse);
    if (!columns.mean || !columns.inverse) {
        hyti_columns_clear(&columns);
        return hyti_fail_nomem();
    }
    *out = columns;
    return HYT_OK;
}

hyt_status hyti_columns_create(hyt_context *context, const double *x, size_t n, size_t d, hyti_columns *out)
{
    HYTI_TRY(allocate(context, d, out));
    for (size_t k = 0; k < d; k++) {
        double sum = 0, squares = 0, largest = 0;
        for (size_t i = 0; i < n; i++) {
            sum += x[i * d + k];
            largest = fmax(largest, fabs(x[i * d + k]));
        }
        double mean = sum / (double)n;
        for (size_t i = 0; i < n; i++) squares += (x[i * d + k] - mean) * (x[i * d + k] - mean);
        double deviation = sqrt(squares / (double)n);
        out->mean[k] = mean;
        out->inverse[k] = deviation > fmax(LEAST_SHARE * largest, LEAST_DEVIATION) ? 1 / deviation : 0;
    }
    return HYT_OK;
}

void hyti_columns_save(const hyti_columns *columns, hyti_text *to)
{
    hyti_put_reals(to, columns->mean, columns->d);
    hyti_put_reals(to, columns->inverse, columns->d);
}

hyt_status hyti_columns_load(hyt_context *context, hyti_payload *from, size_t d, hyti_columns *out)
{
    HYTI_TRY(hyti_get_room(from, 16 * (uint64_t)d, "means and deviations of features"));
    HYTI_TRY(allocate(context, d, out));
    for (size_t k = 0; k < d; k++)
        HYTI_TRY(hyti_get_real(from, "mean of a feature", -10 * HYTI_SURROGATE_LARGEST, 10 * HYTI_SURROGATE_LARGEST,
                               &out->mean[k]));
    for (size_t k = 0; k < d; k++)
        HYTI_TRY(hyti_get_real(from, "inverse of a deviation", 0, 10 / LEAST_DEVIATION, &out->inverse[k]));
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
        for (size_t k = 0; k < d; k++) {
            double z = (x[i * d + k] - columns->mean[k]) * columns->inverse[k];
            out[i * d + k] = fmax(-FARTHEST, fmin(z, FARTHEST));
        }
}
