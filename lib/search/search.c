/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/design.h"
#include "search/handle.h"
#include "base/pool.h"
#include "base/table.h"
#include <math.h>
#include <string.h>

#define FIELD(name) offsetof(hyti_search_params, name)
static const hyti_option search_options[] = {
    { HYT_SEARCH_METHOD, HYT_OPT_CHOICE, 0, 0, 0, "hytnas|nsga2|random|sobol|evolution|parego|dgemo", FIELD(method),
      "how candidates are proposed" },
    { HYT_SEARCH_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of all that is random" },
    { HYT_SEARCH_TRIALS, HYT_OPT_INT, 100, 1, 1e6, NULL, FIELD(trials), "evaluations in all, failed ones among them" },
    { HYT_SEARCH_BATCH, HYT_OPT_INT, 5, 1, 4096, NULL, FIELD(batch), "proposals of one round" },
    { HYT_SEARCH_INITIAL, HYT_OPT_INT, 0, 0, 1e6, NULL, FIELD(initial),
      "trials of the initial design; 0 chooses by the number of genes" },
    { HYT_SEARCH_DESIGN, HYT_OPT_CHOICE, 0, 0, 0, HYTI_DESIGN_WORDS, FIELD(design), "how the initial design is made" },
    { HYT_SEARCH_SURROGATE, HYT_OPT_CHOICE, 1, 0, 0, "auto|gp|trees|forest|ridge|ranker", FIELD(algorithm.surrogate),
      "model of each objective; auto compares gp and trees by cross-validation" },
    { HYT_SEARCH_ACQUISITION, HYT_OPT_CHOICE, 0, 0, 0, "ehvi|nehvi|thompson|identity|ucb|ei|pi",
      FIELD(algorithm.acquisition), "what a candidate is worth: the first three by all objectives together" },
    { HYT_SEARCH_SOLVER, HYT_OPT_CHOICE, 0, 0, 0, "auto|nsga2|moead|local", FIELD(algorithm.solver),
      "how hytnas finds promising candidates; auto looks at all of a small space" },
    { HYT_SEARCH_SELECTION, HYT_OPT_CHOICE, 0, 0, 0, "fantasies|hvi|random|dominance", FIELD(algorithm.selection),
      "how hytnas selects a round from them" },
    { HYT_SEARCH_POPULATION, HYT_OPT_INT, 64, 4, 65536, NULL, FIELD(algorithm.population),
      "parents of nsga2, those alive in evolution, and points kept by the inner solver of hytnas" },
    { HYT_SEARCH_GENERATIONS, HYT_OPT_INT, 0, 0, 100000, NULL, FIELD(algorithm.generations),
      "generations of the inner solver; 0: 6 a gene, from 48 to 240" },
    { HYT_SEARCH_ADDED_RESULTS, HYT_OPT_CHOICE, 0, 0, 0, "free|count", FIELD(added),
      "whether results that the search did not ask for count as trials" },
    { HYT_SEARCH_REPEATS, HYT_OPT_INT, 1, 1, 10000, NULL, FIELD(repeats),
      "evaluations that a candidate may have, where they are noisy" },
    { HYT_SEARCH_RETRIES, HYT_OPT_INT, 1, 0, 10000, NULL, FIELD(retries),
      "further evaluations of a candidate after transient failures" },
    { HYT_SEARCH_MODE, HYT_OPT_CHOICE, 0, 0, 0, "batch|asynchronous", FIELD(mode),
      "whether a round is told before the next is made, or each ask proposes given what is pending" },
    { HYT_SEARCH_WORKERS, HYT_OPT_INT, 1, 1, HYTI_MAX_THREADS, NULL, FIELD(workers),
      "threads on which run evaluates" },
    { HYT_SEARCH_PRUNER, HYT_OPT_CHOICE, 0, 0, 0, "none|halving|hyperband", FIELD(pruner),
      "how trials that report little are ended early" },
    { HYT_SEARCH_ETA, HYT_OPT_REAL, 3, 1.5, 100, NULL, FIELD(eta), "of so many trials at a rung one goes on" },
    { HYT_SEARCH_MIN_STEP, HYT_OPT_INT, 1, 1, 1e9, NULL, FIELD(min_step),
      "step of a report at which the first rung is; each further one is eta times as far" },
    { HYT_SEARCH_MAX_STEP, HYT_OPT_INT, 0, 0, 1e9, NULL, FIELD(max_step),
      "last step of an evaluation, from which the brackets of hyperband follow; 0 unknown" },
    { HYT_SEARCH_SECONDS, HYT_OPT_REAL, 0, 0, 1e9, NULL, FIELD(seconds), "run ends after so many seconds; 0 never" },
    { HYT_SEARCH_TARGET, HYT_OPT_REAL, 0, 0, 1e300, NULL, FIELD(target), "run ends at this hypervolume; 0 never" },
    { HYT_SEARCH_STALL, HYT_OPT_INT, 0, 0, 1e6, NULL, FIELD(stall),
      "run ends after so many trials without a better hypervolume; 0 never" },
};
static const hyti_table search_table = { search_options, HYTI_COUNT(search_options), sizeof(hyti_search_params), NULL };

hyt_status hyt_search_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &search_table, out);
}

hyt_status hyt_search_create(hyt_space *space, const hyt_options *options, hyt_search **out)
{
    HYTI_NEED(space);
    HYTI_NEED(out);
    hyti_search_params params;
    HYTI_TRY(hyti_options_read(options, &search_table, &params));
    if (hyt_space_genes(space) == 0)
        return hyti_fail(HYT_ERR_STATE, "space \"%s\" has no genes yet", hyt_space_name(space));
    if (params.pruner == HYTI_PRUNER_HYPERBAND && params.max_step < params.min_step)
        return hyti_fail(HYT_ERR_ARGUMENT, "pruner hyperband needs %s, at least %s (%lld)", HYT_SEARCH_MAX_STEP,
                         HYT_SEARCH_MIN_STEP, (long long)params.min_step);
    hyt_context *context = hyti_space_context(space);
    hyt_search *search = hyti_alloc(context, sizeof *search);
    if (!search) return hyti_fail_nomem();
    hyti_ref_init(&search->ref);
    pthread_mutex_init(&search->lock, NULL);
    search->context = hyti_context_retain(context);
    hyti_space_retain(space);
    search->space = space;
    search->params = params;
    search->nearest = INFINITY;
    search->deadline = INFINITY;
    search->stopped = "";
    hyti_set_open(&search->taken, space);
    hyti_set_open(&search->measured, space);
    *out = search;
    return HYT_OK;
}

static void release_journal(hyt_search *search)
{
    if (search->journal_release) search->journal_release(search->journal);
    search->journal_release = NULL;
}

static void destroy_constraints(hyt_search *search)
{
    for (size_t i = 0; i < search->constraint_count; i++) {
        hyti_constraint *constraint = &search->constraints[i];
        if (constraint->release) constraint->release(constraint->user);
        hyti_free(search->context, constraint->name);
    }
    hyti_free(search->context, search->constraints);
}

static void destroy_objectives(hyt_search *search)
{
    for (size_t j = 0; j < search->objective_count; j++) {
        hyti_objective *objective = &search->objectives[j];
        if (objective->release) objective->release(objective->user);
        hyti_free(search->context, objective->name);
    }
}

void hyt_search_destroy(hyt_search *search)
{
    if (!search || !hyti_ref_release(&search->ref)) return;
    hyt_context *context = search->context;
    release_journal(search);
    destroy_constraints(search);
    destroy_objectives(search);
    hyti_search_forget(search);
    hyti_free(context, search->records);
    hyti_free(context, search->points);
    hyti_free(context, search->facts);
    hyti_free(context, search->samples.levels);
    hyti_free(context, search->samples.values);
    hyti_set_close(&search->taken);
    hyti_set_close(&search->measured);
    hyt_space_destroy(search->space);
    pthread_mutex_destroy(&search->lock);
    hyti_free(context, search);
    hyt_context_destroy(context);
}

static hyt_status check_before_first(const hyt_search *search, const char *what)
{
    if (search->count == 0) return HYT_OK;
    return hyti_fail(HYT_ERR_STATE, "%s comes before the first trial; there are %zu", what, search->count);
}

/* Names go into files and messages: the characters of gene names. */
static hyt_status check_name(const char *name)
{
    HYTI_NEED(name);
    char wrong = name[strspn(name, HYTI_NAME_LETTERS)];
    if (wrong)
        return hyti_fail(HYT_ERR_ARGUMENT, "name \"%s\": '%c' is none of letters, digits, '_', '-', '.'", name, wrong);
    return name[0] ? HYT_OK : hyti_fail(HYT_ERR_ARGUMENT, "an empty name");
}

static const char *objective_at(const void *user, size_t index)
{
    return hyt_search_objective_name(user, index);
}

static size_t find_objective(const hyt_search *search, const char *name)
{
    for (size_t j = 0; j < search->objective_count; j++)
        if (strcmp(search->objectives[j].name, name) == 0) return j;
    return HYTI_NOWHERE;
}

hyt_status hyti_search_find_objective(const hyt_search *search, const char *name, size_t *j)
{
    *j = find_objective(search, name);
    if (*j != HYTI_NOWHERE) return HYT_OK;
    const char *nearest = hyti_nearest(name, search->objective_count, objective_at, search);
    return nearest ? hyti_fail(HYT_ERR_NOT_FOUND, "there is no objective \"%s\"; the nearest is \"%s\"", name, nearest)
                   : hyti_fail(HYT_ERR_NOT_FOUND, "there is no objective \"%s\", nor any other", name);
}

static hyt_status add_objective(hyt_search *search, const char *name, hyti_objective *objective)
{
    HYTI_NEED(search);
    HYTI_TRY(check_name(name));
    HYTI_TRY(check_before_first(search, "an objective"));
    if (objective->direction != HYT_MINIMISE && objective->direction != HYT_MAXIMISE)
        return hyti_fail(HYT_ERR_ARGUMENT, "objective \"%s\": direction %d is unknown", name,
                         (int)objective->direction);
    if (find_objective(search, name) != HYTI_NOWHERE)
        return hyti_fail(HYT_ERR_CONFLICT, "objective \"%s\" is there already", name);
    if (search->objective_count == HYTI_SEARCH_OBJECTIVES)
        return hyti_fail(HYT_ERR_RANGE, "objective \"%s\" would be number %d: %d at most", name,
                         HYTI_SEARCH_OBJECTIVES + 1, HYTI_SEARCH_OBJECTIVES);
    if (search->reference_set)
        return hyti_fail(HYT_ERR_STATE, "objective \"%s\" comes before the reference", name);
    objective->name = hyti_copy_text(search->context, name);
    if (!objective->name) return hyti_fail_nomem();
    objective->limit = objective->direction == HYT_MAXIMISE ? -INFINITY : INFINITY;
    search->objectives[search->objective_count++] = *objective;
    return HYT_OK;
}

hyt_status hyt_search_add_objective(hyt_search *search, const char *name, hyt_direction direction)
{
    return add_objective(search, name, &(hyti_objective){ .direction = direction });
}

hyt_status hyt_search_add_exact_objective(hyt_search *search, const char *name, hyt_direction direction,
                                          hyt_measure_fn measure, void *user, hyt_release_fn release)
{
    HYTI_NEED(search);
    HYTI_NEED(measure);
    hyti_objective objective = { .direction = direction, .measure = measure, .user = user, .release = release,
                                 .place = search->exact_count, .nearest = NAN };
    HYTI_TRY(add_objective(search, name, &objective));
    search->exact_count++;
    hyti_search_forget_measured(search);
    return HYT_OK;
}

hyt_status hyt_search_add_constraint(hyt_search *search, const char *name, hyt_measure_fn measure, void *user,
                                     hyt_release_fn release, double limit)
{
    HYTI_NEED(search);
    HYTI_NEED(measure);
    HYTI_TRY(check_name(name));
    HYTI_TRY(check_before_first(search, "a constraint"));
    if (!isfinite(limit)) return hyti_fail(HYT_ERR_RANGE, "constraint \"%s\": limit %g is not finite", name, limit);
    for (size_t i = 0; i < search->constraint_count; i++)
        if (strcmp(search->constraints[i].name, name) == 0)
            return hyti_fail(HYT_ERR_CONFLICT, "constraint \"%s\" is there already", name);
    HYTI_TRY(hyti_grow(search->context, &search->constraints, &search->constraint_room, search->constraint_count + 1,
                       sizeof *search->constraints));
    char *copy = hyti_copy_text(search->context, name);
    if (!copy) return hyti_fail_nomem();
    search->constraints[search->constraint_count++] = (hyti_constraint){ copy, measure, user, release, limit, NAN };
    hyti_search_forget_measured(search); /* what an ask that failed has measured lacks this one */
    return HYT_OK;
}

hyt_status hyt_search_add_limit(hyt_search *search, const char *objective, double limit)
{
    HYTI_NEED(search);
    HYTI_NEED(objective);
    HYTI_TRY(check_before_first(search, "a limit"));
    size_t j;
    HYTI_TRY(hyti_search_find_objective(search, objective, &j));
    if (!isfinite(limit)) return hyti_fail(HYT_ERR_RANGE, "limit of \"%s\": %g is not finite", objective, limit);
    search->objectives[j].limit = limit;
    hyti_search_forget_measured(search);
    return HYT_OK;
}

hyt_status hyt_search_set_reference(hyt_search *search, const double *reference, size_t n)
{
    HYTI_NEED(search);
    HYTI_NEED(reference);
    HYTI_TRY(check_before_first(search, "a reference"));
    if (n == 0 || n != search->objective_count)
        return hyti_fail(HYT_ERR_SHAPE, "a reference of %zu values for %zu objectives", n, search->objective_count);
    for (size_t j = 0; j < n; j++)
        if (!isfinite(reference[j]))
            return hyti_fail(HYT_ERR_RANGE, "reference of \"%s\": %g is not finite", search->objectives[j].name,
                             reference[j]);
    memcpy(search->reference, reference, n * sizeof *reference);
    search->reference_set = true;
    return HYT_OK;
}

hyt_status hyt_search_set_journal(hyt_search *search, hyt_asked_fn asked, hyt_told_fn told,
                                  hyt_reported_fn reported, void *user, hyt_release_fn release)
{
    HYTI_NEED(search);
    release_journal(search);
    search->asked = asked;
    search->told = told;
    search->reported = reported;
    search->journal = user;
    search->journal_release = release;
    return HYT_OK;
}

/* A third of the genes beyond the first few: enough to start from, and the rest of the evaluations is better spent on
 * what the surrogates ask for. The number of trials does not count, so that a study may grow. */
size_t hyti_search_initial(const hyt_search *search)
{
    size_t genes = hyt_space_genes(search->space), chosen = (size_t)search->params.initial;
    if (chosen == 0) chosen = HYTI_MIN(HYTI_MAX(genes / 3 + 4, 6), 32);
    return HYTI_MIN(chosen, (size_t)search->params.trials);
}

size_t hyti_search_known(const hyt_search *search)
{
    size_t known = 0;
    for (size_t i = 0; i < search->count; i++) known += search->records[i]->state != HYT_TRIAL_CANCELLED;
    return known;
}

size_t hyti_search_used(const hyt_search *search)
{
    size_t free = 0;
    for (size_t i = 0; i < search->count && search->params.added == HYTI_ADDED_FREE; i++)
        free += search->records[i]->round == HYT_SEARCH_ADDED;
    return hyti_search_known(search) - free;
}

static void describe_choice(hyti_text *out, const char *choices, int64_t place)
{
    for (; place > 0; place--) choices += strcspn(choices, "|") + 1;
    hyti_text_append(out, choices, strcspn(choices, "|"));
}

static void describe_option(const hyti_search_params *params, const hyti_option *row, hyti_text *out)
{
    int64_t whole;
    double real;
    memcpy(&whole, (const char *)params + row->offset, sizeof whole);
    memcpy(&real, (const char *)params + row->offset, sizeof real);
    hyti_text_add(out, "option.%s=", row->key);
    if (row->type == HYT_OPT_CHOICE) describe_choice(out, row->choices, whole);
    else hyti_text_number(out, row->type == HYT_OPT_REAL ? real : (double)whole);
    hyti_text_add(out, "\n");
}

static void describe_number(hyti_text *out, const char *kind, const char *name, double value)
{
    hyti_text_add(out, "%s.%s=", kind, name);
    hyti_text_number(out, value);
    hyti_text_add(out, "\n");
}

void hyti_search_describe(const hyt_search *search, hyti_text *out)
{
    for (size_t j = 0; j < search->objective_count; j++)
        hyti_text_add(out, "objective.%zu=%s %s\n", j, search->objectives[j].direction == HYT_MAXIMISE ? "max" : "min",
                      search->objectives[j].name);
    for (size_t j = 0; j < search->objective_count; j++)
        if (search->objectives[j].measure) hyti_text_add(out, "exact.%zu=%s\n", j, search->objectives[j].name);
    for (size_t i = 0; i < search->constraint_count; i++)
        describe_number(out, "constraint", search->constraints[i].name, search->constraints[i].limit);
    for (size_t j = 0; j < search->objective_count; j++)
        if (isfinite(search->objectives[j].limit))
            describe_number(out, "limit", search->objectives[j].name, search->objectives[j].limit);
    for (size_t j = 0; search->reference_set && j < search->objective_count; j++) {
        hyti_text_add(out, "%s", j ? " " : "reference=");
        hyti_text_number(out, search->reference[j]);
    }
    if (search->reference_set) hyti_text_add(out, "\n");
    for (size_t i = 0; i < HYTI_COUNT(search_options); i++) describe_option(&search->params, &search_options[i], out);
}
