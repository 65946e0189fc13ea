/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search for a Gaussian process's hyperparameters: local searches from several starts on few rows, the best of
 * which is refined on more, and on more again: most steps are taken where they are cheap. */
#include "base/rng.h"
#include "numeric/minimise.h"
#include "surrogate/gp.h"
#include <math.h>
#include <string.h>

#define LENGTHSCALE_LOW 1e-2
#define LENGTHSCALE_HIGH 1e4
#define START 0.1 /* of the other variances */
#define TREND_LOW 1e-6
#define TREND_HIGH 1e4
/* Gains in log likelihood at which a search ends: below what tells two models apart. */
#define TOLERANCE 0.2
#define STEP 3 /* times as many rows in each refinement */

typedef struct work {
    hyti_gp_law *law;
    const hyti_gp_tuning *tuning;
    const hyti_rows *rows;
    double *z, *y;               /* rows in use, placed */
    double *low, *high, *trial;  /* as theta */
} work;

/* Start 0 is typical, the others scatter around it. */
static void choose_start(const work *w, size_t index)
{
    const hyti_gp_shape *s = &w->law->shape;
    hyti_rng rng = hyti_rng_start(w->tuning->seed, HYTI_PURPOSE_SURROGATE, index);
    double spread = index ? 1 : 0;
    for (size_t k = 0; k < hyti_gp_theta_size(s); k++) {
        bool length = k < s->lengths;
        double centre = length ? hyti_gp_typical_lengthscale(s) : log(START), scatter = length ? 1 : 2;
        w->trial[k] = centre + spread * scatter * hyti_rng_normal(&rng);
    }
}

/* Every (n / count)-th row. */
static void spread_rows(const work *w, size_t count)
{
    size_t d = w->rows->d;
    for (size_t i = 0; i < count; i++) {
        size_t row = i * w->rows->n / count;
        hyti_gp_law_place(w->law, w->rows->x + row * d, 1, w->z + i * d);
        w->y[i] = w->rows->y[row];
    }
}

/* Best of `starts` local searches on `count` rows into the law; with starts = 0, from where the law is. */
static hyt_status tune_on(const work *w, size_t count, size_t starts, double *best)
{
    hyti_gp_law *law = w->law;
    size_t size = hyti_gp_theta_size(&law->shape);
    spread_rows(w, count);
    hyti_minimise problem = { size, w->low, w->high, w->tuning->iterations, TOLERANCE };
    hyti_gp_evidence *evidence = NULL;
    HYTI_TRY(hyti_gp_evidence_create(law->context, law, w->z, w->y, count, &evidence));
    *best = INFINITY;
    hyt_status status = HYT_OK;
    if (starts == 0)
        status = hyti_minimise_run(law->context, &problem, hyti_gp_evidence_evaluate, evidence, law->theta, best);
    for (size_t i = 0; status == HYT_OK && i < starts; i++) {
        double value;
        choose_start(w, i);
        status = hyti_minimise_run(law->context, &problem, hyti_gp_evidence_evaluate, evidence, w->trial, &value);
        if (status != HYT_OK || value >= *best) continue;
        *best = value;
        memcpy(law->theta, w->trial, size * sizeof *law->theta);
    }
    hyti_gp_evidence_destroy(evidence);
    return status;
}

static void set_bounds(const work *w)
{
    const hyti_gp_shape *s = &w->law->shape;
    for (size_t k = 0; k < hyti_gp_theta_size(s); k++) {
        bool length = k < s->lengths, noise = k == hyti_gp_noise_at(s);
        w->low[k] = log(length ? LENGTHSCALE_LOW : noise ? w->tuning->noise_low : TREND_LOW);
        w->high[k] = log(length ? LENGTHSCALE_HIGH : noise ? w->tuning->noise_high : TREND_HIGH);
    }
}

static hyt_status work_open(hyti_gp_law *law, const hyti_gp_tuning *tuning, const hyti_rows *rows, size_t most, work *w)
{
    size_t size = hyti_gp_theta_size(&law->shape);
    double *z = hyti_array(law->context, most * (rows->d + 1) + 3 * size, sizeof *z);
    if (!z) return hyti_fail_nomem();
    double *y = z + most * rows->d, *low = y + most;
    *w = (work){ law, tuning, rows, z, y, low, low + size, low + 2 * size };
    set_bounds(w);
    return HYT_OK;
}

static size_t first_rows(const hyti_gp_tuning *tuning, const hyti_rows *rows)
{
    return HYTI_MIN(rows->n, tuning->start_rows);
}

hyt_status hyti_gp_tune(hyti_gp_law *law, const hyti_gp_tuning *tuning, const hyti_rows *rows, double *value)
{
    work w;
    size_t count = first_rows(tuning, rows);
    HYTI_TRY(work_open(law, tuning, rows, count, &w));
    hyt_status status = tune_on(&w, count, tuning->starts, value);
    hyti_free(law->context, w.z);
    return status;
}

hyt_status hyti_gp_refine(hyti_gp_law *law, const hyti_gp_tuning *tuning, const hyti_rows *rows, size_t from, size_t to,
                          double *value)
{
    work w;
    size_t most = HYTI_MIN(rows->n, HYTI_MIN(to, tuning->rows)), count = HYTI_MAX(first_rows(tuning, rows), from);
    HYTI_TRY(work_open(law, tuning, rows, most, &w));
    hyt_status status = HYT_OK;
    while (status == HYT_OK && count < most) {
        count = count * STEP < most ? count * STEP : most;
        status = tune_on(&w, count, 0, value);
    }
    hyti_free(law->context, w.z);
    return status;
}
