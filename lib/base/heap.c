/* SPDX-License-Identifier: MIT */
#include "base/heap.h"
#include "base/large.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

struct hyt_context {
    hyti_ref ref;
    hyt_heap heap;
    hyt_log_sink sink;
};

static void *malloc_allocate(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void malloc_release(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

static const hyt_heap malloc_heap = { NULL, malloc_allocate, malloc_release };

static const hyt_heap *heap_of(const hyt_context *context)
{
    return context ? &context->heap : &malloc_heap;
}

enum { PAGE = 4096 };

void hyti_prefault(void *pointer, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    uintptr_t first = (uintptr_t)pointer / PAGE * PAGE, last = (uintptr_t)pointer + size;
    if (pointer && size >= 4 * PAGE) madvise((void *)first, last - first, MADV_POPULATE_WRITE);
#else
    (void)pointer;
    (void)size;
#endif
}

static bool is_malloc(const hyt_context *context)
{
    return heap_of(context)->allocate == malloc_allocate;
}

/* What is so large may never be touched whole. */
#define SPARSE ((size_t)384 << 10)

/* From the system zero pages come as they are: what is never touched costs nothing. */
static void *alloc_apart(hyt_context *context, size_t size)
{
    const hyt_heap *heap = heap_of(context);
    if (is_malloc(context)) return calloc(1, size ? size : 1);
    void *pointer = heap->allocate(heap->user, size ? size : 1);
    return pointer ? memset(pointer, 0, size) : NULL;
}

void *hyti_alloc(hyt_context *context, size_t size)
{
    void *shared = size < SPARSE && is_malloc(context) ? hyti_large_take(size) : NULL;
    return shared ? shared : alloc_apart(context, size);
}

void *hyti_array(hyt_context *context, size_t count, size_t size)
{
    size_t bytes;
    return hyti_mul(count, size, &bytes) ? hyti_alloc(context, bytes) : NULL;
}

void hyti_free(hyt_context *context, void *pointer)
{
    const hyt_heap *heap = heap_of(context);
    if (hyti_large_owns(pointer)) hyti_large_give(pointer);
    else if (pointer) heap->release(heap->user, pointer);
}

#define ALIGNMENT 64

/* Just below an aligned block of the heap's: where what holds it begins. */
static void **holder_of(void *pointer)
{
    return (void **)pointer - 1;
}

void *hyti_alloc_aligned(hyt_context *context, size_t size)
{
    size_t bytes;
    if (!hyti_add(size, ALIGNMENT + sizeof(void *), &bytes)) return NULL;
    void *shared = is_malloc(context) ? hyti_large_take(size) : NULL;
    if (shared) return shared;
    char *block = alloc_apart(context, bytes); /* not among shared ones, whose first byte alone tells whose it is */
    if (!block) return NULL;
    char *start = block + (hyti_round_up((uintptr_t)block + sizeof(void *), ALIGNMENT) - (uintptr_t)block);
    *holder_of(start) = block;
    return start;
}

void hyti_free_aligned(hyt_context *context, void *pointer)
{
    if (!pointer) return;
    if (hyti_large_owns(pointer)) hyti_large_give(pointer);
    else hyti_free(context, *holder_of(pointer));
}

hyt_status hyti_grow(hyt_context *context, void *array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity) return HYT_OK;
    size_t wanted = HYTI_MAX(need, *capacity < SIZE_MAX / 2 ? *capacity * 2 : need);
    wanted = HYTI_MAX(wanted, (size_t)8);
    void *old, *grown = hyti_array(context, wanted, size);
    if (!grown) return hyti_fail_nomem();
    memcpy(&old, array, sizeof old);
    if (old) memcpy(grown, old, *capacity * size);
    hyti_free(context, old);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return HYT_OK;
}

void *hyti_copy(hyt_context *context, const void *bytes, size_t size)
{
    void *copy = hyti_alloc(context, size);
    return copy && size ? memcpy(copy, bytes, size) : copy;
}

char *hyti_copy_text(hyt_context *context, const char *text)
{
    return hyti_copy(context, text, strlen(text) + 1);
}

/* The context is kept, counted, in front of the text, so that hyt_text_destroy needs nothing else. */
hyt_status hyti_give_text(hyt_context *context, const char *text, size_t length, char **out)
{
    size_t bytes;
    if (!hyti_add(length, sizeof(hyt_context *) + 1, &bytes)) return hyti_fail_nomem();
    char *block = hyti_alloc(context, bytes);
    if (!block) return hyti_fail_nomem();
    hyti_context_retain(context);
    memcpy(block, &context, sizeof context);
    if (length) memcpy(block + sizeof context, text, length);
    *out = block + sizeof context;
    return HYT_OK;
}

void hyt_text_destroy(char *text)
{
    hyt_context *context;
    if (!text) return;
    memcpy(&context, text - sizeof context, sizeof context);
    hyti_free(context, text - sizeof context);
    hyt_context_destroy(context);
}

hyt_status hyt_context_create(const hyt_heap *heap, const hyt_log_sink *sink, hyt_context **out)
{
    HYTI_NEED(out);
    if (heap && (!heap->allocate || !heap->release))
        return hyti_fail(HYT_ERR_ARGUMENT, "hyt_context_create: a heap needs both allocate and release");
    if (!heap) heap = &malloc_heap;
    hyt_context *context = heap->allocate(heap->user, sizeof *context);
    if (!context) return hyti_fail_nomem();
    memset(context, 0, sizeof *context);
    hyti_ref_init(&context->ref);
    context->heap = *heap;
    if (sink) context->sink = *sink;
    *out = context;
    return HYT_OK;
}

hyt_context *hyti_context_retain(hyt_context *context)
{
    if (context) hyti_ref_retain(&context->ref);
    return context;
}

void hyt_context_destroy(hyt_context *context)
{
    if (!context || !hyti_ref_release(&context->ref)) return;
    hyt_heap heap = context->heap;
    heap.release(heap.user, context);
}

void hyti_log(const hyt_context *context, hyt_log_level level, const char *format, ...)
{
    if (!context || !context->sink.write || level > context->sink.level) return;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    context->sink.write(context->sink.user, level, text);
}

bool hyti_dims_count(const hyt_dims *dims, size_t *count)
{
    size_t product = 1;
    for (size_t i = 0; i < dims->rank; i++)
        if (!hyti_mul(product, dims->size[i], &product)) return false;
    *count = product;
    return true;
}
