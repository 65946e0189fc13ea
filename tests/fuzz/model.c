/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model file, or (anything else) the plain contents of its two chunks, u16 in front: length of the first, the highest
 * bit for version 2, so that what a checksum would hide is reached. What is read is written and reads back as the same
 * bytes, and can be planned. */
#include "fuzz.h"
#include "base/zip.h"
#include "formats/model.h"
#include <hytnas/runtime.h>
#include <string.h>

static void put_chunk(hyti_text *file, const char *type, const uint8_t *plain, size_t size)
{
    void *packed = NULL;
    size_t packed_size;
    MUST(hyti_deflate(NULL, HYTI_ZIP_ZLIB, plain, size, &packed, &packed_size));
    const uint64_t sizes[2] = { packed_size, size };
    uint32_t crc = hyti_crc32(0, packed, packed_size);
    hyti_text_append(file, type, 4);
    hyti_text_append(file, sizes, 16);
    hyti_text_append(file, &crc, 4);
    hyti_text_append(file, packed, packed_size);
    hyti_free(NULL, packed);
}

static void frame(hyti_text *file, const uint8_t *data, size_t size)
{
    size_t first = size < 2 ? 0 : data[0] + 256u * (data[1] & 127u);
    bool second = size >= 2 && data[1] & 128;
    if (size >= 2) data += 2, size -= 2;
    first = HYTI_MIN(first, size);
    hyti_text_append(file, second ? HYTI_MODEL_MAGIC "\x02\0\0\0\x02\0\0\0" : HYTI_MODEL_MAGIC "\x01\0\0\0\x02\0\0\0",
                     HYTI_MODEL_HEAD);
    put_chunk(file, "GRPH", data, first);
    put_chunk(file, "WGHT", data + first, size - first);
}

static bool has_int8(const hyt_graph *graph)
{
    bool found = false;
    for (size_t i = 0; i < hyt_graph_size(graph); i++)
        found |= hyt_graph_precision(graph, (hyt_value)i) == HYT_INT8;
    return found;
}

/* A plan needs no more than the graph's shapes: there is one for each graph that has operations, and quantisation where
 * it says int8. */
static void check_plan(const hyt_graph *graph)
{
    uint64_t bytes = 1;
    hyt_status status = hyt_runtime_plan(graph, NULL, &bytes);
    if (hyt_graph_size(graph) == 0) REQUIRE(status == HYT_ERR_STATE && bytes == 1);
    else if (has_int8(graph) && status == HYT_ERR_STATE) REQUIRE(bytes == 1);
    else REQUIRE(status == HYT_OK && bytes >= 64 && bytes % 64 == 0);
}

static void check(const void *bytes, size_t size)
{
    hyt_graph *graph = NULL, *again = NULL;
    hyti_text first = { 0 }, second = { 0 };
    if (hyt_model_parse(NULL, bytes, size, &graph) != HYT_OK) {
        REQUIRE(graph == NULL && hyt_message()[0] != 0);
        return;
    }
    MUST(hyti_model_write(graph, &first));
    MUST(hyt_model_parse(NULL, first.data, first.length, &again));
    MUST(hyti_model_write(again, &second));
    REQUIRE(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    REQUIRE(hyt_graph_macs(graph) == hyt_graph_macs(again) &&
            hyt_graph_parameters(graph) == hyt_graph_parameters(again));
    check_plan(graph);
    hyti_text_clear(&first);
    hyti_text_clear(&second);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyti_text file = { 0 };
    if (size >= 8 && memcmp(data, HYTI_MODEL_MAGIC, 8) == 0) {
        check(data, size);
        return 0;
    }
    frame(&file, data, size);
    check(file.data, file.length);
    hyti_text_clear(&file);
    return 0;
}
