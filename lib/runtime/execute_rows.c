/* SPDX-License-Identifier: MIT */
/* Products of two values, softmax of rows, means along an axis: every format by its kernels. */
#include "runtime/execute.h"
#include <string.h>

/* Products: the right operand is packed into scratch, matrix by matrix, as a layer's weights are at the start. */

/* One matrix each. */
typedef struct operands { const char *left, *right; char *out, *scratch; } operands;

static char *take(char **scratch, size_t bytes)
{
    char *taken = *scratch;
    *scratch += hyti_round_up(bytes, 64);
    return taken;
}

static void multiply_f32(const hyti_job *job, operands o)
{
    size_t nr = job->kernels->panels[HYTI_F32].nr, n = job->u.matmul.n, k = job->u.matmul.k;
    hyti_gemm_f32 gemm = { .m = job->u.matmul.m, .n = n, .k = k, .a = (const float *)o.left,
                           .a_row = (ptrdiff_t)job->u.matmul.left_row, .a_step = 1, .b = (const float *)o.right,
                           .b_step = (ptrdiff_t)job->u.matmul.right_row, .b_panel = (ptrdiff_t)nr,
                           .c = (float *)o.out, .c_row = (ptrdiff_t)n };
    if (job->u.matmul.transposed) {
        float *packed = (float *)o.scratch;
        hyti_pack_f32(job->kernels, k, n, gemm.b, 1, (ptrdiff_t)job->u.matmul.right_row, packed);
        gemm.b = packed;
        gemm.b_step = (ptrdiff_t)nr;
        gemm.b_panel = (ptrdiff_t)hyti_panel_size(job->kernels, HYTI_F32, k);
    }
    job->kernels->gemm_f32(&gemm);
}

/* The right operand by way of float32, from which packing starts. */
#define MULTIPLY_HALF(type, FORMAT)                                                                                    \
    static void multiply_##type(const hyti_job *job, operands o)                                                       \
    {                                                                                                                  \
        size_t n = job->u.matmul.n, k = job->u.matmul.k, rows = job->u.matmul.transposed ? n : k, wide = k + n - rows; \
        const hyti_##type *right = (const hyti_##type *)o.right;                                                       \
        float *floats = (float *)take(&o.scratch, k * n * sizeof *floats);                                             \
        hyti_##type *packed = (hyti_##type *)o.scratch;                                                                \
        for (size_t i = 0; i < rows; i++)                                                                              \
            job->kernels->to_f32_##type(wide, right + i * job->u.matmul.right_row, floats + i * wide);                 \
        hyti_pack_##type(job->kernels, k, n, floats, job->u.matmul.transposed ? 1 : (ptrdiff_t)n,                      \
                         job->u.matmul.transposed ? (ptrdiff_t)k : 1, packed);                                         \
        hyti_gemm_##type gemm = { .m = job->u.matmul.m, .n = n, .k = k, .a = (const hyti_##type *)o.left,              \
                                  .a_row = (ptrdiff_t)job->u.matmul.left_row, .a_step = 1, .b = packed,                \
                                  .b_step = (ptrdiff_t)job->kernels->panels[FORMAT].nr,                                \
                                  .b_panel = (ptrdiff_t)hyti_panel_size(job->kernels, FORMAT, k),                      \
                                  .c = (hyti_##type *)o.out, .c_row = (ptrdiff_t)n };                                  \
        job->kernels->gemm_##type(&gemm);                                                                              \
    }
MULTIPLY_HALF(bf16, HYTI_BF16)
MULTIPLY_HALF(f16, HYTI_F16)

/* int8: sum (a - a_zero) (b - b_zero). b - b_zero may need 9 bits, so b_zero goes into operands of its own, for which
 * the left one is repeated: weights of -b_zero, or twice 64 for the zero -128. */
size_t hyti_matmul_repeats(int32_t zero)
{
    return zero == 0 ? 1 : zero == -128 ? 3 : 2;
}

/* The right operand with the rows for its zero (or, transposed, columns), and what is subtracted from the sums for the
 * left one's zero. */
static void store_right(const hyti_job *job, const int8_t *right, size_t repeats, int8_t *stored, int32_t *bias)
{
    size_t n = job->u.matmul.n, k = job->u.matmul.k, row = job->u.matmul.right_row;
    int32_t left = job->u.matmul.left.zero, zero = job->u.matmul.right.zero, less = (int32_t)k * zero;
    int32_t weight = repeats == 3 ? 64 : -zero;
    for (size_t j = 0; j < n; j++) bias[j] = left * less;
    if (job->u.matmul.transposed) {
        for (size_t j = 0; j < n; j++, right += row, stored += repeats * k) {
            int32_t sum = 0;
            for (size_t l = 0; l < k; l++) sum += stored[l] = right[l];
            memset(stored + k, weight, (repeats - 1) * k);
            bias[j] -= left * sum;
        }
        return;
    }
    for (size_t l = 0; l < k; l++, right += row, stored += n) {
        memcpy(stored, right, n);
        for (size_t j = 0; j < n; j++) bias[j] -= left * right[j];
    }
    memset(stored, weight, (repeats - 1) * k * n);
}

static void multiply_i8(const hyti_job *job, operands o)
{
    size_t m = job->u.matmul.m, n = job->u.matmul.n, k = job->u.matmul.k, row = job->u.matmul.left_row;
    size_t repeats = hyti_matmul_repeats(job->u.matmul.right.zero), depth = repeats * k;
    int32_t *bias = (int32_t *)take(&o.scratch, n * sizeof *bias);
    int8_t *stored = (int8_t *)take(&o.scratch, n * depth);
    int8_t *wide = (int8_t *)take(&o.scratch, repeats > 1 ? m * depth : 0);
    int8_t *packed = (int8_t *)o.scratch;
    const int8_t *left = (const int8_t *)o.left;
    store_right(job, (const int8_t *)o.right, repeats, stored, bias);
    hyti_pack_i8(job->kernels, depth, n, stored, job->u.matmul.transposed ? 1 : (ptrdiff_t)n,
                 job->u.matmul.transposed ? (ptrdiff_t)depth : 1, packed);
    for (size_t i = 0; repeats > 1 && i < m * repeats; i++) memcpy(wide + i * k, left + i / repeats * row, k);
    hyti_requant requant = job->requant;
    requant.bias = bias;
    hyti_gemm_i8 gemm = { .m = m, .n = n, .k = depth, .a = repeats > 1 ? wide : left,
                          .a_row = (ptrdiff_t)(repeats > 1 ? depth : row), .a_step = 1, .b = packed,
                          .b_step = (ptrdiff_t)job->kernels->panels[HYTI_I8].nr,
                          .b_panel = (ptrdiff_t)hyti_panel_size(job->kernels, HYTI_I8, depth),
                          .c = (int8_t *)o.out, .c_row = (ptrdiff_t)n, .requant = &requant };
    job->kernels->gemm_i8(&gemm);
}

/* Units are the matrices. */
static void run_matmul(void *user, size_t part, size_t worker)
{
    static void (*const multiply[HYTI_FORMATS])(const hyti_job *job, operands o) = {
        [HYTI_F32] = multiply_f32, [HYTI_BF16] = multiply_bf16, [HYTI_F16] = multiply_f16, [HYTI_I8] = multiply_i8 };
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    const hyti_axes *axes = &job->u.matmul.axes;
    for (size_t unit = s.first; unit < s.last; unit++) {
        char *out = job->out + unit * job->u.matmul.m * job->u.matmul.n * job->size;
        operands o = { job->in, job->add, out, job->scratch };
        if (job->scratch) o.scratch += worker * job->scratch_bytes;
        for (size_t i = axes->rank, rest = unit; i-- > 0; rest /= axes->axis[i].size) {
            o.left += rest % axes->axis[i].size * axes->axis[i].in * job->size;
            o.right += rest % axes->axis[i].size * axes->axis[i].add * job->size;
        }
        multiply[job->u.matmul.format](job, o);
    }
}

/* One factor for all columns. */
static void bind_matmul_i8(hyti_binder *b, size_t n)
{
    hyti_factor factor = hyti_factor_of((double)b->in->quant.scale * b->add->quant.scale / b->out->quant.scale);
    int32_t *multiplier = (int32_t *)(b->runtime->packed + b->step->multiplier);
    int32_t *shift = (int32_t *)(b->runtime->packed + b->step->shift);
    for (size_t i = 0; i < n; i++) {
        multiplier[i] = factor.multiplier;
        shift[i] = factor.shift;
    }
    b->job->requant = (hyti_requant){ .multiplier = multiplier, .shift = shift, .in_zero = b->in->quant.zero,
                                      .zero = b->out->quant.zero, .low = -128, .high = 127 };
    b->job->u.matmul.left = b->in->quant;
    b->job->u.matmul.right = b->add->quant;
}

void hyti_bind_matmul(hyti_binder *b)
{
    const hyti_node *left = hyti_node_at(b, b->in), *right = hyti_node_at(b, b->add);
    size_t in[HYT_MAX_RANK], add[HYT_MAX_RANK], last = b->node->dims.rank - 1, units = 1;
    size_t m = b->node->dims.size[last - 1], n = b->node->dims.size[last], k = left->dims.size[last];
    hyti_axis_strides(left, b->in, in);
    hyti_axis_strides(right, b->add, add);
    hyti_axes *axes = &b->job->u.matmul.axes;
    *axes = (hyti_axes){ 0 };
    for (size_t i = 0; i + 1 < last; i++) {
        size_t size = hyti_size_at(b, &b->node->dims, i);
        hyti_add_axis(axes, size, in[i], i > 0 && right->dims.size[i] == 1 ? 0 : add[i], 0);
        units *= size;
    }
    b->job->run = run_matmul;
    b->job->u.matmul.transposed = b->node->transposed;
    b->job->u.matmul.format = b->step->format;
    b->job->u.matmul.m = m;
    b->job->u.matmul.n = n;
    b->job->u.matmul.k = k;
    b->job->u.matmul.left_row = b->in->stride;
    b->job->u.matmul.right_row = b->add->stride;
    if (b->step->format == HYTI_I8) bind_matmul_i8(b, n);
    hyti_split(b->job, units, (uint64_t)units * m * n * k);
}

/* int8 attention's bias, in scores. */
const int32_t *hyti_attention_scores(const hyti_job *job, size_t worker, size_t at, size_t *stride)
{
    size_t queries = job->u.attention.queries, keys = job->u.attention.keys;
    *stride = queries;
    if (job->u.attention.stored) return (const int32_t *)job->u.attention.bias.first + at;
    size_t before = job->scratch_bytes - hyti_round_up(queries * keys * sizeof(int32_t), 64);
    int32_t *scores = (int32_t *)(job->scratch + worker * job->scratch_bytes + before);
    hyti_attention_bias_of(job->u.attention.q_quant, job->u.attention.k_quant, job->u.attention.scale, queries, keys,
                           (const float *)job->u.attention.bias.first + at, job->u.attention.stride, scores);
    return scores;
}

/* Heads follow each other, so that a head begins where it did. */
void hyti_bind_scores(hyti_binder *b, size_t stride)
{
    size_t queries = b->job->u.attention.queries, keys = b->job->u.attention.keys, head = queries * keys;
    b->job->u.attention.stride = stride;
    if (!b->add->packed) return;
    int32_t *scores = (int32_t *)(b->runtime->packed + b->step->weights);
    for (size_t i = 0; i < hyti_values_of(b->add); i += head)
        hyti_attention_bias_of(b->job->u.attention.q_quant, b->job->u.attention.k_quant, b->job->u.attention.scale,
                               queries, keys, (const float *)b->job->add + i, stride, scores + i);
    b->job->u.attention.bias.first = (const char *)scores;
    b->job->u.attention.stored = true;
}

/* Softmax. Units are rows; the kernels of floats work in place. */
static void run_softmax(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t at = s.first * job->width * job->size, rows = s.last - s.first;
    char *to = job->out + at;
    (void)worker;
    if (job->in != job->out && job->u.softmax.format != HYTI_I8)
        memcpy(to, job->in + at, rows * job->width * job->size);
    switch (job->u.softmax.format) {
    case HYTI_I8:
        job->kernels->softmax_i8(rows, job->width, (const int8_t *)job->in + at, job->u.softmax.table, (int8_t *)to);
        break;
    case HYTI_BF16: job->kernels->softmax_bf16(rows, job->width, 1, (hyti_bf16 *)to, job->width); break;
    case HYTI_F16: job->kernels->softmax_f16(rows, job->width, 1, (hyti_f16 *)to, job->width); break;
    default: job->kernels->softmax_f32(rows, job->width, 1, (float *)to, job->width); break;
    }
}

void hyti_bind_softmax(hyti_binder *b)
{
    b->job->run = run_softmax;
    b->job->u.softmax.format = b->step->format;
    if (b->step->format == HYTI_I8) {
        int32_t *table = (int32_t *)(b->runtime->packed + b->step->weights);
        hyti_softmax_table_of(b->in->quant.scale, table);
        b->job->u.softmax.table = table;
    }
    hyti_split(b->job, b->out->rows, 16 * hyti_values_of(b->out));
}

/* Mean along an axis. Units are places before it. */
static void run_mean(void *user, size_t part, size_t worker)
{
    const hyti_job *job = user;
    hyti_share s = hyti_share_of(job, part);
    size_t count = job->u.mean.count, inner = job->u.mean.inner;
    (void)worker;
    for (size_t i = s.first; i < s.last; i++) {
        const char *in = job->in + i * count * inner * job->size;
        char *out = job->out + i * inner * job->size;
        switch (job->u.mean.format) {
        case HYTI_I8: job->kernels->mean_i8(count, inner, (const int8_t *)in, &job->u.mean.quant, (int8_t *)out); break;
        case HYTI_BF16: job->kernels->mean_bf16(count, inner, (const hyti_bf16 *)in, (hyti_bf16 *)out); break;
        case HYTI_F16: job->kernels->mean_f16(count, inner, (const hyti_f16 *)in, (hyti_f16 *)out); break;
        default: job->kernels->mean_f32(count, inner, (const float *)in, (float *)out); break;
        }
    }
}

void hyti_bind_mean(hyti_binder *b)
{
    const hyt_dims *dims = &hyti_node_at(b, b->in)->dims;
    size_t outer = b->pictures, inner = 1, axis = b->node->axis;
    for (size_t i = 1; i < axis; i++) outer *= dims->size[i];
    for (size_t i = axis + 1; i < dims->rank; i++) inner *= dims->size[i];
    b->job->run = run_mean;
    b->job->u.mean.count = dims->size[axis];
    b->job->u.mean.inner = inner;
    b->job->u.mean.format = b->step->format;
    if (b->step->format == HYTI_I8)
        b->job->u.mean.quant = hyti_mean_quant_of(b->in->quant, b->out->quant, dims->size[axis]);
    hyti_split(b->job, outer, hyti_values_of(b->in));
}
