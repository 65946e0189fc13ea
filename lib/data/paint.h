/* SPDX-License-Identifier: MIT */
/* A small painter: antialiased forms and patterns on a square canvas, for the built-in set. Coordinates run from 0 to
 * 1, x to the right, y down, so that a scene is the same at any number of pixels. */
#ifndef HYTI_DATA_PAINT_H
#define HYTI_DATA_PAINT_H

#include "base/heap.h"
#include "base/rng.h"

typedef struct hyti_point { float x, y; } hyti_point;
typedef struct hyti_colour { float r, g, b; } hyti_colour;

/* Every form is an axis with a radius at either end, so that one transformation moves them all. */
typedef enum hyti_form_kind {
    HYTI_CAPSULE,   /* round ends; the radius goes over from one to the other */
    HYTI_SLAB,      /* straight ends: a rectangle, a trapezium, with a radius of 0 a triangle */
    HYTI_ELLIPSE    /* the axis is one diameter, from_radius half of the other */
} hyti_form_kind;
typedef struct hyti_form {
    hyti_form_kind kind;
    hyti_point from, to;
    float from_radius, to_radius;
} hyti_form;

/* Two colours and how they share the plane. */
typedef enum hyti_pattern {
    HYTI_PLAIN, HYTI_GRADE, HYTI_STRIPES, HYTI_CHECKS, HYTI_CLOUDS, HYTI_PATTERNS
} hyti_pattern;
typedef struct hyti_paint {
    hyti_pattern pattern;
    hyti_colour first, second;
    float along, across;    /* cosine and sine of its direction */
    float frequency;        /* repetitions a unit */
    uint32_t salt;          /* of the clouds */
} hyti_paint;

typedef struct hyti_canvas {
    size_t size;
    float *rgb;             /* size, size, 3 */
    float *share;           /* size, size: how much of a pixel shows what was painted while `marked` */
    bool marked;
    hyti_point light;       /* forms are brighter on the side that it points to */
} hyti_canvas;

float hyti_draw(hyti_rng *rng, float low, float high);
bool hyti_chance(hyti_rng *rng, double share);
hyti_colour hyti_colour_draw(hyti_rng *rng, float darkest, float brightest);
hyti_colour hyti_colour_mix(hyti_colour a, hyti_colour b, float share);
hyti_paint hyti_paint_plain(hyti_colour colour);
hyti_paint hyti_paint_draw(hyti_rng *rng, hyti_pattern pattern, hyti_colour first, hyti_colour second, float frequency);
hyti_colour hyti_paint_at(const hyti_paint *paint, float x, float y);

/* Lays a form over what is there. */
void hyti_canvas_fill(hyti_canvas *canvas, const hyti_form *form, const hyti_paint *paint, float opacity);

#endif
