/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "gp": a Gaussian process (gp.h), its hyperparameters at the best of several local maxima of their posterior.
 * Ordinal features enter as numbers under a smooth covariance, or as steps (gp_steps.h) under one that is rough in
 * them: what a network costs follows its genes in jumps. The evidence of the rows decides. */
#include "surrogate/gp.h"
#include "surrogate/gp_steps.h"
#include <math.h>
#include <string.h>

enum { KERNEL_AUTO, KERNEL_MATERN, KERNEL_LAPLACE };
enum { TELLING = 384 }; /* rows by which covariances are compared */

typedef struct gp_params {
    int64_t kernel, starts, iterations, start_rows, rows, exact_rows, inducing, seed, lines, bends;
    double noise_low, noise_high;
} gp_params;

#define FIELD(name) offsetof(gp_params, name)
static const hyti_option gp_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of the starts" },
    { HYT_GP_KERNEL, HYT_OPT_CHOICE, KERNEL_AUTO, 0, 0, "auto|matern|laplace", FIELD(kernel),
      "covariance: matern 5/2, or laplace of ordinal features and gaussian of others; auto: by the evidence, where "
      "features are ordinal" },
    { HYT_GP_LINES, HYT_OPT_FLAG, 1, 0, 1, NULL, FIELD(lines), "whether a sum of lines is a term of the covariance" },
    { HYT_GP_BENDS, HYT_OPT_FLAG, 1, 0, 1, NULL,
      FIELD(bends), "whether a sum of parabolas of the ordinal features is a term of the covariance" },
    { HYT_GP_STARTS, HYT_OPT_INT, 2, 1, 100, NULL, FIELD(starts), "starts of the search for hyperparameters" },
    { HYT_GP_MAX_ITERATIONS, HYT_OPT_INT, 50, 1, 10000, NULL,
      FIELD(iterations), "most evaluations of the likelihood from a start" },
    { HYT_GP_START_ROWS, HYT_OPT_INT, 64, 1, 1e6, NULL,
      FIELD(start_rows), "rows on which the starts are compared, spread over all" },
    { HYT_GP_ROWS, HYT_OPT_INT, 2000, 1, 1e6, NULL,
      FIELD(rows), "most rows on which the best start is refined, spread over all" },
    { HYT_GP_EXACT_ROWS, HYT_OPT_INT, 2000, 1, 10000, NULL,
      FIELD(exact_rows), "most rows of a fit that are all kept; more are represented by inducing points" },
    { HYT_GP_INDUCING, HYT_OPT_INT, 512, 1, 4096, NULL, FIELD(inducing), "most inducing points" },
    { HYT_GP_NOISE_LOW, HYT_OPT_REAL, 1e-8, 1e-12, 1e6, NULL,
      FIELD(noise_low), "least noise variance over signal variance" },
    { HYT_GP_NOISE_HIGH, HYT_OPT_REAL, 10, 1e-12, 1e6, NULL,
      FIELD(noise_high), "largest noise variance over signal variance" },
};
static const hyti_table gp_table = { gp_options, HYTI_COUNT(gp_options), sizeof(gp_params), NULL };

/* What `law` makes of the rows, added batch by batch. */
static hyt_status condition(hyti_gp_law *law, const hyti_rows *rows, const size_t *batches, size_t parts, hyti_gp **out)
{
    hyti_gp *gp = NULL;
    HYTI_TRY(hyti_gp_create(law->context, law, &gp));
    hyt_status status = HYT_OK;
    hyti_rows part = *rows;
    for (size_t i = 0; status == HYT_OK && i < parts; i++) {
        hyti_gp *next = NULL;
        part.n = batches[i];
        status = hyti_gp_extend(gp, &part, &next);
        part.x += part.n * rows->d;
        part.y += part.n;
        if (status != HYT_OK) break;
        hyti_gp_destroy(gp);
        gp = next;
    }
    if (status != HYT_OK) hyti_gp_destroy(gp);
    else *out = gp;
    return status;
}

typedef struct gp_model {
    hyt_context *context;
    hyti_gp *gp;
    hyti_gp_steps *steps; /* NULL: features as they are */
} gp_model;

static void gp_destroy(void *model)
{
    gp_model *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_gp_destroy(m->gp);
    hyti_gp_steps_destroy(m->steps);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

/* Takes gp, and counts the steps up. */
static hyt_status wrap(hyt_context *context, hyti_gp *gp, hyti_gp_steps *steps, void **out)
{
    gp_model *m = hyti_alloc(context, sizeof *m);
    if (!m) {
        hyti_gp_destroy(gp);
        return hyti_fail_nomem();
    }
    *m = (gp_model){ hyti_context_retain(context), gp, steps };
    if (steps) hyti_ref_retain(&steps->ref);
    *out = m;
    return HYT_OK;
}

/* Rows as the process sees them; *room is to be freed. */
static hyt_status step_rows(const hyti_gp_steps *steps, const hyti_rows *rows, double **room, hyti_rows *out)
{
    *room = NULL;
    *out = *rows;
    if (!steps) return HYT_OK;
    *room = hyti_array(steps->context, rows->n, steps->columns * sizeof **room);
    if (!*room) return hyti_fail_nomem();
    hyti_gp_steps_apply(steps, rows->x, rows->n, *room);
    *out = (hyti_rows){ *room, rows->y, rows->n, steps->columns, steps->types };
    return HYT_OK;
}

/* A covariance, what it sees of the rows, and what they say of it. */
typedef struct guess {
    hyti_gp_steps *steps;
    double *room;
    hyti_rows rows;
    hyti_gp_law *law;
    double value;
} guess;

static void guess_close(hyt_context *context, guess *g)
{
    hyti_gp_law_destroy(g->law);
    hyti_free(context, g->room);
    hyti_gp_steps_destroy(g->steps);
    *g = (guess){ 0 };
}

static hyt_status guess_open(hyt_context *context, const gp_params *p, const hyti_rows *rows, bool stepped, guess *g)
{
    *g = (guess){ .value = INFINITY };
    hyt_status status = stepped ? hyti_gp_steps_create(context, rows, &g->steps) : HYT_OK;
    if (status == HYT_OK) status = step_rows(g->steps, rows, &g->room, &g->rows);
    if (status == HYT_OK) status = hyti_gp_law_create(context, p->lines, p->bends && !stepped, &g->rows, &g->law);
    if (status != HYT_OK) {
        guess_close(context, g);
        return status;
    }
    g->law->gaussian = stepped;
    g->law->exact_rows = (size_t)p->exact_rows;
    g->law->inducing = (size_t)p->inducing;
    return HYT_OK;
}

static bool has_ordinal(const hyti_rows *rows)
{
    for (size_t k = 0; rows->columns && k < rows->d; k++)
        if (rows->columns[k] == HYT_COLUMN_ORDINAL) return true;
    return false;
}

/* Two covariances are told apart by more rows than a start needs. */
static hyt_status make_guesses(hyt_context *context, const gp_params *p, const hyti_gp_tuning *tuning,
                               const hyti_rows *rows, guess *guesses)
{
    bool wanted[] = { p->kernel != KERNEL_LAPLACE,
                      p->kernel == KERNEL_LAPLACE || (p->kernel == KERNEL_AUTO && has_ordinal(rows)) };
    for (size_t i = 0; i < HYTI_COUNT(wanted); i++) {
        guess *g = &guesses[i];
        if (!wanted[i]) continue;
        HYTI_TRY(guess_open(context, p, rows, i == 1, g));
        HYTI_TRY(hyti_gp_tune(g->law, tuning, &g->rows, &g->value));
        if (wanted[0] && wanted[1]) HYTI_TRY(hyti_gp_refine(g->law, tuning, &g->rows, 0, TELLING, &g->value));
    }
    return HYT_OK;
}

static hyt_status fit_guess(const hyti_gp_tuning *tuning, guess *g, bool compared, void **model)
{
    hyti_gp *gp = NULL;
    HYTI_TRY(hyti_gp_refine(g->law, tuning, &g->rows, compared ? TELLING : 0, tuning->rows, &g->value));
    hyti_gp_law_settle(g->law);
    HYTI_TRY(condition(g->law, &g->rows, &g->rows.n, 1, &gp));
    g->law->variance = hyti_gp_variance(g->rows.n, gp->quadratic);
    return wrap(g->law->context, gp, g->steps, model);
}

static hyt_status gp_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const gp_params *p = params;
    if (p->noise_low > p->noise_high)
        return hyti_fail(HYT_ERR_RANGE, "%s %g is above %s %g", HYT_GP_NOISE_LOW, p->noise_low, HYT_GP_NOISE_HIGH,
                         p->noise_high);
    hyti_gp_tuning tuning = { (size_t)p->starts, (size_t)p->iterations, (size_t)p->start_rows, (size_t)p->rows,
                              (uint64_t)p->seed, p->noise_low, p->noise_high };
    guess guesses[2] = { { .value = INFINITY }, { .value = INFINITY } };
    hyt_status status = make_guesses(context, p, &tuning, rows, guesses);
    if (status == HYT_OK) {
        bool compared = guesses[0].law && guesses[1].law;
        bool stepped = compared ? guesses[1].value < guesses[0].value : !guesses[0].law;
        status = fit_guess(&tuning, &guesses[stepped], compared, model);
    }
    for (size_t i = 0; i < HYTI_COUNT(guesses); i++) guess_close(context, &guesses[i]);
    return status;
}

/* In blocks, so that what steps make of very many rows takes little room. */
static hyt_status gp_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    enum { BLOCK = 1024 };
    const gp_model *m = model;
    const hyti_gp_steps *steps = m->steps;
    if (!steps) return hyti_gp_predict(m->gp, x, n, mean, deviation);
    double *room = hyti_array(m->context, HYTI_MIN(n, BLOCK), steps->columns * sizeof *room);
    hyt_status status = room ? HYT_OK : hyti_fail_nomem();
    for (size_t at = 0; at < n && status == HYT_OK; at += BLOCK) {
        size_t count = HYTI_MIN(n - at, BLOCK);
        hyti_gp_steps_apply(steps, x + at * steps->d, count, room);
        status = hyti_gp_predict(m->gp, room, count, mean + at, deviation ? deviation + at : NULL);
    }
    hyti_free(m->context, room);
    return status;
}

static hyt_status gp_update(const void *model, const hyti_rows *added, void **out)
{
    const gp_model *m = model;
    double *room;
    hyti_rows rows;
    hyti_gp *gp = NULL;
    HYTI_TRY(step_rows(m->steps, added, &room, &rows));
    hyt_status status = hyti_gp_extend(m->gp, &rows, &gp);
    hyti_free(m->context, room);
    return status == HYT_OK ? wrap(m->context, gp, m->steps, out) : status;
}

static hyt_status gp_sample(const void *model, const double *x, size_t n, size_t draws, hyti_rng *rng, double *out)
{
    const gp_model *m = model;
    double *room;
    hyti_rows rows;
    HYTI_TRY(step_rows(m->steps, &(hyti_rows){ .x = x, .n = n }, &room, &rows));
    hyt_status status = hyti_gp_sample(m->gp, rows.x, n, draws, rng, out);
    hyti_free(m->context, room);
    return status;
}

static hyt_status gp_gradient(const void *model, const double *x, double *mean, double *deviation)
{
    const gp_model *m = model;
    if (!m->steps) return hyti_gp_gradient(m->gp, x, mean, deviation);
    size_t columns = m->steps->columns;
    double *room = hyti_array(m->context, columns, 3 * sizeof *room);
    if (!room) return hyti_fail_nomem();
    double *by_mean = room + columns, *by_deviation = by_mean + columns;
    hyti_gp_steps_apply(m->steps, x, 1, room);
    hyt_status status = hyti_gp_gradient(m->gp, room, by_mean, deviation ? by_deviation : NULL);
    if (status == HYT_OK) hyti_gp_steps_slope(m->steps, x, by_mean, mean);
    if (status == HYT_OK && deviation) hyti_gp_steps_slope(m->steps, x, by_deviation, deviation);
    hyti_free(m->context, room);
    return status;
}

/* The law follows from the first batch but for theta and the variance; the rest follows from law and batches. */
static void gp_save(const void *model, hyti_text *to)
{
    const gp_model *m = model;
    const hyti_gp *gp = m->gp;
    hyti_put_number(to, m->steps != NULL, 1);
    hyti_put_number(to, gp->parts, 8);
    for (size_t i = 0; i < gp->parts; i++) hyti_put_number(to, gp->batches[i], 8);
    hyti_put_reals(to, gp->law->theta, hyti_gp_theta_size(&gp->law->shape));
    hyti_put_real(to, gp->law->variance);
}

static hyt_status load_batches(hyti_payload *from, size_t rows, size_t parts, size_t *batches)
{
    for (size_t i = 0; i < parts; i++) {
        uint64_t count;
        HYTI_TRY(hyti_get_number(from, 8, "a batch of rows", 1, rows, &count));
        rows -= count;
        batches[i] = count;
    }
    return rows == 0 ? HYT_OK : hyti_fail(HYT_ERR_FORMAT, "%s: %zu rows are in no batch", from->part, rows);
}

static hyt_status load_law(hyti_payload *from, hyti_gp_law *law)
{
    for (size_t k = 0; k < hyti_gp_theta_size(&law->shape); k++)
        HYTI_TRY(hyti_get_real(from, "a hyperparameter", -100, 100, &law->theta[k]));
    hyti_gp_law_settle(law);
    return hyti_get_real(from, "the variance of the signal", 0, 1e100, &law->variance);
}

/* `all` rows as the law of `g`, which was made of the first batch, sees them. */
static hyt_status load_guess(hyt_context *context, guess *g, const hyti_rows *all, hyti_payload *from,
                             const size_t *batches, size_t parts, void **model)
{
    double *room;
    hyti_rows rows;
    hyti_gp *gp = NULL;
    HYTI_TRY(load_law(from, g->law));
    HYTI_TRY(step_rows(g->steps, all, &room, &rows));
    hyt_status status = condition(g->law, &rows, batches, parts, &gp);
    hyti_free(context, room);
    return status == HYT_OK ? wrap(context, gp, g->steps, model) : status;
}

static hyt_status load_parts(hyt_context *context, const gp_params *p, const hyti_rows *rows, hyti_payload *from,
                             bool stepped, size_t *batches, size_t parts, void **model)
{
    guess g;
    HYTI_TRY(load_batches(from, rows->n, parts, batches));
    hyti_rows first = *rows;
    first.n = batches[0];
    HYTI_TRY(guess_open(context, p, &first, stepped, &g));
    hyt_status status = load_guess(context, &g, rows, from, batches, parts, model);
    guess_close(context, &g);
    return status;
}

static hyt_status gp_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                          void **model)
{
    size_t parts = 0;
    uint64_t stepped = 0;
    HYTI_TRY(hyti_get_number(from, 1, "whether features are steps", 0, 1, &stepped));
    HYTI_TRY(hyti_get_count(from, 8, "the number of batches", &parts));
    if (parts == 0) return hyti_fail(HYT_ERR_FORMAT, "%s: a model of no rows", from->part);
    size_t *batches = hyti_array(context, parts, sizeof *batches);
    if (!batches) return hyti_fail_nomem();
    hyt_status status = load_parts(context, params, rows, from, stepped != 0, batches, parts, model);
    hyti_free(context, batches);
    return status;
}

static const char *gp_chosen(const void *model)
{
    return ((const gp_model *)model)->steps ? "laplace" : "matern";
}

const hyti_kind hyti_kind_gp = {
    .name = "gp", .options = &gp_table, .fit = gp_fit, .predict = gp_predict, .destroy = gp_destroy,
    .update = gp_update, .sample = gp_sample, .gradient = gp_gradient, .save = gp_save, .load = gp_load,
    .chosen = gp_chosen,
};
