/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/acquisition.h"
#include <math.h>

static double normal_below(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double hyti_chance_below(double mean, double deviation, double limit)
{
    if (isinf(limit)) return limit > 0;
    if (!(deviation > 0)) return mean <= limit;
    return normal_below((limit - mean) / deviation);
}

double hyti_expected_improvement(double mean, double deviation, double best)
{
    if (!(deviation > 0)) return -fmax(0, best - mean);
    double z = (best - mean) / deviation, density = exp(-0.5 * z * z) * M_2_SQRTPI * M_SQRT1_2 / 2;
    return -deviation * fmax(0, z * normal_below(z) + density);
}

double hyti_confidence_bound(double mean, double deviation, double beta)
{
    return mean - beta * deviation;
}
