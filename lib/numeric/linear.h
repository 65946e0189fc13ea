/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dense linear algebra on LAPACK and BLAS. Matrices are column by column; of a symmetric one only the lower triangle is
 * read and written. Points are stored one after the other: d values of the first, d of the second, ... Sizes fit an int
 * (hyti_linear_fits). Nothing here allocates or touches the number of BLAS threads. */
#ifndef HYTI_NUMERIC_LINEAR_H
#define HYTI_NUMERIC_LINEAR_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* Whether BLAS can address n x m. */
bool hyti_linear_fits(size_t n, size_t m);

/* a = L L', in place. HYT_ERR_NUMERIC names the row where a is not positive definite (a is then spoilt). */
hyt_status hyti_cholesky(size_t n, double *a);
/* The same into `l`, leaving a as it is; where it fails, `unit` times 1e-10, 1e-9, ..., 1e-4 is added to the diagonal
 * until it does not. *jitter: what was added (0: nothing). HYT_ERR_NUMERIC after 1e-4. */
hyt_status hyti_cholesky_jitter(size_t n, double unit, const double *a, double *l, double *jitter);
/* log det (L L'). */
double hyti_cholesky_logdet(size_t n, const double *l);
/* (L L')^-1 in place of L. */
void hyti_cholesky_invert(size_t n, double *l);
/* b = (L L')^-1 b for m columns of b. */
void hyti_cholesky_solve(size_t n, size_t m, const double *l, double *b);
/* b = L^-1 b for m columns of b. */
void hyti_lower_solve(size_t n, size_t m, const double *l, double *b);
/* b = L'^-1 b. */
void hyti_lower_solve_transposed(size_t n, size_t m, const double *l, double *b);

/* c = alpha X X' + beta c (n x n), the scaled products of n points with each other. */
void hyti_gram(size_t n, size_t d, double alpha, const double *points, double beta, double *c);
/* c += A A' (n x n), A n x m. */
void hyti_gram_columns(size_t n, size_t m, const double *a, double *c);
/* c = alpha X Y' + beta c (n x m), of n points with m others. */
void hyti_gram_cross(size_t n, size_t m, size_t d, double alpha, const double *x, const double *y, double beta,
                     double *c);
/* out = S X as points: out_i = sum_j S_ij x_j, S symmetric n x n. */
void hyti_symmetric_times_points(size_t n, size_t d, const double *s, const double *points, double *out);
/* b = L b for m columns of b. */
void hyti_lower_times(size_t n, size_t m, const double *l, double *b);
/* out += alpha A v, A n x m. */
void hyti_times_add(size_t n, size_t m, double alpha, const double *a, const double *v, double *out);
/* out = A' v, A n x m. */
void hyti_transposed_times(size_t n, size_t m, const double *a, const double *v, double *out);
double hyti_dot(size_t n, const double *a, const double *b);

#endif
