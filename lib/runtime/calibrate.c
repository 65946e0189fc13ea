/* SPDX-License-Identifier: MIT */
#include "runtime/calibrate.h"
#include "base/heap.h"
#include <math.h>
#include <string.h>

static const size_t half = HYTI_BINS / 2;

/* Two bins become one, about zero. */
static void double_width(hyti_histogram *h)
{
    for (size_t i = 0; i < half / 2; i++) {
        h->counts[half + i] = h->counts[half + 2 * i] + h->counts[half + 2 * i + 1];
        h->counts[half - 1 - i] = h->counts[half - 1 - 2 * i] + h->counts[half - 2 - 2 * i];
    }
    memset(h->counts + half + half / 2, 0, half / 2 * sizeof *h->counts);
    memset(h->counts, 0, half / 2 * sizeof *h->counts);
    h->width *= 2;
}

/* No narrower than a float's reciprocal of it reaches: what is smaller falls into the bins about zero. */
static void make_room(hyti_histogram *h, double most)
{
    int exponent;
    if (!(most > 0)) return;
    frexp(most / (double)half, &exponent);
    if (h->width == 0) h->width = ldexp(1, exponent < -126 ? -126 : exponent);
    while (h->width * (double)half <= most) double_width(h);
}

bool hyti_range_widen(hyti_range *range, const float *values, size_t count)
{
    float low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) return false;
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    range->low = fmin(range->low, low);
    range->high = fmax(range->high, high);
    return true;
}

bool hyti_histogram_add(hyti_histogram *h, const float *values, size_t count)
{
    hyti_range range = { h->low, h->high };
    if (!hyti_range_widen(&range, values, count)) return false;
    h->low = range.low;
    h->high = range.high;
    make_room(h, fmax(-h->low, h->high));
    if (h->width == 0) {
        h->counts[half] += (uint32_t)count;
        return true;
    }
    float inverse = (float)(1 / h->width); /* a power of two */
    for (size_t i = 0; i < count; i++) h->counts[(size_t)((int)floorf(values[i] * inverse) + (int)half)] += 1;
    return true;
}

static size_t bin_of(const hyti_histogram *h, double x)
{
    return (size_t)(floor(x / h->width) + (double)half);
}

static double edge(const hyti_histogram *h, size_t bin)
{
    return ((double)bin - (double)half) * h->width;
}

/* Beyond either end lies half of what is outside. */
static hyti_range within(const hyti_histogram *h, double percentile)
{
    double total = 0, sum = 0, outside;
    size_t first = 0, last = HYTI_BINS - 1;
    for (size_t i = 0; i < HYTI_BINS; i++) total += h->counts[i];
    outside = total * (1 - percentile) / 2;
    for (; first < half && sum + h->counts[first] <= outside; first++) sum += h->counts[first];
    for (sum = 0; last > half && sum + h->counts[last] <= outside; last--) sum += h->counts[last];
    return (hyti_range){ fmax(h->low, edge(h, first)), fmin(h->high, edge(h, last + 1)) };
}

/* Expected squared error of numbers stored in 256 steps of a range: of rounding inside, of clipping outside. */
static double squared_error(const hyti_histogram *h, hyti_range r)
{
    double step = (r.high - r.low) / 255, error = 0, inside = 0;
    for (size_t i = 0; i < HYTI_BINS; i++) {
        if (h->counts[i] == 0) continue;
        double x = edge(h, i) + h->width / 2, beyond = x > r.high ? x - r.high : x < r.low ? r.low - x : 0;
        if (beyond > 0) error += h->counts[i] * beyond * beyond;
        else inside += h->counts[i];
    }
    return error + inside * step * step / 12;
}

/* Kullback-Leibler divergence between the numbers clipped to a range and the same spread evenly over each of 255 steps
 * (Migacz, 8-bit inference with TensorRT, 2017). */
static double divergence(const hyti_histogram *h, hyti_range r)
{
    double steps[256] = { 0 }, filled[256] = { 0 }, sum = 0, total = 0, result = 0;
    double clipped[HYTI_BINS] = { 0 };
    double step = (r.high - r.low) / 255;
    for (size_t i = 0; i < HYTI_BINS; i++) {
        double x = edge(h, i) + h->width / 2;
        size_t to = x > r.high ? bin_of(h, r.high) : x < r.low ? bin_of(h, r.low) : i;
        clipped[to < HYTI_BINS ? to : HYTI_BINS - 1] += h->counts[i];
        total += h->counts[i];
        if (to != i || h->counts[i] == 0) continue;
        size_t at = (size_t)((x - r.low) / step);
        steps[at < 256 ? at : 255] += h->counts[i];
        filled[at < 256 ? at : 255] += 1;
        sum += h->counts[i];
    }
    for (size_t i = 0; i < HYTI_BINS && sum > 0; i++) {
        if (clipped[i] == 0) continue;
        double x = edge(h, i) + h->width / 2;
        size_t at = (size_t)(fmin(fmax((x - r.low) / step, 0), 255));
        double p = clipped[i] / total, q = filled[at] > 0 ? steps[at] / filled[at] / sum : 0;
        result += p * log(p / fmax(q, 1e-12));
    }
    return result;
}

/* The ends drawn in, one after the other, twice, in steps of a 64th, to where `loss` is least; `narrowest`: in bins. */
static hyti_range least(const hyti_histogram *h, double (*loss)(const hyti_histogram *h, hyti_range r),
                        double narrowest)
{
    hyti_range best = { h->low, h->high };
    double lowest = loss(h, best);
    for (int turn = 0; turn < 4; turn++)
        for (int share = 8; share <= 64; share++) {
            hyti_range r = best;
            if (turn % 2) r.low = h->low * share / 64;
            else r.high = h->high * share / 64;
            if (!(r.high - r.low > narrowest * h->width)) continue;
            double now = loss(h, r);
            if (now < lowest) lowest = now, best = r;
        }
    return best;
}

/* Too few numbers to speak of a distribution: bins in use hold fewer than 16 on average. */
static bool is_sparse(const hyti_histogram *h)
{
    double total = 0, used = 0;
    for (size_t i = 0; i < HYTI_BINS; i++) {
        total += h->counts[i];
        used += h->counts[i] != 0;
    }
    return total < 16 * used;
}

hyti_range hyti_histogram_range(const hyti_histogram *h, hyti_calibration calibration, double percentile)
{
    hyti_range all = { h->low, h->high };
    if (h->width == 0) return all;
    switch (calibration) {
    case HYTI_CALIBRATION_PERCENTILE: return within(h, percentile);
    case HYTI_CALIBRATION_MSE: return least(h, squared_error, 1);
    case HYTI_CALIBRATION_KL: /* two bins a step, or each is its own mean */
        return is_sparse(h) ? least(h, squared_error, 1) : least(h, divergence, 512);
    default: return all;
    }
}

hyti_quant hyti_quant_of(hyti_range range)
{
    float scale = (float)((range.high - range.low) / 255);
    if (!(scale > 1e-30f)) return (hyti_quant){ 1, 0 };
    double zero = round(-128 - range.low / scale);
    return (hyti_quant){ scale, (int32_t)(zero < -128 ? -128 : zero > 127 ? 127 : zero) };
}

float hyti_weight_scale(const float *values, size_t n, bool least_error)
{
    double most = 0, best = INFINITY;
    float scale = 1;
    for (size_t i = 0; i < n; i++) most = HYTI_MAX(most, fabs((double)values[i]));
    if (!(most > 0)) return 1;
    for (int share = least_error ? 40 : 64; share <= 64; share++) {
        double step = most * share / 64 / 127, error = 0;
        for (size_t i = 0; i < n; i++) {
            double apart = values[i] - step * fmin(127, fmax(-127, round(values[i] / step)));
            error += apart * apart;
        }
        if (error < best) best = error, scale = (float)step;
    }
    return scale > 0 ? scale : 1; /* too small for a float: all are stored as 0 */
}
