/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights from one network to a similar one. */
#ifndef HYTI_TRAIN_INHERIT_H
#define HYTI_TRAIN_INHERIT_H

#include "graph/graph.h"

/* Into the child's own memory, which has all weights set, as the parent has. Operations with parameters are aligned in
 * their order, those of equal kind and shape before others; of an aligned pair the first channels that both have are
 * copied, of kernels the middle. *values: how many trained ones. */
hyt_status hyti_inherit(hyt_graph *child, const hyt_graph *parent, uint64_t *values);

#endif
