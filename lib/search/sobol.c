/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The construction of Bratley and Fox (ACM Trans. Math. Softw. 14(1), 1988, equations 2 to 4). Primitive polynomials
 * are looked for as they are needed, and the first direction numbers, which are free, come from a fixed stream, so that
 * there is no table and no last dimension. Scrambling is Matousek's random linear one (J. Complexity 14(4), 1998,
 * section 2.3) with a digital shift: it keeps every property of the net. */
#include "search/sobol.h"
#include "base/rng.h"

enum { BITS = HYTI_SOBOL_BITS };

typedef struct polynomial { uint32_t bits; unsigned degree; } polynomial; /* x^degree + ... + 1, a bit a coefficient */

/* Whether the powers of x run through all remainders but 0. */
static bool is_primitive(polynomial p)
{
    uint32_t power = 1, order = 0, all = (UINT32_C(1) << p.degree) - 1;
    do {
        power <<= 1;
        if (power >> p.degree) power ^= p.bits;
        order++;
    } while (power > 1 && order < all);
    return power == 1 && order == all;
}

static polynomial next_primitive(polynomial p)
{
    do {
        p.bits += 2; /* the constant coefficient is 1 */
        if (p.bits >> (p.degree + 1)) p = (polynomial){ (UINT32_C(2) << p.degree) | 1, p.degree + 1 };
    } while (!is_primitive(p));
    return p;
}

static void fill_directions(hyti_rng *rng, polynomial p, uint32_t directions[BITS])
{
    for (unsigned i = 0; i < BITS; i++) {
        if (i < p.degree) {
            uint32_t odd = 2 * (uint32_t)hyti_rng_below(rng, UINT32_C(1) << i) + 1;
            directions[i] = odd << (BITS - 1 - i);
            continue;
        }
        uint32_t next = directions[i - p.degree];
        next ^= next >> p.degree;
        for (unsigned k = 1; k < p.degree; k++)
            if (p.bits >> (p.degree - k) & 1) next ^= directions[i - k];
        directions[i] = next;
    }
}

/* Each binary digit becomes itself plus a fixed choice of the digits before it. */
static void scramble(hyti_rng *rng, uint32_t directions[BITS])
{
    uint32_t masks[BITS];
    for (unsigned i = 0; i < BITS; i++) {
        uint32_t own = UINT32_C(1) << (BITS - 1 - i);
        masks[i] = own | (hyti_rng_u32(rng) & ~(own | (own - 1)));
    }
    for (unsigned k = 0; k < BITS; k++) {
        uint32_t mixed = 0;
        for (unsigned i = 0; i < BITS; i++)
            mixed |= (uint32_t)__builtin_parity(directions[k] & masks[i]) << (BITS - 1 - i);
        directions[k] = mixed;
    }
}

hyt_status hyti_sobol_open(hyt_context *context, size_t dimensions, uint64_t seed, hyti_sobol *out)
{
    size_t rows = HYTI_MAX(dimensions, 1);
    hyti_sobol s = { .dimensions = dimensions, .directions = hyti_array(context, rows, sizeof *s.directions),
                     .shift = hyti_array(context, rows, sizeof *s.shift) };
    if (!s.directions || !s.shift) {
        hyti_sobol_close(context, &s);
        return hyti_fail_nomem();
    }
    hyti_rng fixed = hyti_rng_start(0, HYTI_PURPOSE_DESIGN, UINT64_MAX),
             rng = hyti_rng_start(seed, HYTI_PURPOSE_DESIGN, UINT64_MAX - 1);
    polynomial p = { 1, 1 }; /* before the first, x + 1 */
    for (size_t d = 0; d < dimensions; d++) {
        for (unsigned i = 0; i < BITS && d == 0; i++) s.directions[d][i] = UINT32_C(1) << (BITS - 1 - i);
        if (d > 0) {
            p = next_primitive(p);
            fill_directions(&fixed, p, s.directions[d]);
        }
        scramble(&rng, s.directions[d]);
        s.shift[d] = hyti_rng_u32(&rng);
    }
    *out = s;
    return HYT_OK;
}

void hyti_sobol_close(hyt_context *context, hyti_sobol *sobol)
{
    hyti_free(context, sobol->directions);
    hyti_free(context, sobol->shift);
    *sobol = (hyti_sobol){ 0 };
}

void hyti_sobol_point(const hyti_sobol *sobol, uint32_t index, double *point)
{
    for (size_t d = 0; d < sobol->dimensions; d++) {
        uint32_t x = sobol->shift[d];
        for (unsigned i = 0; i < BITS && index >> i; i++)
            if (index >> i & 1) x ^= sobol->directions[d][i];
        point[d] = x / 4294967296.0;
    }
}
