/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/bins.h"
#include "numeric/distribution.h"
#include <math.h>

/* Above the lower value, at most the upper one, whatever the rounding. */
static double between(double lower, double upper)
{
    double middle = lower + 0.5 * (upper - lower);
    return middle > lower ? middle : upper;
}

static size_t count_distinct(const double *sorted, size_t n)
{
    size_t distinct = 1;
    for (size_t i = 1; i < n; i++) distinct += sorted[i] != sorted[i - 1];
    return distinct;
}

/* A bin is closed where the value changes and, with more values than bins, only once it holds its share of the rows
 * left. */
static size_t cut_feature(const double *sorted, size_t n, size_t most, double *cuts)
{
    size_t count = 0, start = 0;
    bool all = count_distinct(sorted, n) <= most;
    for (size_t i = 1; i < n && count + 1 < most; i++) {
        if (sorted[i] == sorted[i - 1]) continue;
        size_t share = (n - start + (most - count) - 1) / (most - count);
        if (!all && i - start < share) continue;
        cuts[count++] = between(sorted[i - 1], sorted[i]);
        start = i;
    }
    cuts[count++] = INFINITY;
    return count;
}

hyt_status hyti_bins_create(hyt_context *context, const hyti_rows *rows, size_t most, hyti_bins *out)
{
    size_t n = rows->n, d = rows->d, capacity = 0;
    hyti_bins bins = { .context = context, .d = d, .first = hyti_array(context, d + 1, sizeof *bins.first) };
    double *column = hyti_array(context, n, sizeof *column);
    hyt_status status = bins.first && column ? HYT_OK : hyti_fail_nomem();
    for (size_t k = 0; status == HYT_OK && k < d; k++) {
        for (size_t i = 0; i < n; i++) column[i] = rows->x[i * d + k];
        hyti_sort(column, n);
        status = hyti_grow(context, &bins.cuts, &capacity, bins.total + HYTI_MIN(most, n), sizeof *bins.cuts);
        if (status != HYT_OK) break;
        bins.first[k] = bins.total;
        bins.total += cut_feature(column, n, most, bins.cuts + bins.total);
    }
    hyti_free(context, column);
    if (status != HYT_OK) {
        hyti_bins_clear(&bins);
        return status;
    }
    bins.first[d] = bins.total;
    *out = bins;
    return HYT_OK;
}

void hyti_bins_clear(hyti_bins *bins)
{
    hyti_free(bins->context, bins->first);
    hyti_free(bins->context, bins->cuts);
    bins->first = NULL;
    bins->cuts = NULL;
}

/* The code is the number of cuts that are not above the value; `last` cuts, without a branch on the values. */
static uint8_t find_code(const double *cuts, size_t last, double value)
{
    size_t below = 0;
    for (size_t left = last, half; left > 0; left -= half) {
        half = left - left / 2;
        below += cuts[below + half - 1] <= value ? half : 0;
    }
    return (uint8_t)below;
}

static void encode(const hyti_bins *bins, const double *x, size_t n, size_t row_step, size_t step, uint8_t *codes)
{
    for (size_t k = 0; k < bins->d; k++) {
        const double *cuts = bins->cuts + bins->first[k];
        size_t last = bins->first[k + 1] - bins->first[k] - 1;
        for (size_t i = 0; i < n; i++) codes[i * row_step + k * step] = find_code(cuts, last, x[i * bins->d + k]);
    }
}

void hyti_bins_encode(const hyti_bins *bins, const double *x, size_t n, uint8_t *codes)
{
    encode(bins, x, n, bins->d, 1, codes);
}

void hyti_bins_encode_columns(const hyti_bins *bins, const double *x, size_t n, size_t stride, uint8_t *codes)
{
    encode(bins, x, n, 1, stride, codes);
}

/* A feature: u16 bins, its cuts but the last, which is infinite. */
void hyti_bins_save(const hyti_bins *bins, hyti_text *to)
{
    for (size_t k = 0; k < bins->d; k++) {
        size_t count = bins->first[k + 1] - bins->first[k];
        hyti_put_number(to, count, 2);
        hyti_put_reals(to, bins->cuts + bins->first[k], count - 1);
    }
}

static hyt_status load_feature(hyti_payload *from, size_t feature, size_t *capacity, hyti_bins *bins)
{
    uint64_t count;
    HYTI_TRY(hyti_get_number(from, 2, "bins of a feature", 1, HYTI_BINS_MOST, &count));
    HYTI_TRY(hyti_grow(bins->context, &bins->cuts, capacity, bins->total + count, sizeof *bins->cuts));
    double *cuts = bins->cuts + bins->total;
    HYTI_TRY(hyti_get_reals(from, "cuts of a feature", count - 1, cuts));
    cuts[count - 1] = INFINITY;
    for (size_t b = 1; b < count; b++)
        if (cuts[b] <= cuts[b - 1])
            return hyti_fail(HYT_ERR_FORMAT, "feature %zu: cut %g follows %g", feature, cuts[b], cuts[b - 1]);
    bins->first[feature] = bins->total;
    bins->total += count;
    bins->first[feature + 1] = bins->total;
    return HYT_OK;
}

hyt_status hyti_bins_load(hyt_context *context, hyti_payload *from, size_t d, hyti_bins *out)
{
    size_t capacity = 0;
    hyti_bins bins = { .context = context, .d = d, .first = hyti_array(context, d + 1, sizeof *bins.first) };
    hyt_status status = bins.first ? HYT_OK : hyti_fail_nomem();
    for (size_t k = 0; status == HYT_OK && k < d; k++) status = load_feature(from, k, &capacity, &bins);
    if (status != HYT_OK) {
        hyti_bins_clear(&bins);
        return status;
    }
    *out = bins;
    return HYT_OK;
}
