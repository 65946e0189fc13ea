/* SPDX-License-Identifier: MIT */
/* Offsets in one arena for buffers with known lives: placed one after another, each into the tightest gap between those
 * that live at the same time (Pisarchyk and Lee, arXiv 2001.03288: greedy by size, by breadth). Whatever comes to lie
 * on top is placed first in the next try, until a try meets the lower bound; the best is kept. Time O(n^2) a try. */
#include "runtime/plan.h"
#include <string.h>

typedef struct packer {
    const hyti_buffer *buffers;
    size_t n;
    uint32_t *order;  /* to place them in */
    uint32_t *placed; /* by rising offset */
    size_t *offsets, *live;
    size_t *keys;
} packer;

/* The sum of what is live at each step, and the largest. */
static uint64_t lower_bound(const hyti_plan *plan, size_t *live)
{
    uint64_t most = 0, sum = 0;
    /* First what begins at a step less what ended before it, modulo 2^64. */
    for (size_t i = 0; i < plan->n_buffers; i++) {
        live[plan->buffers[i].first] += plan->buffers[i].bytes;
        live[plan->buffers[i].last + 1] -= plan->buffers[i].bytes;
    }
    for (size_t s = 0; s < plan->n_steps; s++) {
        sum += live[s];
        live[s] = (size_t)sum;
        most = HYTI_MAX(most, sum);
    }
    return most;
}

/* Largest key first, then largest size, then by number; heapsort, which needs no memory. */
static bool comes_first(const packer *p, uint32_t a, uint32_t b)
{
    if (p->keys[a] != p->keys[b]) return p->keys[a] > p->keys[b];
    if (p->buffers[a].bytes != p->buffers[b].bytes) return p->buffers[a].bytes > p->buffers[b].bytes;
    return a < b;
}

static void sift_down(packer *p, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && comes_first(p, p->order[child], p->order[child + 1])) child++;
        if (!comes_first(p, p->order[root], p->order[child])) return;
        uint32_t swap = p->order[root];
        p->order[root] = p->order[child];
        p->order[child] = swap;
    }
}

static void sort(packer *p)
{
    for (size_t i = 0; i < p->n; i++) p->order[i] = (uint32_t)i;
    for (size_t i = p->n / 2; i-- > 0;) sift_down(p, i, p->n);
    for (size_t i = p->n; i-- > 1;) {
        uint32_t last = p->order[0];
        p->order[0] = p->order[i];
        p->order[i] = last;
        sift_down(p, 0, i);
    }
}

/* The tightest gap that takes `buffer`; else the first place above all that live with it. */
static size_t find_offset(const packer *p, const hyti_buffer *buffer, size_t n_placed)
{
    size_t end = 0, best = SIZE_MAX, tightest = SIZE_MAX;
    for (size_t i = 0; i < n_placed; i++) {
        uint32_t number = p->placed[i];
        const hyti_buffer *other = &p->buffers[number];
        if (other->first > buffer->last || other->last < buffer->first) continue;
        size_t offset = p->offsets[number];
        if (offset >= end + buffer->bytes && offset - end < tightest) {
            tightest = offset - end;
            best = end;
        }
        end = HYTI_MAX(end, offset + other->bytes);
    }
    return best != SIZE_MAX ? best : end;
}

/* Answers the end of what lies on top, and which buffer that is. */
static uint64_t place_all(packer *p, size_t *topmost)
{
    uint64_t top = 0;
    for (size_t i = 0; i < p->n; i++) {
        uint32_t number = p->order[i];
        size_t offset = find_offset(p, &p->buffers[number], i), at = i;
        for (; at > 0 && p->offsets[p->placed[at - 1]] > offset; at--) p->placed[at] = p->placed[at - 1];
        p->placed[at] = number;
        p->offsets[number] = offset;
        if (offset + p->buffers[number].bytes <= top) continue;
        top = (uint64_t)offset + p->buffers[number].bytes;
        *topmost = i;
    }
    return top;
}

static void move_to_front(packer *p, size_t place)
{
    uint32_t number = p->order[place];
    memmove(p->order + 1, p->order, place * sizeof *p->order);
    p->order[0] = number;
}

/* By size; by the most that is live in its time. */
enum { ORDERS = 2, TRIES = 24 };
#define MAX_WORK ((size_t)1 << 26) /* pairs compared an order: bounds the time of a hostile graph */

static void set_keys(packer *p, size_t which)
{
    for (size_t i = 0; i < p->n; i++) {
        const hyti_buffer *b = &p->buffers[i];
        p->keys[i] = 0; /* then size decides */
        for (size_t s = b->first; which == 1 && s <= b->last; s++) p->keys[i] = HYTI_MAX(p->keys[i], p->live[s]);
    }
}

/* From one order on, until the bound is met or the tries are used up. */
static void try_order(hyti_plan *plan, packer *p)
{
    size_t tries = HYTI_MIN(MAX_WORK / (p->n * p->n) + 1, (size_t)TRIES), topmost = 0;
    sort(p);
    for (size_t i = 0; i < tries && plan->arena_bytes > plan->bound_bytes; i++) {
        uint64_t top = place_all(p, &topmost);
        if (top < plan->arena_bytes) {
            plan->arena_bytes = top;
            for (size_t j = 0; j < p->n; j++) plan->buffers[j].offset = p->offsets[j];
        }
        move_to_front(p, topmost);
    }
}

static hyt_status make_packer(hyti_plan *plan, packer *p)
{
    size_t n = HYTI_MAX(plan->n_buffers, plan->n_steps + 1);
    p->buffers = plan->buffers;
    p->n = plan->n_buffers;
    p->keys = hyti_array(plan->context, n, 3 * sizeof *p->keys + 2 * sizeof *p->order);
    if (!p->keys) return hyti_fail_nomem();
    p->offsets = p->keys + n;
    p->live = p->offsets + n;
    p->order = (uint32_t *)(p->live + n);
    p->placed = p->order + n;
    return HYT_OK;
}

hyt_status hyti_plan_pack(hyti_plan *plan)
{
    packer p = { 0 };
    HYTI_TRY(make_packer(plan, &p));
    plan->bound_bytes = lower_bound(plan, p.live);
    plan->arena_bytes = UINT64_MAX;
    for (size_t which = 0; which < ORDERS; which++) {
        set_keys(&p, which);
        try_order(plan, &p);
    }
    hyti_free(plan->context, p.keys);
    return HYT_OK;
}
