/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Variation of points, and who survives. */
#ifndef HYTI_SEARCH_BREED_H
#define HYTI_SEARCH_BREED_H

#include "search/problem.h"

/* Changes one active gene that has more than one level: a number by one step or, as often, to any other level;
 * a category to any other; a real gene by a step of any scale, which may end at an end. Canonical afterwards; a space
 * of one point stays as it is. */
void hyti_breed_change(const hyt_space *space, hyti_rng *rng, hyti_level *levels);
/* Uniform crossover of `a` and `b`, in which half of the real genes come to lie between or near both, then one change,
 * and more with falling chance. */
void hyti_breed_child(const hyt_space *space, hyti_rng *rng, const hyti_level *a, const hyti_level *b,
                      hyti_level *child);
/* Places of the points, best first: by penalty (0: none), then front, then crowding (Deb et al., IEEE Trans. Evol.
 * Comput. 6(2), 2002, sections III and VI).
 * @param order  n places */
hyt_status hyti_breed_rank(hyt_context *context, const double *points, const double *penalties, size_t n, size_t m,
                           size_t *order);
/* Adds the finished trials to `best`, at most `most`, best first. Beyond a limit a trial is worth less the further
 * it is. */
hyt_status hyti_breed_best(const hyti_problem *problem, const hyti_history *history, size_t most, hyti_set *best);
/* A place among the first `n` of such an order, the better of two at random. */
size_t hyti_breed_pick(hyti_rng *rng, size_t n);

/* A child of some of the parents, which stand best first. */
typedef void (*hyti_child_fn)(const hyti_set *parents, hyti_rng *rng, hyti_level *child);
/* Adds children to the batch until it has `count` points, each repaired to a free one;
 * fewer only where none is found. */
hyt_status hyti_breed_batch(const hyti_problem *problem, const hyti_set *parents, hyti_child_fn make, hyti_rng *rng,
                            size_t count, hyti_set *batch);

#endif
