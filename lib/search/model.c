/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/model.h"
#include "search/acquisition.h"
#include "surrogate/validate.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    FOLDS = 5,
    MANY = 1000,      /* rows from which on a kind that starts anew is told nothing that is only supposed */
    FIRST_CHOICE = 16 /* rows from which on kinds are compared; before, it is the Gaussian process */
};

/* Power of the predicted chance of success. A failure teaches less than a result, and where the best is just beyond
 * what works, gain times chance alone would spend every other evaluation there. */
static const double caution = 4;

static const char *const kind_names[] = { "auto", "gp", "trees", "forest", "ridge", "ranker" };

static const double largest = 1e100; /* that a surrogate learns (surrogate.h) */

/* Share of an objective's deviation below which what a fit misses is a matter of the model, not noise. */
static const double noticeable = 0.01;

/* One column to learn. */
typedef struct lesson {
    double *x, *y;
    size_t count, features;
} lesson;

static hyt_status lesson_open(const hyti_problem *problem, size_t room, lesson *l)
{
    hyt_context *context = hyti_problem_context(problem);
    l->features = hyti_space_features(problem->space);
    l->x = hyti_array(context, HYTI_MAX(room, 1), HYTI_MAX(l->features, 1) * sizeof *l->x);
    l->y = hyti_array(context, HYTI_MAX(room, 1), sizeof *l->y);
    return l->x && l->y ? HYT_OK : hyti_fail_nomem();
}

static void lesson_close(hyt_context *context, lesson *l)
{
    hyti_free(context, l->x);
    hyti_free(context, l->y);
}

static void lesson_add(const hyti_problem *problem, lesson *l, const hyti_level *levels, double y)
{
    hyti_space_encode(problem->space, levels, l->x + l->count * l->features);
    l->y[l->count++] = y;
}

/* Proposals are to be cheap: past some hundred rows a Gaussian process is slow to tune and to ask. And a trend that is
 * free to bend at each of many genes draws a search into corners. */
static hyt_status set_process(hyt_options *gp)
{
    HYTI_TRY(hyt_options_set_int(gp, HYT_GP_BENDS, 0));
    HYTI_TRY(hyt_options_set_int(gp, HYT_GP_ROWS, 300));
    HYTI_TRY(hyt_options_set_int(gp, HYT_GP_EXACT_ROWS, 800));
    return hyt_options_set_int(gp, HYT_GP_INDUCING, 400);
}

/* What the genes are, column by column. */
static hyt_status set_columns(const hyti_problem *problem, hyt_surrogate *surrogate)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t features = hyti_space_features(problem->space);
    int *columns = hyti_array(context, features, sizeof *columns);
    if (!columns) return hyti_fail_nomem();
    hyti_space_columns(problem->space, HYT_COLUMN_ORDINAL, HYT_COLUMN_REAL, HYT_COLUMN_CATEGORY, columns);
    hyt_status status = hyt_surrogate_set_columns(surrogate, columns, features);
    hyti_free(context, columns);
    return status;
}

/* A surrogate that has not learnt yet. */
static hyt_status prepare(const hyti_problem *problem, hyti_model_kind kind, uint64_t seed, hyt_surrogate **out)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t features = hyti_space_features(problem->space);
    hyt_options *options = NULL;
    hyt_surrogate *surrogate = NULL;
    hyt_status status = hyt_surrogate_options_create(context, kind_names[kind], &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_SURROGATE_SEED, (int64_t)(seed >> 11));
    if (status == HYT_OK && kind == HYTI_MODEL_GP) status = set_process(options);
    if (status == HYT_OK) status = hyt_surrogate_create(context, kind_names[kind], features, options, &surrogate);
    if (status == HYT_OK) status = set_columns(problem, surrogate);
    hyt_options_destroy(options);
    if (status != HYT_OK) hyt_surrogate_destroy(surrogate);
    else *out = surrogate;
    return status;
}

static hyt_status teach(const hyti_problem *problem, hyti_model_kind kind, uint64_t seed, const lesson *l,
                        hyt_surrogate **out)
{
    hyt_surrogate *surrogate = NULL;
    HYTI_TRY(prepare(problem, kind, seed, &surrogate));
    hyt_status status = hyt_surrogate_fit(surrogate, l->x, l->y, l->count);
    if (status != HYT_OK) hyt_surrogate_destroy(surrogate);
    else *out = surrogate;
    return status;
}

/* Kendall's tau of predictions out of fold with the truth. */
static hyt_status validate(const hyti_problem *problem, hyti_model_kind kind, uint64_t seed, const lesson *l,
                           double *tau)
{
    hyt_surrogate *surrogate = NULL;
    HYTI_TRY(prepare(problem, kind, seed, &surrogate));
    hyt_status status = hyti_validate_tau(surrogate, l->x, l->y, l->count, FOLDS, seed, tau);
    hyt_surrogate_destroy(surrogate);
    return status;
}

/* FNV-1a. */
static uint64_t digest_of(const lesson *l)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    const struct { const void *bytes; size_t size; } parts[] = { { l->x, l->count * l->features * sizeof *l->x },
                                                                 { l->y, l->count * sizeof *l->y } };
    for (size_t p = 0; p < HYTI_COUNT(parts); p++)
        for (size_t i = 0; i < parts[p].size; i++)
            digest = (digest ^ ((const unsigned char *)parts[p].bytes)[i]) * UINT64_C(0x100000001b3);
    return digest;
}

/* The kind that orders the first rows best; more rows are looked at whenever there are half as many again. */
static hyt_status choose(const hyti_problem *problem, const lesson *all, const char *name, uint64_t *digest,
                         hyti_model_kind *kind)
{
    lesson l = *all;
    if (all->count < FIRST_CHOICE) {
        *kind = HYTI_MODEL_GP;
        return HYT_OK;
    }
    for (l.count = FIRST_CHOICE; l.count + l.count / 2 <= all->count;) l.count += l.count / 2;
    uint64_t seen = digest_of(&l);
    if (seen == *digest) return HYT_OK;
    double gp, trees;
    HYTI_TRY(validate(problem, HYTI_MODEL_GP, seen, &l, &gp)); /* seeded by the rows: whenever it is done, the same */
    HYTI_TRY(validate(problem, HYTI_MODEL_TREES, seen, &l, &trees));
    *kind = trees > gp ? HYTI_MODEL_TREES : HYTI_MODEL_GP;
    *digest = seen;
    hyti_log(hyti_problem_context(problem), HYT_LOG_INFO, "%s on %zu trials: tau %.3f by gp, %.3f by trees; %s it is",
             name, l.count, gp, trees, kind_names[*kind]);
    return HYT_OK;
}

static hyt_status learn(const hyti_problem *problem, const lesson *l, hyti_model_kind kind, uint64_t seed,
                        size_t column, hyti_memo *memo, hyt_surrogate **out)
{
    char name[32] = "success";
    if (column < problem->objectives) snprintf(name, sizeof name, "objective %zu", column);
    if (kind == HYTI_MODEL_AUTO) {
        HYTI_TRY(choose(problem, l, name, &memo->digest[column], &memo->kind[column]));
        kind = memo->kind[column];
    }
    return teach(problem, kind, seed, l, out);
}

/* What measurements scatter by, from what the fit leaves; 0 where that is next to nothing. */
static hyt_status find_noise(const hyti_problem *problem, const hyt_surrogate *surrogate, const lesson *l,
                             double *noise)
{
    hyt_context *context = hyti_problem_context(problem);
    double *fitted = hyti_array(context, HYTI_MAX(l->count, 1), sizeof *fitted);
    if (!fitted) return hyti_fail_nomem();
    hyt_status status = hyt_surrogate_predict(surrogate, l->x, l->count, fitted, NULL);
    double n = (double)l->count, mean = 0, total = 0, left = 0;
    for (size_t i = 0; i < l->count; i++) mean += l->y[i] / n;
    for (size_t i = 0; i < l->count && status == HYT_OK; i++) {
        total += (l->y[i] - mean) * (l->y[i] - mean) / n;
        left += (l->y[i] - fitted[i]) * (l->y[i] - fitted[i]) / n;
    }
    *noise = left > noticeable * noticeable * total ? sqrt(left) : 0;
    hyti_free(context, fitted);
    return status;
}

/* First in the lesson: those that are there before the first trial leave what `auto` chose by its first rows chosen. */
static void add_samples(const hyti_problem *problem, const hyti_samples *samples, size_t j, lesson *l)
{
    size_t genes = hyt_space_genes(problem->space);
    for (size_t i = 0; samples && i < samples->count; i++)
        if (samples->values[i].objective == j)
            lesson_add(problem, l, samples->levels + i * genes, samples->values[i].value);
}

static hyt_status learn_objectives(const hyti_problem *problem, const hyti_history *history, hyti_model_kind kind,
                                   uint64_t seed, hyti_memo *memo, lesson *l, hyti_model *model)
{
    size_t genes = hyt_space_genes(problem->space);
    const hyti_history *each = history->each ? history->each : history;
    for (size_t j = 0; j < problem->objectives; j++) {
        if (hyti_problem_exact(problem, j)) continue;
        l->count = 0;
        add_samples(problem, history->samples, j, l);
        for (size_t i = 0; i < each->count; i++)
            if (hyti_history_teaches(each, i, j, problem->objectives))
                lesson_add(problem, l, each->levels + i * genes, each->objectives[i * problem->objectives + j]);
        HYTI_TRY(learn(problem, l, kind, seed, j, memo, &model->objective[j]));
        model->slow[j] = l->count >= MANY && (kind == HYTI_MODEL_AUTO ? memo->kind[j] : kind) != HYTI_MODEL_GP;
        HYTI_TRY(find_noise(problem, model->objective[j], l, &model->noise[j]));
    }
    return HYT_OK;
}

/* A transient failure says nothing of its point. */
static hyt_status learn_success(const hyti_problem *problem, const hyti_history *history, hyti_model_kind kind,
                                uint64_t seed, hyti_memo *memo, lesson *l, hyti_model *model)
{
    size_t genes = hyt_space_genes(problem->space), failed = 0;
    l->count = 0;
    for (size_t i = 0; i < history->count; i++) {
        hyt_trial_state state = history->states[i];
        if (state == HYT_TRIAL_PENDING || state == HYT_TRIAL_TRANSIENT) continue;
        bool worked = state == HYT_TRIAL_FINISHED || state == HYT_TRIAL_PRUNED;
        failed += !worked;
        lesson_add(problem, l, history->levels + i * genes, worked);
    }
    if (failed == 0) return HYT_OK;
    return learn(problem, l, kind, seed, problem->objectives, memo, &model->success);
}

hyt_status hyti_model_fit(const hyti_problem *problem, const hyti_history *history, hyti_model_kind kind, uint64_t seed,
                          hyti_memo *memo, hyti_model *model)
{
    lesson l = { 0 };
    *model = (hyti_model){ .problem = problem };
    size_t samples = history->samples ? history->samples->count : 0;
    size_t rows = HYTI_MAX(history->count, history->each ? history->each->count : 0);
    hyt_status status = lesson_open(problem, rows + samples, &l);
    model->features = l.features;
    if (status == HYT_OK) status = learn_objectives(problem, history, kind, seed, memo, &l, model);
    if (status == HYT_OK) status = learn_success(problem, history, kind, seed, memo, &l, model);
    lesson_close(hyti_problem_context(problem), &l);
    if (status != HYT_OK) hyti_model_close(model);
    return status;
}

void hyti_model_close(hyti_model *model)
{
    for (size_t j = 0; j < HYTI_SEARCH_OBJECTIVES; j++) hyt_surrogate_destroy(model->objective[j]);
    hyt_surrogate_destroy(model->success);
    *model = (hyti_model){ 0 };
}

hyt_status hyti_forecast_open(const hyti_problem *problem, size_t count, hyti_forecast *forecast)
{
    hyt_context *context = hyti_problem_context(problem);
    size_t row = problem->objectives * sizeof(double);
    count = HYTI_MAX(count, 1);
    *forecast = (hyti_forecast){ hyti_array(context, count, row), hyti_array(context, count, row),
                                 hyti_array(context, count, sizeof(double)) };
    if (forecast->mean && forecast->deviation && forecast->chance) return HYT_OK;
    hyti_forecast_close(problem, forecast);
    return hyti_fail_nomem();
}

void hyti_forecast_close(const hyti_problem *problem, hyti_forecast *forecast)
{
    hyt_context *context = hyti_problem_context(problem);
    hyti_free(context, forecast->mean);
    hyti_free(context, forecast->deviation);
    hyti_free(context, forecast->chance);
    *forecast = (hyti_forecast){ 0 };
}

/* Of an exact objective: nothing is in doubt. */
static hyt_status measure_objective(const hyti_model *model, const hyti_level *rows, size_t count, size_t j,
                                    double *column)
{
    const hyti_problem *problem = model->problem;
    size_t genes = hyt_space_genes(problem->space);
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(problem->measure(problem->user, rows + i * genes, j, &column[i]));
        column[count + i] = 0;
    }
    return HYT_OK;
}

/* One objective's column of the forecast; the chance that it is within its limit multiplies the row's chance. */
static hyt_status predict_objective(const hyti_model *model, const hyti_level *rows, const double *x, size_t count,
                                    size_t j, double *column, const hyti_forecast *forecast)
{
    size_t m = model->problem->objectives;
    if (hyti_problem_exact(model->problem, j)) HYTI_TRY(measure_objective(model, rows, count, j, column));
    else HYTI_TRY(hyt_surrogate_predict(model->objective[j], x, count, column, column + count));
    for (size_t i = 0; i < count; i++) {
        double deviation = hypot(column[count + i], model->noise[j]);
        forecast->mean[i * m + j] = column[i];
        forecast->deviation[i * m + j] = deviation;
        forecast->chance[i] *= hyti_chance_below(column[i], deviation, model->problem->limits[j]);
    }
    return HYT_OK;
}

static hyt_status predict_success(const hyti_model *model, const double *x, size_t count, const hyti_forecast *forecast)
{
    for (size_t i = 0; i < count; i++) forecast->chance[i] = 1;
    if (!model->success) return HYT_OK;
    HYTI_TRY(hyt_surrogate_predict(model->success, x, count, forecast->chance, NULL));
    for (size_t i = 0; i < count; i++)
        forecast->chance[i] = pow(fmin(1, fmax(0, forecast->chance[i])), caution);
    return HYT_OK;
}

hyt_status hyti_model_predict(const hyti_model *model, const hyti_level *rows, size_t count,
                              const hyti_forecast *forecast)
{
    hyt_context *context = hyti_problem_context(model->problem);
    size_t genes = hyt_space_genes(model->problem->space);
    double *x = hyti_array(context, HYTI_MAX(count, 1), (model->features + 2) * sizeof *x);
    if (!x) return hyti_fail_nomem();
    for (size_t i = 0; i < count; i++)
        hyti_space_encode(model->problem->space, rows + i * genes, x + i * model->features);
    hyt_status status = predict_success(model, x, count, forecast);
    for (size_t j = 0; j < model->problem->objectives && status == HYT_OK; j++)
        status = predict_objective(model, rows, x, count, j, x + count * model->features, forecast);
    hyti_free(context, x);
    return status;
}

hyt_status hyti_model_suppose(hyti_model *model, const hyti_level *levels, const double *objectives)
{
    hyt_context *context = hyti_problem_context(model->problem);
    double *x = hyti_array(context, HYTI_MAX(model->features, 1), sizeof *x);
    hyt_status status = x ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) hyti_space_encode(model->problem->space, levels, x);
    for (size_t j = 0; j < model->problem->objectives && status == HYT_OK; j++) {
        double value = fmin(fmax(objectives[j], -largest), largest);
        if (model->objective[j] && !model->slow[j]) status = hyt_surrogate_update(model->objective[j], x, &value, 1);
    }
    hyti_free(context, x);
    return status;
}

/* Every draw of an exact objective is its value. */
static hyt_status sample_objective(const hyti_model *model, const hyti_level *rows, const double *x, size_t count,
                                   size_t draws, size_t j, uint64_t seed, double *out)
{
    const hyti_problem *problem = model->problem;
    size_t genes = hyt_space_genes(problem->space);
    if (!hyti_problem_exact(problem, j)) return hyt_surrogate_sample(model->objective[j], x, count, draws, seed, out);
    for (size_t i = 0; i < count; i++) HYTI_TRY(problem->measure(problem->user, rows + i * genes, j, &out[i]));
    for (size_t i = count; i < draws * count; i++) out[i] = out[i - count];
    return HYT_OK;
}

hyt_status hyti_model_sample(const hyti_model *model, const hyti_level *rows, size_t count, size_t draws, uint64_t seed,
                             double *out)
{
    const hyti_problem *problem = model->problem;
    hyt_context *context = hyti_problem_context(problem);
    size_t m = problem->objectives, genes = hyt_space_genes(problem->space), all = draws * count;
    double *x = hyti_array(context, HYTI_MAX(count, 1), HYTI_MAX(model->features, 1) * sizeof *x);
    double *column = hyti_array(context, HYTI_MAX(all, 1), sizeof *column);
    hyt_status status = x && column ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; i < count && status == HYT_OK; i++)
        hyti_space_encode(problem->space, rows + i * genes, x + i * model->features);
    for (size_t j = 0; j < m && status == HYT_OK; j++) {
        status = sample_objective(model, rows, x, count, draws, j, seed + j, column);
        for (size_t i = 0; i < all && status == HYT_OK; i++) out[i * m + j] = column[i];
    }
    hyti_free(context, x);
    hyti_free(context, column);
    return status;
}
