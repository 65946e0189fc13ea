/* SPDX-License-Identifier: MIT */
/* Networks by name. */
#include "base/table.h"
#include "graph/graph.h"
#include <string.h>

static const char *const builders[] = { "mobilevit-xxs", "mobilevit-xs", "mobilevit-s", "mobilenetv1-0.25",
                                        "mobilenetv2-0.35" };

const char *hyt_graph_builder(size_t index)
{
    return index < HYTI_COUNT(builders) ? builders[index] : NULL;
}

/* Pool and classify. */
static hyt_status head(hyt_graph *graph, hyt_value x, size_t classes)
{
    HYTI_TRY(hyt_graph_global_pool(graph, x, &x));
    return hyt_graph_linear(graph, x, classes, 1, &x);
}

/* MobileViT (Mehta and Rastegari, arXiv 2110.02178, table 4). */
typedef struct mobilevit_size {
    const char *name;
    size_t channels[5], width[3], ffn[3];
    double expand;
} mobilevit_size;

static const mobilevit_size mobilevit_sizes[] = {
    { "mobilevit-xxs", { 16, 24, 48, 64, 80 }, { 64, 80, 96 }, { 128, 160, 192 }, 2 },
    { "mobilevit-xs", { 32, 48, 64, 80, 96 }, { 96, 120, 144 }, { 192, 240, 288 }, 4 },
    { "mobilevit-s", { 32, 64, 96, 128, 160 }, { 144, 192, 240 }, { 288, 384, 480 }, 4 },
};

static hyt_status build_mobilevit(hyt_graph *graph, const mobilevit_size *size, hyt_value x, size_t classes)
{
    static const size_t blocks[3] = { 2, 4, 3 };
    const size_t *channels = size->channels;
    HYTI_TRY(hyti_graph_conv_norm(graph, x, 16, 3, 2, 1, HYT_OP_SILU, &x));
    HYTI_TRY(hyt_graph_inverted_residual(graph, x, channels[0], 1, size->expand, HYT_OP_SILU, &x));
    for (size_t i = 0; i < 3; i++)
        HYTI_TRY(hyt_graph_inverted_residual(graph, x, channels[1], i == 0 ? 2 : 1, size->expand, HYT_OP_SILU, &x));
    for (size_t i = 0; i < 3; i++) {
        HYTI_TRY(hyt_graph_inverted_residual(graph, x, channels[2 + i], 2, size->expand, HYT_OP_SILU, &x));
        HYTI_TRY(hyt_graph_mobilevit(graph, x, size->width[i], size->ffn[i], 4, blocks[i], 2, HYT_OP_SILU, &x));
    }
    HYTI_TRY(hyti_graph_conv_norm(graph, x, HYTI_MIN(4 * channels[4], (size_t)960), 1, 1, 1, HYT_OP_SILU, &x));
    return head(graph, x, classes);
}

/* MobileNetV1 (Howard et al., arXiv 1704.04861, table 1), ReLU6. */
static hyt_status build_mobilenetv1(hyt_graph *graph, double multiplier, hyt_value x, size_t classes)
{
    static const struct { size_t channels, stride; } layers[] = {
        { 64, 1 }, { 128, 2 }, { 128, 1 }, { 256, 2 }, { 256, 1 }, { 512, 2 }, { 512, 1 },
        { 512, 1 }, { 512, 1 }, { 512, 1 }, { 512, 1 }, { 1024, 2 }, { 1024, 1 } };
    size_t channels = HYTI_MAX((size_t)(32 * multiplier), (size_t)1);
    HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, 2, 1, HYT_OP_RELU6, &x));
    for (size_t i = 0; i < HYTI_COUNT(layers); i++) {
        HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 3, layers[i].stride, channels, HYT_OP_RELU6, &x));
        channels = HYTI_MAX((size_t)((double)layers[i].channels * multiplier), (size_t)1);
        HYTI_TRY(hyti_graph_conv_norm(graph, x, channels, 1, 1, 1, HYT_OP_RELU6, &x));
    }
    return head(graph, x, classes);
}

/* MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2); the last convolution is never narrower than 1280. */
static hyt_status build_mobilenetv2(hyt_graph *graph, double multiplier, hyt_value x, size_t classes)
{
    static const struct {
        double expand, channels;
        size_t blocks, stride;
    } stages[] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 },  { 6, 32, 3, 2 }, { 6, 64, 4, 2 },
                   { 6, 96, 3, 1 }, { 6, 160, 3, 2 }, { 6, 320, 1, 1 } };
    HYTI_TRY(hyti_graph_conv_norm(graph, x, hyti_divisible(32 * multiplier), 3, 2, 1, HYT_OP_RELU6, &x));
    for (size_t i = 0; i < HYTI_COUNT(stages); i++)
        for (size_t j = 0; j < stages[i].blocks; j++)
            HYTI_TRY(hyt_graph_inverted_residual(graph, x, hyti_divisible(stages[i].channels * multiplier),
                                                 j == 0 ? stages[i].stride : 1, stages[i].expand, HYT_OP_RELU6, &x));
    HYTI_TRY(
        hyti_graph_conv_norm(graph, x, hyti_divisible(1280 * HYTI_MAX(multiplier, 1.0)), 1, 1, 1, HYT_OP_RELU6, &x));
    return head(graph, x, classes);
}

/* Digits with at most one point, whatever the locale; false for anything else. */
static bool read_decimal(const char *text, double *value)
{
    double number = 0, place = 0;
    size_t digits = 0;
    for (; *text; text++) {
        if (*text == '.' && place == 0) {
            place = 1;
            continue;
        }
        if (*text < '0' || *text > '9' || ++digits > 9) return false;
        number = number * 10 + (*text - '0');
        place *= 10;
    }
    *value = place > 0 ? number / place : number;
    return digits > 0;
}

static const char *builder_at(const void *user, size_t index)
{
    (void)user;
    return builders[index];
}

static hyt_status unknown_builder(const char *name)
{
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no network \"%s\"; the nearest is \"%s\"", name,
                     hyti_nearest(name, HYTI_COUNT(builders), builder_at, NULL));
}

static hyt_status build_mobilenet(hyt_graph *graph, const char *name, hyt_value x, size_t classes)
{
    static const char prefix[] = "mobilenetv";
    double multiplier;
    const char *version = name + sizeof prefix - 1;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0 || (version[0] != '1' && version[0] != '2') ||
        version[1] != '-' || !read_decimal(version + 2, &multiplier))
        return unknown_builder(name);
    if (!(multiplier > 0 && multiplier <= 16))
        return hyti_fail(HYT_ERR_RANGE, "%s: the width multiplier is not above 0 and up to 16", name);
    return version[0] == '1' ? build_mobilenetv1(graph, multiplier, x, classes)
                             : build_mobilenetv2(graph, multiplier, x, classes);
}

static hyt_status build_named(hyt_graph *graph, const char *name, size_t input, size_t classes)
{
    hyt_value x;
    HYTI_TRY(hyt_graph_input(graph, 3, input, input, &x));
    for (size_t i = 0; i < HYTI_COUNT(mobilevit_sizes); i++)
        if (strcmp(name, mobilevit_sizes[i].name) == 0) return build_mobilevit(graph, &mobilevit_sizes[i], x, classes);
    return build_mobilenet(graph, name, x, classes);
}

hyt_status hyt_graph_build(hyt_context *context, const char *name, size_t input, size_t classes, hyt_graph **out)
{
    hyt_graph *graph = NULL;
    HYTI_NEED(name);
    HYTI_NEED(out);
    if (input < 32) return hyti_fail(HYT_ERR_RANGE, "%s: input %zu is below 32", name, input);
    HYTI_TRY(hyt_graph_create(context, name, &graph));
    hyt_status status = build_named(graph, name, input, classes);
    if (status != HYT_OK) {
        hyt_graph_destroy(graph);
        return status;
    }
    *out = graph;
    return HYT_OK;
}
