/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses of a detector's output for one picture, for heads of every kind. */
#ifndef HYTI_TRAIN_DETECT_H
#define HYTI_TRAIN_DETECT_H

#include "train/match.h"

/* POINTS and ANCHORS, for claims of hyti_match_aligned: quality focal loss of every class of every place, and GIoU of
 * the claimed ones, twice, by their quality, over the sum of the qualities (arXiv 2108.07755, equations 7 to 9). Places
 * whose box lies mostly in a crowd have no classes. Writes the gradient times `weight`; returns the loss without it. */
double hyti_dense_loss(const hyti_head *head, const hyti_truth *truths, size_t count, const hyti_claim *claims,
                       size_t n_claims, const float *output, double weight, float *gradient);
/* QUERIES: each box and the query that it is cheapest to give to it (Carion et al., arXiv 2005.12872, section 3.1):
 * cross entropy in which "no object" weighs a tenth, 5 times L1 of centre and size, twice GIoU. */
void hyti_query_match(const hyti_head *head, const hyti_truth *truths, size_t count, const float *output,
                      size_t *query_of);
double hyti_query_loss(const hyti_head *head, const hyti_truth *truths, size_t count, const size_t *query_of,
                       const float *output, double weight, float *gradient);
/* Match and loss by kind of head; NaN where the output is not finite. count <= HYTI_MAX_TRUTHS. */
double hyti_detect_loss(const hyti_head *head, const hyti_truth *truths, size_t count, const float *output,
                        double weight, float *gradient);

#endif
