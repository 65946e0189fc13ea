/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the Gaussian process, apart from its kind so that tests reach them: its law (gp_law.c), the posterior of
 * the hyperparameters (gp_evidence.c), the search for the best of them (gp_tune.c), and what follows of functions from
 * law and rows (gp_posterior.c, gp_sparse.c). */
#ifndef HYTI_SURROGATE_GP_H
#define HYTI_SURROGATE_GP_H

#include "surrogate/model.h"

/* The covariance of standardised features z, z', in units of the signal variance:
 *     k(z, z') = M(|(z - z') / lengthscales|) + slope (z . z') / d + bend (b . b') / d,
 * M being Matern 5/2 or the Gaussian e^-r^2, d the number of features and b = z^2 - 1 of the ordinal ones: with the two
 * last terms, the trend, a sum of lines and parabolas, which levels whose spacing is unknown ask for, costs few rows.
 * The noise of a target has the variance `noise`, in the same units.
 *     theta = (log lengthscales, log noise, log slope if there are lines, log bend if there are bends) */
typedef struct hyti_gp_shape {
    size_t d, lengths;   /* features, lengthscales */
    size_t *length_of;   /* d: the columns of one category share theirs */
    size_t lines, bends; /* features of the trend: all, then the ordinal ones; 0: without */
    size_t *bend_of;     /* bends: which column */
} hyti_gp_shape;

static inline size_t hyti_gp_noise_at(const hyti_gp_shape *s) { return s->lengths; }
static inline size_t hyti_gp_slope_at(const hyti_gp_shape *s) { return s->lengths + 1; }
static inline size_t hyti_gp_bend_at(const hyti_gp_shape *s) { return s->lengths + 1 + (s->lines > 0); }
static inline size_t hyti_gp_theta_size(const hyti_gp_shape *s) { return hyti_gp_bend_at(s) + (s->bends > 0); }
static inline size_t hyti_gp_trend_size(const hyti_gp_shape *s) { return s->lines + s->bends; }

/* Where the prior of a log lengthscale is largest. */
double hyti_gp_typical_lengthscale(const hyti_gp_shape *shape);
/* -log prior, up to a constant; its gradient is written. */
double hyti_gp_prior(const hyti_gp_shape *shape, const double *theta, double *gradient);
/* The prior on the signal variance counts as this many rows. */
#define HYTI_GP_WEIGHT 1.0
/* The signal variance's best value, from y' A^-1 y. */
double hyti_gp_variance(size_t n, double quadratic);
/* out = x with feature k times factor[k], n points. */
void hyti_gp_shrink(size_t n, size_t d, const double *x, const double *factor, double *out);
/* Squared length of each point. */
void hyti_gp_squares(size_t n, size_t d, const double *points, double *out);

/* All that is fixed by a fit but the rows; shared by a model and those that are updated from it. */
typedef struct hyti_gp_law {
    hyti_ref ref;
    hyt_context *context;
    hyti_gp_shape shape;
    double *centre, *factor; /* d: z = (x - centre) * factor */
    double *low, *high;      /* d: in the trend z is kept between them, so that lines end somewhere */
    double *theta;
    double *gain;            /* d: 1 / lengthscale; this and the next by hyti_gp_law_settle from theta */
    double noise, line, bend; /* noise; sqrt(slope / d); sqrt(bend / d) */
    double variance;         /* of the signal */
    bool gaussian;           /* M */
    size_t exact_rows;       /* a first batch of more is represented by inducing points, */
    size_t inducing;         /* at most this many */
} hyti_gp_law;

/* Which terms, frame from rows; theta, the variance and the two last are still open. */
hyt_status hyti_gp_law_create(hyt_context *context, bool lines, bool bends, const hyti_rows *rows, hyti_gp_law **out);
void hyti_gp_law_destroy(hyti_gp_law *law);
void hyti_gp_law_settle(hyti_gp_law *law);
/* M of n squared distances, in their place, and slopes[i] = -2 dM/d(r^2). */
void hyti_gp_law_slopes(const hyti_gp_law *law, size_t n, double *squares, double *slopes);
/* z of n rows x; what is very far away stays where squares do not overflow. */
void hyti_gp_law_place(const hyti_gp_law *law, const double *x, size_t n, double *z);
/* Trend of n placed rows, hyti_gp_trend_size values each, with its lines and parabolas times `line` and `bend`. */
void hyti_gp_law_trend(const hyti_gp_law *law, const double *z, size_t n, double line, double bend, double *out);

/* out_k += the slope by z_k of weights . trend(z), of one row. */
void hyti_gp_law_trend_slope(const hyti_gp_law *law, const double *z, const double *weights, double *out);

typedef struct hyti_gp_evidence hyti_gp_evidence;

/* For n placed rows z and their targets, which are lent, as the law is, until destroy. HYT_ERR_RANGE: more than BLAS
 * can address. */
hyt_status hyti_gp_evidence_create(hyt_context *context, const hyti_gp_law *law, const double *z, const double *y,
                                   size_t n, hyti_gp_evidence **out);
void hyti_gp_evidence_destroy(hyti_gp_evidence *evidence);
/* What is minimised: -log posterior of theta, up to a constant. An hyti_objective_fn whose user is the evidence.
 * Infinite where the covariance has no Cholesky factor. */
hyt_status hyti_gp_evidence_evaluate(void *evidence, const double *theta, double *value, double *gradient);

typedef struct hyti_gp_tuning {
    size_t starts, iterations, start_rows, rows;
    uint64_t seed;
    double noise_low, noise_high;
} hyti_gp_tuning;

/* The best theta found from all starts, on some of the rows, into the law, and what the evidence says of it. */
hyt_status hyti_gp_tune(hyti_gp_law *law, const hyti_gp_tuning *tuning, const hyti_rows *rows, double *value);
/* Refines the law's theta step by step on more rows than `from`, at most `to`; nothing happens where there are none. */
hyt_status hyti_gp_refine(hyti_gp_law *law, const hyti_gp_tuning *tuning, const hyti_rows *rows, size_t from, size_t to,
                          double *value);

/* Points as the covariance wants them: over their lengthscales, with the squares of their lengths, and the trend. */
typedef struct hyti_gp_cloud {
    size_t n;
    double *points, *squares, *trend; /* n x d, n, n x hyti_gp_trend_size */
} hyti_gp_cloud;

/* Values of a cloud's room for n points. */
size_t hyti_gp_cloud_room(const hyti_gp_law *law, size_t n);
/* Lays the cloud out in `room` and fills it from rows x. */
hyti_gp_cloud hyti_gp_cloud_make(const hyti_gp_law *law, const double *x, size_t n, double *room);
/* a.n x b.n, column by column, noise left out. */
void hyti_gp_covariance(const hyti_gp_law *law, const hyti_gp_cloud *a, const hyti_gp_cloud *b, double *out);
/* The same of a cloud with itself, lower triangle. */
void hyti_gp_covariance_within(const hyti_gp_law *law, const hyti_gp_cloud *cloud, double *out);
/* k(z, z) of every point. */
void hyti_gp_diagonal(const hyti_gp_law *law, const hyti_gp_cloud *cloud, double *out);

/* What is known of a function: its law and the rows seen. With v = L^-1 k(known, x) and w = C^-1 v,
 *     mean(x) = k(x, known) weights,    cov(x, x') = variance (k(x, x') - v . v' + w . w'),
 * where `known` are all rows and w is absent, or inducing points that stand for more rows (gp_sparse.c). It never
 * changes: an update makes another. */
typedef struct hyti_gp {
    hyt_context *context;
    hyti_gp_law *law;
    size_t rows;             /* seen */
    size_t *batches, parts;  /* how many came with each update, so that it can be done again to the last bit */
    hyti_gp_cloud known;
    double *weights;         /* known.n */
    double *lower;           /* known.n^2: L */
    double *forward;         /* known.n; exact: L^-1 y; sparse: what the targets said, of which C' ^-1 C^-1 makes it */
    double *core, *inner;    /* sparse: C and C C', known.n^2 each; NULL: exact */
    double quadratic;        /* y' A^-1 y, A being the covariance of the targets */
    double spread;           /* sparse: y' D^-1 y, of which the quadratic form is what C leaves */
} hyti_gp;

void hyti_gp_destroy(hyti_gp *gp);
/* Knows nothing yet; counts the law up. */
hyt_status hyti_gp_create(hyt_context *context, hyti_gp_law *law, hyti_gp **out);
/* *out: knows the added rows too. O(n^2) a row. */
hyt_status hyti_gp_extend(const hyti_gp *gp, const hyti_rows *added, hyti_gp **out);
hyt_status hyti_gp_predict(const hyti_gp *gp, const double *x, size_t n, double *mean, double *deviation);
hyt_status hyti_gp_gradient(const hyti_gp *gp, const double *x, double *mean, double *deviation);
hyt_status hyti_gp_sample(const hyti_gp *gp, const double *x, size_t n, size_t draws, hyti_rng *rng, double *out);

/* gp_sparse.c: the part of hyti_gp_extend that is its own with inducing points. `next` is a successor without rows. */
hyt_status hyti_gp_sparse_extend(const hyti_gp *gp, const hyti_rows *added, hyti_gp *next);
/* Lays out a cloud of n points in its room. */
hyti_gp_cloud hyti_gp_cloud_lay(const hyti_gp_law *law, size_t n, double *room);
/* Room for n known points in a gp that has none. */
hyt_status hyti_gp_make_room(hyti_gp *gp, size_t n);
/* Puts a copy of `part` after the first `at` known points. */
void hyti_gp_keep(hyti_gp *gp, size_t at, const hyti_gp_cloud *part);

#endif
