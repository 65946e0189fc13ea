/* SPDX-License-Identifier: MIT */
/* Memory from the context's heap, and counted handles. NULL as context: malloc, no log. */
#ifndef HYTI_BASE_HEAP_H
#define HYTI_BASE_HEAP_H

#include "base/error.h"
#include <stdatomic.h>
#include <stdbool.h>

/* Zeroed; NULL when there is none (say so with hyti_fail_nomem) or when count * size overflows. */
void *hyti_alloc(hyt_context *context, size_t size);
void *hyti_array(hyt_context *context, size_t count, size_t size);
void hyti_free(hyt_context *context, void *pointer);
/* The same at multiples of 64 bytes, for what kernels read; released with hyti_free_aligned. */
void *hyti_alloc_aligned(hyt_context *context, size_t size);
void hyti_free_aligned(hyt_context *context, void *pointer);
/* Of a block that is about to be written from end to end: all its pages at once, which cost much more one by one. */
void hyti_prefault(void *pointer, size_t size);
/* Makes room for `need` elements in the array at *array, at least doubling; new elements are zero. */
hyt_status hyti_grow(hyt_context *context, void *array, size_t *capacity, size_t need, size_t size);
/* Copies of bytes and of text. */
void *hyti_copy(hyt_context *context, const void *bytes, size_t size);
char *hyti_copy_text(hyt_context *context, const char *text);
/* Text for `char **out`, released by hyt_text_destroy. */
hyt_status hyti_give_text(hyt_context *context, const char *text, size_t length, char **out);

/* Context of a new handle: counted up; NULL stays NULL. */
hyt_context *hyti_context_retain(hyt_context *context);

/* First field of every handle. retain counts up; release says whether it was the last. */
typedef struct hyti_ref {
    atomic_size_t count;
} hyti_ref;
static inline void hyti_ref_init(hyti_ref *ref) { atomic_init(&ref->count, 1); }
static inline void hyti_ref_retain(hyti_ref *ref) { atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed); }
static inline bool hyti_ref_release(hyti_ref *ref)
{
    return atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel) == 1;
}

void hyti_log(const hyt_context *context, hyt_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* a * b, a + b into *out; false on overflow. */
static inline bool hyti_mul(size_t a, size_t b, size_t *out) { return !__builtin_mul_overflow(a, b, out); }
static inline bool hyti_add(size_t a, size_t b, size_t *out) { return !__builtin_add_overflow(a, b, out); }
#define HYTI_COUNT(array) (sizeof(array) / sizeof *(array))
#define HYTI_MIN(a, b) ((a) < (b) ? (a) : (b))
#define HYTI_MAX(a, b) ((a) > (b) ? (a) : (b))
static inline size_t hyti_round_up(size_t value, size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}
/* Number of values of a tensor; false on overflow. */
bool hyti_dims_count(const hyt_dims *dims, size_t *count);

#endif
