/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmark networks M1..M5, described in JSON (bars/runtime/models, schema in gen_models.py). */
#ifndef HYTNAS_BENCH_HARNESS_MODEL_H
#define HYTNAS_BENCH_HARNESS_MODEL_H

#include <hytnas/graph.h>

/* Reads `folder`/`name`.json. side: of the input, 0 for the one described. */
hyt_status harness_model_read(hyt_context *context, const char *folder, const char *name, size_t side, hyt_graph **out);

#endif
