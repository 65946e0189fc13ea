/* SPDX-License-Identifier: MIT */
#ifndef HYTI_RUNTIME_EQUALISE_H
#define HYTI_RUNTIME_EQUALISE_H

#include "graph/graph.h"

/* Scales channels of layers that follow each other so that int8 serves both; the network computes the same. In place,
 * on a graph whose batch norms are folded. `most`: greatest size of each channel of each value, most[value][channel];
 * only those of layer norms are read. */
void hyti_equalise(hyt_graph *graph, const double *const *most);

#endif
