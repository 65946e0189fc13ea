/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ONNX model: what is read can be planned (or is refused for a reason), and is the same graph when it is read again.
 * Nothing is allocated beyond a multiple of the file. */
#include "formats/onnx.h"
#include "base/text.h"
#include "formats/model.h"
#include "fuzz.h"
#include <hytnas/runtime.h>
#include <string.h>

/* Counts what is asked of it, and keeps the size in front of each block. */
typedef struct heap {
    size_t live, most;
} heap;
#define HEAD 32

static void *allocate(void *user, size_t size)
{
    heap *h = user;
    char *block = malloc(size + HEAD);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    h->live += size;
    if (h->live > h->most) h->most = h->live;
    return block + HEAD;
}

static void release(void *user, void *pointer)
{
    size_t size;
    memcpy(&size, (char *)pointer - HEAD, sizeof size);
    ((heap *)user)->live -= size;
    free((char *)pointer - HEAD);
}

/* A node of a few bytes takes a few hundred, a value as well; constants and weights are bounded at eight times. */
#define PER_BYTE 256
#define AT_LEAST (1u << 20)

static void check_again(const uint8_t *data, size_t size, const hyt_graph *graph)
{
    hyt_graph *again = NULL;
    hyti_text first = { 0 }, second = { 0 };
    MUST(hyti_onnx_parse(NULL, data, size, &again));
    MUST(hyti_model_write(graph, &first));
    MUST(hyti_model_write(again, &second));
    REQUIRE(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    hyti_text_clear(&first);
    hyti_text_clear(&second);
    hyt_graph_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heap h = { 0 };
    const hyt_heap functions = { &h, allocate, release };
    hyt_context *context = NULL;
    hyt_graph *graph = NULL;
    uint64_t bytes = 0;
    MUST(hyt_context_create(&functions, NULL, &context));
    hyt_status status = hyti_onnx_parse(context, data, size, &graph);
    REQUIRE(h.most <= AT_LEAST + PER_BYTE * size);
    if (status == HYT_OK) {
        REQUIRE(hyt_graph_size(graph) > 0);
        if (hyt_runtime_plan(graph, NULL, &bytes) == HYT_OK) REQUIRE(bytes > 0);
        check_again(data, size, graph);
    } else {
        REQUIRE(graph == NULL && hyt_message()[0] != 0);
    }
    hyt_graph_destroy(graph);
    hyt_context_destroy(context);
    REQUIRE(h.live == 0);
    return 0;
}
