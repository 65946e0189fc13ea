/* SPDX-License-Identifier: MIT */
/* An inverted residual (Sandler et al., arXiv 1801.04381) in bands of rows: what a pointwise convolution expands, a
 * depthwise one filters and another projects is never whole in memory. The three steps stay, and the last of them does
 * the work of all (execute_product.inc). */
#include "runtime/planner.h"

enum {
    LEAST_BAND = 4,        /* rows of the result at a time: each band costs what kernels do before their first row */
    MOST_INPUT = 14,       /* expanded rows that a band reads, if its least is no more */
    BAND_BYTES = 1 << 18,  /* of those: they stay in cache */
    WORTH_BYTES = 1 << 18, /* of a whole expanded picture: below, bands save little and cost some percent of time */
};

typedef struct chain {
    const hyti_step *expand, *filter;
    hyti_step *project;
    hyti_conv_f32 conv; /* of the filter: sizes only */
    size_t size;        /* bytes of a value */
} chain;

static const hyti_tensor *tensor_of(const hyti_plan *plan, hyt_value value)
{
    return &plan->tensors[value];
}

static hyti_buffer *buffer_of(const hyti_plan *plan, hyt_value value)
{
    return &plan->buffers[plan->tensors[value].buffer];
}

/* Whether `value` has a buffer of its own that lives from one step to the next and no further. */
static bool passes_on(const hyti_plan *plan, hyt_value value, size_t step)
{
    const hyti_tensor *tensor = tensor_of(plan, value);
    if (tensor->packed || tensor->buffer == HYTI_NO_BUFFER || tensor->stride != tensor->width) return false;
    const hyti_buffer *buffer = buffer_of(plan, value);
    return buffer->first == step && buffer->last == step + 1;
}

/* Steps i to i + 2 read only each other's results, and every row of the filter's result meets its input. */
static bool is_chain(const hyti_planner *p, size_t i)
{
    const hyti_plan *plan = p->plan;
    const hyti_step *e = &plan->steps[i], *f = e + 1, *l = e + 2;
    if (e->kind != HYTI_STEP_GEMM || f->kind != HYTI_STEP_DEPTHWISE || l->kind != HYTI_STEP_GEMM) return false;
    if (f->in != e->out || l->in != f->out || e->format != f->format || f->format != l->format) return false;
    if (e->add != HYTI_NO_VALUE || f->add != HYTI_NO_VALUE || tensor_of(plan, e->in)->packed) return false;
    if (hyti_node_of(p, e->node)->op != HYT_OP_CONV || hyti_node_of(p, l->node)->op != HYT_OP_CONV) return false;
    hyti_conv_f32 c = hyti_step_conv(p->graph, plan, f);
    return passes_on(plan, e->out, i) && passes_on(plan, f->out, i + 1) &&
           c.pad_top <= (c.kernel_height - 1) * c.dilation_height &&
           (c.out_height - 1) * c.stride_height < c.in_height + c.pad_top;
}

static size_t expanded_rows(const hyti_conv_f32 *c, size_t band)
{
    size_t rows = (band - 1) * c->stride_height + (c->kernel_height - 1) * c->dilation_height + 1;
    return HYTI_MIN(rows, c->in_height);
}

static size_t expanded_bytes(const chain *c, size_t band)
{
    size_t row = c->conv.in_width * c->conv.in_channels * c->size;
    return hyti_round_up(expanded_rows(&c->conv, band) * row, 64);
}

static size_t band_bytes(const chain *c, size_t band)
{
    return expanded_bytes(c, band) + hyti_round_up(band * c->conv.out_width * c->conv.out_channels * c->size, 64);
}

static size_t choose_band(const chain *c)
{
    size_t band = LEAST_BAND;
    while (band < c->conv.out_height && expanded_rows(&c->conv, band + 1) <= MOST_INPUT &&
           expanded_bytes(c, band + 1) <= BAND_BYTES)
        band++;
    return band;
}

/* Bands where they need less memory than the filter's operand and result, though what is expanded lives longer. */
static void make_bands(hyti_planner *p, size_t i)
{
    hyti_plan *plan = p->plan;
    hyti_step *e = &plan->steps[i];
    chain c = { e, e + 1, e + 2, hyti_step_conv(p->graph, plan, e + 1), hyti_format_size(e->format) };
    hyti_buffer *in = buffer_of(plan, e->in), *wide = buffer_of(plan, e->out);
    hyti_buffer *filtered = buffer_of(plan, c.filter->out);
    size_t band = choose_band(&c), bytes = band_bytes(&c, band), out = buffer_of(plan, c.project->out)->bytes;
    /* Over what is expanded only where one thread goes from band to band, which reads no row that it has written. */
    if (plan->threads > 1 && plan->tensors[c.project->out].buffer == plan->tensors[e->in].buffer) return;
    if (c.conv.in_height * c.conv.in_width * c.conv.in_channels * c.size < WORTH_BYTES) return;
    if (band >= c.conv.out_height || in->bytes + out + bytes * plan->threads > wide->bytes + filtered->bytes) return;
    c.project->band = band;
    c.project->filtered = expanded_bytes(&c, band);
    c.project->scratch = plan->tensors[e->out].buffer;
    c.project->scratch_bytes = bytes;
    wide->bytes = bytes * plan->threads;
    filtered->bytes = 0;
    wide->first = wide->last = filtered->first = filtered->last = i + 2;
    in->last = HYTI_MAX(in->last, i + 2);
    plan->tensors[e->out].buffer = plan->tensors[c.filter->out].buffer = HYTI_NO_BUFFER;
    e[0].inner = e[1].inner = true;
}

void hyti_plan_bands(hyti_planner *p)
{
    if (p->observed) return;
    for (size_t i = 0; i + 2 < p->plan->n_steps; i++)
        if (is_chain(p, i)) make_bands(p, i);
}
