/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Matern covariance of smoothness 5/2 and the Gaussian one, on many squared distances at once. */
#ifndef HYTI_SURROGATE_MATERN_H
#define HYTI_SURROGATE_MATERN_H

#include <stddef.h>

/* k(r) = (1 + q + q^2/3) e^-q, q = sqrt(5) r (Rasmussen and Williams, Gaussian Processes for Machine Learning, eq.
 * 4.17). squares[i]: r^2, rounded values below 0 count as 0; becomes k. */
void hyti_matern_values(size_t n, double *squares);
/* The same, and slopes[i] = -2 dk/d(r^2) = 5/3 (1 + q) e^-q. */
void hyti_matern_slopes(size_t n, double *squares, double *slopes);
/* The same of k(r) = e^-r^2, the Gaussian covariance, and slopes[i] = 2 k. */
void hyti_gaussian_values(size_t n, double *squares);
void hyti_gaussian_slopes(size_t n, double *squares, double *slopes);

#endif
