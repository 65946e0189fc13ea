/* SPDX-License-Identifier: MIT */
#include "kernels/internal.h"
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#elif defined __aarch64__ && defined __linux__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#ifdef __x86_64__
/* Which register files the operating system saves: bits of XCR0. */
static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static unsigned ask_processor(void)
{
    enum { YMM = 0x06, ZMM = 0xe6 };
    unsigned a, b, c, d, isa = HYTI_ISA_C;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_FMA) || !(c & bit_F16C)) return isa;
    uint64_t saved = saved_state();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (saved & YMM) != YMM || !(b & bit_AVX2)) return isa;
    isa |= HYTI_ISA_AVX2;
    unsigned more_a = 0, none;
    if (!__get_cpuid_count(7, 1, &more_a, &none, &none, &none)) more_a = 0;
    if (more_a & bit_AVXVNNI) isa |= HYTI_ISA_AVXVNNI;
    unsigned wide = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((saved & ZMM) != ZMM || (b & wide) != wide) return isa;
    isa |= HYTI_ISA_AVX512;
    if ((c & bit_AVX512VNNI) && (c & bit_AVX512VBMI)) isa |= HYTI_ISA_VNNI;
    if (more_a & bit_AVX512BF16) isa |= HYTI_ISA_BF16;
    return isa;
}
#elif defined __aarch64__ && defined __linux__
static unsigned ask_processor(void)
{
    unsigned long has = getauxval(AT_HWCAP), has_more = getauxval(AT_HWCAP2);
    unsigned isa = HYTI_ISA_C;
    if (!(has & HWCAP_ASIMD)) return isa;
    isa |= HYTI_ISA_NEON;
    if (has & HWCAP_ASIMDDP) isa |= HYTI_ISA_DOT;
    if (has & HWCAP_ASIMDFHM) isa |= HYTI_ISA_FHM;
    if (has_more & HWCAP2_BF16) isa |= HYTI_ISA_BFMMLA;
    return isa;
}
#else
static unsigned ask_processor(void)
{
    return HYTI_ISA_C;
}
#endif

/* Asked once: in a virtual machine the answer takes longer than a plan. */
unsigned hyti_isa_detect(void)
{
    enum { UNKNOWN = 1 << 30 };
    static _Atomic unsigned known = UNKNOWN;
    unsigned isa = known;
    if (isa == UNKNOWN) known = isa = ask_processor();
    return isa;
}

enum { MOST_NR = 32 };
#define HYTI_GEMM(format, isa, mr, nr, group, needs) _Static_assert(nr <= MOST_NR, "widest panel");
#include "kernels/list.inc"

enum { FORMAT_f32 = HYTI_F32, FORMAT_bf16 = HYTI_BF16, FORMAT_f16 = HYTI_F16, FORMAT_i8 = HYTI_I8 };

void hyti_kernels_init(hyti_kernels *kernels, unsigned isa)
{
    isa &= hyti_isa_detect();
    *kernels = (hyti_kernels){ .isa = isa };
#define HYTI_GEMM(format, name, mr, nr, group, needs) \
    if ((isa & (needs)) == (needs)) kernels->panels[FORMAT_##format] = (hyti_panels){ nr, group };
#define HYTI_KERNEL(operation, name, needs) \
    if ((isa & (needs)) == (needs)) kernels->operation = hyti_##operation##_##name;
#include "kernels/list.inc"
}

size_t hyti_format_size(hyti_format format)
{
    static const size_t sizes[HYTI_FORMATS] = { sizeof(float), sizeof(hyti_bf16), sizeof(hyti_f16), sizeof(int8_t) };
    return sizes[format];
}

size_t hyti_panel_size(const hyti_kernels *kernels, hyti_format format, size_t k)
{
    size_t sums = format == HYTI_I8 ? sizeof(int32_t) : 0;
    return (sums + hyti_round_to(k, kernels->panels[format].group)) * kernels->panels[format].nr;
}

size_t hyti_pack_size(const hyti_kernels *kernels, hyti_format format, size_t k, size_t n)
{
    size_t nr = kernels->panels[format].nr;
    return hyti_panel_size(kernels, format, k) * ((n + nr - 1) / nr);
}

typedef float quartet __attribute__((vector_size(16), aligned(4), may_alias)); /* an extension of GCC and Clang */

/* Four columns of four values each, `column` values apart, become four rows. */
static void turn_four(const float *from, ptrdiff_t column, float *to, size_t row)
{
    quartet a = *(const quartet *)from, b = *(const quartet *)(from + column);
    quartet c = *(const quartet *)(from + 2 * column), d = *(const quartet *)(from + 3 * column);
    quartet ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    *(quartet *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quartet *)(to + row) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quartet *)(to + 2 * row) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quartet *)(to + 3 * row) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/* `width` columns whose values lie side by side. */
static void pack_columns(size_t k, size_t width, const float *b, ptrdiff_t column, float *packed, size_t nr)
{
    size_t j = 0;
    for (; j + 4 <= width; j += 4, b += 4 * column) {
        size_t l = 0;
        for (; l + 4 <= k; l += 4) turn_four(b + l, column, packed + l * nr + j, nr);
        for (; l < k; l++)
            for (ptrdiff_t i = 0; i < 4; i++) packed[l * nr + j + (size_t)i] = b[i * column + (ptrdiff_t)l];
    }
    for (; j < width; j++, b += column)
        for (size_t l = 0; l < k; l++) packed[l * nr + j] = b[l];
}

void hyti_pack_f32(const hyti_kernels *kernels, size_t k, size_t n, const float *b, ptrdiff_t row, ptrdiff_t column,
                   float *packed)
{
    size_t nr = kernels->panels[HYTI_F32].nr;
    for (size_t first = 0; first < n; first += nr, packed += k * nr, b += (ptrdiff_t)nr * column) {
        size_t width = hyti_min_size(nr, n - first);
        if (width < nr) memset(packed, 0, k * nr * sizeof *packed);
        if (row == 1) {
            pack_columns(k, width, b, column, packed, nr);
            continue;
        }
        for (size_t l = 0; l < k; l++) {
            const float *from = b + (ptrdiff_t)l * row;
            for (size_t j = 0; j < width; j++) packed[l * nr + j] = from[(ptrdiff_t)j * column];
        }
    }
}

/* packed[panel][k / group][nr][group]; before a panel `head` values are left to be filled. */
#define PACK(name, FORMAT, SOURCE, VALUE, stored, head)                                                                \
    void name(const hyti_kernels *kernels, size_t k, size_t n, const SOURCE *b, ptrdiff_t row, ptrdiff_t column,       \
              VALUE *packed)                                                                                           \
    {                                                                                                                  \
        size_t nr = kernels->panels[FORMAT].nr, group = kernels->panels[FORMAT].group;                                 \
        for (size_t first = 0; first < n; first += nr) {                                                               \
            size_t width = hyti_min_size(nr, n - first);                                                               \
            const SOURCE *panel = b + (ptrdiff_t)first * column;                                                       \
            packed += nr * (head);                                                                                     \
            for (size_t l = 0; l < k; l += group, packed += nr * group) {                                              \
                size_t steps = hyti_min_size(group, k - l);                                                            \
                if (width < nr || steps < group) memset(packed, 0, nr * group * sizeof *packed);                       \
                for (size_t s = 0; s < steps; s++) {                                                                   \
                    const SOURCE *from = panel + (ptrdiff_t)(l + s) * row;                                             \
                    for (size_t j = 0; j < width; j++) packed[j * group + s] = stored(from[(ptrdiff_t)j * column]);    \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
#define AS_IT_IS(x) (x)
PACK(hyti_pack_bf16, HYTI_BF16, float, hyti_bf16, hyti_bf16_of, 0)
PACK(hyti_pack_f16, HYTI_F16, float, hyti_f16, hyti_f16_of, 0)
static PACK(pack_weights_i8, HYTI_I8, int8_t, int8_t, AS_IT_IS, sizeof(int32_t))

/* The sums of a packed panel's columns, into its head. */
static void sum_panel(int8_t *panel, size_t nr, size_t group, size_t groups)
{
    const int8_t *weights = hyti_panel_weights_i8(panel, nr);
    int32_t sums[MOST_NR] = { 0 };
    for (size_t l = 0; l < groups; l++)
        for (size_t j = 0; j < nr; j++)
            for (size_t s = 0; s < group; s++) sums[j] += *weights++;
    memcpy(panel, sums, nr * sizeof *sums);
}

/* A panel in groups of four, the whole groups of it: four bytes at a time, summed as they go by. */
static void pack_fours(size_t nr, size_t k, size_t width, const int8_t *b, ptrdiff_t row, ptrdiff_t column,
                       int8_t *panel)
{
    int32_t sums[MOST_NR] = { 0 };
    int8_t *packed = panel + nr * sizeof(int32_t);
    for (size_t l = 0; l + 4 <= k; l += 4, packed += nr * 4) {
        const int8_t *from = b + (ptrdiff_t)l * row;
        for (size_t j = 0; j < width; j++, from += column) {
            int8_t four[4] = { from[0], from[row], from[2 * row], from[3 * row] };
            memcpy(packed + 4 * j, four, 4);
            sums[j] += four[0] + four[1] + four[2] + four[3];
        }
        memset(packed + 4 * width, 0, 4 * (nr - width));
    }
    if (k % 4) memset(packed, 0, nr * 4);
    for (size_t l = k & ~(size_t)3; l < k; l++)
        for (size_t j = 0; j < width; j++)
            sums[j] += packed[4 * j + l % 4] = b[(ptrdiff_t)l * row + (ptrdiff_t)j * column];
    memcpy(panel, sums, nr * sizeof *sums);
}

void hyti_pack_i8(const hyti_kernels *kernels, size_t k, size_t n, const int8_t *b, ptrdiff_t row, ptrdiff_t column,
                  int8_t *packed)
{
    size_t nr = kernels->panels[HYTI_I8].nr, group = kernels->panels[HYTI_I8].group;
    if (group != 4) pack_weights_i8(kernels, k, n, b, row, column, packed);
    for (size_t first = 0; first < n; first += nr, packed += hyti_panel_size(kernels, HYTI_I8, k)) {
        if (group != 4) sum_panel(packed, nr, group, (k + group - 1) / group);
        else pack_fours(nr, k, hyti_min_size(nr, n - first), b + (ptrdiff_t)first * column, row, column, packed);
    }
}

/* The same whatever the table, so that a plan holds on every processor. */
#define CONV_SCRATCH(format, VALUE)                                                                                    \
    size_t hyti_conv_##format##_scratch(const hyti_kernels *kernels, const hyti_conv_##format *conv)                   \
    {                                                                                                                  \
        (void)kernels;                                                                                                 \
        if (hyti_conv_is_pointwise_##format(conv)) return 0;                                                           \
        return hyti_round_to(hyti_conv_block_##format(conv) * hyti_conv_depth_##format(conv) * sizeof(VALUE), 64);     \
    }
CONV_SCRATCH(f32, float)
CONV_SCRATCH(bf16, hyti_bf16)
CONV_SCRATCH(f16, hyti_f16)
CONV_SCRATCH(i8, int8_t)

/* After both what a copy reads or writes too much. */
size_t hyti_stem_i8_scratch(const hyti_conv_i8 *conv)
{
    size_t taps = hyti_stem_i8_rows(conv) * conv->out_width * hyti_conv_depth_i8(conv);
    return (conv->kernel_height + 1) * hyti_stem_i8_row(conv) + hyti_round_to(taps, 64) + 64;
}

size_t hyti_stem_scratch(const hyti_conv_f32 *conv)
{
    size_t rows = conv->in_channels * conv->kernel_height, taps = rows * conv->kernel_width;
    return hyti_round_to(taps * sizeof(hyti_stem_tap), 64) +
           rows * conv->stride_width * sizeof(float) *
               hyti_stem_length(conv->out_width, conv->kernel_width, conv->stride_width);
}
