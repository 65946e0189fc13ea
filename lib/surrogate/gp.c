/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind "gp": a Gaussian process (gp.h), its hyperparameters at the best of several local maxima of their posterior. */
#include "surrogate/gp.h"
#include <math.h>
#include <string.h>

typedef struct gp_params {
    int64_t starts, iterations, start_rows, rows, exact_rows, inducing, seed, lines, bends;
    double noise_low, noise_high;
} gp_params;

#define FIELD(name) offsetof(gp_params, name)
static const hyti_option gp_options[] = {
    { HYT_SURROGATE_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed), "seed of the starts" },
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

static hyt_status fit_law(const gp_params *p, const hyti_rows *rows, hyti_gp_law *law, hyti_gp **out)
{
    hyti_gp_tuning tuning = { (size_t)p->starts, (size_t)p->iterations, (size_t)p->start_rows, (size_t)p->rows,
                              (uint64_t)p->seed, p->noise_low, p->noise_high };
    law->exact_rows = (size_t)p->exact_rows;
    law->inducing = (size_t)p->inducing;
    HYTI_TRY(hyti_gp_tune(law, &tuning, rows));
    hyti_gp_law_settle(law);
    HYTI_TRY(condition(law, rows, &rows->n, 1, out));
    law->variance = hyti_gp_variance(rows->n, (*out)->quadratic);
    return HYT_OK;
}

static hyt_status gp_fit(hyt_context *context, const void *params, const hyti_rows *rows, void **model)
{
    const gp_params *p = params;
    if (p->noise_low > p->noise_high)
        return hyti_fail(HYT_ERR_RANGE, "%s %g is above %s %g", HYT_GP_NOISE_LOW, p->noise_low, HYT_GP_NOISE_HIGH,
                         p->noise_high);
    hyti_gp_law *law = NULL;
    hyti_gp *gp = NULL;
    HYTI_TRY(hyti_gp_law_create(context, p->lines, p->bends, rows, &law));
    hyt_status status = fit_law(p, rows, law, &gp);
    hyti_gp_law_destroy(law);
    if (status == HYT_OK) *model = gp;
    return status;
}

static hyt_status gp_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    return hyti_gp_predict(model, x, n, mean, deviation);
}

static void gp_destroy(void *model)
{
    hyti_gp_destroy(model);
}

static hyt_status gp_update(const void *model, const hyti_rows *added, void **out)
{
    hyti_gp *gp = NULL;
    HYTI_TRY(hyti_gp_extend(model, added, &gp));
    *out = gp;
    return HYT_OK;
}

static hyt_status gp_sample(const void *model, const double *x, size_t n, size_t draws, hyti_rng *rng, double *out)
{
    return hyti_gp_sample(model, x, n, draws, rng, out);
}

static hyt_status gp_gradient(const void *model, const double *x, double *mean, double *deviation)
{
    return hyti_gp_gradient(model, x, mean, deviation);
}

/* The law follows from the first batch but for theta and the variance; the rest follows from law and batches. */
static void gp_save(const void *model, hyti_text *to)
{
    const hyti_gp *gp = model;
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

static hyt_status load_law(const gp_params *p, hyti_payload *from, hyti_gp_law *law)
{
    law->exact_rows = (size_t)p->exact_rows;
    law->inducing = (size_t)p->inducing;
    for (size_t k = 0; k < hyti_gp_theta_size(&law->shape); k++)
        HYTI_TRY(hyti_get_real(from, "a hyperparameter", -100, 100, &law->theta[k]));
    hyti_gp_law_settle(law);
    return hyti_get_real(from, "the variance of the signal", 0, 1e100, &law->variance);
}

static hyt_status load_parts(hyt_context *context, const gp_params *p, const hyti_rows *rows, hyti_payload *from,
                             size_t *batches, size_t parts, hyti_gp **out)
{
    HYTI_TRY(load_batches(from, rows->n, parts, batches));
    hyti_rows first = *rows;
    first.n = batches[0];
    hyti_gp_law *law = NULL;
    HYTI_TRY(hyti_gp_law_create(context, p->lines, p->bends, &first, &law));
    hyt_status status = load_law(p, from, law);
    if (status == HYT_OK) status = condition(law, rows, batches, parts, out);
    hyti_gp_law_destroy(law);
    return status;
}

static hyt_status gp_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                          void **model)
{
    size_t parts = 0;
    hyti_gp *gp = NULL;
    HYTI_TRY(hyti_get_count(from, 8, "the number of batches", &parts));
    if (parts == 0) return hyti_fail(HYT_ERR_FORMAT, "%s: a model of no rows", from->part);
    size_t *batches = hyti_array(context, parts, sizeof *batches);
    if (!batches) return hyti_fail_nomem();
    hyt_status status = load_parts(context, params, rows, from, batches, parts, &gp);
    hyti_free(context, batches);
    if (status == HYT_OK) *model = gp;
    return status;
}

const hyti_kind hyti_kind_gp = {
    .name = "gp", .options = &gp_table, .fit = gp_fit, .predict = gp_predict, .destroy = gp_destroy,
    .update = gp_update, .sample = gp_sample, .gradient = gp_gradient, .save = gp_save, .load = gp_load,
};
