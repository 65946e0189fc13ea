/* SPDX-License-Identifier: MIT */
/* Pictures that are read when they are needed; those that fit into the cache stay once they were read. All orders of an
 * epoch are permutations, so which pictures stay does not matter: the first that come do. */
#ifndef HYTI_DATA_STREAM_H
#define HYTI_DATA_STREAM_H

#include "data/batch.h"

typedef struct hyti_stream hyti_stream;

/* Takes rows->release over only when it succeeds. `bytes` of a picture. */
hyt_status hyti_stream_create(hyt_context *context, const hyt_rows *rows, size_t count, size_t bytes,
                              hyti_stream **out);
void hyti_stream_destroy(hyt_context *context, hyti_stream *stream);
/* Calls the row; `label` as the callback has it. */
hyt_status hyti_stream_read(hyti_stream *stream, size_t index, uint8_t *picture, uint32_t *label);
/* The picture if it stays, else NULL. */
const uint8_t *hyti_stream_kept(hyti_stream *stream, size_t index);
/* Keeps a copy if there is room. */
void hyti_stream_keep(hyti_stream *stream, size_t index, const uint8_t *picture);
/* One call of a row callback, its answer as a status. */
hyt_status hyti_row_call(hyt_row_fn row, void *user, size_t index, uint8_t *picture, uint32_t *label);

#endif
