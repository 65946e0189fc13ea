/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real genes: a grid between two numbers, even in the value or in its logarithm. A level's value is worked out by plain
 * arithmetic alone, so that it is the same double on every machine, and genomes that hold it stay canonical. */
#include "space/parts.h"
#include <float.h>
#include <math.h>

static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10, ln2 = M_LN2;

/* Splits off the power of two, then Taylor's series: below one part in 10^17 beyond the 14th term. */
static double same_exp(double x)
{
    double k = rint(x / ln2), rest = x - k * ln2_high - k * ln2_low, sum = 1;
    for (int n = 14; n > 0; n--) sum = 1 + sum * rest / n;
    return ldexp(sum, (int)k);
}

/* log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.172. */
static double same_log(double x)
{
    int exponent;
    double part = frexp(x, &exponent);
    if (part < M_SQRT1_2) {
        part *= 2;
        exponent--;
    }
    double s = (part - 1) / (part + 1), square = s * s, sum = 0;
    for (int n = 25; n > 0; n -= 2) sum = sum * square + 1.0 / n;
    return 2 * s * sum + exponent * ln2;
}

hyt_status hyti_real_open(hyti_gene *gene, const char *name, double low, double high, bool log)
{
    double size = fmax(fabs(low), fabs(high)), width = high - low;
    if (!isfinite(width) || width < 0)
        return hyti_fail(HYT_ERR_RANGE, "gene \"%.80s\": %.17g to %.17g: finite numbers, low <= high", name, low, high);
    if (log && (low < DBL_MIN || !isfinite(high / low)))
        return hyti_fail(HYT_ERR_RANGE, "gene \"%.80s\": %.17g to %.17g by logarithms: above 0, less than 10^308 apart",
                         name, low, high);
    if (width > 0 && width < fmax(1e-5 * size, 1e-290)) /* neighbouring levels are several doubles apart */
        return hyti_fail(HYT_ERR_RANGE, "gene \"%.80s\": %.17g and %.17g are too near each other for a grid", name, low,
                         high);
    *gene = (hyti_gene){ .kind = HYT_GENE_REAL, .log = log, .low = low + 0.0, .high = high + 0.0 };
    gene->levels = width > 0 ? HYTI_REAL_LEVELS : 1;
    gene->span = log ? same_log(high / low) : width;
    return HYT_OK;
}

/* From the nearer end, so that both ends are exact. */
double hyti_real_value(const hyti_gene *gene, hyti_level level)
{
    if (gene->levels == 1) return gene->low;
    hyti_level last = (hyti_level)(gene->levels - 1);
    bool upper = level > last / 2;
    double part = gene->span * ((double)(upper ? last - level : level) / (double)last);
    if (gene->log) return upper ? gene->high * same_exp(-part) : gene->low * same_exp(part);
    return upper ? gene->high - part : gene->low + part;
}

bool hyti_real_level(const hyti_gene *gene, double value, hyti_level *level)
{
    double last = (double)(gene->levels - 1), place = 0;
    if (gene->levels == 1) {
        *level = 0;
        return fabs(value - gene->low) <= 1e-15 * fabs(gene->low);
    }
    if (!isfinite(value) || (gene->log && value <= 0)) return false;
    if (!gene->log) place = (value - gene->low) / gene->span * last;
    else if (value / gene->low > 0 && isfinite(value / gene->low))
        place = same_log(value / gene->low) / gene->span * last;
    else return false;
    if (!(place >= -0.5 && place <= last + 0.5)) return false;
    *level = (hyti_level)fmin(fmax(rint(place), 0), last);
    return true;
}

/* Steps of a quarter of the grid, and of an eighth of the one before, both ways; then both ends. */
size_t hyti_real_steps(const hyti_gene *gene, hyti_level level, hyti_level steps[HYTI_REAL_STEPS])
{
    hyti_level last = (hyti_level)(gene->levels - 1);
    size_t count = 0;
    if (last == 0) return 0;
    for (hyti_level size = UINT32_C(1) << 30; size >= UINT32_C(1) << 15; size >>= 3) {
        if (level > size) steps[count++] = level - size;
        if (last - level > size) steps[count++] = level + size;
    }
    if (level > 0) steps[count++] = 0;
    if (level < last) steps[count++] = last;
    return count;
}
