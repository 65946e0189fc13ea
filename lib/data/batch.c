/* SPDX-License-Identifier: MIT */
#include "data/batch.h"
#include "base/rng.h"
#include <assert.h>

void hyti_data_order(uint64_t seed, uint64_t epoch, size_t count, size_t *order)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_ORDER, epoch);
    for (size_t i = 0; i < count; i++) { /* inside-out Fisher and Yates */
        size_t j = (size_t)hyti_rng_below(&rng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

/* Colour: value * gain, mixed with the pixel's own grey by 1 - saturation, plus lift; values 0 to 1. */
typedef struct tint { float gain, saturation, lift; } tint;

static float around_one(double width, double draw)
{
    return (float)(1 + width * (2 * draw - 1));
}

/* A scale of 1 and no shift give exactly the pixel's own place: halves are exact in float. */
static hyti_placement draw_placement(const hyti_augment *augment, size_t height, size_t width, hyti_rng *rng)
{
    float scale = around_one(augment->crop, hyti_rng_uniform(rng));
    float shift_x = around_one(augment->crop, hyti_rng_uniform(rng)) - 1;
    float shift_y = around_one(augment->crop, hyti_rng_uniform(rng)) - 1;
    bool mirrored = hyti_rng_uniform(rng) < 0.5 && augment->flip;
    float middle_x = (float)(width - 1) / 2, middle_y = (float)(height - 1) / 2;
    hyti_placement p = { scale, middle_x - middle_x * scale + shift_x * (float)width,
                         scale, middle_y - middle_y * scale + shift_y * (float)height };
    if (mirrored) {
        p.x_start += (float)(width - 1) * scale;
        p.x_step = -scale;
    }
    return p;
}

/* Rec. 601 luma. */
static float grey(float r, float g, float b)
{
    return 0.299f * r + 0.587f * g + 0.114f * b;
}

static float mean_grey(const uint8_t *picture, size_t pixels)
{
    uint64_t sums[3] = { 0 };
    for (size_t i = 0; i < 3 * pixels; i += 3) {
        sums[0] += picture[i];
        sums[1] += picture[i + 1];
        sums[2] += picture[i + 2];
    }
    float scale = 1 / (255 * (float)pixels);
    return grey((float)sums[0] * scale, (float)sums[1] * scale, (float)sums[2] * scale);
}

/* Brightness multiplies, contrast stretches about the picture's mean grey, saturation about each pixel's grey. */
static tint draw_tint(const hyti_augment *augment, const uint8_t *picture, size_t pixels, hyti_rng *rng)
{
    float brightness = around_one(augment->jitter, hyti_rng_uniform(rng));
    float contrast = around_one(augment->jitter, hyti_rng_uniform(rng));
    float saturation = around_one(augment->jitter, hyti_rng_uniform(rng));
    if (augment->jitter == 0) return (tint){ 1, 1, 0 };
    return (tint){ brightness * contrast, saturation, brightness * (1 - contrast) * mean_grey(picture, pixels) };
}

static float within(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* The two neighbours of a place on an axis and how far it is from the first. */
typedef struct neighbours { size_t first, second; float share; } neighbours;

static neighbours neighbours_of(float place, size_t length)
{
    float inside = within(place, 0, (float)(length - 1));
    size_t first = (size_t)(int32_t)inside;
    return (neighbours){ first, first + 1 < length ? first + 1 : first, inside - (float)first };
}

static float between(float a, float b, float share)
{
    return a + share * (b - a);
}

/* One row of the output: bilinear between `upper` and `lower`, coloured, normalised. */
static void sample_row(const uint8_t *upper, const uint8_t *lower, float share, size_t width,
                       const hyti_placement *p, const tint *t, const hyti_augment *augment, float *out)
{
    float gain = t->gain / 255;
    for (size_t x = 0; x < width; x++) {
        neighbours n = neighbours_of((float)x * p->x_step + p->x_start, width);
        float v[3];
        for (size_t c = 0; c < 3; c++) {
            float top = between((float)upper[3 * n.first + c], (float)upper[3 * n.second + c], n.share);
            float bottom = between((float)lower[3 * n.first + c], (float)lower[3 * n.second + c], n.share);
            v[c] = between(top, bottom, share) * gain;
        }
        float own = grey(v[0], v[1], v[2]) * (1 - t->saturation) + t->lift;
        for (size_t c = 0; c < 3; c++)
            out[3 * x + c] = (within(v[c] * t->saturation + own, 0, 1) - augment->mean[c]) * augment->inverse[c];
    }
}

static hyti_rng picture_stream(uint64_t seed, uint64_t epoch, size_t index)
{
    return hyti_rng_start(seed, HYTI_PURPOSE_AUGMENT, epoch << 32 ^ index);
}

hyti_placement hyti_data_placement(const hyt_dataset *dataset, size_t index, const hyti_augment *augment, uint64_t seed,
                                   uint64_t epoch)
{
    hyti_rng rng = picture_stream(seed, epoch, index);
    return draw_placement(augment, hyt_dataset_height(dataset), hyt_dataset_width(dataset), &rng);
}

/* Moved, coloured and normalised. */
static void augment_picture(const hyt_dataset *dataset, const uint8_t *picture, size_t index,
                            const hyti_augment *augment, uint64_t seed, uint64_t epoch, float *out)
{
    size_t height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    hyti_rng rng = picture_stream(seed, epoch, index);
    hyti_placement p = draw_placement(augment, height, width, &rng);
    tint t = draw_tint(augment, picture, height * width, &rng);
    for (size_t y = 0; y < height; y++) {
        neighbours n = neighbours_of((float)y * p.y_step + p.y_start, height);
        sample_row(picture + n.first * width * 3, picture + n.second * width * 3, n.share, width, &p, &t, augment,
                   out + y * width * 3);
    }
}

hyt_status hyti_data_picture(const hyt_dataset *dataset, size_t index, const hyti_augment *augment, uint64_t seed,
                             uint64_t epoch, float *out)
{
    hyti_picture picture;
    assert(index < hyt_dataset_count(dataset));
    HYTI_TRY(hyti_dataset_fetch(dataset, index, &picture));
    augment_picture(dataset, picture.bytes, index, augment, seed, epoch, out);
    hyti_dataset_drop(dataset, &picture);
    return HYT_OK;
}
