/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members that learn from bootstrap samples (Efron, Ann. Statist. 7(1), 1979; Breiman, "Bagging predictors", Machine
 * Learning 24, 1996), and what the members that did not draw a row say about it: an error on rows not seen, for
 * nothing. */
#ifndef HYTI_SURROGATE_BAG_H
#define HYTI_SURROGATE_BAG_H

#include "surrogate/model.h"

typedef struct hyti_bag {
    hyt_context *context;
    size_t n, members;
    uint64_t seed;
    uint32_t *weights; /* n: how often the current member drew a row */
    uint32_t *out;     /* n: members so far that did not draw it */
    double *sum;       /* n: of their answers */
    double *squares;   /* n: of their answers' distances from their mean */
} hyti_bag;

/* Streams of a seed: member m draws its rows from number m << 32, what else it draws comes after it. */
#define HYTI_BAG_STREAM(member, place) ((uint64_t)(member) << 32 | (uint64_t)(place))

hyt_status hyti_bag_create(hyt_context *context, size_t n, size_t members, uint64_t seed, hyti_bag *out);
void hyti_bag_clear(hyti_bag *bag);
/* Weights of a member: of a lone one, every row once. */
void hyti_bag_draw(hyti_bag *bag, size_t member);
/* n answers of the member that was drawn last. */
void hyti_bag_tell(hyti_bag *bag, const double *answers);

/* Answers as targets: offset + slope * answer. */
typedef struct hyti_line {
    double offset, slope;
} hyti_line;

/* Least squares through the targets over the mean answers of those that had not seen the row; over `answers` (n) where
 * there are none. The slope is never negative. */
hyti_line hyti_bag_line(const hyti_bag *bag, const double *answers, const double *y);

/* Members of one kind err together, so that their spread is too narrow. The variance at a point is
 * floor + scale * spread^2, spread^2 over the members there. */
typedef struct hyti_spread {
    double floor, scale;
} hyti_spread;

hyti_spread hyti_bag_spread(const hyti_bag *bag, const hyti_line *line, const double *y);
/* Both as bytes. */
void hyti_bag_save(const hyti_spread *spread, const hyti_line *line, hyti_text *to);
hyt_status hyti_bag_load(hyti_payload *from, hyti_spread *spread, hyti_line *line);

/* Mean and deviation at `count` points, the answers of a member lying `stride` apart; deviation may be NULL. */
void hyti_bag_combine(const hyti_spread *spread, const hyti_line *line, const double *answers, size_t stride,
                      size_t members, size_t count, double *mean, double *deviation);

#endif
