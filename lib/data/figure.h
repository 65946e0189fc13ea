/* SPDX-License-Identifier: MIT */
/* The person-like figure of the built-in set, and what is like it but none. */
#ifndef HYTI_DATA_FIGURE_H
#define HYTI_DATA_FIGURE_H

#include "data/paint.h"

enum { HYTI_PARTS_MAX = 24 };
typedef enum hyti_limb { HYTI_HEAD, HYTI_TORSO, HYTI_ARM, HYTI_LEG, HYTI_LIMBS } hyti_limb;
typedef struct hyti_part {
    hyti_limb limb;
    hyti_form form;     /* the figure stands on (0, 0), one unit tall, head up at y = -1 */
    hyti_paint paint;
} hyti_part;
typedef struct hyti_figure {
    hyti_part parts[HYTI_PARTS_MAX];    /* in the order of painting */
    size_t count;
} hyti_figure;

/* Head, torso, two arms, two legs in a drawn pose and clothes. */
void hyti_figure_draw(hyti_figure *figure, hyti_rng *rng);
/* Makes it a thing of the same parts, colours and size that is no figure: headless, upside down, in pieces, a beast. */
void hyti_figure_spoil(hyti_figure *figure, hyti_rng *rng);
/* Paints it standing at `foot`, `height` tall, leaning by `lean` radians. */
void hyti_figure_paint(const hyti_figure *figure, hyti_canvas *canvas, hyti_point foot, float height, float lean);
hyti_colour hyti_skin_draw(hyti_rng *rng);

#endif
