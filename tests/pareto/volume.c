/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of the hypervolume. */
#include "base/rng.h"
#include "pareto/pareto.h"
#include "test.h"
#include <stdbool.h>

enum { MOST = 64, WIDEST = 6 };

/* Some beyond the reference, some equal in a coordinate. */
static void fill(double *points, size_t n, size_t m, uint64_t stream)
{
    hyti_rng rng = hyti_rng_start(5, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < n * m; i++) {
        double value = 1.1 * hyti_rng_uniform(&rng);
        points[i] = stream % 2 ? value : round(value * 8) / 8;
    }
}

static double volume_of(const double *points, size_t n, size_t m, const double *reference)
{
    double volume = -1;
    MUST(hyt_pareto_hypervolume(NULL, points, n, m, reference, &volume));
    return volume;
}

static const double ones[WIDEST] = { 1, 1, 1, 1, 1, 1 };

/* Sum over all subsets of (-1)^(size + 1) times the volume that they share. */
static double by_inclusion_exclusion(const double *points, size_t n, size_t m)
{
    double sum = 0;
    for (unsigned subset = 1; subset < 1u << n; subset++) {
        double shared = 1;
        for (size_t j = 0; j < m; j++) {
            double side = 1;
            for (size_t i = 0; i < n; i++)
                if (subset >> i & 1) side = fmin(side, fmax(0, 1 - points[i * m + j]));
            shared *= side;
        }
        sum += __builtin_popcount(subset) % 2 ? shared : -shared;
    }
    return sum;
}

static void agrees_with_inclusion_and_exclusion(void **state)
{
    (void)state;
    double points[9 * WIDEST];
    for (size_t m = 1; m <= WIDEST; m++)
        for (size_t n = 0; n <= 9; n++)
            for (uint64_t stream = 0; stream < 12; stream++) {
                fill(points, n, m, stream);
                CHECK_NEAR(volume_of(points, n, m, ones), by_inclusion_exclusion(points, n, m), 1e-12);
            }
}

static void agrees_with_monte_carlo(void **state)
{
    (void)state;
    double points[MOST * WIDEST], at[WIDEST];
    for (size_t m = 2; m <= 5; m++) {
        fill(points, MOST, m, 2 * m + 1);
        hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, m);
        size_t inside = 0, draws = 40000;
        for (size_t k = 0; k < draws; k++) {
            bool hit = false;
            for (size_t j = 0; j < m; j++) at[j] = hyti_rng_uniform(&rng);
            for (size_t i = 0; i < MOST && !hit; i++) {
                hit = true;
                for (size_t j = 0; j < m && hit; j++) hit = points[i * m + j] <= at[j];
            }
            inside += hit;
        }
        double volume = volume_of(points, MOST, m, ones);
        CHECK_NEAR((double)inside / (double)draws, volume, 4.5 * sqrt(volume * (1 - volume) / (double)draws));
    }
}

static void whole_is_rest_and_part(void **state)
{
    (void)state;
    double points[MOST * WIDEST], rest[MOST * WIDEST], parts[MOST];
    for (size_t m = 1; m <= 5; m++) {
        for (uint64_t stream = 0; stream < 60; stream++) {
            size_t n = 24;
            fill(points, n, m, stream);
            double whole = volume_of(points, n, m, ones);
            MUST(hyt_pareto_contributions(NULL, points, n, m, ones, parts));
            for (size_t i = 0; i < n; i++) {
                memcpy(rest, points, i * m * sizeof *rest);
                memcpy(rest + i * m, points + (i + 1) * m, (n - 1 - i) * m * sizeof *rest);
                CHECK_NEAR(whole, volume_of(rest, n - 1, m, ones) + parts[i], 1e-12);
            }
        }
    }
}

static void order_and_units_do_not_matter(void **state)
{
    (void)state;
    double points[MOST * WIDEST], other[MOST * WIDEST], reference[WIDEST];
    for (size_t m = 1; m <= WIDEST; m++) {
        size_t n = m > 5 ? 20 : MOST;
        fill(points, n, m, 1);
        double volume = volume_of(points, n, m, ones);
        for (size_t i = 0; i < n; i++) /* rows reversed and columns turned by one */
            for (size_t j = 0; j < m; j++) other[(n - 1 - i) * m + (j + 1) % m] = points[i * m + j];
        CHECK_NEAR(volume_of(other, n, m, ones), volume, 1e-12);
        double factor = 1;
        for (size_t j = 0; j < m; j++) {
            double unit = (double)(1 << j) * 3, shift = -5;
            for (size_t i = 0; i < n; i++) other[i * m + j] = unit * points[i * m + j] + shift;
            reference[j] = unit + shift;
            factor *= unit;
        }
        CHECK_NEAR(volume_of(other, n, m, reference) / factor, volume, 1e-12);
    }
}

static void what_is_dominated_counts_nothing(void **state)
{
    (void)state;
    const double points[] = { 0, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5, 0, 0.5, 1, -9, 2, 2 };
    double parts[7];
    CHECK_NEAR(volume_of(points, 7, 2, ones), 0.75, 0);
    CHECK_NEAR(volume_of(points + 10, 2, 2, ones), 0, 0); /* on the reference, and beyond it */
    CHECK_NEAR(volume_of(NULL, 0, 2, ones), 0, 0);
    MUST(hyt_pareto_contributions(NULL, points, 7, 2, ones, parts));
    CHECK_NEAR(parts[0], 0, 0); /* twice there */
    CHECK_NEAR(parts[1], 0.25, 0);
    for (size_t i = 2; i < 7; i++) CHECK_NEAR(parts[i], 0, 0);
}

/* A heap that says no from some time on. */
static void *allocate_unless(void *user, size_t size)
{
    return *(bool *)user ? NULL : malloc(size);
}

static void release(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

static void without_room_for_bounds_it_is_as_large(void **state)
{
    (void)state;
    double points[MOST * WIDEST];
    bool empty = false;
    hyt_heap heap = { &empty, allocate_unless, release };
    hyt_context *context = NULL;
    MUST(hyt_context_create(&heap, NULL, &context));
    for (size_t m = 4; m <= WIDEST; m++)
        for (uint64_t stream = 0; stream < 4; stream++) {
            hyti_volume volume;
            fill(points, MOST, m, stream);
            MUST(hyti_volume_open(&volume, context, MOST, m));
            empty = true;
            double apart = hyti_volume_of(&volume, points, MOST, ones);
            empty = false;
            CHECK_NEAR(apart, hyti_volume_of(&volume, points, MOST, ones), 1e-12);
            hyti_volume_close(&volume);
        }
    hyt_context_destroy(context);
}

static void a_point_gains_what_the_volume_grows(void **state)
{
    (void)state;
    double points[(MOST + 1) * WIDEST];
    for (size_t m = 1; m <= WIDEST; m++)
        for (uint64_t stream = 0; stream < 40; stream++) {
            hyti_volume volume;
            fill(points, MOST / 2 + 1, m, stream);
            MUST(hyti_volume_open(&volume, NULL, MOST / 2, m));
            double gain = hyti_volume_gain(&volume, points, MOST / 2, SIZE_MAX, points + MOST / 2 * m, ones);
            CHECK_NEAR(gain, volume_of(points, MOST / 2 + 1, m, ones) - volume_of(points, MOST / 2, m, ones), 1e-12);
            hyti_volume_close(&volume);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_inclusion_and_exclusion), cmocka_unit_test(agrees_with_monte_carlo),
        cmocka_unit_test(whole_is_rest_and_part),              cmocka_unit_test(order_and_units_do_not_matter),
        cmocka_unit_test(what_is_dominated_counts_nothing),    cmocka_unit_test(a_point_gains_what_the_volume_grows),
        cmocka_unit_test(without_room_for_bounds_it_is_as_large),
    };
    return cmocka_run_group_tests_name("volume", tests, NULL, NULL);
}
