/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected hypervolume improvement against its definition. */
#include "base/rng.h"
#include "numeric/distribution.h"
#include "search/ehvi.h"
#include "test.h"

enum { MOST = 24, WIDEST = 5 };
static const double ones[WIDEST] = { 1, 1, 1, 1, 1 };

/* Some beyond the reference, some equal in a coordinate, some there twice. */
static void fill(double *rows, size_t n, size_t m, uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(21, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < n * m; i++) {
        double value = 1.2 * hyti_rng_uniform(&rng) - 0.1;
        rows[i] = stream % 2 ? value : round(value * 6) / 6;
    }
}

static void open_filled(hyti_ehvi *ehvi, double *rows, size_t n, size_t m, uint64_t stream)
{
    fill(rows, n, m, stream);
    MUST(hyti_ehvi_open(ehvi, NULL, rows, n, m, 1, ones));
}

static void certain_objectives_give_the_plain_improvement(void **state)
{
    (void)state;
    double rows[MOST * WIDEST], points[MOST * WIDEST];
    const double zeros[WIDEST] = { 0 };
    for (size_t m = 1; m <= WIDEST; m++) {
        for (uint64_t stream = 0; stream < 16; stream++) {
            size_t n = stream ? stream * MOST / 15 : 0;
            hyti_ehvi ehvi;
            hyti_volume volume;
            open_filled(&ehvi, rows, n, m, 10 * m + stream);
            MUST(hyti_volume_open(&volume, NULL, n, m));
            fill(points, MOST, m, 777 + stream);
            for (size_t i = 0; i < MOST; i++) {
                const double *point = points + i * m;
                double gain = hyti_volume_gain(&volume, rows, n, SIZE_MAX, point, ones);
                CHECK_NEAR(hyti_ehvi_value(&ehvi, point, zeros, NULL), gain, 1e-12);
                double logarithm = hyti_ehvi_log(&ehvi, point, zeros, NULL);
                if (gain > 1e-9) CHECK_NEAR(logarithm, log(gain), 1e-6);
                else assert_true(logarithm < log(1e-12));
            }
            hyti_volume_close(&volume);
            hyti_ehvi_close(&ehvi);
        }
    }
}

static void agrees_with_monte_carlo(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    double rows[MOST * WIDEST], mean[WIDEST], deviation[WIDEST], at[WIDEST];
    for (size_t m = 1; m <= 4; m++) {
        for (uint64_t stream = 0; stream < 4; stream++) {
            hyti_rng rng = hyti_rng_start(31, HYTI_PURPOSE_TEST, 10 * m + stream);
            double sum = 0, squares = 0;
            hyti_ehvi ehvi;
            hyti_volume volume;
            open_filled(&ehvi, rows, 8, m, 100 * m + stream);
            MUST(hyti_volume_open(&volume, NULL, 8, m));
            for (size_t j = 0; j < m; j++) {
                mean[j] = 0.8 * hyti_rng_uniform(&rng);
                deviation[j] = j == 3 ? 0 : 0.05 + 0.4 * hyti_rng_uniform(&rng);
            }
            for (int k = 0; k < DRAWS; k++) {
                for (size_t j = 0; j < m; j++) at[j] = mean[j] + deviation[j] * hyti_rng_normal(&rng);
                double gain = hyti_volume_gain(&volume, rows, 8, SIZE_MAX, at, ones);
                sum += gain / DRAWS;
                squares += gain * gain / DRAWS;
            }
            double error = sqrt(fmax(0, squares - sum * sum) / DRAWS);
            CHECK_NEAR(hyti_ehvi_value(&ehvi, mean, deviation, NULL), sum, 4.5 * error + 1e-12);
            hyti_volume_close(&volume);
            hyti_ehvi_close(&ehvi);
        }
    }
}

typedef double (*value_fn)(hyti_ehvi *ehvi, const double *mean, const double *deviation, double *gradient);

/* Central differences, each step small beside the deviation. */
static void check_gradient(hyti_ehvi *ehvi, value_fn value, double *point, double scale)
{
    size_t m = ehvi->objectives;
    double gradient[2 * WIDEST];
    double here = value(ehvi, point, point + m, gradient);
    CHECK_NEAR(value(ehvi, point, point + m, NULL), here, 0);
    for (size_t k = 0; k < 2 * m; k++) {
        double old = point[k], step = 1e-5 * point[m + k % m];
        point[k] = old + step;
        double up = value(ehvi, point, point + m, NULL);
        point[k] = old - step;
        double down = value(ehvi, point, point + m, NULL);
        point[k] = old;
        CHECK_NEAR(gradient[k], (up - down) / (2 * step), 1e-6 * (fabs(gradient[k]) + scale));
    }
}

static void gradients_are_differences(void **state)
{
    (void)state;
    double rows[MOST * WIDEST], point[2 * WIDEST];
    for (size_t m = 1; m <= 4; m++) {
        for (uint64_t stream = 0; stream < 8; stream++) {
            hyti_rng rng = hyti_rng_start(41, HYTI_PURPOSE_TEST, 10 * m + stream);
            hyti_ehvi ehvi;
            fill(rows, MOST, m, 100 * m + stream);
            MUST(hyti_ehvi_open(&ehvi, NULL, rows, MOST / 2, m, 2, ones));
            for (double far = 0; far <= 60; far += 6) { /* up to hundreds of deviations from the front */
                for (size_t j = 0; j < m; j++) {
                    point[j] = far + hyti_rng_uniform(&rng);
                    point[m + j] = 0.1 + 0.4 * hyti_rng_uniform(&rng);
                }
                check_gradient(&ehvi, hyti_ehvi_value, point, 1);
                check_gradient(&ehvi, hyti_ehvi_log, point, 1);
            }
            hyti_ehvi_close(&ehvi);
        }
    }
}

/* Where the value still is a double, and the logarithm is found by its terms. */
static void the_logarithm_is_one(void **state)
{
    (void)state;
    double rows[MOST * WIDEST];
    for (size_t m = 1; m <= 3; m++) {
        hyti_ehvi ehvi;
        size_t seen = 0;
        open_filled(&ehvi, rows, MOST, m, m);
        for (double far = 0; far < 40; far += 0.05) {
            double mean[] = { 1 + far, 1 + 0.5 * far, 0.9 + 0.7 * far };
            const double deviation[] = { 1, 0.5, 0.8 };
            double value = hyti_ehvi_value(&ehvi, mean, deviation, NULL);
            double logarithm = hyti_ehvi_log(&ehvi, mean, deviation, NULL);
            assert_true(isfinite(logarithm) && logarithm < 2);
            if (value < 1e-285) continue;
            CHECK_NEAR(logarithm, log(value), 1e-9);
            seen += value < 1e-200;
        }
        assert_true(seen > 5);
        hyti_ehvi_close(&ehvi);
    }
}

static void without_a_front_it_is_a_product(void **state)
{
    (void)state;
    const double mean[] = { 31, -2, 400 }, deviation[] = { 1, 0.5, 2 };
    hyti_ehvi ehvi;
    double expected = 0;
    MUST(hyti_ehvi_open(&ehvi, NULL, NULL, 0, 3, 1, ones));
    for (size_t j = 0; j < 3; j++)
        expected += log(deviation[j]) + hyti_normal_log_excess((1 - mean[j]) / deviation[j]);
    CHECK_NEAR(hyti_ehvi_log(&ehvi, mean, deviation, NULL), expected, 1e-9);
    hyti_ehvi_close(&ehvi);
}

static void several_draws_are_averaged(void **state)
{
    (void)state;
    enum { DRAWS = 5, N = 6 };
    double rows[DRAWS * N * 3], sum = 0;
    const double mean[] = { 0.4, 0.3, 0.5 }, deviation[] = { 0.2, 0.1, 0.3 };
    hyti_ehvi ehvi;
    fill(rows, DRAWS * N, 3, 5);
    for (size_t i = 0; i < DRAWS; i++) {
        MUST(hyti_ehvi_open(&ehvi, NULL, rows + i * N * 3, N, 3, 1, ones));
        sum += hyti_ehvi_value(&ehvi, mean, deviation, NULL) / DRAWS;
        hyti_ehvi_close(&ehvi);
    }
    MUST(hyti_ehvi_open(&ehvi, NULL, rows, N, 3, DRAWS, ones));
    CHECK_NEAR(hyti_ehvi_value(&ehvi, mean, deviation, NULL), sum, 1e-14);
    CHECK_NEAR(hyti_ehvi_log(&ehvi, mean, deviation, NULL), log(sum), 1e-12);
    hyti_ehvi_close(&ehvi);
}

/* As few boxes as the papers say; a front that has too many is cut by a part of it and errs upwards. */
static void boxes_are_few(void **state)
{
    (void)state;
    enum { N = 300 };
    static double rows[N * 6];
    hyti_rng rng = hyti_rng_start(51, HYTI_PURPOSE_TEST, 0);
    const double reference[] = { 1, 1, 1, 1, 1, 1 };
    for (size_t m = 2; m <= 6; m++) {
        hyti_cells cells;
        for (size_t i = 0; i < N; i++) { /* on a sphere: none dominates another */
            double length = 0;
            for (size_t j = 0; j < m; j++) {
                rows[i * m + j] = fabs(hyti_rng_normal(&rng)) + 1e-3;
                length += rows[i * m + j] * rows[i * m + j];
            }
            for (size_t j = 0; j < m; j++) rows[i * m + j] = 1 - rows[i * m + j] / sqrt(length);
        }
        MUST(hyti_cells_open(&cells, NULL, rows, N, m, reference));
        if (m <= 3) assert_true(cells.count <= (m == 2 ? N + 1 : 2 * N + 1));
        assert_true(cells.count >= N && cells.count <= HYTI_CELLS_MOST);
        assert_int_equal(cells.coordinates, N + 1);
        hyti_cells_close(&cells);
    }
}

static hyt_status use(hyt_context *context)
{
    double rows[MOST * 4], point[8], gradient[8];
    hyti_ehvi ehvi;
    fill(rows, MOST, 4, 3);
    fill(point, 2, 4, 1);
    HYTI_TRY(hyti_ehvi_open(&ehvi, context, rows, MOST / 2, 4, 2, ones));
    hyti_ehvi_log(&ehvi, point, point, gradient);
    hyti_ehvi_close(&ehvi);
    return HYT_OK;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_each_allocation(use);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certain_objectives_give_the_plain_improvement),
        cmocka_unit_test(agrees_with_monte_carlo),
        cmocka_unit_test(gradients_are_differences),
        cmocka_unit_test(the_logarithm_is_one),
        cmocka_unit_test(without_a_front_it_is_a_product),
        cmocka_unit_test(several_draws_are_averaged),
        cmocka_unit_test(boxes_are_few),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests_name("ehvi", tests, NULL, NULL);
}
