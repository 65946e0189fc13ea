/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dense and depthwise convolutions: channels around the tiles, any kernel, stride, padding and dilation, gaps between
 * pixels, the result's rows shared out at random. */
#include "stored.h"
#include "sweep.h"
#include "window.h"

typedef struct picture {
    hyti_conv_f32 conv;
    bool depthwise;
    guarded in, out, weights, packed, bias, add, scratch;
} picture;

static void describe(const hyti_kernels *kernels, const picture *p, char *text, size_t size)
{
    const hyti_conv_f32 *c = &p->conv;
    snprintf(text, size,
             "isa %u format %d %s in %zux%zux%zu(%zu) out %zux%zux%zu(%zu) kernel %zux%zu stride %zux%zu pad %zu,%zu "
             "dilation %zux%zu bias %d "
             "add %s act %d",
             kernels->isa, format, p->depthwise ? "depthwise" : "dense", c->in_height, c->in_width, c->in_channels,
             c->in_stride, c->out_height, c->out_width, c->out_channels, c->out_stride, c->kernel_height,
             c->kernel_width, c->stride_height, c->stride_width, c->pad_top, c->pad_left, c->dilation_height,
             c->dilation_width, c->bias != NULL,
             !c->add            ? "no"
             : c->add == c->out ? "out"
                                : "yes",
             c->act);
}

static void choose_values(const hyti_kernels *kernels, picture *p)
{
    hyti_conv_f32 *c = &p->conv;
    c->in_stride = c->in_channels + (draw(3) ? 0 : 1 + draw(3));
    c->out_stride = c->out_channels + (draw(3) ? 0 : 1 + draw(3));
    size_t taps = c->kernel_height * c->kernel_width, depth = p->depthwise ? taps : taps * c->in_channels;
    p->in = stored_filled((c->in_height * c->in_width - 1) * c->in_stride + c->in_channels);
    p->out = blank((c->out_height * c->out_width - 1) * c->out_stride + c->out_channels);
    p->weights = stored_filled(depth * c->out_channels);
    p->bias = stored_filled(c->out_channels);
    p->add = stored_filled(p->out.n);
    if (!p->depthwise && format == HYTI_F32) {
        p->packed = blank(hyti_pack_size(kernels, HYTI_F32, depth, c->out_channels));
        hyti_pack_f32(kernels, depth, c->out_channels, p->weights.values, (ptrdiff_t)c->out_channels, 1,
                      p->packed.values);
        p->scratch = reserve(hyti_conv_f32_scratch(kernels, c) / sizeof(float));
    }
    c->in = p->in.values;
    c->out = p->out.values;
    c->weights = p->depthwise || format != HYTI_F32 ? p->weights.values : p->packed.values;
    c->bias = draw(2) ? p->bias.values : NULL;
    c->add = draw(2) ? NULL : draw(2) ? p->add.values : c->out;
    c->act = (hyti_act)draw(HYTI_ACT_COUNT);
    c->scratch = p->scratch.n ? p->scratch.values : NULL;
}

static void drop(picture *p)
{
    guarded *all[] = { &p->in, &p->out, &p->weights, &p->packed, &p->bias, &p->add, &p->scratch };
    for (size_t i = 0; i < COUNT(all); i++) release(all[i]);
}

/* One result before bias and activation, and the sum of absolute terms. */
static double exact_sum(const picture *p, size_t y, size_t x, size_t j, double *terms)
{
    const hyti_conv_f32 *c = &p->conv;
    double sum = 0;
    *terms = 0;
    for (size_t ky = 0; ky < c->kernel_height; ky++)
        for (size_t kx = 0; kx < c->kernel_width; kx++) {
            size_t row = y * c->stride_height + ky * c->dilation_height - c->pad_top;
            size_t column =
                x * c->stride_width + kx * c->dilation_width - c->pad_left; /* wraps where it falls before 0 */
            if (row >= c->in_height || column >= c->in_width) continue;
            const float *in = p->in.values + (row * c->in_width + column) * c->in_stride;
            size_t tap = ky * c->kernel_width + kx;
            for (size_t i = p->depthwise ? j : 0; i < (p->depthwise ? j + 1 : c->in_channels); i++) {
                size_t at = p->depthwise ? tap : tap * c->in_channels + i;
                double term = (double)in[i] * p->weights.values[at * c->out_channels + j];
                sum += term, *terms += fabs(term);
            }
        }
    return sum;
}

static void compare(const hyti_kernels *kernels, const picture *p)
{
    const hyti_conv_f32 *c = &p->conv;
    size_t depth = c->kernel_height * c->kernel_width * (p->depthwise ? 1 : c->in_channels);
    for (size_t at = 0; at < p->out.n; at++) {
        size_t pixel = at / c->out_stride, j = at % c->out_stride, y = pixel / c->out_width, x = pixel % c->out_width;
        bool gap = j >= c->out_channels;
        double terms = 0, expected = CANARY, added = c->add == c->out ? CANARY : c->add ? c->add[at] : 0;
        if (!gap) {
            double bias = c->bias ? c->bias[j] : 0, sum = exact_sum(p, y, x, j, &terms) + bias;
            expected = exact_act(c->act, sum) + added;
            terms += fabs(bias) + fabs(added);
        }
        float got = p->out.values[at];
        if (gap ? got == CANARY : is_stored_near(got, expected, bound_of((double)depth, terms, expected))) continue;
        char text[512];
        describe(kernels, p, text, sizeof text);
        fail_msg("%s: (%zu, %zu, %zu) is %.9g, not %.9g", text, y, x, j, got, expected);
    }
}

/* The same convolution by the kernel of the format under test. */
static void run_stored(const hyti_kernels *kernels, picture *p)
{
    const hyti_conv_f32 *c = &p->conv;
    size_t depth = c->kernel_height * c->kernel_width * c->in_channels;
    stored_copy in = store(&p->in), add = store(&p->add), out = store(&p->out), weights = store(&p->weights);
    void *packed = weights.values, *scratch = NULL;
    pages panels = { 0 }, room = { 0 };
    if (!p->depthwise)
        panels = reserve_pages(hyti_pack_size(kernels, format, depth, c->out_channels) * sizeof(uint16_t), &packed);
#define RUN(X)                                                                                                         \
    hyti_conv_##X conv;                                                                                                \
    memcpy(&conv, c, sizeof conv); /* differs in what it points to */                                                  \
    conv.in = in.values, conv.out = out.values, conv.weights = packed;                                                 \
    conv.add = c->add == c->out ? conv.out : stored_at(&add, c->add);                                                  \
    if (p->depthwise) {                                                                                                \
        kernels->depthwise_##X(&conv);                                                                                 \
    } else {                                                                                                           \
        hyti_pack_##X(kernels, depth, c->out_channels, p->weights.values, (ptrdiff_t)c->out_channels, 1, packed);      \
        room = reserve_pages(hyti_conv_##X##_scratch(kernels, &conv), &scratch);                                       \
        conv.scratch = scratch;                                                                                        \
        kernels->conv_##X(kernels, &conv);                                                                             \
    }
    if (format == HYTI_BF16) {
        RUN(bf16)
    } else {
        RUN(f16)
    }
#undef RUN
    take_back(&out);
    drop_stored(&in), drop_stored(&add), drop_stored(&out), drop_stored(&weights);
    release_pages(&panels), release_pages(&room);
}

static void run(const hyti_kernels *kernels, picture *p)
{
    if (format != HYTI_F32) run_stored(kernels, p);
    else if (p->depthwise) kernels->depthwise_f32(&p->conv);
    else kernels->conv_f32(kernels, &p->conv);
}

/* Whole, compared; then again with its rows shared out, bit for bit the same. */
static void check_picture(const hyti_kernels *kernels, picture *p)
{
    draw_window(&p->conv);
    choose_values(kernels, p);
    size_t height = p->conv.out_height;
    p->conv.first = 0, p->conv.last = height;
    run(kernels, p);
    compare(kernels, p);
    guarded whole = copied(&p->out);
    for (size_t i = 0; i < p->out.n; i++) p->out.values[i] = CANARY;
    for (size_t y = 0; y < height; y = p->conv.last) {
        p->conv.first = y, p->conv.last = y + 1 + draw((uint32_t)(height - y));
        run(kernels, p);
    }
    char text[512];
    describe(kernels, p, text, sizeof text);
    if (memcmp(whole.values, p->out.values, whole.n * sizeof(float)))
        fail_msg("%s: sharing out rows changed bits", text);
    release(&whole);
    drop(p);
}

static void check_dense(const hyti_kernels *kernels)
{
    static const size_t channels[] = { 1, 2, 3, 4, 8, 12, 16, 17, 24, 31, 32, 33, 48 };
    for (size_t i = 0; i < COUNT(channels); i++)
        for (size_t j = 0; j < COUNT(channels); j++)
            for (int turn = 0; turn < (format == HYTI_F32 ? 3 : 1); turn++) {
                picture p = { .conv = { .in_channels = channels[i], .out_channels = channels[j] } };
                check_picture(kernels, &p);
            }
    for (int turn = 0; turn < 3; turn++) {
        picture p = { .conv = { .in_channels = 240, .out_channels = 20 } };
        check_picture(kernels, &p);
    }
}

static void dense(void **state)
{
    (void)state;
    each_format(check_dense);
}

static void check_depthwise(const hyti_kernels *kernels)
{
    for (size_t channels = 1; channels <= 67; channels++)
        for (int turn = 0; turn < (format == HYTI_F32 ? 12 : 4); turn++) {
            picture p = { .depthwise = true, .conv = { .in_channels = channels, .out_channels = channels } };
            check_picture(kernels, &p);
        }
}

static void depthwise(void **state)
{
    (void)state;
    each_format(check_depthwise);
}

static void sweep_dense(const hyti_kernels *kernels)
{
    picture p = { .conv = { .in_channels = draw_size(80), .out_channels = draw_size(80) } };
    check_picture(kernels, &p);
}

static void sweep_depthwise(const hyti_kernels *kernels)
{
    size_t channels = draw_size(140);
    picture p = { .depthwise = true, .conv = { .in_channels = channels, .out_channels = channels } };
    check_picture(kernels, &p);
}

static const sweep_kind kinds[] = {
    { "conv", sweep_dense, each_format },
    { "depthwise", sweep_depthwise, each_format },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(dense), cmocka_unit_test(depthwise) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
