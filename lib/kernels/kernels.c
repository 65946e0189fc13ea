/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#ifdef __x86_64__
/* Which register files the operating system saves: bits of XCR0. */
static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

unsigned hyti_isa_detect(void)
{
    enum { YMM = 0x06, ZMM = 0xe6 };
    unsigned a, b, c, d, isa = HYTI_ISA_C;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_FMA)) return isa;
    uint64_t saved = saved_state();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (saved & YMM) != YMM || !(b & bit_AVX2)) return isa;
    isa |= HYTI_ISA_AVX2;
    unsigned wide = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((saved & ZMM) == ZMM && (b & wide) == wide) isa |= HYTI_ISA_AVX512;
    return isa;
}
#else
unsigned hyti_isa_detect(void)
{
    return HYTI_ISA_C;
}
#endif

void hyti_kernels_init(hyti_kernels *kernels, unsigned isa)
{
    isa &= hyti_isa_detect();
    *kernels = (hyti_kernels){ .isa = isa };
#define HYTI_GEMM(name, mr, nr, needs) \
    if ((isa & (needs)) == (needs)) kernels->gemm_nr = nr;
#define HYTI_KERNEL(operation, name, needs) \
    if ((isa & (needs)) == (needs)) kernels->operation = hyti_##operation##_##name;
#include "kernels/list.inc"
}

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

size_t hyti_pack_f32_size(const hyti_kernels *kernels, size_t k, size_t n)
{
    return k * round_up(n, kernels->gemm_nr);
}

/* Panels of gemm_nr columns, step by step; what the last panel lacks is zero. */
void hyti_pack_f32(const hyti_kernels *kernels, size_t k, size_t n, const float *b, ptrdiff_t row, ptrdiff_t column,
                   float *packed)
{
    size_t nr = kernels->gemm_nr;
    for (size_t first = 0; first < n; first += nr) {
        size_t width = hyti_min_size(nr, n - first);
        const float *panel = b + (ptrdiff_t)first * column;
        for (size_t l = 0; l < k; l++, packed += nr) {
            const float *from = panel + (ptrdiff_t)l * row;
            for (size_t j = 0; j < width; j++) packed[j] = from[(ptrdiff_t)j * column];
            for (size_t j = width; j < nr; j++) packed[j] = 0;
        }
    }
}

size_t hyti_conv_f32_scratch(const hyti_kernels *kernels, const hyti_conv_f32 *conv)
{
    (void)kernels; /* the same whatever the table, so that a plan holds on every processor */
    if (hyti_conv_is_pointwise(conv)) return 0;
    size_t depth = conv->kernel_height * conv->kernel_width * conv->in_channels;
    return round_up(hyti_conv_block(conv) * depth * sizeof(float), 64);
}
