/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TensorFlow Lite file, or (anything else) the seed of a described one, 8 bytes, and what is to be changed in its
 * bytes: place, 2 bytes, and pattern, 1 byte, again and again. A graph that is read has all its weights, as finite
 * numbers, and is the same once it was written as a model file and read again; reading takes no more memory than a
 * multiple of the file and what the greatest graph takes. */
#include "fuzz.h"
#include "../formats/tflite_models.h"
#include "formats/model.h"
#include "formats/tflite.h"
#include <math.h>

#define MOST_OF_GRAPH ((size_t)64 << 20) /* bytes of a graph of all the operations that it may have, without weights */
#define MOST_OF_BYTE 128                 /* bytes for a byte of the file */

/* Each block begins with its size. */
typedef struct counter {
    size_t live, most;
} counter;

static void *counted(void *user, size_t size)
{
    counter *c = user;
    max_align_t *block = malloc(size + sizeof *block);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    c->live += size;
    REQUIRE(c->live <= c->most);
    return block + 1;
}

static void released(void *user, void *pointer)
{
    counter *c = user;
    max_align_t *block = (max_align_t *)pointer - 1;
    size_t size;
    memcpy(&size, block, sizeof size);
    c->live -= size;
    free(block);
}

static void check_weights(const hyt_graph *graph)
{
    for (size_t i = 0; i < graph->n_parameters; i++) {
        const hyti_parameter *parameter = &graph->parameters[i];
        REQUIRE(parameter->data);
        for (size_t j = 0; j < parameter->count; j++) REQUIRE(isfinite(parameter->data[j]));
    }
}

static void check_again(const hyt_graph *graph)
{
    hyt_graph *again = NULL;
    hyti_text first = { 0 }, second = { 0 };
    MUST(hyti_model_write(graph, &first));
    MUST(hyt_model_parse(NULL, first.data, first.length, &again));
    MUST(hyti_model_write(again, &second));
    REQUIRE(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    hyti_text_clear(&first);
    hyti_text_clear(&second);
    hyt_graph_destroy(again);
}

static void check(const void *bytes, size_t size)
{
    counter c = { .most = MOST_OF_GRAPH + MOST_OF_BYTE * size };
    const hyt_heap heap = { &c, counted, released };
    hyt_context *context = NULL;
    hyt_graph *graph = NULL;
    MUST(hyt_context_create(&heap, NULL, &context));
    if (hyti_tflite_parse(context, bytes, size, &graph) == HYT_OK) {
        check_weights(graph);
        check_again(graph);
    } else {
        REQUIRE(graph == NULL && hyt_message()[0] != 0);
    }
    hyt_graph_destroy(graph);
    hyt_context_destroy(context);
    REQUIRE(c.live == 0);
}

static void check_described(const uint8_t *data, size_t size)
{
    static maker m;
    uint64_t seed = 0;
    hyti_text file = { 0 };
    for (size_t i = 0; i < 8 && i < size; i++) seed = seed << 8 | data[i];
    make_model(&m, seed, seed % 2, 1 + (int)(seed % 9));
    tfl_write(&m.model, &file);
    for (size_t i = 8; i + 3 <= size; i += 3) {
        size_t place = (data[i] + 256u * data[i + 1]) % file.length;
        file.data[place] = (char)(file.data[place] ^ data[i + 2]);
    }
    check(file.data, file.length);
    hyti_text_clear(&file);
    drop_model(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (hyti_tflite_is(data, size)) check(data, size);
    else check_described(data, size);
    return 0;
}
