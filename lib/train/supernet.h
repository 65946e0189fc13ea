/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One training for all networks of a space (a super-network): the largest of them holds the weights, of which each
 * other network is a slice (Cai et al., arXiv 1908.09791; Yu et al., arXiv 2003.11142).
 *
 * A step draws HYTI_SUPERNET_MEMBERS networks at random (uniform sampling of Guo et al., arXiv 1904.00420), which learn
 * the targets on the same pictures; their gradients are summed, and one optimiser moves the weights that they have. The
 * largest network is run only where it is drawn:
 * under a limit it is many times the size of all that a search looks at. */
#ifndef HYTI_TRAIN_SUPERNET_H
#define HYTI_TRAIN_SUPERNET_H

#include "train/slice.h"
#include "train/trainer.h"

#define HYTI_SUPERNET_MEMBERS 1 /* networks of a step */

typedef struct hyti_supernet hyti_supernet;

/* Network `number` of step `step`, with the places of its blocks; it depends on these alone. */
typedef hyt_status (*hyti_draw_fn)(const void *user, size_t step, size_t number, hyt_graph **out);

/* HYT_ERR_UNSUPPORTED for other tasks than classification. One super-network has one training. */
hyt_status hyti_supernet_create(const hyt_graph *largest, const hyti_train_params *params, hyti_draw_fn draw,
                                const void *user, hyti_supernet **out);
void hyti_supernet_destroy(hyti_supernet *supernet);
/* Trains the shared weights; lent. A step whose loss is not finite ends the training: HYT_ERR_NUMERIC. */
hyt_trainer *hyti_supernet_trainer(const hyti_supernet *supernet);
/* After the training: the largest network with the running mean of the weights.
 * Its own batch norms have no statistics. */
hyt_status hyti_supernet_network(const hyti_supernet *supernet, hyt_graph **out);

/* A trained super-network, from which networks are cut. */
typedef struct hyti_store {
    hyt_graph *graph;        /* the largest network, as trained */
    hyti_tape tape;
    hyti_net_f32 net;        /* its weights alone */
} hyti_store;

/* Copies the graph, which has its places and all weights set. A failure leaves it empty. */
hyt_status hyti_store_init(hyti_store *store, const hyt_graph *largest);
void hyti_store_clear(hyti_store *store);
/* Sets the weights of `graph`, a network of the same space, to its slice, and its normalisation to the largest one's.
 * The running statistics of its batch norms are worked out anew, as means over batches of `pictures` pictures of a data
 * set (all, if it has fewer) that lie evenly over it (section 3.5 of arXiv 2003.11142). */
hyt_status hyti_store_cut(const hyti_store *store, const hyti_train_params *params, const hyt_dataset *dataset,
                          size_t pictures, hyt_graph *graph);

#endif
