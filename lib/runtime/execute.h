/* SPDX-License-Identifier: MIT */
/* A plan bound to memory: one job a step, its kernel's arguments worked out once. */
#ifndef HYTI_RUNTIME_EXECUTE_H
#define HYTI_RUNTIME_EXECUTE_H

#include "base/pool.h"
#include "runtime/plan.h"

#define HYTI_ARGUMENTS(name)            \
    union {                             \
        hyti_##name##_f32 f32;          \
        hyti_##name##_bf16 bf16;        \
        hyti_##name##_f16 f16;          \
        hyti_##name##_i8 i8;            \
    }

/* An axis of a copy, a sum or a product: its size, and how many values its neighbours are apart in each tensor. */
typedef struct hyti_axis { size_t size, in, add, out; } hyti_axis;
typedef struct hyti_axes {
    size_t rank;
    hyti_axis axis[HYT_MAX_RANK];
} hyti_axes;

/* Sets of tokens of one tensor: where the first lies, and how many values pictures and positions are apart. */
typedef struct hyti_sets { const char *first; size_t picture, position; } hyti_sets;

/* `units` of work (rows, pictures, heads ...) in `parts` tasks: of one thread one, else as many as the shapes alone
 * say. What a unit gives is the same in whatever part it is. */
typedef struct hyti_job {
    hyti_task_fn run; /* of a hyti_job */
    size_t parts, units;
    const hyt_runtime *runtime;
    const hyti_kernels *kernels;
    char *scratch;        /* scratch_bytes a worker */
    size_t scratch_bytes;
    size_t size;          /* bytes of a value */
    const char *in, *add;
    char *out;
    hyti_act act;
    size_t rows, width;           /* of one picture of the result, or of all rows */
    size_t in_picture, out_picture; /* values */
    hyti_requant requant;         /* int8 */
    hyti_add_quant add_quant;
    union {
        struct { HYTI_ARGUMENTS(gemm) args; size_t unit; bool by_columns; size_t band, filtered; } gemm;
        struct { HYTI_ARGUMENTS(conv) args; size_t groups, panel; hyti_gemm_f32 product; bool largest; } conv;
        struct { HYTI_ARGUMENTS(conv) args; const void *weights; hyti_quant quant; } stem; /* quant: of the input */
        struct { HYTI_ARGUMENTS(attention) args; hyti_attention_quant quant; size_t heads, positions, bias_head;
                 hyti_sets q, k, v, bias; size_t queries, keys, stride; float scale;
                 hyti_quant q_quant, k_quant; bool stored; } attention;
        struct { const float *scale, *shift; float epsilon; hyti_norm_quant quant; } norm;
        struct { hyti_mean_quant quant; } pool;
        struct { size_t patch, across, positions, tokens; } fold; /* across: patches in a row of patches */
        struct { size_t in_height, in_width, out_height, out_width; hyti_format format; } resize;
        struct { hyti_axes axes; bool product; hyti_format format; hyti_mul_quant mul; } move;
        struct { size_t in_channels, in_pixels; } regroup;
        struct { size_t in_height, in_width, out_height, out_width, top, left; char value[4]; } pad;
        struct { size_t count, inner; hyti_format format; hyti_mean_quant quant; } mean;
        struct { hyti_format format; const int32_t *table; } softmax;
        struct { hyti_axes axes; size_t m, n, k, left_row, right_row; bool transposed; hyti_format format;
                 hyti_quant left, right; } matmul;
        struct { size_t stride; } copy; /* between blocks of the result */
        struct { hyti_format from, to; hyti_quant quant; size_t stride; } convert;
    } u;
} hyti_job;

struct hyt_runtime {
    hyti_ref ref;
    hyt_context *context;
    hyti_runtime_params params;
    hyti_kernels kernels;
    hyti_plan plan;
    hyti_pool *pool;
    hyti_job *jobs;
    hyti_stage *stages;     /* a job each */
    size_t n_jobs;
    char *arena;
    bool own_arena;
    char *packed;
    float *mean, *inverse;  /* of the input; NULL: as it is */
    size_t channels, pixels; /* of one input */
    hyt_dims output_dims;   /* batch included */
    bool output_picture;
    const float *input;     /* of the run under way */
    float *output;
};

/* Fills runtime->jobs; the plan, the arena and the packed weights are there. */
void hyti_runtime_bind(const hyt_graph *graph, hyt_runtime *runtime);

/* One that runs in float32 and makes every value that the result depends on. */
hyt_status hyti_runtime_observe(const hyt_graph *graph, size_t threads, hyt_runtime **out);
/* Runs it on the graph's weights as they are by now and shows each of its values as soon as it is made, rows as a
 * tensor has them (pictures NHWC), until `see` fails. */
typedef hyt_status (*hyti_see_fn)(void *user, hyt_value value, const float *values, size_t count);
hyt_status hyti_runtime_watch(hyt_runtime *runtime, const hyt_graph *graph, const float *input, float *output,
                              hyti_see_fn see, void *user);

/* Of one step, while it is bound. */
typedef struct hyti_binder {
    const hyt_graph *graph;
    hyt_runtime *runtime;
    const hyti_step *step;
    hyti_job *job;
    const hyti_node *node;
    const hyti_tensor *in, *out, *add; /* NULL: the step has none */
    size_t pictures;                   /* of the result: 1 for what is made of constants alone */
} hyti_binder;

/* What differs by format: how arguments are bound, and what runs. */
typedef struct hyti_format_steps {
    void (*bind_gemm)(hyti_binder *b);
    void (*bind_bands)(hyti_binder *b);     /* after bind_gemm, and after the two steps before */
    void (*bind_conv)(hyti_binder *b);      /* depthwise and grouped too */
    void (*bind_stem)(hyti_binder *b);
    void (*bind_attention)(hyti_binder *b);
    hyti_task_fn act, add, layer_norm, pool, resize, input;
} hyti_format_steps;
extern const hyti_format_steps hyti_steps_f32, hyti_steps_bf16, hyti_steps_f16, hyti_steps_i8;

typedef struct hyti_share { size_t first, last; } hyti_share;

/* The units of a part. */
static inline hyti_share hyti_share_of(const hyti_job *job, size_t part)
{
    return (hyti_share){ job->units * part / job->parts, job->units * (part + 1) / job->parts };
}

/* int8: the bias of one head, value `at` of it on, in scores, keys x queries; *stride becomes that of its rows. A
 * constant bias is stored so by hyti_bind_scores; any other becomes so in scratch. */
const int32_t *hyti_attention_scores(const hyti_job *job, size_t worker, size_t at, size_t *stride);
void hyti_bind_scores(hyti_binder *b, size_t stride);
/* Of a step each, or of a few. */
void hyti_bind_combine(hyti_binder *b);
void hyti_bind_move(hyti_binder *b);
void hyti_bind_window(hyti_binder *b);
void hyti_bind_aligned(hyti_binder *b);
void hyti_bind_transposed(hyti_binder *b);
void hyti_bind_matmul(hyti_binder *b);
void hyti_bind_softmax(hyti_binder *b);
void hyti_bind_mean(hyti_binder *b);
/* Where a tensor's first value lies; NULL for HYTI_NO_VALUE. */
char *hyti_tensor_address(const hyt_runtime *runtime, hyt_value tensor);

/* Sets units and parts: a part is worth handing to another thread from some work (multiply-accumulates) on, and costs
 * what a kernel does before its first row. */
void hyti_split(hyti_job *job, size_t units, uint64_t work);

/* Sets of tokens of a tensor N,P,T,D, from value `first` of a token on. */
static inline hyti_sets hyti_sets_of(const hyti_binder *b, hyt_value number, size_t first)
{
    const hyti_tensor *tensor = &b->runtime->plan.tensors[number];
    const hyti_node *node = &b->graph->nodes[tensor->value];
    size_t set = node->dims.size[2] * tensor->stride;
    const char *at = hyti_tensor_address(b->runtime, number) + first * hyti_format_size(tensor->format);
    return (hyti_sets){ at, node->fixed ? 0 : node->dims.size[1] * set, set };
}

static inline uint64_t hyti_values_of(const hyti_tensor *tensor)
{
    return (uint64_t)tensor->rows * tensor->width;
}

static inline const hyti_node *hyti_node_at(const hyti_binder *b, const hyti_tensor *tensor)
{
    return &b->graph->nodes[tensor->value];
}

static inline void hyti_add_axis(hyti_axes *axes, size_t size, size_t in, size_t add, size_t out)
{
    axes->axis[axes->rank++] = (hyti_axis){ size, in, add, out };
}

/* Axes of size 1 go, and neighbours whose strides allow it become one; at least one stays. */
void hyti_merge_axes(hyti_axes *axes);

/* Axes of a picture in the order in which they lie. */
static inline size_t hyti_axis_at(bool picture, size_t place)
{
    static const size_t order[] = { 0, 2, 3, 1 };
    return picture ? order[place] : place;
}

static inline size_t hyti_size_at(const hyti_binder *b, const hyt_dims *dims, size_t axis)
{
    return axis == 0 ? b->pictures : dims->size[axis];
}

/* Packed weights at a place of the plan; NULL for HYTI_NO_BUFFER. */
static inline const void *hyti_packed_at(const hyti_binder *b, size_t place)
{
    return place == HYTI_NO_BUFFER ? NULL : b->runtime->packed + place;
}

#endif
