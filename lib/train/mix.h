/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of a batch, as floats of H,W,3, erased and blended. */
#ifndef HYTI_TRAIN_MIX_H
#define HYTI_TRAIN_MIX_H

#include "train/train.h"

typedef struct hyti_frame { size_t height, width; } hyti_frame;
/* Pixels from (x, y) on. */
typedef struct hyti_patch { size_t x, y, width, height; } hyti_patch;

/* Random erasing (Zhong et al., arXiv 1708.04896): with the share that the options give, a box of 2 to 40 % of the
 * picture, sides at most 1 to 0.3, becomes noise of mean 0 and deviation 1, pixel by pixel. Follows from seed, epoch
 * and index. */
void hyti_erase(const hyti_train_params *params, uint64_t epoch, size_t index, hyti_frame frame, float *picture);

/* How two pictures are blended: each keeps `share` of itself and gets the rest of the other. Without a patch pixel by
 * pixel (mixup, Zhang et al., arXiv 1710.09412), with one as this box of pixels (cutmix, Yun et al., arXiv 1905.04899),
 * whose part of the picture is 1 - share. */
typedef struct hyti_blend {
    float share;
    hyti_patch patch; /* width 0: none */
} hyti_blend;

/* Follows from seed, epoch and the first picture's index; where both ways are asked for, one of them, evenly. */
hyti_blend hyti_blend_draw(const hyti_train_params *params, uint64_t epoch, size_t index, hyti_frame frame);
void hyti_blend_pictures(const hyti_blend *blend, hyti_frame frame, float *first, float *second);
void hyti_blend_targets(const hyti_blend *blend, size_t count, float *first, float *second);

#endif
