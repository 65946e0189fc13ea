/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/net.h"
#include <math.h>
#include <string.h>

#define B HYTI_NET_BLOCK
#define FAR 1e6

/* -- layers -------------------------------------------------------------------------------------------------------- */

void hyti_dense_forward(size_t rows, size_t columns, const float *w, const float *in, float *out)
{
    for (size_t j = 0; j < rows; j++) {
        float sum[B] = { 0 };
        for (size_t i = 0; i < columns; i++) {
            float weight = w[j * columns + i];
            for (size_t b = 0; b < B; b++) sum[b] += weight * in[i * B + b];
        }
        memcpy(out + j * B, sum, sizeof sum);
    }
}

void hyti_dense_transposed(size_t rows, size_t columns, const float *w, const float *out, float *in, bool add)
{
    for (size_t i = 0; i < columns; i++) {
        float sum[B] = { 0 };
        if (add) memcpy(sum, in + i * B, sizeof sum);
        for (size_t j = 0; j < rows; j++) {
            float weight = w[j * columns + i];
            for (size_t b = 0; b < B; b++) sum[b] += weight * out[j * B + b];
        }
        memcpy(in + i * B, sum, sizeof sum);
    }
}

void hyti_dense_outer(size_t rows, size_t columns, const float *out, const float *in, float *w)
{
    enum { LANES = 8 };
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < columns; i++) {
            float sum[LANES] = { 0 };
            for (size_t b = 0; b < B; b += LANES)
                for (size_t k = 0; k < LANES; k++) sum[k] += out[j * B + b + k] * in[i * B + b + k];
            w[j * columns + i] = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
        }
}

void hyti_squash(size_t n, float *values)
{
    for (size_t i = 0; i < n; i++) values[i] = values[i] / sqrtf(1 + values[i] * values[i]);
}

/* With a = v / sqrt(1 + v^2): 1 - a^2 = 1 / (1 + v^2), da/dv = (1 - a^2)^(3/2). */
void hyti_squash_slopes(size_t n, const float *values, float *slopes)
{
    for (size_t i = 0; i < n; i++) {
        float rest = fmaxf(0, 1 - values[i] * values[i]);
        slopes[i] *= rest * sqrtf(rest);
    }
}

/* -- the network --------------------------------------------------------------------------------------------------- */

/* Weights: width x (d + 1), then (layers - 1) times width x (width + 1), then the output's: d + 1 of the features,
 * width of the last layer. Inside: of each layer its units' values and a row of ones. */

static size_t inputs_of(const hyti_net *net, size_t layer)
{
    return 1 + (layer ? net->width : net->d);
}

static size_t place_of(const hyti_net *net, size_t layer)
{
    return layer ? net->width * (net->d + 1) + (layer - 1) * net->width * (net->width + 1) : 0;
}

bool hyti_net_size(const hyti_net *net, size_t *weights)
{
    const size_t most = UINT32_MAX; /* a sum of three products of such numbers fits */
    size_t first, others;
    if (net->d >= most || net->width >= most || net->layers >= most) return false;
    if (!hyti_mul(net->width, net->d + 1, &first) || !hyti_mul(net->width, net->width + 1, &others) ||
        !hyti_mul(others, net->layers, &others) || !hyti_add(first, others, weights))
        return false;
    if (*weights > most) return false;
    *weights = place_of(net, net->layers) + net->d + 1 + net->width;
    return true;
}

size_t hyti_net_room(const hyti_net *net)
{
    return net->layers * (net->width + 1) * B;
}

void hyti_net_start(const hyti_net *net, hyti_rng *rng, float *weights)
{
    for (size_t layer = 0; layer < net->layers; layer++) {
        size_t inputs = inputs_of(net, layer);
        float *w = weights + place_of(net, layer), scale = (float)sqrt(1 / (double)inputs);
        for (size_t i = 0; i < net->width * inputs; i++) w[i] = scale * (float)hyti_rng_normal(rng);
    }
    memset(weights + place_of(net, net->layers), 0, (net->d + 1 + net->width) * sizeof *weights);
}

void hyti_net_forward(const hyti_net *net, const float *weights, const float *block, float *inside, float *out)
{
    size_t width = net->width;
    const float *in = block, *last = weights + place_of(net, net->layers);
    for (size_t layer = 0; layer < net->layers; layer++) {
        float *values = inside + layer * (width + 1) * B;
        hyti_dense_forward(width, inputs_of(net, layer), weights + place_of(net, layer), in, values);
        hyti_squash(width * B, values);
        for (size_t b = 0; b < B; b++) values[width * B + b] = 1;
        in = values;
    }
    float linear[B];
    hyti_dense_forward(1, net->d + 1, last, block, linear);
    hyti_dense_forward(1, width, last + net->d + 1, in, out);
    for (size_t b = 0; b < B; b++) out[b] += linear[b];
}

void hyti_net_backward(const hyti_net *net, const float *weights, const float *block, const float *inside,
                       const float *slopes, float *room, float *gradient)
{
    size_t width = net->width, d = net->d, stride = (width + 1) * B;
    const float *last = weights + place_of(net, net->layers);
    float *last_gradient = gradient + place_of(net, net->layers), *above = room + (net->layers - 1) * stride;
    hyti_dense_outer(1, d + 1, slopes, block, last_gradient);
    hyti_dense_outer(1, width, slopes, inside + (net->layers - 1) * stride, last_gradient + d + 1);
    hyti_dense_transposed(1, width, last + d + 1, slopes, above, false);
    for (size_t layer = net->layers; layer-- > 0;) {
        float *mine = room + layer * stride;
        const float *in = layer ? inside + (layer - 1) * stride : block;
        hyti_squash_slopes(width * B, inside + layer * stride, mine);
        hyti_dense_outer(width, inputs_of(net, layer), mine, in, gradient + place_of(net, layer));
        if (layer) hyti_dense_transposed(width, width + 1, weights + place_of(net, layer), mine, mine - stride, false);
    }
}

/* -- learning ------------------------------------------------------------------------------------------------------ */

void hyti_adam_step(hyti_adam *adam, float rate, const float *gradient, float *weights)
{
    const float beta1 = 0.9f, beta2 = 0.99f, epsilon = 1e-8f;
    adam->step++;
    float unbias1 = (float)(1 / (1 - pow(beta1, (double)adam->step)));
    float unbias2 = (float)(1 / (1 - pow(beta2, (double)adam->step))), keep = 1 - rate * adam->decay;
    for (size_t i = 0; i < adam->n; i++) {
        float g = gradient[i];
        adam->first[i] = beta1 * adam->first[i] + (1 - beta1) * g;
        adam->second[i] = beta2 * adam->second[i] + (1 - beta2) * g * g;
        weights[i] = keep * weights[i] -
                     rate * unbias1 * adam->first[i] / (sqrtf(unbias2 * adam->second[i]) + epsilon);
    }
}

void hyti_net_shrink(const hyti_net *net, float step, float *weights)
{
    size_t inputs = net->d + 1;
    for (size_t i = 0; i < net->width * inputs; i++) {
        float left = fabsf(weights[i]) - step;
        if (i % inputs == net->d) continue; /* the bias */
        weights[i] = left > 0 ? copysignf(left, weights[i]) : 0;
    }
}

float hyti_net_rate(double rate, size_t step, size_t steps)
{
    return (float)(0.5 * rate * (1 + cos(3.14159265358979323846 * (double)step / (double)steps)));
}

void hyti_net_features(const hyti_columns *columns, const double *x, size_t n, double *room, float *out)
{
    hyti_columns_apply(columns, x, n, room);
    for (size_t i = 0; i < n * columns->d; i++) out[i] = (float)fmin(fmax(room[i], -FAR), FAR);
}

void hyti_net_gather(size_t d, const float *features, const uint32_t *list, size_t count, float *block)
{
    for (size_t b = 0; b < B; b++) {
        size_t place = b < count ? b : 0, row = list ? list[place] : place;
        for (size_t k = 0; k < d; k++) block[k * B + b] = features[row * d + k];
        block[d * B + b] = 1;
    }
}

void hyti_net_shuffle(hyti_rng *rng, uint32_t *list, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)hyti_rng_below(rng, i);
        uint32_t number = list[other];
        list[other] = list[i - 1];
        list[i - 1] = number;
    }
}

/* -- bytes --------------------------------------------------------------------------------------------------------- */

void hyti_net_put(hyti_text *to, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        hyti_put_number(to, bits, sizeof bits);
    }
}

hyt_status hyti_net_get(hyti_payload *from, const char *what, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        HYTI_TRY(hyti_get_number(from, 4, what, 0, UINT32_MAX, &number));
        uint32_t bits = (uint32_t)number;
        memcpy(&out[i], &bits, sizeof bits);
        if (!(fabsf(out[i]) < 1e12f)) /* the products of a few layers stay finite */
            return hyti_fail(HYT_ERR_FORMAT, "%s, byte %zu: %s holds %g", from->part, from->at - 4, what, out[i]);
    }
    return HYT_OK;
}
