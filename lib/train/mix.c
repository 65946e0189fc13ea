/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/mix.h"
#include "base/rng.h"
#include <math.h>

#define TRIES 10 /* for a box that fits */

static hyti_rng start(const hyti_train_params *params, hyti_purpose purpose, uint64_t epoch, size_t index)
{
    return hyti_rng_start((uint64_t)params->seed, purpose, epoch << 32 ^ index);
}

static void fill_noise(hyti_rng *rng, hyti_frame frame, hyti_patch patch, float *picture)
{
    for (size_t y = patch.y; y < patch.y + patch.height; y++) {
        float *row = picture + (y * frame.width + patch.x) * 3;
        for (size_t i = 0; i < 3 * patch.width; i++) row[i] = (float)hyti_rng_normal(rng);
    }
}

void hyti_erase(const hyti_train_params *params, uint64_t epoch, size_t index, hyti_frame frame, float *picture)
{
    const double least = 0.02, most = 0.4, narrow = 0.3;
    if (params->erasing == 0) return;
    hyti_rng rng = start(params, HYTI_PURPOSE_ERASE, epoch, index);
    if (hyti_rng_uniform(&rng) >= params->erasing) return;
    for (int i = 0; i < TRIES; i++) {
        double area = (least + (most - least) * hyti_rng_uniform(&rng)) * (double)(frame.height * frame.width);
        double ratio = exp(log(narrow) * (2 * hyti_rng_uniform(&rng) - 1)); /* as likely wide as high */
        size_t height = (size_t)round(sqrt(area * ratio)), width = (size_t)round(sqrt(area / ratio));
        if (height == 0 || width == 0 || height > frame.height || width > frame.width) continue;
        hyti_patch patch = { hyti_rng_below(&rng, frame.width - width + 1),
                             hyti_rng_below(&rng, frame.height - height + 1), width, height };
        fill_noise(&rng, frame, patch, picture);
        return;
    }
}

/* Logarithm of a draw of the gamma distribution (Marsaglia and Tsang, ACM TOMS 26, 2000), whose draws for a shape below
 * 1 are too small for a double. */
static double log_gamma_draw(hyti_rng *rng, double shape)
{
    if (shape < 1) return log_gamma_draw(rng, shape + 1) + log(1 - hyti_rng_uniform(rng)) / shape;
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = hyti_rng_normal(rng), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - hyti_rng_uniform(rng)) < 0.5 * x * x + d * (1 - v + log(v))) return log(d * v);
    }
}

/* Beta(alpha, alpha) */
static double beta_draw(hyti_rng *rng, double alpha)
{
    double a = log_gamma_draw(rng, alpha), b = log_gamma_draw(rng, alpha);
    return 1 / (1 + exp(b - a));
}

/* A box of 1 - share of the picture about a pixel drawn evenly, cut where it reaches out. */
static hyti_patch draw_patch(hyti_rng *rng, hyti_frame frame, double share)
{
    double side = sqrt(1 - share), high = side * (double)frame.height, wide = side * (double)frame.width;
    double y = (double)hyti_rng_below(rng, frame.height), x = (double)hyti_rng_below(rng, frame.width);
    size_t left = (size_t)fmax(0, x - wide / 2), top = (size_t)fmax(0, y - high / 2);
    size_t right = (size_t)fmin((double)frame.width, x + wide / 2);
    size_t bottom = (size_t)fmin((double)frame.height, y + high / 2);
    return (hyti_patch){ left, top, right > left ? right - left : 0, bottom > top ? bottom - top : 0 };
}

hyti_blend hyti_blend_draw(const hyti_train_params *params, uint64_t epoch, size_t index, hyti_frame frame)
{
    hyti_rng rng = start(params, HYTI_PURPOSE_MIX, epoch, index);
    bool cuts = params->cutmix > 0 && (params->mixup == 0 || hyti_rng_uniform(&rng) < 0.5);
    double share = beta_draw(&rng, cuts ? params->cutmix : params->mixup);
    if (!cuts) return (hyti_blend){ .share = (float)share };
    hyti_patch patch = draw_patch(&rng, frame, share);
    double part = (double)(patch.width * patch.height) / (double)(frame.width * frame.height);
    if (part == 0) patch.width = 0;
    return (hyti_blend){ (float)(1 - part), patch };
}

static void blend_rows(float share, size_t count, float *restrict first, float *restrict second)
{
    for (size_t i = 0; i < count; i++) {
        float a = first[i], b = second[i];
        first[i] = share * a + (1 - share) * b;
        second[i] = share * b + (1 - share) * a;
    }
}

static void swap_patch(hyti_patch patch, hyti_frame frame, float *restrict first, float *restrict second)
{
    for (size_t y = patch.y; y < patch.y + patch.height; y++) {
        size_t at = (y * frame.width + patch.x) * 3;
        for (size_t i = at; i < at + 3 * patch.width; i++) {
            float a = first[i];
            first[i] = second[i];
            second[i] = a;
        }
    }
}

void hyti_blend_pictures(const hyti_blend *blend, hyti_frame frame, float *first, float *second)
{
    if (blend->share == 1) return;
    if (blend->patch.width) swap_patch(blend->patch, frame, first, second);
    else blend_rows(blend->share, 3 * frame.height * frame.width, first, second);
}

void hyti_blend_targets(const hyti_blend *blend, size_t count, float *first, float *second)
{
    blend_rows(blend->share, count, first, second);
}
