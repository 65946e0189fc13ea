/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/ensemble.h"
#include <math.h>

#define B HYTI_NET_BLOCK
/* Of what bytes from outside may say: products with it are numbers. */
#define LARGEST 1e40

void hyti_ensemble_destroy(void *model)
{
    hyti_ensemble *m = model;
    if (!m) return;
    hyt_context *context = m->context;
    hyti_columns_clear(&m->columns);
    hyti_free(context, m->weights);
    hyti_free(context, m->lines);
    hyti_free(context, m);
    hyt_context_destroy(context);
}

hyt_status hyti_ensemble_create(hyt_context *context, const hyti_net *net, size_t members, hyti_ensemble **out)
{
    size_t size;
    if (!hyti_net_size(net, &size))
        return hyti_fail(HYT_ERR_RANGE, "%zu features, %zu layers of %zu units are too many", net->d, net->layers,
                         net->width);
    hyti_ensemble *m = hyti_alloc(context, sizeof *m);
    if (!m) return hyti_fail_nomem();
    *m = (hyti_ensemble){ .context = hyti_context_retain(context), .net = *net, .members = members, .size = size };
    m->columns.context = context;
    m->weights = hyti_array(context, m->members, size * sizeof *m->weights);
    m->lines = hyti_array(context, m->members, 2 * sizeof *m->lines);
    if (!m->weights || !m->lines) {
        hyti_ensemble_destroy(m);
        return hyti_fail_nomem();
    }
    for (size_t k = 0; k < members; k++) m->lines[2 * k + 1] = 1;
    *out = m;
    return HYT_OK;
}

void hyti_ensemble_ask(const hyti_ensemble *ensemble, size_t member, const float *features, size_t n, float *block,
                       float *inside, double *scores)
{
    const hyti_ensemble *m = ensemble;
    float out[B];
    for (size_t at = 0; at < n; at += B) {
        size_t count = HYTI_MIN(B, n - at);
        hyti_net_gather(m->net.d, features + at * m->net.d, NULL, count, block);
        hyti_net_forward(&m->net, m->weights + member * m->size, block, inside, out);
        for (size_t b = 0; b < count; b++) scores[at + b] = out[b];
    }
}

/* Sums over members of answers and of their squares. */
static hyt_status sum_members(const hyti_ensemble *m, const float *features, size_t n, double *sum, double *squares)
{
    hyt_status status = HYT_OK;
    float *block = hyti_array(m->context, (m->net.d + 1) * B, sizeof *block);
    float *inside = hyti_array(m->context, hyti_net_room(&m->net), sizeof *inside);
    double *scores = hyti_array(m->context, n * m->members, sizeof *scores);
    if (!block || !inside || !scores) status = hyti_fail_nomem();
    for (size_t k = 0; status == HYT_OK && k < m->members; k++) {
        double *mine = scores + k * n;
        hyti_ensemble_ask(m, k, features, n, block, inside, mine);
        for (size_t i = 0; i < n; i++) mine[i] = m->lines[2 * k] + m->lines[2 * k + 1] * mine[i];
    }
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        sum[i] = squares[i] = 0;
        for (size_t k = 0; k < m->members; k++) sum[i] += scores[k * n + i];
        for (size_t k = 0; k < m->members; k++)
            squares[i] += pow(scores[k * n + i] - sum[i] / (double)m->members, 2);
    }
    hyti_free(m->context, block);
    hyti_free(m->context, inside);
    hyti_free(m->context, scores);
    return status;
}

hyt_status hyti_ensemble_predict(const void *model, const double *x, size_t n, double *mean, double *deviation)
{
    const hyti_ensemble *m = model;
    double members = (double)m->members;
    double *room = hyti_array(m->context, n, HYTI_MAX(m->net.d, 2) * sizeof *room);
    float *features = hyti_array(m->context, n, m->net.d * sizeof *features);
    hyt_status status = room && features ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK) {
        hyti_net_features(&m->columns, x, n, room, features);
        status = sum_members(m, features, n, room, room + n);
    }
    for (size_t i = 0; status == HYT_OK && i < n; i++) {
        mean[i] = room[i] / members;
        if (deviation) deviation[i] = members > 1 ? sqrt(room[n + i] / (members - 1)) : 0;
    }
    hyti_free(m->context, room);
    hyti_free(m->context, features);
    return status;
}

void hyti_ensemble_save(const void *model, hyti_text *to)
{
    const hyti_ensemble *m = model;
    hyti_columns_save(&m->columns, to);
    hyti_put_number(to, m->net.width, 4);
    hyti_put_number(to, m->net.layers, 4);
    hyti_put_number(to, m->members, 4);
    hyti_put_reals(to, m->lines, 2 * m->members);
    hyti_net_put(to, m->weights, m->members * m->size);
}

/* The bytes for the weights must be there. */
static hyt_status load_sizes(hyti_payload *from, hyti_net *net, size_t *members)
{
    uint64_t width, layers, count;
    size_t size, all;
    HYTI_TRY(hyti_get_number(from, 4, "units of a layer", 1, UINT32_MAX, &width));
    HYTI_TRY(hyti_get_number(from, 4, "layers", 1, UINT32_MAX, &layers));
    HYTI_TRY(hyti_get_number(from, 4, "members", 1, UINT32_MAX, &count));
    net->width = (size_t)width;
    net->layers = (size_t)layers;
    *members = (size_t)count;
    if (!hyti_net_size(net, &size) || !hyti_mul(*members, 4 * size + 16, &all))
        return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %zu layers of %zu units are too many", from->part, from->at,
                         net->layers, net->width);
    return hyti_get_room(from, all, "networks");
}

hyt_status hyti_ensemble_load(hyt_context *context, const void *params, const hyti_rows *rows, hyti_payload *from,
                              void **model)
{
    (void)params;
    hyti_columns columns = { .context = context };
    hyti_net net = { .d = rows->d };
    size_t members = 0;
    hyti_ensemble *m = NULL;
    hyt_status status = hyti_columns_load(context, from, rows->d, &columns);
    if (status == HYT_OK) status = load_sizes(from, &net, &members);
    if (status == HYT_OK) status = hyti_ensemble_create(context, &net, members, &m);
    if (status != HYT_OK) {
        hyti_columns_clear(&columns);
        return status;
    }
    m->columns = columns;
    for (size_t i = 0; status == HYT_OK && i < 2 * m->members; i++)
        status = hyti_get_real(from, "a line", -LARGEST, LARGEST, &m->lines[i]);
    if (status == HYT_OK) status = hyti_net_get(from, "weights", m->members * m->size, m->weights);
    if (status == HYT_OK) *model = m;
    else hyti_ensemble_destroy(m);
    return status;
}
