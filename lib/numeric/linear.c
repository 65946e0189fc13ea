/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/linear.h"
#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Leading dimensions must be at least 1 even of an empty matrix. */
static int leading(size_t n)
{
    return n ? (int)n : 1;
}

bool hyti_linear_fits(size_t n, size_t m)
{
    return n <= INT_MAX && m <= INT_MAX && (m == 0 || n <= PTRDIFF_MAX / sizeof(double) / m);
}

/* 0, or the row (from 1) where the matrix is not positive definite. */
static int factorise(size_t n, double *a)
{
    int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (int)n, a, leading(n));
    assert(info >= 0);
    /* LAPACK compares with zero, which a NaN passes on some implementations. */
    for (size_t i = 0; info == 0 && i < n; i++)
        if (!isfinite(a[i + i * n])) info = (int)i + 1;
    return info;
}

hyt_status hyti_cholesky(size_t n, double *a)
{
    int row = factorise(n, a);
    if (row) return hyti_fail(HYT_ERR_NUMERIC, "matrix is not positive definite at row %d of %zu", row, n);
    return HYT_OK;
}

hyt_status hyti_cholesky_jitter(size_t n, double unit, const double *a, double *l, double *jitter)
{
    static const double ladder[] = { 0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4 };
    int row = 0;
    for (size_t step = 0; step < sizeof ladder / sizeof *ladder; step++) {
        memcpy(l, a, n * n * sizeof *l);
        for (size_t i = 0; i < n; i++) l[i + i * n] += ladder[step] * unit;
        row = factorise(n, l);
        if (row) continue;
        *jitter = ladder[step] * unit;
        return HYT_OK;
    }
    return hyti_fail(HYT_ERR_NUMERIC,
                     "matrix is not positive definite at row %d of %zu even with %g added to its diagonal", row, n,
                     1e-4 * unit);
}

double hyti_cholesky_logdet(size_t n, const double *l)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += log(l[i + i * n]);
    return 2 * sum;
}

/* Halves the matrix until LAPACK, which is slow at sizes of hundreds, has little to do:
 * [A 0; B C]^-1 = [A^-1 0; -C^-1 B A^-1 C^-1]. */
static void invert_lower(size_t n, double *l, int stride)
{
    if (n <= 24) {
        int info = LAPACKE_dtrtri_work(LAPACK_COL_MAJOR, 'L', 'N', (int)n, l, stride);
        assert(info == 0);
        (void)info;
        return;
    }
    size_t half = (n / 2 + 7) / 8 * 8;
    int upper = (int)half, lower = (int)(n - half);
    double *below = l + half, *corner = below + half * (size_t)stride;
    invert_lower(half, l, stride);
    invert_lower(n - half, corner, stride);
    cblas_dtrmm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, lower, upper, -1, l, stride, below,
                stride);
    cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, lower, upper, 1, corner, stride,
                below, stride);
}

void hyti_cholesky_invert(size_t n, double *l)
{
    invert_lower(n, l, leading(n));
    int info = LAPACKE_dlauum_work(LAPACK_COL_MAJOR, 'L', (int)n, l, leading(n));
    assert(info == 0);
    (void)info;
}

static void triangle(CBLAS_TRANSPOSE transposed, size_t n, size_t m, const double *l, double *b)
{
    if (m == 1) cblas_dtrsv(CblasColMajor, CblasLower, transposed, CblasNonUnit, (int)n, l, leading(n), b, 1);
    else
        cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, transposed, CblasNonUnit, (int)n, (int)m, 1, l, leading(n), b,
                    leading(n));
}

void hyti_lower_solve(size_t n, size_t m, const double *l, double *b)
{
    triangle(CblasNoTrans, n, m, l, b);
}

void hyti_lower_solve_transposed(size_t n, size_t m, const double *l, double *b)
{
    triangle(CblasTrans, n, m, l, b);
}

void hyti_cholesky_solve(size_t n, size_t m, const double *l, double *b)
{
    triangle(CblasNoTrans, n, m, l, b);
    triangle(CblasTrans, n, m, l, b);
}

void hyti_gram(size_t n, size_t d, double alpha, const double *points, double beta, double *c)
{
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)n, (int)d, alpha, points, leading(d), beta, c, leading(n));
}

void hyti_gram_columns(size_t n, size_t m, const double *a, double *c)
{
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)n, (int)m, 1, a, leading(n), 1, c, leading(n));
}

void hyti_gram_cross(size_t n, size_t m, size_t d, double alpha, const double *x, const double *y, double beta,
                     double *c)
{
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)n, (int)m, (int)d, alpha, x, leading(d), y, leading(d),
                beta, c, leading(n));
}

void hyti_symmetric_times_points(size_t n, size_t d, const double *s, const double *points, double *out)
{
    cblas_dsymm(CblasColMajor, CblasRight, CblasLower, (int)d, (int)n, 1, s, leading(n), points, leading(d), 0, out,
                leading(d));
}

void hyti_times_add(size_t n, size_t m, double alpha, const double *a, const double *v, double *out)
{
    cblas_dgemv(CblasColMajor, CblasNoTrans, (int)n, (int)m, alpha, a, leading(n), v, 1, 1, out, 1);
}

void hyti_lower_times(size_t n, size_t m, const double *l, double *b)
{
    cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, (int)m, 1, l, leading(n), b,
                leading(n));
}

void hyti_transposed_times(size_t n, size_t m, const double *a, const double *v, double *out)
{
    cblas_dgemv(CblasColMajor, CblasTrans, (int)n, (int)m, 1, a, leading(n), v, 1, 0, out, 1);
}

double hyti_dot(size_t n, const double *a, const double *b)
{
    return cblas_ddot((int)n, a, 1, b, 1);
}
