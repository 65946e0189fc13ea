/* SPDX-License-Identifier: MIT */
/* Offsets in one arena for buffers with known lives: placed one after another, each into the tightest gap between those
 * that live at the same time (Pisarchyk and Lee, arXiv 2001.03288, "greedy by size"). Several orders are tried until one
 * meets the lower bound; the best is kept. Time O(n^2) an order. */
#include "runtime/plan.h"

typedef struct packer {
    const hyti_buffer *buffers;
    size_t n;
    uint32_t *order;  /* to place them in */
    uint32_t *placed; /* by rising offset */
    size_t *offsets;
    size_t *keys;
} packer;

static uint64_t lower_bound(const hyti_plan *plan, size_t *live)
{
    uint64_t most = 0, sum = 0;
    /* live[s]: what begins at step s less what ended before it, modulo 2^64. */
    for (size_t i = 0; i < plan->n_buffers; i++) {
        live[plan->buffers[i].first] += plan->buffers[i].bytes;
        live[plan->buffers[i].last + 1] -= plan->buffers[i].bytes;
    }
    for (size_t s = 0; s < plan->n_steps; s++) {
        sum += live[s];
        most = HYTI_MAX(most, sum);
    }
    return most;
}

/* Largest key first, equal ones by number; heapsort, which needs no memory. */
static bool comes_first(const packer *p, uint32_t a, uint32_t b)
{
    return p->keys[a] != p->keys[b] ? p->keys[a] > p->keys[b] : a < b;
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

static uint64_t place_all(packer *p)
{
    uint64_t top = 0;
    sort(p);
    for (size_t i = 0; i < p->n; i++) {
        uint32_t number = p->order[i];
        size_t offset = find_offset(p, &p->buffers[number], i), at = i;
        for (; at > 0 && p->offsets[p->placed[at - 1]] > offset; at--) p->placed[at] = p->placed[at - 1];
        p->placed[at] = number;
        p->offsets[number] = offset;
        top = HYTI_MAX(top, (uint64_t)offset + p->buffers[number].bytes);
    }
    return top;
}

/* Order number `which`: by size, by size times life, by life, by end, by start. */
enum { ORDERS = 5 };
static void set_keys(packer *p, size_t which)
{
    for (size_t i = 0; i < p->n; i++) {
        const hyti_buffer *b = &p->buffers[i];
        size_t life = b->last - b->first + 1;
        const size_t keys[ORDERS] = { b->bytes, b->bytes / 64 * life, life, b->last, SIZE_MAX - b->first };
        p->keys[i] = keys[which];
    }
}

static hyt_status make_packer(hyti_plan *plan, packer *p)
{
    size_t n = HYTI_MAX(plan->n_buffers, plan->n_steps + 1);
    p->buffers = plan->buffers;
    p->n = plan->n_buffers;
    p->keys = hyti_array(plan->context, n, 2 * sizeof *p->keys + 2 * sizeof *p->order);
    if (!p->keys) return hyti_fail_nomem();
    p->offsets = p->keys + n;
    p->order = (uint32_t *)(p->offsets + n);
    p->placed = p->order + n;
    return HYT_OK;
}

hyt_status hyti_plan_pack(hyti_plan *plan)
{
    packer p;
    HYTI_TRY(make_packer(plan, &p));
    plan->bound_bytes = lower_bound(plan, p.keys);
    plan->arena_bytes = UINT64_MAX;
    for (size_t which = 0; which < ORDERS && plan->arena_bytes > plan->bound_bytes; which++) {
        set_keys(&p, which);
        uint64_t top = place_all(&p);
        if (top >= plan->arena_bytes) continue;
        plan->arena_bytes = top;
        for (size_t i = 0; i < p.n; i++) plan->buffers[i].offset = p.offsets[i];
    }
    hyti_free(plan->context, p.keys);
    return HYT_OK;
}
