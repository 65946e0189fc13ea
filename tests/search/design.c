/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where points come from without a surrogate: designs, Sobol's sequence, variation, enumeration, evolution; on spaces
 * that mix real genes, categories, conditions and genes of one level. */
#include "search/breed.h"
#include "search/design.h"
#include "search/methods.h"
#include "search/sobol.h"
#include "toy.h"

static const double no_limits[] = { INFINITY, INFINITY };
#define LAST (UINT32_MAX - 1)

/* "kind" decides whether the rate counts. */
static hyt_status mixed_space(hyt_context *context, hyt_space **out)
{
    static const char *const words[] = { "a", "b", "c" };
    const size_t first[] = { 0, 1 };
    hyt_space *space = NULL;
    hyt_status status = hyt_space_create(context, "mixed", &space);
    if (status == HYT_OK) status = hyt_space_add_categorical(space, "kind", words, 3);
    if (status == HYT_OK) status = hyt_space_add_real(space, "rate", 1e-4, 1, 1);
    if (status == HYT_OK) status = hyt_space_add_condition(space, "rate", "kind", first, 2);
    if (status == HYT_OK) status = hyt_space_add_real(space, "share", 0, 1, 0);
    if (status == HYT_OK) status = hyt_space_add_integer(space, "width", 1, 5, 1);
    if (status == HYT_OK) status = hyt_space_add_integer(space, "only", 3, 3, 1);
    if (status == HYT_OK) *out = space;
    else hyt_space_destroy(space);
    return status;
}

/* Of every 2^k points in a row, one in each of 2^k equal intervals, in every dimension, whatever the scrambling. */
static void sobol_is_even_in_every_dimension(void **state)
{
    (void)state;
    enum { DIMENSIONS = 300, POINTS = 256 };
    static double points[POINTS][DIMENSIONS];
    for (uint64_t seed = 0; seed < 3; seed++) {
        hyti_sobol sobol;
        MUST(hyti_sobol_open(NULL, DIMENSIONS, seed, &sobol));
        for (uint32_t i = 0; i < POINTS; i++) hyti_sobol_point(&sobol, 512 + i, points[i]);
        for (size_t d = 0; d < DIMENSIONS; d++)
            for (size_t n = 2; n <= POINTS; n *= 2)
                for (size_t start = 0; start < POINTS; start += n) {
                    bool seen[POINTS] = { false };
                    for (size_t i = start; i < start + n; i++) {
                        size_t cell = (size_t)(points[i][d] * (double)n);
                        assert_true(points[i][d] >= 0 && points[i][d] < 1 && !seen[cell]);
                        seen[cell] = true;
                    }
                }
        hyti_sobol_close(NULL, &sobol);
    }
}

/* Their polynomials have degrees 0 and 1, so the first two dimensions are a (0, 2)-sequence: one point in every box of
 * equal size, of any shape. */
static void sobol_is_even_in_the_plane(void **state)
{
    (void)state;
    enum { LOG = 8, POINTS = 1 << LOG };
    hyti_sobol sobol;
    double points[POINTS][2];
    MUST(hyti_sobol_open(NULL, 2, 5, &sobol));
    for (uint32_t i = 0; i < POINTS; i++) hyti_sobol_point(&sobol, i, points[i]);
    for (int k = 0; k <= LOG; k++) {
        bool seen[POINTS] = { false };
        for (size_t i = 0; i < POINTS; i++) {
            size_t row = (size_t)ldexp(points[i][0], k), column = (size_t)ldexp(points[i][1], LOG - k);
            size_t cell = row << (LOG - k) | column;
            assert_false(seen[cell]);
            seen[cell] = true;
        }
    }
    hyti_sobol_close(NULL, &sobol);
}

/* A product of twelve factors of mean 1: the error of the mean is well below that of random points. */
static void sobol_integrates(void **state)
{
    (void)state;
    enum { DIMENSIONS = 12, POINTS = 1024, SEEDS = 10 };
    double square[2] = { 0 }, point[DIMENSIONS];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        hyti_sobol sobol;
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
        double sum[2] = { 0 };
        MUST(hyti_sobol_open(NULL, DIMENSIONS, seed, &sobol));
        for (uint32_t i = 0; i < 2 * POINTS; i++) {
            double product = 1;
            if (i % 2) hyti_sobol_point(&sobol, i / 2, point);
            for (size_t d = 0; d < DIMENSIONS; d++) product *= 0.5 + (i % 2 ? point[d] : hyti_rng_uniform(&rng));
            sum[i % 2] += product / POINTS;
        }
        for (int k = 0; k < 2; k++) square[k] += (sum[k] - 1) * (sum[k] - 1);
        hyti_sobol_close(NULL, &sobol);
    }
    assert_true(sqrt(square[1]) < 0.5 * sqrt(square[0]));
}

static hyt_status narrow(void *user, const hyti_level *levels, double *violation)
{
    *violation = fmax(0, hyt_space_gene_value(user, 2, levels[2]) - 0.25);
    return HYT_OK;
}

/* As many as asked for, distinct, canonical, within the constraint, not taken, and the same again. */
static void designs_hold_free_points(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    hyt_space *space = NULL;
    hyti_set taken;
    MUST(mixed_space(NULL, &space));
    hyti_space_retain(space);
    hyti_set_open(&taken, space);
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits, .violation = narrow, .user = space,
                             .taken = &taken, .seed = 3 };
    for (hyti_design kind = HYTI_DESIGN_LATIN; kind <= HYTI_DESIGN_CLUSTER; kind++) {
        hyti_set batch, again;
        hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, kind), same = rng;
        hyti_set_open(&batch, space);
        hyti_set_open(&again, space);
        MUST(hyti_design_add(&problem, kind, &rng, COUNT, &batch));
        MUST(hyti_design_add(&problem, kind, &same, COUNT, &again));
        assert_int_equal(batch.count, COUNT);
        assert_int_equal(again.count, COUNT);
        assert_memory_equal(batch.levels, again.levels, COUNT * batch.genes * sizeof *batch.levels);
        for (size_t i = 0; i < COUNT; i++) {
            hyti_level row[5];
            memcpy(row, hyti_set_at(&batch, i), sizeof row);
            hyti_space_canonicalise(space, row);
            assert_memory_equal(row, hyti_set_at(&batch, i), sizeof row);
            assert_true(hyt_space_gene_value(space, 2, row[2]) <= 0.25);
            assert_int_equal(hyti_set_find(&taken, row), HYTI_NOWHERE);
        }
        for (size_t i = 0; i < COUNT; i++) MUST(hyti_set_add(&taken, hyti_set_at(&batch, i), NULL));
        hyti_set_close(&batch);
        hyti_set_close(&again);
    }
    hyti_set_close(&taken);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* All of a small space, then nothing. */
static void designs_stop_at_the_end_of_the_space(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(toy_space(NULL, 2, 3, &space));
    hyti_space_retain(space);
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits };
    for (hyti_design kind = HYTI_DESIGN_LATIN; kind <= HYTI_DESIGN_CLUSTER; kind++) {
        hyti_set batch, more;
        hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, kind);
        hyti_set_open(&batch, space);
        hyti_set_open(&more, space);
        MUST(hyti_design_add(&problem, kind, &rng, 50, &batch));
        assert_int_equal(batch.count, 16);
        problem.taken = &batch;
        MUST(hyti_design_add(&problem, kind, &rng, 50, &more));
        assert_int_equal(more.count, 0);
        problem.taken = NULL;
        hyti_set_close(&batch);
        hyti_set_close(&more);
    }
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* A tenth at either end holds 2/pi asin(sqrt(.1)) = .2048 of Beta(1/2, 1/2). */
static void beta_prefers_the_ends(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    hyt_space *space = NULL;
    hyti_set batch;
    size_t low = 0, high = 0, kinds[3] = { 0 };
    MUST(mixed_space(NULL, &space));
    hyti_space_retain(space);
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits };
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    hyti_set_open(&batch, space);
    MUST(hyti_design_beta(&problem, &rng, COUNT, &batch));
    for (size_t i = 0; i < COUNT; i++) {
        const hyti_level *row = hyti_set_at(&batch, i);
        low += row[2] < LAST / 10;
        high += row[2] > LAST - LAST / 10;
        kinds[row[0]]++;
    }
    CHECK_NEAR((double)low / COUNT, 0.2048, 0.036); /* four deviations */
    CHECK_NEAR((double)high / COUNT, 0.2048, 0.036);
    for (size_t k = 0; k < 3; k++) CHECK_NEAR((double)kinds[k] / COUNT, 1.0 / 3, 0.043);
    hyti_set_close(&batch);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* Mean distance, over fresh draws, to the nearest point of the design. */
static double coverage(const hyt_space *space, const hyti_set *design)
{
    enum { DRAWS = 1500 };
    hyti_rng rng = hyti_rng_start(77, HYTI_PURPOSE_TEST, 0);
    hyti_level row[8];
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
        double least = INFINITY;
        hyti_space_sample(space, &rng, row);
        for (size_t k = 0; k < design->count; k++) {
            double d = 0;
            for (size_t g = 0; g < design->genes; g++) d += fabs((double)row[g] - hyti_set_at(design, k)[g]) / LAST;
            least = fmin(least, d);
        }
        sum += least / DRAWS;
    }
    return sum;
}

static void clusters_cover_better_than_draws(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "cube", &space));
    for (int g = 0; g < 3; g++) MUST(hyt_space_add_real(space, (const char *[]){ "x", "y", "z" }[g], 0, 1, 0));
    hyti_space_retain(space);
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits };
    double sum[2] = { 0 };
    for (uint64_t seed = 0; seed < 5; seed++)
        for (int k = 0; k < 2; k++) {
            hyti_set batch;
            hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 1);
            hyti_set_open(&batch, space);
            MUST(hyti_design_add(&problem, k ? HYTI_DESIGN_CLUSTER : HYTI_DESIGN_UNIFORM, &rng, 16, &batch));
            sum[k] += coverage(space, &batch);
            hyti_set_close(&batch);
        }
    assert_true(sum[1] < 0.9 * sum[0]);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* Steps of all sizes, always another point, and a fair share of them to the ends. */
static void real_genes_step_at_every_scale(void **state)
{
    (void)state;
    enum { STEPS = 4000 };
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "line", &space));
    MUST(hyt_space_add_real(space, "x", 0, 1, 0));
    hyti_space_retain(space);
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    size_t ends = 0, decades[5] = { 0 };
    for (int i = 0; i < STEPS; i++) {
        hyti_level from = (hyti_level)hyti_rng_below(&rng, (uint64_t)LAST + 1), to = from;
        if (i % 100 == 0) from = to = i % 200 ? 0 : LAST;
        hyti_breed_change(space, &rng, &to);
        assert_true(to <= LAST && to != from);
        ends += to == 0 || to == LAST;
        double size = fabs((double)to - from) / LAST;
        decades[HYTI_MIN((size_t)fmax(0, -log10(size)), 4)]++;
    }
    assert_true(ends > STEPS / 20 && ends < STEPS / 4);
    for (size_t k = 0; k < 4; k++) assert_true(decades[k] > STEPS / 20);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* Real genes of a child, before its change, lie at or around those of its parents: equal parents leave all genes but
 * the changed ones as they are. */
static void children_of_twins_change_few_genes(void **state)
{
    (void)state;
    enum { GENES = 12, CHILDREN = 2000 };
    hyt_space *space = NULL;
    char name[8];
    MUST(hyt_space_create(NULL, "cube", &space));
    for (int g = 0; g < GENES; g++) {
        snprintf(name, sizeof name, "x%d", g);
        MUST(hyt_space_add_real(space, name, 0, 1, 0));
    }
    hyti_space_retain(space);
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    size_t changed = 0;
    hyti_level a[GENES], b[GENES], child[GENES];
    for (int i = 0; i < CHILDREN; i++) {
        hyti_space_sample(space, &rng, a);
        hyti_breed_child(space, &rng, a, a, child);
        for (size_t g = 0; g < GENES; g++) changed += child[g] != a[g];
    }
    CHECK_NEAR((double)changed / CHILDREN, 1.5, 0.1); /* 1 + 1/3 + 1/9 + ..., now and then one gene twice */
    double outside = 0;
    for (int i = 0; i < CHILDREN; i++) {
        hyti_space_sample(space, &rng, a);
        hyti_space_sample(space, &rng, b);
        hyti_breed_child(space, &rng, a, b, child);
        for (size_t g = 0; g < GENES; g++) {
            double low = HYTI_MIN(a[g], b[g]), high = HYTI_MAX(a[g], b[g]), width = high - low;
            assert_true(child[g] <= LAST);
            outside += child[g] < low - width / 2 || child[g] > high + width / 2;
        }
    }
    assert_true(outside / CHILDREN < 1.5); /* most of those that changed once more */
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

static void enumeration_finds_all_that_is_free(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyti_set found, taken;
    bool small;
    MUST(toy_space(NULL, 3, 4, &space));
    hyti_space_retain(space);
    hyti_set_open(&found, space);
    hyti_set_open(&taken, space);
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits, .taken = &taken };
    MUST(hyti_set_add(&taken, (const hyti_level[]){ 1, 2, 3 }, NULL));
    MUST(hyti_problem_enumerate(&problem, 124, &found, &small));
    assert_true(!small && found.count == 0);
    MUST(hyti_problem_enumerate(&problem, 125, &found, &small));
    assert_true(small && found.count == 124);
    for (size_t i = 1; i < found.count; i++)
        assert_true(hyti_space_rank(space, hyti_set_at(&found, i)) >
                    hyti_space_rank(space, hyti_set_at(&found, i - 1)));
    hyti_set_empty(&found);
    problem.violation = narrow; /* third gene at most 0.25: level 0 */
    problem.user = space;
    MUST(hyti_problem_enumerate(&problem, 125, &found, &small));
    assert_int_equal(found.count, 25);
    hyti_set_close(&found);
    hyti_set_close(&taken);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
    MUST(mixed_space(NULL, &space));
    hyti_space_retain(space);
    hyti_set_open(&found, space);
    problem = (hyti_problem){ .space = space, .objectives = 2, .limits = no_limits };
    MUST(hyti_problem_enumerate(&problem, 1 << 20, &found, &small));
    assert_true(!small && found.count == 0);
    hyti_set_close(&found);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* Children are one change away from one of the youngest, however good the old ones are; failed trials breed nothing. */
static void evolution_lets_the_old_die(void **state)
{
    (void)state;
    enum { GENES = 4, COUNT = 30, ALIVE = 6, CHILDREN = 40 };
    hyt_space *space = NULL;
    hyti_set batch;
    hyti_level rows[COUNT * GENES];
    double objectives[COUNT * 2];
    hyt_trial_state states[COUNT];
    MUST(toy_space(NULL, GENES, 99, &space));
    hyti_space_retain(space);
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits };
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < COUNT; i++) {
        hyti_space_sample(space, &rng, rows + i * GENES);
        objectives[2 * i] = (double)i; /* the oldest is best */
        objectives[2 * i + 1] = (double)(i / 2);
        states[i] = i % 2 ? HYT_TRIAL_FINISHED : HYT_TRIAL_NAN;
    }
    hyti_history history = { .count = COUNT, .levels = rows, .objectives = objectives, .states = states };
    hyti_method_params params = { .population = ALIVE };
    hyti_set_open(&batch, space);
    size_t from[COUNT] = { 0 };
    for (size_t k = 0; k < CHILDREN; k++) {
        size_t parent = COUNT;
        hyti_set_empty(&batch);
        MUST(hyti_evolution_propose(&problem, &history, &params, NULL, &rng, 1, &batch));
        assert_int_equal(batch.count, 1);
        for (size_t i = COUNT - 2 * ALIVE; i < COUNT; i++) {
            size_t differ = 0;
            for (size_t g = 0; g < GENES; g++) differ += rows[i * GENES + g] != hyti_set_at(&batch, 0)[g];
            if (differ == 1) parent = i;
        }
        assert_true(parent < COUNT && states[parent] == HYT_TRIAL_FINISHED);
        from[parent]++;
    }
    assert_true(from[COUNT - 2 * ALIVE + 1] > from[COUNT - 1]); /* the better of the living has more */
    hyti_set_close(&batch);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* A trade-off with its front where share is 0 and kind "b"; the rate decides where on the front. */
static int evaluate_mixed(void *user, hyt_trial *trial, double *objectives, size_t n)
{
    (void)user;
    (void)n;
    const hyt_candidate *at = hyt_trial_candidate(trial);
    double rate = hyt_candidate_active(at, 1) ? hyt_candidate_value(at, 1) : 1;
    double far = hyt_candidate_value(at, 2) + (hyt_candidate_level(at, 0) == 1 ? 0 : 0.5) +
                 hyt_candidate_value(at, 3) / 10;
    objectives[0] = -(-log10(rate) / 4 + far);
    objectives[1] = 1 + log10(rate) / 4 + far;
    return 0;
}

static hyt_status run_mixed(hyt_context *context, const char *method, const char *design, int64_t trials,
                            int64_t seed, hyt_search **out)
{
    hyt_space *space = NULL;
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    const double reference[] = { -2, 2 };
    hyt_status status = mixed_space(context, &space);
    if (status == HYT_OK) status = hyt_search_options_create(context, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_METHOD, method);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_SEARCH_DESIGN, design);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_TRIALS, trials);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_SEED, seed);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_POPULATION, 16);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SEARCH_GENERATIONS, 8);
    if (status == HYT_OK) status = hyt_search_create(space, options, &search);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "gain", HYT_MAXIMISE);
    if (status == HYT_OK) status = hyt_search_add_objective(search, "cost", HYT_MINIMISE);
    if (status == HYT_OK) status = hyt_search_set_reference(search, reference, 2);
    if (status == HYT_OK) status = hyt_search_run(search, evaluate_mixed, NULL, NULL);
    hyt_options_destroy(options);
    hyt_space_destroy(space);
    if (status == HYT_OK) *out = search;
    else hyt_search_destroy(search);
    return status;
}

/* Every method searches a mixed space without repeats, and all that learn are ahead of chance. */
static void mixed_spaces_are_searched(void **state)
{
    (void)state;
    double volume[HYTI_COUNT(toy_methods)] = { 0 };
    for (size_t k = 0; k < HYTI_COUNT(toy_methods); k++)
        for (int64_t seed = 0; seed < 3; seed++) {
            hyt_search *search = NULL;
            double v;
            MUST(run_mixed(NULL, toy_methods[k], "latin", 60, seed, &search));
            assert_int_equal(hyt_search_size(search), 60);
            toy_check_distinct(search);
            MUST(hyt_search_hypervolume(search, &v));
            volume[k] += v / 3;
            hyt_search_destroy(search);
        }
    print_message("hypervolume: hytnas %.4f, nsga2 %.4f, random %.4f, sobol %.4f, evolution %.4f\n", volume[0],
                  volume[1], volume[2], volume[3], volume[4]);
    assert_true(volume[0] > volume[2] && volume[1] > volume[2] && volume[4] > volume[2]);
}

static hyt_status use_all(hyt_context *context)
{
    static const char *const designs[] = { "latin", "uniform", "beta", "sobol", "cluster" };
    static const char *const methods[] = { "nsga2", "evolution", "sobol", "nsga2", "nsga2" };
    hyt_status status = HYT_OK;
    for (size_t k = 0; k < HYTI_COUNT(designs) && status == HYT_OK; k++) {
        hyt_search *search = NULL;
        status = run_mixed(context, methods[k], designs[k], 9, 1, &search);
        hyt_search_destroy(search);
    }
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    test_each_allocation(use_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sobol_is_even_in_every_dimension), cmocka_unit_test(sobol_is_even_in_the_plane),
        cmocka_unit_test(sobol_integrates), cmocka_unit_test(designs_hold_free_points),
        cmocka_unit_test(designs_stop_at_the_end_of_the_space), cmocka_unit_test(beta_prefers_the_ends),
        cmocka_unit_test(clusters_cover_better_than_draws), cmocka_unit_test(real_genes_step_at_every_scale),
        cmocka_unit_test(children_of_twins_change_few_genes), cmocka_unit_test(enumeration_finds_all_that_is_free),
        cmocka_unit_test(evolution_lets_the_old_die), cmocka_unit_test(mixed_spaces_are_searched),
        cmocka_unit_test(running_out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests_name("design", tests, NULL, NULL);
}
