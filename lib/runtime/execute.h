/* SPDX-License-Identifier: MIT */
/* A plan bound to memory: one job a step, its kernel's arguments worked out once. */
#ifndef HYTI_RUNTIME_EXECUTE_H
#define HYTI_RUNTIME_EXECUTE_H

#include "base/pool.h"
#include "runtime/plan.h"

/* `units` of work (rows, pictures, heads ...) in `parts` tasks; both follow from the shapes alone. */
typedef struct hyti_job {
    hyti_task_fn run; /* of a hyti_job */
    size_t parts, units;
    const hyt_runtime *runtime;
    const hyti_kernels *kernels;
    char *scratch;        /* scratch_bytes a worker */
    size_t scratch_bytes;
    const float *in, *add;
    float *out;
    hyti_act act;
    size_t rows, width;           /* of one picture of the result, or of all rows */
    size_t in_picture, out_picture; /* values */
    union {
        struct { hyti_gemm_f32 args; bool by_columns; } gemm;
        struct { hyti_conv_f32 args; size_t groups, panel; } conv;
        struct { hyti_attention_f32 args; size_t heads, set_in, set_out; } attention;
        struct { const float *scale, *shift; float epsilon; } norm;
        struct { size_t patch, across, positions, tokens; } fold; /* across: patches in a row of patches */
        struct { size_t in_height, in_width, out_height, out_width; } resize;
        struct { size_t stride; } copy; /* between blocks of the result */
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
    size_t n_jobs;
    char *arena;
    bool own_arena;
    float *packed;
    float *mean, *inverse;  /* of the input; NULL: as it is */
    size_t channels, pixels; /* of one input */
    hyt_dims output_dims;   /* batch included */
    bool output_picture;
    const float *input;     /* of the run under way */
    float *output;
};

/* Fills runtime->jobs; the plan, the arena and the packed weights are there. */
void hyti_runtime_bind(const hyt_graph *graph, hyt_runtime *runtime);

/* As hyt_runtime_create, in an arena of the caller's: `arena_size` bytes at a multiple of 64. NULL: one of its own. */
hyt_status hyti_runtime_create_in(const hyt_graph *graph, const hyt_options *options, void *arena, size_t arena_size,
                                  hyt_runtime **out);

#endif
