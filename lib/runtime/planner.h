/* SPDX-License-Identifier: MIT */
/* What planning knows while it walks a graph; shared by plan.c (places) and plan_steps.c (which steps). */
#ifndef HYTI_RUNTIME_PLANNER_H
#define HYTI_RUNTIME_PLANNER_H

#include "runtime/plan.h"

/* int8: values less a zero that 32 bits can sum. */
#define HYTI_MOST_AVERAGED ((size_t)INT32_MAX / 255)

/* What is known of a value. */
typedef struct hyti_reading {
    hyt_value reader; /* the last operation that reads it */
    size_t uses;      /* operands of live operations it is, and one for the result */
    size_t left;      /* of these, not planned yet */
    bool live;        /* the result depends on it */
    bool done;        /* part of an earlier step */
    hyt_value root;   /* the value in whose bytes it lies, which counts what is left of both */
    hyti_format format;
    hyt_value copies[HYTI_FORMATS]; /* tensors that hold it in another format, or HYTI_NO_VALUE */
} hyti_reading;

typedef struct hyti_planner {
    const hyt_graph *graph;
    const hyti_kernels *kernels;
    hyti_plan *plan;
    hyti_reading *values;
    hyt_value output;
    bool fixed;        /* the result is made of constants alone, and all of that is planned */
    int64_t precision; /* of the options */
    bool observed;
    size_t streamed;   /* bytes of the greatest of the steps' weights */
} hyti_planner;

/* Steps for `value`, and for what can be fused with it. */
hyt_status hyti_plan_value(hyti_planner *p, hyt_value value);

static inline const hyti_node *hyti_node_of(const hyti_planner *p, hyt_value value)
{
    return &p->graph->nodes[value];
}

/* The operation that alone reads a value which is not the result; HYTI_NO_VALUE: there is none such. */
hyt_value hyti_only_reader(const hyti_planner *p, hyt_value value);
/* Place for the result of a step in `format`; strided: the step can write rows that do not follow each other. */
void hyti_place(hyti_planner *p, hyt_value value, hyti_format format, bool strided);
/* Writes `value` over an operand of its size that nothing reads any more; false if something does. */
bool hyti_place_over(hyti_planner *p, hyt_value value, hyti_format format, hyt_value operand);
/* The tensor that holds a value in a format: its own, or a copy that a step before this makes. */
hyt_value hyti_tensor_in(hyti_planner *p, hyt_value value, hyti_format format);
/* The tensor that holds a transposed convolution's operand `in` with its pixels a stride apart: a step before this. */
hyt_value hyti_spread(hyti_planner *p, hyt_value value, hyt_value in);
/* The value lies in its operand's bytes as they are: another shape of the same rows. */
void hyti_place_as(hyti_planner *p, hyt_value value, hyt_value operand);
/* What is made of constants alone: among the packed weights, in float32. */
void hyti_place_packed(hyti_planner *p, hyt_value value);
/* Inverted residuals in bands, where that needs less memory: after all steps, before they get their places. */
void hyti_plan_bands(hyti_planner *p);
/* Steps of the operations of plan_more.c. */
hyt_status hyti_plan_more(hyti_planner *p, hyt_value value);
bool hyti_is_broadcast(const hyti_planner *p, const hyti_node *node);
hyti_step hyti_start_step(hyti_step_kind kind, hyt_value value, hyti_format format);
void hyti_finish_step(hyti_planner *p, hyti_step *step);
/* Room among the packed weights, every block at a multiple of 64 bytes. */
size_t hyti_pack_room(hyti_planner *p, size_t bytes);

#endif
