/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness_model.h"
#include "base/json.h"
#include "base/text.h"
#include "graph/graph.h"
#include <stdio.h>
#include <string.h>

static hyt_status size_of(const hyti_json *op, const char *key, size_t *out)
{
    int64_t value = 0;
    *out = 0;
    HYTI_TRY(hyti_json_int(hyti_json_get(op, key), key, &value));
    if (value < 0) return hyti_fail(HYT_ERR_FORMAT, "%s is %lld", key, (long long)value);
    *out = (size_t)value;
    return HYT_OK;
}

/* HYT_OP_INPUT: none. */
static hyt_status act_of(const hyti_json *op, hyt_op *act)
{
    const char *name;
    *act = HYT_OP_INPUT;
    if (hyti_json_type_of(hyti_json_get(op, "act")) == HYTI_JSON_NULL) return HYT_OK;
    HYTI_TRY(hyti_json_text(hyti_json_get(op, "act"), "act", &name));
    for (hyt_op known = HYT_OP_RELU; known <= HYT_OP_SILU; known++)
        if (strcmp(name, hyt_op_name(known)) == 0) *act = known;
    return *act != HYT_OP_INPUT ? HYT_OK : hyti_fail(HYT_ERR_FORMAT, "unknown activation \"%s\"", name);
}

static hyt_status add_conv(hyt_graph *graph, const hyti_json *op, hyt_value *x)
{
    size_t channels, kernel, stride, groups;
    hyt_op act;
    HYTI_TRY(size_of(op, "out", &channels));
    HYTI_TRY(size_of(op, "k", &kernel));
    HYTI_TRY(size_of(op, "s", &stride));
    HYTI_TRY(size_of(op, "groups", &groups));
    HYTI_TRY(act_of(op, &act));
    return hyti_graph_conv_norm(graph, *x, channels, kernel, stride, groups, act, x);
}

static hyt_status add_residual(hyt_graph *graph, const hyti_json *op, hyt_value *x)
{
    size_t channels, stride;
    double expand;
    hyt_op act;
    HYTI_TRY(size_of(op, "out", &channels));
    HYTI_TRY(size_of(op, "s", &stride));
    HYTI_TRY(hyti_json_number(hyti_json_get(op, "exp"), "exp", &expand));
    HYTI_TRY(act_of(op, &act));
    return hyt_graph_inverted_residual(graph, *x, channels, stride, expand, act, x);
}

static hyt_status add_mobilevit(hyt_graph *graph, const hyti_json *op, hyt_value *x)
{
    static const char *const keys[] = { "dim", "ffn", "heads", "blocks", "patch" };
    size_t v[5];
    hyt_op act;
    for (size_t i = 0; i < 5; i++) HYTI_TRY(size_of(op, keys[i], &v[i]));
    HYTI_TRY(act_of(op, &act));
    return hyt_graph_mobilevit(graph, *x, v[0], v[1], v[2], v[3], v[4], act, x);
}

static hyt_status add_op(hyt_graph *graph, const hyti_json *op, hyt_value *x)
{
    const char *kind;
    size_t features;
    HYTI_TRY(hyti_json_text(hyti_json_get(op, "op"), "op", &kind));
    if (strcmp(kind, "conv") == 0) return add_conv(graph, op, x);
    if (strcmp(kind, "mv2") == 0) return add_residual(graph, op, x);
    if (strcmp(kind, "mobilevit") == 0) return add_mobilevit(graph, op, x);
    if (strcmp(kind, "gap") == 0) return hyt_graph_global_pool(graph, *x, x);
    if (strcmp(kind, "fc") != 0) return hyti_fail(HYT_ERR_FORMAT, "unknown op \"%s\"", kind);
    HYTI_TRY(size_of(op, "out", &features));
    return hyt_graph_linear(graph, *x, features, 1, x);
}

static hyt_status fill(hyt_graph *graph, const hyti_json *root, size_t side)
{
    const hyti_json *input = hyti_json_get(root, "input"), *ops = hyti_json_get(root, "ops");
    int64_t size[3];
    hyt_value x;
    for (size_t i = 0; i < 3; i++) HYTI_TRY(hyti_json_int(hyti_json_at(input, i), "input", &size[i]));
    HYTI_TRY(hyt_graph_input(graph, (size_t)size[0], side ? side : (size_t)size[1], side ? side : (size_t)size[2], &x));
    for (size_t i = 0; i < hyti_json_count(ops); i++) HYTI_TRY(add_op(graph, hyti_json_at(ops, i), &x));
    return HYT_OK;
}

static hyt_status build(hyt_context *context, const char *name, const hyti_json *root, size_t side, hyt_graph **out)
{
    hyt_graph *graph = NULL;
    HYTI_TRY(hyt_graph_create(context, name, &graph));
    hyt_status status = fill(graph, root, side);
    if (status == HYT_OK) *out = graph;
    else hyt_graph_destroy(graph);
    return status;
}

hyt_status harness_model_read(hyt_context *context, const char *folder, const char *name, size_t side, hyt_graph **out)
{
    char path[4096];
    void *bytes = NULL;
    size_t size;
    hyti_json *root = NULL;
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    HYTI_TRY(hyti_file_read(context, path, 1 << 20, &bytes, &size));
    hyt_status status = hyti_json_parse(bytes, size, &root);
    if (status == HYT_OK) status = build(context, name, root, side, out);
    if (status != HYT_OK) status = hyti_fail_within(status, "%s", path);
    hyti_json_destroy(root);
    hyti_free_aligned(context, bytes);
    return status;
}
