/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an evaluation is worth for one objective that is minimised; less is better, so that inner solvers minimise. */
#ifndef HYTI_SEARCH_ACQUISITION_H
#define HYTI_SEARCH_ACQUISITION_H

/* In the order of the option's words. The joint ones judge a point by all objectives together, when the batch is
 * selected; inner solvers look for the front of the confidence bounds then. */
typedef enum hyti_acquisition {
    HYTI_ACQUISITION_EHVI,     /* joint: expected hypervolume improvement */
    HYTI_ACQUISITION_NEHVI,    /* joint: of what the measurements truly are */
    HYTI_ACQUISITION_THOMPSON, /* joint: improvement by a draw of what is possible */
    HYTI_ACQUISITION_IDENTITY,
    HYTI_ACQUISITION_UCB,
    HYTI_ACQUISITION_EI,
    HYTI_ACQUISITION_PI
} hyti_acquisition;

/* @param best  least value measured @param beta  of the confidence bound */
double hyti_acquisition_score(hyti_acquisition acquisition, double mean, double deviation, double best, double beta);

/* P(value <= limit) of a normal; 1 where the limit is infinite. */
double hyti_chance_below(double mean, double deviation, double limit);
/* Expected improvement below `best`: sigma (z Phi(z) + phi(z)), z = (best - mean) / sigma (Jones, Schonlau, Welch,
 * J. Glob. Optim. 13, 1998, eq. 15); its negative. */
double hyti_expected_improvement(double mean, double deviation, double best);
/* Lower confidence bound, mean - beta deviation. */
double hyti_confidence_bound(double mean, double deviation, double beta);

#endif
