/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Depthwise int8: every channel count around the vectors, any kernel, stride, padding and dilation, gaps between
 * pixels, rows shared out at random. */
#include "bytes.h"
#include "kernels/internal.h"
#include "sweep.h"

typedef struct picture {
    hyti_conv_i8 conv;
    bytes in, out, expected, weights, add;
    columns columns;
} picture;

static void describe(const hyti_kernels *kernels, const picture *p, char *text, size_t size)
{
    const hyti_conv_i8 *c = &p->conv;
    snprintf(text, size,
             "isa %u in %zux%zux%zu(%zu) out %zux%zu(%zu) kernel %zux%zu stride %zux%zu pad %zu,%zu dilation %zux%zu "
             "add %s table %d",
             kernels->isa, c->in_height, c->in_width, c->in_channels, c->in_stride, c->out_height, c->out_width,
             c->out_stride, c->kernel_height, c->kernel_width, c->stride_height, c->stride_width, c->pad_top,
             c->pad_left, c->dilation_height, c->dilation_width,
             !c->add ? "no" : c->add == c->out ? "out" : "yes", c->requant->table != NULL);
}

/* What is common with odd chance, anything otherwise; the result may reach beyond the padded picture. */
static void choose_window(hyti_conv_i8 *c)
{
    static const size_t kernels[] = { 1, 3, 3, 3, 3, 5, 7, 2 };
    c->kernel_height = kernels[draw(COUNT(kernels))];
    c->kernel_width = draw(4) ? c->kernel_height : 1 + draw(6);
    c->stride_height = 1 + draw(2);
    c->stride_width = draw(4) ? c->stride_height : 1 + draw(4);
    c->dilation_height = draw(5) ? 1 : 2;
    c->dilation_width = draw(5) ? c->dilation_height : 1 + draw(3);
    if (c->in_channels < 24 && draw(20) == 0) { /* too large for what is kept in cache */
        c->kernel_height = 1 + draw(36), c->dilation_height = 1 + draw(9);
        if (draw(2)) c->kernel_width = 33 + draw(3);
    }
    c->pad_top = draw(4) ? c->kernel_height / 2 : draw((uint32_t)c->kernel_height + 1);
    c->pad_left = draw(4) ? c->kernel_width / 2 : draw((uint32_t)c->kernel_width + 1);
    c->in_height = 1 + draw(9);
    c->in_width = draw(12) ? 1 + draw(24) : 100 + draw(6000 / (uint32_t)c->in_channels + 1);
    c->out_height = (c->in_height + c->pad_top + draw((uint32_t)c->pad_top + 2)) / c->stride_height + draw(2);
    c->out_width = (c->in_width + c->pad_left + draw((uint32_t)c->pad_left + 2)) / c->stride_width + draw(2);
    if (!c->out_height) c->out_height = 1;
    if (!c->out_width) c->out_width = 1;
}

static void choose_values(const hyti_kernels *kernels, picture *p)
{
    hyti_conv_i8 *c = &p->conv;
    size_t channels = c->in_channels, taps = c->kernel_height * c->kernel_width;
    c->in_stride = channels + (draw(3) ? 0 : 1 + draw(3));
    c->out_stride = channels + (draw(3) ? 0 : 1 + draw(3));
    p->in = random_bytes((c->in_height * c->in_width - 1) * c->in_stride + channels);
    p->out = blank_bytes((c->out_height * c->out_width - 1) * c->out_stride + channels);
    p->expected = copied_bytes(&p->out);
    p->add = random_bytes(p->out.n);
    p->weights = random_bytes(channels * taps);
    random_columns(&p->columns, channels, 4000 * sqrt((double)taps));
    c->in = p->in.values;
    c->add = draw(3) ? NULL : draw(2) ? p->add.values : p->out.values;
    c->requant = &p->columns.requant;
    (void)kernels;
}

static void drop(picture *p)
{
    bytes *all[] = { &p->in, &p->out, &p->expected, &p->weights, &p->add };
    for (size_t i = 0; i < COUNT(all); i++) release_bytes(all[i]);
    release_columns(&p->columns);
}

/* With the weights packed into exactly the size stated. */
static void run(const hyti_kernels *kernels, const picture *p, bytes *out, bool shared_out)
{
    hyti_conv_i8 c = p->conv;
    bytes packed = reserve_bytes(hyti_pack_depthwise_i8_size(c.kernel_height, c.kernel_width, c.in_channels));
    kernels->pack_depthwise_i8(c.kernel_height, c.kernel_width, c.in_channels, p->weights.values, packed.values);
    c.weights = packed.values, c.out = out->values;
    memset(out->values, BYTE_CANARY, out->n);
    if (c.add == p->out.values) {
        memcpy(out->values, p->add.values, out->n);
        c.add = out->values;
    }
    for (size_t y = 0; y < c.out_height; y = c.last) {
        c.first = y, c.last = shared_out ? y + 1 + draw((uint32_t)(c.out_height - y)) : c.out_height;
        kernels->depthwise_i8(&c);
    }
    release_bytes(&packed);
}

/* The reference in plain sums, for one value. */
static int32_t exact_value(const picture *p, size_t y, size_t x, size_t j)
{
    const hyti_conv_i8 *c = &p->conv;
    int32_t sum = 0;
    for (size_t k = 0; k < c->kernel_height * c->kernel_width; k++) {
        size_t row = y * c->stride_height + k / c->kernel_width * c->dilation_height - c->pad_top;
        size_t column = x * c->stride_width + k % c->kernel_width * c->dilation_width - c->pad_left;
        bool inside = row < c->in_height && column < c->in_width; /* wraps where it falls before 0 */
        int32_t q = inside ? p->in.values[(row * c->in_width + column) * c->in_stride + j] : c->requant->in_zero;
        sum += q * p->weights.values[j * c->kernel_height * c->kernel_width + k];
    }
    return hyti_requantised(c->requant, j, sum);
}

static void check_reference(const picture *p)
{
    const hyti_conv_i8 *c = &p->conv;
    if (c->add) return;
    for (size_t at = 0; at < p->expected.n; at++) {
        size_t pixel = at / c->out_stride, j = at % c->out_stride;
        int32_t expected = BYTE_CANARY;
        if (j < c->out_channels) expected = exact_value(p, pixel / c->out_width, pixel % c->out_width, j);
        if (p->expected.values[at] != expected) fail_msg("reference: %zu", at);
    }
}

static void check_picture(const hyti_kernels *kernels, size_t channels)
{
    hyti_kernels reference;
    hyti_kernels_init(&reference, HYTI_ISA_C);
    picture p = { .conv = { .in_channels = channels, .out_channels = channels } };
    choose_window(&p.conv);
    choose_values(kernels, &p);
    run(&reference, &p, &p.expected, false);
    if (kernels->isa == HYTI_ISA_C) check_reference(&p);
    for (int shared_out = 0; shared_out < 2; shared_out++) {
        run(kernels, &p, &p.out, shared_out);
        size_t at = first_apart(&p.out, &p.expected), pixel = at / p.conv.out_stride;
        if (at == p.out.n) continue;
        char text[512];
        describe(kernels, &p, text, sizeof text);
        fail_msg("%s: (%zu, %zu, %zu) is %d, not %d", text, pixel / p.conv.out_width, pixel % p.conv.out_width,
                 at % p.conv.out_stride, p.out.values[at], p.expected.values[at]);
    }
    drop(&p);
}

static bool is_new(const hyti_kernels *kernels)
{
    static void (*known[8])(const hyti_conv_i8 *conv);
    size_t i = 0;
    while (i < COUNT(known) - 1 && known[i] && known[i] != kernels->depthwise_i8) i++;
    bool seen = known[i] == kernels->depthwise_i8;
    known[i] = kernels->depthwise_i8;
    return !seen;
}

static void check_channels(const hyti_kernels *kernels)
{
    if (!is_new(kernels)) return;
    for (size_t channels = 1; channels <= 140; channels++)
        for (int turn = 0; turn < (channels < 70 ? 6 : 2); turn++) check_picture(kernels, channels);
    static const size_t many[] = { 192, 256, 333, 640 };
    for (size_t i = 0; i < COUNT(many); i++) check_picture(kernels, many[i]);
}

static void depthwise(void **state)
{
    (void)state;
    each_table(check_channels);
}

static void sweep_picture(const hyti_kernels *kernels)
{
    check_picture(kernels, draw(8) ? 1 + draw(140) : 1 + draw(700));
}

static const sweep_kind kinds[] = {
    { "depthwise_i8", sweep_picture, each_table },
};

int main(int argc, char **argv)
{
    if (argc > 1) return run_sweep(kinds, COUNT(kinds), argv);
    const struct CMUnitTest tests[] = { cmocka_unit_test(depthwise) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
