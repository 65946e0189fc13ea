/* SPDX-License-Identifier: MIT */
/* What belongs to a picture moves as the picture was moved. */
#include "data/batch.h"

#define LEAST_SHARE 0.25f /* of a box's area that shows */
#define LEAST_SIDE 0.5f   /* in pixels */

/* Where a place on an axis of the picture, in pixels from its edge, is on the augmented one; a pixel's middle is at one
 * half. */
static float moved(float place, float step, float start)
{
    return (place - 0.5f - start) / step + 0.5f;
}

/* Both ends of a box on one axis, in order, clipped; the length before clipping. */
static float move_ends(float low, float high, float step, float start, size_t length, float *from, float *to)
{
    float a = moved(low, step, start), b = moved(high, step, start);
    if (step < 0) {
        float other = a;
        a = b;
        b = other;
    }
    *from = HYTI_MAX(a, 0.0f);
    *to = HYTI_MIN(b, (float)length);
    return b - a;
}

bool hyti_placement_box(const hyti_placement *placement, size_t height, size_t width, const float box[4], float out[4])
{
    float at[4];
    float wide = move_ends(box[0], box[2], placement->x_step, placement->x_start, width, &at[0], &at[2]);
    float high = move_ends(box[1], box[3], placement->y_step, placement->y_start, height, &at[1], &at[3]);
    float left_wide = at[2] - at[0], left_high = at[3] - at[1];
    if (left_wide < LEAST_SIDE || left_high < LEAST_SIDE || left_wide * left_high < LEAST_SHARE * wide * high)
        return false;
    for (size_t i = 0; i < 4; i++) out[i] = at[i];
    return true;
}

static size_t nearest(size_t pixel, float step, float start, size_t length)
{
    float place = (float)pixel * step + start + 0.5f;
    if (!(place > 0)) return 0;
    return place < (float)length ? (size_t)place : length - 1;
}

void hyti_placement_mask(const hyti_placement *placement, size_t height, size_t width, const uint8_t *mask,
                         uint8_t *out)
{
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = mask + nearest(y, placement->y_step, placement->y_start, height) * width;
        for (size_t x = 0; x < width; x++)
            out[y * width + x] = row[nearest(x, placement->x_step, placement->x_start, width)];
    }
}
