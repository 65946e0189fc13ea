/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks that a person names. */
#ifndef NETWORKS_H
#define NETWORKS_H

#include "program.h"

/* A builder's name, a genome of the space hytnas (23 values joined by colons), or the path of a file: ONNX, TensorFlow
 * Lite or the library's own. A file has its own input and classes.
 * @param classes  0: 1000 for a builder, 2 for a genome */
hyt_status open_network(const char *name, size_t input, size_t classes, hyt_graph **out);

#endif
