/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights from one network to a similar one. */
#ifndef HYTI_TRAIN_INHERIT_H
#define HYTI_TRAIN_INHERIT_H

#include "graph/graph.h"

#define HYTI_MAX_PIECES 8

/* Channels that belong together within an axis: a query, a key and a value; the operands of a concatenation. */
typedef struct hyti_pieces {
    size_t count, sizes[HYTI_MAX_PIECES];
} hyti_pieces;

/* Of what a layer reads, whatever norms and activations lie between. */
hyti_pieces hyti_pieces_read(const hyt_graph *graph, const hyti_node *node, size_t channels);
/* Of what layer `number` writes: three, where an attention takes them side by side. */
hyti_pieces hyti_pieces_written(const hyt_graph *graph, size_t number, size_t channels);
/* Channel `at` of `to` in `from`, HYTI_NONE if that has none. */
size_t hyti_piece_place(const hyti_pieces *from, const hyti_pieces *to, size_t at);
/* Place along a kernel's axis of `to` taps in one of `from`, middle on middle; HYTI_NONE if that has none. */
size_t hyti_tap_place(size_t from, size_t to, size_t at);

/* Into the child's own memory, which has all weights set, as the parent has. Operations with parameters are aligned in
 * their order, those of equal kind and shape before others; of an aligned pair the first channels that both have are
 * copied, of kernels the middle. *values: how many trained ones. */
hyt_status hyti_inherit(hyt_graph *child, const hyt_graph *parent, uint64_t *values);

#endif
