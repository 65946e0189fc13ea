/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts, each on its own with plain arguments. */
#include "pareto/pareto.h"
#include "search/acquisition.h"
#include "search/breed.h"
#include "search/climb.h"
#include "search/design.h"
#include "search/directions.h"
#include "search/inner.h"
#include "search/model.h"
#include "search/select.h"
#include "search/stop.h"
#include "toy.h"

static const double no_limits[] = { INFINITY, INFINITY };

static void a_set_finds_what_it_holds(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    hyti_set set;
    hyti_level levels[3];
    size_t place = 0;
    MUST(toy_space(NULL, 3, 9, &space));
    hyti_space_retain(space); /* closes it */
    hyti_set_open(&set, space);
    assert_int_equal(hyti_set_find(&set, (const hyti_level[]){ 0, 0, 0 }), HYTI_NOWHERE);
    for (hyti_level i = 0; i < 1000; i += 3) {
        hyti_space_unrank(space, i, levels);
        MUST(hyti_set_add(&set, levels, &place));
        assert_int_equal(place, i / 3);
        MUST(hyti_set_add(&set, levels, &place));
        assert_int_equal(place, i / 3);
    }
    for (hyti_level i = 0; i < 1000; i++) {
        hyti_space_unrank(space, i, levels);
        assert_int_equal(hyti_set_find(&set, levels), i % 3 ? HYTI_NOWHERE : i / 3);
    }
    hyti_set_empty(&set);
    assert_int_equal(hyti_set_find(&set, levels), HYTI_NOWHERE);
    hyti_set_close(&set);
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* With as many points as levels, or a multiple, every level of every gene comes equally often. */
static void a_latin_hypercube_is_even(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    MUST(toy_space(NULL, 6, 4, &space));
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits };
    for (size_t times = 1; times <= 4; times++) {
        hyti_set batch;
        hyti_rng rng = hyti_rng_start(times, HYTI_PURPOSE_DESIGN, 0);
        hyti_set_open(&batch, space);
        MUST(hyti_design_latin(&problem, &rng, 5 * times, &batch));
        assert_int_equal(batch.count, 5 * times);
        for (size_t g = 0; g < 6; g++) {
            size_t seen[5] = { 0 };
            for (size_t i = 0; i < batch.count; i++) seen[hyti_set_at(&batch, i)[g]]++;
            for (size_t level = 0; level < 5; level++) assert_int_equal(seen[level], times);
        }
        hyti_set_close(&batch);
    }
    hyt_space_destroy(space);
}

static void children_are_canonical_and_near(void **state)
{
    (void)state;
    static const char *const words[] = { "a", "b", "c" };
    const size_t level = 1;
    hyt_space *space = NULL;
    MUST(hyt_space_create(NULL, "conditional", &space));
    MUST(hyt_space_add_categorical(space, "kind", words, 3));
    MUST(hyt_space_add_integer(space, "size", 0, 9, 1));
    MUST(hyt_space_add_condition(space, "size", "kind", &level, 1));
    MUST(hyt_space_add_integer(space, "only", 3, 3, 1));
    hyti_space_retain(space);
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 0);
    hyti_level a[3], b[3], child[3], canonical[3];
    size_t same = 0;
    for (int i = 0; i < 3000; i++) {
        hyti_space_sample(space, &rng, a);
        hyti_space_sample(space, &rng, b);
        hyti_breed_child(space, &rng, a, b, child);
        memcpy(canonical, child, sizeof child);
        hyti_space_canonicalise(space, canonical);
        assert_memory_equal(child, canonical, sizeof child);
        memcpy(b, a, sizeof a);
        hyti_breed_change(space, &rng, b);
        same += memcmp(a, b, sizeof a) == 0;
    }
    assert_int_equal(same, 0); /* a change changes */
    hyt_space_destroy(space);
    hyt_space_destroy(space);
}

/* A loop over pairs against the order: whoever is penalised less, or dominates, comes first. */
static void ranking_respects_dominance(void **state)
{
    (void)state;
    enum { N = 60 };
    double points[N * 3], penalties[N];
    size_t order[N], position[N];
    hyti_rng rng = hyti_rng_start(4, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        penalties[i] = i % 4 == 0 ? hyti_rng_uniform(&rng) : 0;
        for (size_t j = 0; j < 3; j++) points[i * 3 + j] = (double)hyti_rng_below(&rng, 6);
    }
    MUST(hyti_breed_rank(NULL, points, penalties, N, 3, order));
    for (size_t i = 0; i < N; i++) position[order[i]] = i;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            if (penalties[i] < penalties[k]) assert_true(position[i] < position[k]);
            if (penalties[i] + penalties[k] == 0 && hyt_pareto_dominates(points + i * 3, points + k * 3, 3))
                assert_true(position[i] < position[k]);
        }
}

static void expected_improvement_is_an_expectation(void **state)
{
    (void)state;
    hyti_rng rng = hyti_rng_start(9, HYTI_PURPOSE_TEST, 0);
    for (double mean = -2; mean <= 2; mean += 0.5) {
        double sum = 0, below = 0, draws = 40000;
        for (int i = 0; i < draws; i++) {
            double value = mean + 0.7 * hyti_rng_normal(&rng);
            sum += fmax(0, 0.3 - value);
            below += value <= 0.3;
        }
        CHECK_NEAR(-hyti_expected_improvement(mean, 0.7, 0.3), sum / draws, 0.02);
        CHECK_NEAR(hyti_chance_below(mean, 0.7, 0.3), below / draws, 0.012);
    }
    CHECK_NEAR(hyti_expected_improvement(1, 0, 3), -2, 0);
    CHECK_NEAR(hyti_expected_improvement(3, 0, 1), 0, 0);
    assert_true(hyti_expected_improvement(50, 1, 0) <= 0);
    CHECK_NEAR(hyti_chance_below(5, 1, INFINITY), 1, 0);
    CHECK_NEAR(hyti_chance_below(5, 0, 5), 1, 0);
    CHECK_NEAR(hyti_confidence_bound(5, 2, 0.5), 4, 0);
}

/* Against trying every candidate by the public hypervolume. */
static void greedy_takes_what_adds_most(void **state)
{
    (void)state;
    enum { N = 30, KNOWN = 4 };
    for (size_t m = 1; m <= 4; m++) {
        double known[(KNOWN + N) * 4], rows[N * 4], certain[N * 4] = { 0 }, chances[N], gain;
        const double reference[] = { 1, 1, 1, 1 };
        hyti_greedy greedy;
        hyti_rng rng = hyti_rng_start(m, HYTI_PURPOSE_TEST, 1);
        for (size_t i = 0; i < KNOWN * m; i++) known[i] = 0.4 + 0.6 * hyti_rng_uniform(&rng);
        for (size_t i = 0; i < N * m; i++) rows[i] = hyti_rng_uniform(&rng);
        for (size_t i = 0; i < N; i++) chances[i] = i % 7 ? 1 : -1;
        MUST(hyti_greedy_open(&greedy, NULL, m, reference, known, KNOWN, 1, N));
        for (size_t n = KNOWN; n < KNOWN + 5; n++) {
            double before, after, most = 0;
            MUST(hyt_pareto_hypervolume(NULL, known, n, m, reference, &before));
            for (size_t i = 0; i < N; i++) {
                if (chances[i] < 0) continue;
                memcpy(known + n * m, rows + i * m, m * sizeof *rows);
                MUST(hyt_pareto_hypervolume(NULL, known, n + 1, m, reference, &after));
                most = fmax(most, after - before);
            }
            size_t best = hyti_greedy_best(&greedy, rows, certain, chances, N, &gain);
            CHECK_NEAR(gain, most, 1e-12);
            assert_true((best == HYTI_NOWHERE) == (gain == 0));
            if (best == HYTI_NOWHERE) break;
            chances[best] = -1;
            memcpy(known + n * m, rows + best * m, m * sizeof *rows);
            MUST(hyti_greedy_take(&greedy, rows + best * m));
        }
        hyti_greedy_close(&greedy);
    }
}

/* What has been tried of a small space, what is believed, and what a batch would add to. */
typedef struct climbing {
    hyti_set taken, batch;
    double objectives[2 * 24];
    hyti_model model;
    hyti_greedy greedy;
} climbing;

static hyt_status too_much(void *user, const hyti_level *levels, double *violation)
{
    double sum = 0;
    (void)user;
    for (size_t g = 0; g < 5; g++) sum += levels[g];
    *violation = fmax(0, sum - 11);
    return HYT_OK;
}

static void climbing_open(climbing *c, hyti_problem *problem, uint64_t seed)
{
    hyt_trial_state states[24];
    hyti_memo memo = { 0 };
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 0);
    hyti_set_open(&c->taken, problem->space);
    hyti_set_open(&c->batch, problem->space);
    MUST(hyti_design_uniform(problem, &rng, 24, &c->taken));
    for (size_t i = 0; i < 24; i++) {
        const hyti_level *levels = hyti_set_at(&c->taken, i);
        c->objectives[2 * i] = 4 * cos((double)levels[3]) - levels[0] - levels[1] * levels[2];
        c->objectives[2 * i + 1] = levels[0] * levels[0] + 2 * levels[1] + levels[2] + levels[4];
        states[i] = levels[4] == 4 ? HYT_TRIAL_INFEASIBLE : HYT_TRIAL_FINISHED;
    }
    problem->taken = &c->taken;
    const hyti_history history = { 24, c->taken.levels, c->objectives, states, NULL };
    MUST(hyti_model_fit(problem, &history, HYTI_MODEL_GP, seed, &memo, &c->model));
    MUST(hyti_greedy_open(&c->greedy, NULL, 2, problem->reference, c->objectives, 24, 1, 8));
}

static void climbing_close(climbing *c)
{
    hyti_greedy_close(&c->greedy);
    hyti_model_close(&c->model);
    hyti_set_close(&c->batch);
    hyti_set_close(&c->taken);
}

static double gain_at(climbing *c, const hyti_level *levels, double *mean)
{
    double deviation[2], chance;
    MUST(hyti_model_predict(&c->model, levels, 1, &(hyti_forecast){ mean, deviation, &chance }));
    return chance * hyti_greedy_gain(&c->greedy, mean, deviation);
}

/* Whether a step from here leads to what is allowed, new and worth more. */
static void check_top(climbing *c, const hyti_level *here, double gain)
{
    const hyti_problem *problem = c->model.problem;
    for (size_t i = 0; i < hyti_space_neighbours(problem->space, here); i++) {
        hyti_level there[5];
        double mean[2];
        bool free;
        assert_true(hyti_space_neighbour(problem->space, here, i, there));
        MUST(hyti_problem_free(problem, &c->batch, there, &free));
        if (free && gain_at(c, there, mean) > gain * (1 + 1e-5)) fail_msg("neighbour %zu gains more than %g", i, gain);
    }
}

/* From a start that is free, to a top, which joins the batch. Whether there was a step. */
static bool check_climb(climbing *c, hyti_climb *climb, hyti_level *here)
{
    const hyti_problem *problem = c->model.problem;
    hyti_level start[5];
    double mean[2], violation, before = climb->gain = gain_at(c, here, climb->mean);
    memcpy(start, here, sizeof start);
    MUST(hyti_climb_run(climb, &c->batch, here));
    MUST(too_much(NULL, here, &violation));
    assert_true(violation == 0 && hyti_problem_new(problem, &c->batch, here));
    CHECK_NEAR(gain_at(c, here, mean), climb->gain, 1e-9 * (1 + climb->gain));
    for (size_t j = 0; j < 2; j++) CHECK_NEAR(mean[j], climb->mean[j], 1e-9);
    assert_true(memcmp(here, start, sizeof start) == 0 ? climb->gain == before : climb->gain > before);
    check_top(c, here, climb->gain);
    MUST(hyti_set_add(&c->batch, here, NULL));
    MUST(hyti_greedy_take(&c->greedy, climb->mean));
    return climb->gain > before;
}

static void a_climb_ends_where_nothing_gains(void **state)
{
    (void)state;
    hyt_space *space = NULL;
    size_t rises = 0;
    const double limits[] = { INFINITY, 20 }, reference[] = { 5, 25 };
    MUST(toy_space(NULL, 5, 4, &space));
    for (uint64_t seed = 1; seed <= 3; seed++) {
        hyti_problem problem = { .space = space, .objectives = 2, .violation = too_much, .limits = limits,
                                 .reference = reference };
        climbing c;
        hyti_climb climb;
        hyti_set starts;
        hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_INNER, 0);
        climbing_open(&c, &problem, seed);
        MUST(hyti_climb_open(&climb, &c.model, &c.greedy));
        hyti_set_open(&starts, space);
        MUST(hyti_design_uniform(&problem, &rng, 8, &starts));
        for (size_t n = 0; n < 8; n++)
            if (hyti_problem_new(&problem, &c.batch, hyti_set_at(&starts, n)))
                rises += check_climb(&c, &climb, starts.levels + n * starts.genes);
        hyti_set_close(&starts);
        hyti_climb_close(&climb);
        climbing_close(&c);
    }
    assert_true(rises > 12);
    hyt_space_destroy(space);
}

/* Two objectives in conflict over one-gene steps; the penalty forbids an odd first gene. */
static hyt_status score(void *user, const hyti_level *rows, size_t n, double *scores, double *penalties)
{
    size_t *calls = user;
    *calls += n;
    for (size_t i = 0; i < n; i++) {
        scores[2 * i] = scores[2 * i + 1] = 0;
        for (size_t g = 0; g < 8; g++) {
            double level = rows[i * 8 + g];
            scores[2 * i] += level;
            scores[2 * i + 1] += (4 - level) * (4 - level) * (double)(1 + g);
        }
        penalties[i] = rows[i * 8] % 2;
    }
    return HYT_OK;
}

/* No front has more: each level more is spent where it lowers the second objective most. */
static double volume_bound(const double *reference)
{
    double front[2 * 33], volume, second = 0;
    bool spent[8][4] = { { false } };
    for (size_t g = 0; g < 8; g++) second += 16 * (double)(1 + g);
    for (size_t total = 0; total <= 32; total++) {
        size_t gene = 0, step = 0;
        double most = 0;
        front[2 * total] = (double)total;
        front[2 * total + 1] = second;
        for (size_t g = 0; g < 8; g++)
            for (size_t k = 0; k < 4; k++) {
                double gain = (7 - 2 * (double)k) * (double)(1 + g);
                if (spent[g][k] || gain <= most) continue;
                most = gain;
                gene = g;
                step = k;
            }
        spent[gene][step] = true;
        second -= most;
    }
    MUST(hyt_pareto_hypervolume(NULL, front, 33, 2, reference, &volume));
    return volume;
}

static void check_solver(hyti_solver solver)
{
    hyt_space *space = NULL;
    hyti_set taken, found;
    size_t calls = 0;
    MUST(toy_space(NULL, 8, 4, &space));
    hyti_set_open(&taken, space);
    hyti_set_open(&found, space);
    const hyti_level corners[2][8] = { { 0 }, { 4, 4, 4, 4, 4, 4, 4, 4 } };
    for (size_t i = 0; i < 2; i++) MUST(hyti_set_add(&taken, corners[i], NULL));
    hyti_problem problem = { .space = space, .objectives = 2, .limits = no_limits, .taken = &taken };
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_INNER, 0);
    hyti_inner_params params = { 40, 40, solver };
    MUST(hyti_inner_solve(&problem, score, &calls, &params, &rng, &taken, &found));
    size_t count = found.count; /* of moead a member may be best for several directions */
    assert_true(solver == HYTI_SOLVER_MOEAD ? count >= 20 && count <= 40 : count == 40);
    assert_true(calls <= 40 * 42);
    double values[2 * 40], penalties[40], volume, reference[] = { 33, 577 };
    MUST(score(&calls, found.levels, count, values, penalties));
    for (size_t i = 0; i < count; i++) {
        assert_true(penalties[i] == 0);
        assert_int_equal(hyti_set_find(&taken, hyti_set_at(&found, i)), HYTI_NOWHERE);
    }
    MUST(hyt_pareto_hypervolume(NULL, values, count, 2, reference, &volume));
    double bound = volume_bound(reference);
    print_message("solver %d: volume %.0f of at most %.0f\n", (int)solver, volume, bound);
    assert_true(volume <= bound && volume > 0.97 * bound);
    hyti_set_close(&taken);
    hyti_set_close(&found);
    hyt_space_destroy(space);
}

static void inner_solvers_near_the_front(void **state)
{
    (void)state;
    check_solver(HYTI_SOLVER_NSGA2);
    check_solver(HYTI_SOLVER_MOEAD);
}

/* Weights add up to 1, the axes are among them, none is there twice. */
static void directions_are_spread(void **state)
{
    (void)state;
    enum { N = 50 };
    double rows[N * 4];
    for (size_t m = 2; m <= 4; m++) {
        size_t axes = 0;
        hyti_directions(m, N, rows);
        for (size_t i = 0; i < N; i++) {
            double sum = 0, nearest = INFINITY;
            for (size_t j = 0; j < m; j++) {
                assert_true(rows[i * m + j] >= 0);
                sum += rows[i * m + j];
                axes += rows[i * m + j] == 1;
            }
            CHECK_NEAR(sum, 1, 1e-14);
            for (size_t k = 0; k < i; k++) {
                double apart = 0;
                for (size_t j = 0; j < m; j++) apart = fmax(apart, fabs(rows[i * m + j] - rows[k * m + j]));
                nearest = fmin(nearest, apart);
            }
            assert_true(nearest > 0.01);
        }
        assert_int_equal(axes, m);
    }
}

/* Whoever dominates is worth more under any weights. */
static void chebyshev_respects_dominance(void **state)
{
    (void)state;
    double weights[3], a[3], b[3], low[3] = { -1, 0, 2 }, range[3] = { 2, 1, 9 };
    hyti_rng rng = hyti_rng_start(8, HYTI_PURPOSE_TEST, 0);
    for (int i = 0; i < 500; i++) {
        hyti_direction_draw(&rng, 3, weights);
        for (size_t j = 0; j < 3; j++) a[j] = b[j] = 3 * hyti_rng_uniform(&rng);
        b[hyti_rng_below(&rng, 3)] += 0.1;
        assert_true(hyti_chebyshev(a, weights, low, range, 3) < hyti_chebyshev(b, weights, low, range, 3));
    }
}

static void the_stop_rule_is_one_place(void **state)
{
    (void)state;
    hyti_stop stop = { .trials = 10, .stall = 3, .target = 5, .deadline = INFINITY };
    assert_null(hyti_stop_due(&stop, &(hyti_progress){ 9, 2, 4.9 }));
    assert_string_equal(hyti_stop_due(&stop, &(hyti_progress){ 10, 0, 0 }), "trials");
    assert_string_equal(hyti_stop_due(&stop, &(hyti_progress){ 5, 3, 0 }), "stall");
    assert_string_equal(hyti_stop_due(&stop, &(hyti_progress){ 5, 0, 5 }), "target");
    stop.deadline = hyti_clock();
    assert_string_equal(hyti_stop_due(&stop, &(hyti_progress){ 5, 0, 0 }), "seconds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_finds_what_it_holds),        cmocka_unit_test(a_latin_hypercube_is_even),
        cmocka_unit_test(children_are_canonical_and_near),  cmocka_unit_test(ranking_respects_dominance),
        cmocka_unit_test(expected_improvement_is_an_expectation), cmocka_unit_test(greedy_takes_what_adds_most),
        cmocka_unit_test(a_climb_ends_where_nothing_gains),
        cmocka_unit_test(inner_solvers_near_the_front), cmocka_unit_test(directions_are_spread),
        cmocka_unit_test(chebyshev_respects_dominance), cmocka_unit_test(the_stop_rule_is_one_place),
    };
    return cmocka_run_group_tests_name("algorithms", tests, NULL, NULL);
}
