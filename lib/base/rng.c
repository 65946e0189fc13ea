/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3. */
static void philox(const uint32_t key_in[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t key[2] = { key_in[0], key_in[1] }, c[4];
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++) {
        uint64_t left = (uint64_t)0xD2511F53u * c[0], right = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = { (uint32_t)(right >> 32) ^ c[1] ^ key[0], (uint32_t)right,
                             (uint32_t)(left >> 32) ^ c[3] ^ key[1], (uint32_t)left };
        memcpy(c, next, sizeof c);
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    memcpy(out, c, sizeof c);
}

hyti_rng hyti_rng_start(uint64_t seed, hyti_purpose purpose, uint64_t stream)
{
    return (hyti_rng){ .key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
                       .counter = { 0, (uint32_t)purpose, (uint32_t)stream, (uint32_t)(stream >> 32) } };
}

uint32_t hyti_rng_u32(hyti_rng *rng)
{
    if (rng->left == 0) {
        philox(rng->key, rng->counter, rng->words);
        rng->counter[0]++;
        rng->left = 4;
    }
    return rng->words[--rng->left];
}

uint64_t hyti_rng_u64(hyti_rng *rng)
{
    uint64_t high = hyti_rng_u32(rng);
    return high << 32 | hyti_rng_u32(rng);
}

double hyti_rng_uniform(hyti_rng *rng)
{
    return (double)(hyti_rng_u64(rng) >> 11) * 0x1p-53;
}

/* Multiply and reject: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019. What is
 * rejected is below 2^64 mod bound, which is below bound: the division is seldom needed. */
uint64_t hyti_rng_below(hyti_rng *rng, uint64_t bound)
{
    assert(bound > 0);
    for (;;) {
        unsigned __int128 product = (unsigned __int128)hyti_rng_u64(rng) * bound;
        if ((uint64_t)product >= bound || (uint64_t)product >= -bound % bound) return (uint64_t)(product >> 64);
    }
}

/* Box and Muller, 1958; the second value is dropped so that a draw has no memory. */
double hyti_rng_normal(hyti_rng *rng)
{
    double radius = sqrt(-2 * log(1 - hyti_rng_uniform(rng)));
    return radius * cos(6.283185307179586 * hyti_rng_uniform(rng));
}
