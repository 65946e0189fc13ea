/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/linear.h"
#include "base/rng.h"
#include "test.h"

enum { MOST = 70 };
static const size_t sizes[] = { 1, 2, 3, 7, 24, 25, 48, 49, 64, 70 }; /* around the halving of the inverse */

static void fill(hyti_rng *rng, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) values[i] = hyti_rng_normal(rng);
}

/* B B' + I, both triangles. */
static void make_definite(hyti_rng *rng, size_t n, double *a)
{
    static double b[MOST * MOST];
    fill(rng, b, n * n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i + j * n] = i == j;
            for (size_t k = 0; k < n; k++) a[i + j * n] += b[i + k * n] * b[j + k * n];
        }
}

static double lower(const double *l, size_t n, size_t i, size_t j)
{
    return i >= j ? l[i + j * n] : 0;
}

static double symmetric(const double *a, size_t n, size_t i, size_t j)
{
    return i >= j ? a[i + j * n] : a[j + i * n];
}

static void a_factor_times_itself_is_the_matrix(void **state)
{
    (void)state;
    static double a[MOST * MOST], l[MOST * MOST];
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        make_definite(&rng, n, a);
        memcpy(l, a, n * n * sizeof *a);
        MUST(hyti_cholesky(n, l));
        double diagonal = 1;
        for (size_t j = 0; j < n; j++) {
            diagonal += 2 * log(l[j + j * n]);
            for (size_t i = 0; i < n; i++) {
                double sum = 0;
                for (size_t k = 0; k < n; k++) sum += lower(l, n, i, k) * lower(l, n, j, k);
                CHECK_NEAR(sum, a[i + j * n], 1e-11 * (double)n);
            }
        }
        CHECK_NEAR(hyti_cholesky_logdet(n, l), diagonal - 1, 1e-9);
    }
}

static void inverse_and_solutions_undo_the_matrix(void **state)
{
    (void)state;
    static double a[MOST * MOST], l[MOST * MOST], inverse[MOST * MOST], x[2 * MOST], b[2 * MOST], y[2 * MOST];
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t m = 1; m <= 2; m++) {
            size_t n = sizes[s];
            make_definite(&rng, n, a);
            memcpy(l, a, n * n * sizeof *a);
            MUST(hyti_cholesky(n, l));
            memcpy(inverse, l, n * n * sizeof *a);
            hyti_cholesky_invert(n, inverse);
            fill(&rng, b, n * m);
            memcpy(x, b, n * m * sizeof *b);
            memcpy(y, b, n * m * sizeof *b);
            hyti_cholesky_solve(n, m, l, x);
            hyti_lower_solve(n, m, l, y);
            for (size_t c = 0; c < m; c++)
                for (size_t i = 0; i < n; i++) {
                    double ax = 0, ly = 0, ib = 0;
                    for (size_t k = 0; k < n; k++) {
                        ax += a[i + k * n] * x[k + c * n];
                        ly += lower(l, n, i, k) * y[k + c * n];
                        ib += symmetric(inverse, n, i, k) * b[k + c * n];
                    }
                    CHECK_NEAR(ax, b[i + c * n], 1e-9);
                    CHECK_NEAR(ly, b[i + c * n], 1e-9);
                    CHECK_NEAR(ib, x[i + c * n], 1e-9);
                }
        }
}

static void what_is_not_definite_is_named(void **state)
{
    (void)state;
    double indefinite[] = { 1, 2, 2, 1 }, broken[] = { 1, NAN, NAN, 1 }, l[4], jitter = -1;
    double copy[4];
    memcpy(copy, indefinite, sizeof copy);
    CHECK_STATUS(hyti_cholesky(2, copy), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("row 2 of 2");
    CHECK_STATUS(hyti_cholesky_jitter(2, 1, indefinite, l, &jitter), HYT_ERR_NUMERIC);
    CHECK_MESSAGE("0.0001");
    CHECK_NEAR(jitter, -1, 0);
    CHECK_STATUS(hyti_cholesky_jitter(2, 1, broken, l, &jitter), HYT_ERR_NUMERIC);
}

static void jitter_is_the_least_that_helps(void **state)
{
    (void)state;
    enum { N = 30 };
    double ones[N * N], l[N * N], jitter;
    for (size_t i = 0; i < N * N; i++) ones[i] = 1;
    MUST(hyti_cholesky_jitter(N, 1, ones, l, &jitter));
    CHECK_NEAR(jitter, 1e-10, 1e-16);
    for (size_t i = 0; i < N; i++) ones[i + i * N] -= 3e-7; /* smallest eigenvalue -3e-7 */
    MUST(hyti_cholesky_jitter(N, 1, ones, l, &jitter));
    CHECK_NEAR(jitter, 1e-6, 1e-11);
    for (size_t i = 0; i < N; i++) ones[i + i * N] = 2;
    MUST(hyti_cholesky_jitter(N, 1, ones, l, &jitter));
    CHECK_NEAR(jitter, 0, 0);
}

static void products_are_sums(void **state)
{
    (void)state;
    enum { N = 7, M = 5, D = 3 };
    double x[N * D], y[M * D], gram[N * N], cross[N * M], out[N * D], v[N], products[M];
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 0);
    fill(&rng, x, N * D);
    fill(&rng, y, M * D);
    fill(&rng, v, N);
    for (size_t i = 0; i < N * N; i++) gram[i] = 1;
    hyti_gram(N, D, 2, x, 3, gram);
    for (size_t i = 0; i < N * M; i++) cross[i] = 1;
    hyti_gram_cross(N, M, D, -2, x, y, 3, cross);
    hyti_symmetric_times_points(N, D, gram, x, out);
    hyti_transposed_times(N, M, cross, v, products);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j <= i; j++) CHECK_NEAR(gram[i + j * N], 3 + 2 * hyti_dot(D, x + i * D, x + j * D), 1e-13);
        for (size_t j = 0; j < M; j++) CHECK_NEAR(cross[i + j * N], 3 - 2 * hyti_dot(D, x + i * D, y + j * D), 1e-13);
        for (size_t k = 0; k < D; k++) {
            double sum = 0;
            for (size_t j = 0; j < N; j++) sum += symmetric(gram, N, i, j) * x[j * D + k];
            CHECK_NEAR(out[i * D + k], sum, 1e-12);
        }
    }
    for (size_t j = 0; j < M; j++) CHECK_NEAR(products[j], hyti_dot(N, v, cross + j * N), 1e-12);
    assert_true(hyti_linear_fits(46340, 46340));
    assert_false(hyti_linear_fits(SIZE_MAX, 1));
    assert_false(hyti_linear_fits(1, (size_t)1 << 31));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_factor_times_itself_is_the_matrix), cmocka_unit_test(inverse_and_solutions_undo_the_matrix),
        cmocka_unit_test(what_is_not_definite_is_named),       cmocka_unit_test(jitter_is_the_least_that_helps),
        cmocka_unit_test(products_are_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
