/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"
#include <pthread.h>
#include <string.h>

struct hyti_stream {
    hyt_rows rows;
    size_t bytes;             /* of a picture */
    size_t slots, used;       /* pictures that may stay, that do */
    uint8_t *kept;            /* slots, bytes */
    atomic_size_t *places;    /* a picture's slot + 1; 0: it is not kept */
    pthread_mutex_t calling;  /* held around a callback that runs once at a time */
    pthread_mutex_t keeping;
};

hyt_status hyti_stream_create(hyt_context *context, const hyt_rows *rows, size_t count, size_t bytes, hyti_stream **out)
{
    hyti_stream *stream = hyti_alloc(context, sizeof *stream);
    if (!stream) return hyti_fail_nomem();
    stream->bytes = bytes;
    stream->slots = HYTI_MIN(rows->cache / bytes, count);
    stream->kept = hyti_array(context, stream->slots, bytes);
    stream->places = hyti_array(context, count, sizeof *stream->places);
    pthread_mutex_init(&stream->calling, NULL);
    pthread_mutex_init(&stream->keeping, NULL);
    if (!stream->kept || !stream->places) {
        hyti_stream_destroy(context, stream);
        return hyti_fail_nomem();
    }
    stream->rows = *rows;
    *out = stream;
    return HYT_OK;
}

void hyti_stream_destroy(hyt_context *context, hyti_stream *stream)
{
    if (!stream) return;
    if (stream->rows.release) stream->rows.release(stream->rows.user);
    pthread_mutex_destroy(&stream->calling);
    pthread_mutex_destroy(&stream->keeping);
    hyti_free(context, stream->kept);
    hyti_free(context, stream->places);
    hyti_free(context, stream);
}

hyt_status hyti_row_call(hyt_row_fn row, void *user, size_t index, uint8_t *picture, uint32_t *label)
{
    hyti_message_clear();
    int answer = row(user, index, picture, label);
    if (answer < 0) return hyti_fail_callback("row", answer);
    if (answer > 0)
        return hyti_fail(HYT_ERR_ARGUMENT, "the row callback answered %d for row %zu: 0 or negative is known", answer,
                         index);
    return HYT_OK;
}

hyt_status hyti_stream_read(hyti_stream *stream, size_t index, uint8_t *picture, uint32_t *label)
{
    if (!stream->rows.reentrant) pthread_mutex_lock(&stream->calling);
    hyt_status status = hyti_row_call(stream->rows.row, stream->rows.user, index, picture, label);
    if (!stream->rows.reentrant) pthread_mutex_unlock(&stream->calling);
    return status;
}

const uint8_t *hyti_stream_kept(hyti_stream *stream, size_t index)
{
    size_t place = atomic_load_explicit(&stream->places[index], memory_order_acquire);
    return place ? stream->kept + (place - 1) * stream->bytes : NULL;
}

void hyti_stream_keep(hyti_stream *stream, size_t index, const uint8_t *picture)
{
    pthread_mutex_lock(&stream->keeping);
    bool known = atomic_load_explicit(&stream->places[index], memory_order_relaxed) != 0;
    if (!known && stream->used < stream->slots) {
        memcpy(stream->kept + stream->used * stream->bytes, picture, stream->bytes);
        atomic_store_explicit(&stream->places[index], ++stream->used, memory_order_release);
    }
    pthread_mutex_unlock(&stream->keeping);
}

/* Labels from the caller, or from every row once, whose pictures are kept as long as there is room. */
static hyt_status read_labels(hyt_dataset *dataset, const uint32_t *labels)
{
    if (labels) {
        memcpy(dataset->labels, labels, dataset->count * sizeof *labels);
        return HYT_OK;
    }
    uint8_t *picture = hyti_alloc(dataset->context, hyti_picture_bytes(dataset));
    if (!picture) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < dataset->count && status == HYT_OK; i++) {
        memset(picture, 0, hyti_picture_bytes(dataset));
        status = hyti_stream_read(dataset->stream, i, picture, &dataset->labels[i]);
        if (status == HYT_OK) hyti_stream_keep(dataset->stream, i, picture);
    }
    hyti_free(dataset->context, picture);
    return status;
}

hyt_status hyt_dataset_stream(hyt_context *context, const hyt_rows *rows, const uint32_t *labels, size_t count,
                              size_t height, size_t width, size_t classes, hyt_dataset **out)
{
    hyt_dataset *dataset = NULL;
    HYTI_NEED(rows);
    HYTI_NEED(rows->row);
    HYTI_NEED(out);
    HYTI_TRY(hyti_dataset_empty(context, count, height, width, &dataset));
    hyt_rows lent = *rows;
    lent.release = NULL; /* the caller's until all is well */
    hyt_status status = hyti_stream_create(context, &lent, count, hyti_picture_bytes(dataset), &dataset->stream);
    if (status == HYT_OK) status = read_labels(dataset, labels);
    if (status == HYT_OK) status = hyti_dataset_finish(dataset, classes);
    if (status != HYT_OK) {
        hyt_dataset_destroy(dataset);
        return status;
    }
    dataset->stream->rows.release = rows->release;
    *out = dataset;
    return HYT_OK;
}
