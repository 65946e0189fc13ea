/* SPDX-License-Identifier: MIT */
/* Counter-based randomness: Philox4x32-10 (Salmon et al., SC 2011). A draw depends on (seed, purpose, stream, place)
 * alone, so threads, restarts and the order of work change nothing. */
#ifndef HYTI_BASE_RNG_H
#define HYTI_BASE_RNG_H

#include <stdint.h>

/* What a stream is for: two uses of one seed never share draws. Append only: studies depend on the numbers. */
typedef enum hyti_purpose {
    HYTI_PURPOSE_TEST = 0,
    HYTI_PURPOSE_SAMPLE = 1,      /* space: uniform samples */
    HYTI_PURPOSE_DESIGN = 2,      /* search: initial design */
    HYTI_PURPOSE_INNER = 3,       /* search: inner solver */
    HYTI_PURPOSE_SURROGATE = 4,   /* surrogate: subsampling, restarts */
    HYTI_PURPOSE_WEIGHTS = 5,     /* graph: initial weights */
    HYTI_PURPOSE_ORDER = 6,       /* data: order of an epoch */
    HYTI_PURPOSE_AUGMENT = 7,     /* data: augmentation of one picture */
    HYTI_PURPOSE_SHAPES = 8,      /* data: the built-in set */
    HYTI_PURPOSE_TIMING = 9,      /* runtime: random input */
    HYTI_PURPOSE_EVALUATE = 10,   /* evaluate: a candidate's seed */
    HYTI_PURPOSE_MIX = 11,        /* train: how two pictures are blended */
    HYTI_PURPOSE_ERASE = 12,      /* train: what is erased of one picture */
    HYTI_PURPOSE_SPLIT = 13,      /* data: parts of a data set */
    HYTI_PURPOSE_PROXY = 14,      /* evaluate: weights and pictures of zero-shot proxies */
    HYTI_PURPOSE_SUPERNET = 15    /* evaluate: networks of a step of a super-network */
} hyti_purpose;

typedef struct hyti_rng {
    uint32_t key[2], counter[4], words[4];
    unsigned left;
} hyti_rng;

hyti_rng hyti_rng_start(uint64_t seed, hyti_purpose purpose, uint64_t stream);
uint32_t hyti_rng_u32(hyti_rng *rng);
uint64_t hyti_rng_u64(hyti_rng *rng);
double hyti_rng_uniform(hyti_rng *rng);                 /* [0, 1), 53 bits */
uint64_t hyti_rng_below(hyti_rng *rng, uint64_t bound); /* unbiased; bound > 0 */
double hyti_rng_normal(hyti_rng *rng);

#endif
