/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/acquisition.h"
#include "numeric/distribution.h"
#include <math.h>

double hyti_chance_below(double mean, double deviation, double limit)
{
    if (isinf(limit)) return limit > 0;
    if (!(deviation > 0)) return mean <= limit;
    return hyti_normal_cdf((limit - mean) / deviation);
}

double hyti_expected_improvement(double mean, double deviation, double best)
{
    if (!(deviation > 0)) return -fmax(0, best - mean);
    double z = (best - mean) / deviation;
    return -deviation * fmax(0, z * hyti_normal_cdf(z) + hyti_normal_pdf(z));
}

double hyti_confidence_bound(double mean, double deviation, double beta)
{
    return mean - beta * deviation;
}

double hyti_acquisition_score(hyti_acquisition acquisition, double mean, double deviation, double best, double beta)
{
    switch (acquisition) {
    case HYTI_ACQUISITION_EI: return hyti_expected_improvement(mean, deviation, best);
    case HYTI_ACQUISITION_PI: return -hyti_chance_below(mean, deviation, best);
    case HYTI_ACQUISITION_IDENTITY: return mean;
    default: return hyti_confidence_bound(mean, deviation, beta);
    }
}
