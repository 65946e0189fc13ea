/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses of boxes, classes and pixels, with their gradients, in double. */
#ifndef HYTI_TRAIN_LOSSES_H
#define HYTI_TRAIN_LOSSES_H

#include "runtime/boxes.h"

/* 1 - GIoU (Rezatofighi et al., arXiv 1902.09630), 0 to 2; `gradient` in x1, y1, x2, y2 of `box`, whose corners are the
 * right way round. `target` has an area. */
double hyti_giou_loss(const hyti_box *box, const hyti_box *target, double gradient[4]);
/* Binary cross entropy of a logit against a target from 0 to 1, times |target - sigmoid|^gamma: for targets 0 and 1 the
 * focal loss (Lin et al., arXiv 1708.02002, equation 4), between them the quality focal loss (Li et al., arXiv
 * 2006.04388, equation 4). gamma: 0, or at least 1. */
double hyti_focal_loss(double logit, double target, double gamma, double *gradient);
/* Cross entropy of logits against one class; writes the gradient times `weight`. Returns it without the weight. */
double hyti_cross_entropy(const float *logits, size_t classes, size_t label, double weight, float *gradient);

#endif
