/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/matern.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Compiled once a vector width and chosen when the library is loaded; without contraction all give the same bits.
 * Static functions: clang 14 finds the clones of no others. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define WIDE
#endif

/* e^-q for 0 <= q, within 2 units in the last place, 0 from 708 on; written so that compilers can vectorise it:
 * q = k ln 2 - r with |r| <= ln 2 / 2 (the shift by 1.5 * 2^52 rounds), e^r by its series to r^12, 2^-k as bits. */
static inline double decay(double q)
{
    static const double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45, shift = 0x1.8p52;
    double bounded = q < 708 ? q : 708;
    double shifted = bounded * 0x1.71547652b82fep0 + shift;
    double k = shifted - shift;
    double r = (k * ln2_high - bounded) + k * ln2_low;
    double s = r * r, t = s * s;
    double low = (1 + r) + s * (1.0 / 2 + r * (1.0 / 6));
    double middle = (1.0 / 24 + r * (1.0 / 120)) + s * (1.0 / 720 + r * (1.0 / 5040));
    double high =
        (1.0 / 40320 + r * (1.0 / 362880)) + s * (1.0 / 3628800 + r * (1.0 / 39916800)) + t * (1.0 / 479001600);
    double power = low + t * (middle + t * high);
    int64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int64_t)((uint64_t)(1023 - bits) << 52); /* the low bits of `shifted` hold k */
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return q < 708 ? power * scale : 0;
}

WIDE static void find_values(size_t n, double *squares)
{
    for (size_t i = 0; i < n; i++) {
        double q = sqrt(5 * (squares[i] > 0 ? squares[i] : 0));
        squares[i] = (1 + q + q * q * (1.0 / 3)) * decay(q);
    }
}

WIDE static void find_slopes(size_t n, double *restrict squares, double *restrict slopes)
{
    for (size_t i = 0; i < n; i++) {
        double q = sqrt(5 * (squares[i] > 0 ? squares[i] : 0)), e = decay(q), line = (1 + q) * e;
        squares[i] = line + q * q * (1.0 / 3) * e;
        slopes[i] = 5.0 / 3 * line;
    }
}

WIDE static void find_gaussian(size_t n, double *squares)
{
    for (size_t i = 0; i < n; i++) squares[i] = decay(squares[i] > 0 ? squares[i] : 0);
}

void hyti_gaussian_values(size_t n, double *squares)
{
    find_gaussian(n, squares);
}

void hyti_gaussian_slopes(size_t n, double *squares, double *slopes)
{
    find_gaussian(n, squares);
    for (size_t i = 0; i < n; i++) slopes[i] = 2 * squares[i];
}

void hyti_matern_values(size_t n, double *squares)
{
    find_values(n, squares);
}

void hyti_matern_slopes(size_t n, double *squares, double *slopes)
{
    find_slopes(n, squares, slopes);
}
