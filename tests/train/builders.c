/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every network that the library builds by name: its gradient in float64 against finite differences along directions
 * through all its weights, and that of float32 against it. */
#include "train/net.h"
#include "train/net_f64.h"
#include "base/rng.h"
#include "test.h"

#define BATCH 4 /* at 32 pixels the last maps are one pixel: norms need a few pictures */

typedef struct subject {
    hyt_graph *graph;
    hyti_tape tape;
    hyti_ops_f64 ops;
    hyti_net_f64 net;
    hyti_ops_f32 fast_ops;
    hyti_net_f32 fast;
    double *input, *aim, *gradient, *own; /* aim: what each value of the result weighs in the loss */
    float *fast_input;
    size_t in, out;
} subject;

static double *random_values(size_t count, uint64_t stream)
{
    double *values = malloc(count * sizeof *values);
    hyti_rng rng = hyti_rng_start(5, HYTI_PURPOSE_TEST, stream);
    for (size_t i = 0; i < count; i++) values[i] = (float)hyti_rng_normal(&rng);
    return values;
}

static double weighed(const void *user, size_t index, const double *output, double weight, double *gradient)
{
    const subject *s = user;
    double sum = 0;
    for (size_t i = 0; i < s->out; i++) {
        sum += s->aim[index * s->out + i] * output[i];
        gradient[i] = s->aim[index * s->out + i] * weight;
    }
    return sum;
}

static double weighed_fast(const void *user, size_t index, const float *output, double weight, float *gradient)
{
    const subject *s = user;
    double sum = 0;
    for (size_t i = 0; i < s->out; i++) {
        sum += s->aim[index * s->out + i] * output[i];
        gradient[i] = (float)(s->aim[index * s->out + i] * weight);
    }
    return sum;
}

static void set_up(subject *s, const char *name)
{
    bool regions = strcmp(name, "maskrcnn-head") == 0;
    MUST(hyt_graph_build(NULL, name, regions ? 6 : 32, 3, &s->graph));
    MUST(hyt_graph_initialise(s->graph, 1));
    MUST(hyti_tape_build(NULL, s->graph, BATCH, &s->tape));
    s->in = s->tape.values[s->tape.input].size;
    s->out = s->tape.values[s->tape.output].size;
    hyti_ops_init_f64(&s->ops);
    hyti_ops_init_f32(&s->fast_ops, HYTI_ISA_ALL);
    MUST(hyti_net_init_f64(&s->net, NULL, &s->tape, &s->ops, NULL));
    MUST(hyti_net_init_f32(&s->fast, NULL, &s->tape, &s->fast_ops, NULL));
    hyti_net_read_f64(&s->net, s->graph);
    hyti_net_read_f32(&s->fast, s->graph);
    s->input = random_values(BATCH * s->in, 1);
    s->aim = random_values(BATCH * s->out, 2);
    s->fast_input = malloc(BATCH * s->in * sizeof *s->fast_input);
    for (size_t i = 0; i < BATCH * s->in; i++) s->fast_input[i] = (float)s->input[i];
    s->gradient = calloc(s->tape.n_trained, sizeof *s->gradient);
    s->own = malloc(s->tape.n_trained * sizeof *s->own);
    memcpy(s->own, s->net.weights, s->tape.n_trained * sizeof *s->own);
}

static void tear_down(subject *s)
{
    free(s->input);
    free(s->aim);
    free(s->fast_input);
    free(s->gradient);
    free(s->own);
    hyti_net_clear_f64(&s->net);
    hyti_net_clear_f32(&s->fast);
    hyti_tape_clear(&s->tape);
    hyt_graph_destroy(s->graph);
}

static double loss_at(subject *s)
{
    double *output = malloc(BATCH * s->out * sizeof *output), *unused = malloc(s->out * sizeof *unused), loss = 0;
    hyti_net_pack_f64(&s->net);
    hyti_net_forward_f64(&s->net, s->input, BATCH, true);
    hyti_net_output_f64(&s->net, output);
    for (size_t i = 0; i < BATCH; i++) loss += weighed(s, i, output + i * s->out, 1, unused) / BATCH;
    free(output);
    free(unused);
    return loss;
}

static void find_gradient(subject *s, double *gradient)
{
    const hyti_loss_f64 loss = { weighed, s };
    double direct = loss_at(s);
    CHECK_NEAR(hyti_net_backward_f64(&s->net, &loss), direct, 1e-9 * (1 + fabs(direct)));
    for (size_t i = 0; i < s->tape.n_trained; i++) gradient[i] = 0;
    for (size_t p = 0; p < s->net.parts; p++)
        for (size_t i = 0; i < s->tape.n_trained; i++) gradient[i] += s->net.slots[p * s->tape.n_trained + i];
}

/* How far the gradient moves, as a share of it, where each weight moves by no more than float32 rounds it: maps of one
 * pixel, normalised over four pictures, make that much of little. */
static double conditioning(subject *s)
{
    double *other = malloc(s->tape.n_trained * sizeof *other), apart = 0, norm = 0;
    hyti_rng rng = hyti_rng_start(7, HYTI_PURPOSE_TEST, 0);
    for (size_t i = 0; i < s->tape.n_trained; i++)
        s->net.weights[i] = s->own[i] * (1 + 0x1p-24 * (2 * hyti_rng_uniform(&rng) - 1));
    find_gradient(s, other);
    memcpy(s->net.weights, s->own, s->tape.n_trained * sizeof *s->own);
    for (size_t i = 0; i < s->tape.n_trained; i++) {
        apart += (other[i] - s->gradient[i]) * (other[i] - s->gradient[i]);
        norm += s->gradient[i] * s->gradient[i];
    }
    free(other);
    return sqrt(apart / norm);
}

static double slope_along(subject *s, const double *direction, double step)
{
    double ends[2];
    for (int end = 0; end < 2; end++) {
        for (size_t i = 0; i < s->tape.n_trained; i++)
            s->net.weights[i] = s->own[i] + (end ? -step : step) * direction[i];
        ends[end] = loss_at(s);
    }
    memcpy(s->net.weights, s->own, s->tape.n_trained * sizeof *s->own);
    return (ends[0] - ends[1]) / (2 * step);
}

/* Moves each tensor along its own gradient, to one side or the other. A kink of an activation may lie between the two
 * ends: then they are brought closer. */
static void check_direction(subject *s, const char *name)
{
    double expected = 0, slope = 0, *direction = calloc(s->tape.n_trained, sizeof *direction);
    hyti_rng rng = hyti_rng_start(6, HYTI_PURPOSE_TEST, 0);
    bool near = false;
    for (size_t w = 0; w < s->tape.n_weights; w++) {
        const hyti_tape_weight *weight = &s->tape.weights[w];
        double norm = 0, sign = hyti_rng_normal(&rng) < 0 ? -1 : 1;
        for (size_t i = weight->offset; i < weight->offset + weight->count; i++)
            norm += s->gradient[i] * s->gradient[i];
        for (size_t i = weight->offset; norm > 0 && i < weight->offset + weight->count; i++)
            direction[i] = sign * s->gradient[i] / sqrt(norm);
        expected += sign * sqrt(norm);
    }
    for (double step = 1e-7; step > 5e-10 && !near; step /= 10) {
        slope = slope_along(s, direction, step);
        near = fabs(slope - expected) <= 1e-4 * (1 + fabs(expected));
    }
    if (!near) fail_msg("%s: the slope is %.9g, by the gradient %.9g", name, slope, expected);
    free(direction);
}

/* The float32 network has the same gradient, as far as its numbers say what it is. */
static void check_fast(subject *s, const char *name)
{
    const hyti_loss_f32 loss = { weighed_fast, s };
    double apart = 0, norm = 0, bound = 1e-3;
    hyti_net_pack_f32(&s->fast);
    hyti_net_forward_f32(&s->fast, s->fast_input, BATCH, true);
    assert_true(isfinite(hyti_net_backward_f32(&s->fast, &loss)));
    for (size_t i = 0; i < s->tape.n_trained; i++) {
        double sum = 0;
        for (size_t p = 0; p < s->fast.parts; p++) sum += s->fast.slots[p * s->tape.n_trained + i];
        apart += (sum - s->gradient[i]) * (sum - s->gradient[i]);
        norm += s->gradient[i] * s->gradient[i];
    }
    if (sqrt(apart / norm) > bound) bound = 50 * conditioning(s);
    if (!(norm > 0 && sqrt(apart / norm) < bound))
        fail_msg("%s: float32 is %.3g of the gradient away, beyond %.3g", name, sqrt(apart / norm), bound);
}

static void all_builders(void **state)
{
    (void)state;
    size_t n = 0, share = test_share();
    for (const char *name; (name = hyt_graph_builder(n)); n++) {
        subject s;
        if (n % share) continue;
        set_up(&s, name);
        find_gradient(&s, s.gradient);
        check_fast(&s, name);
        check_direction(&s, name);
        tear_down(&s);
    }
    assert_true(n >= 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(all_builders) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
