/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an evaluation is worth for one objective that is minimised; less is better, so that inner solvers minimise. */
#ifndef HYTI_SEARCH_ACQUISITION_H
#define HYTI_SEARCH_ACQUISITION_H

/* P(value <= limit) of a normal; 1 where the limit is infinite. */
double hyti_chance_below(double mean, double deviation, double limit);
/* Expected improvement below `best`: sigma (z Phi(z) + phi(z)), z = (best - mean) / sigma (Jones, Schonlau, Welch,
 * J. Glob. Optim. 13, 1998, eq. 15); its negative. */
double hyti_expected_improvement(double mean, double deviation, double best);
/* Lower confidence bound, mean - beta deviation. */
double hyti_confidence_bound(double mean, double deviation, double beta);

#endif
