/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plots as SVG: scales with round ticks, a frame, marks. Colours are classes of the page's style sheet. */
#ifndef SVG_H
#define SVG_H

#include "program.h"

typedef struct axis_scale {
    const char *metric;     /* how values are spoken */
    double low, high;       /* of the values */
    double from, to;        /* in pixels */
    bool logarithmic;
} axis_scale;

typedef struct plot_frame {
    double width, height;
    axis_scale x, y;
} plot_frame;

/* A scale around `count` finite values, with a margin; logarithmic where they are positive and span a factor of 20. */
axis_scale scale_around(const char *metric, const double *values, size_t count, double from, double to);
double scale_place(const axis_scale *scale, double value);
/* Round values within the scale, about `wanted` of them, at most 32; how many. */
size_t scale_ticks(const axis_scale *scale, size_t wanted, double *ticks);

void html_text(FILE *out, const char *text);
/* A value as short as an axis or a mark wants it: "85 %", "1.2", "48 k". */
const char *axis_text(const char *metric, double value);

void svg_begin(FILE *out, double width, double height, const char *label);
/* Grid, ticks and titles of both axes. */
void svg_axes(FILE *out, const plot_frame *frame, const char *x_title, const char *y_title);
void svg_end(FILE *out);

#endif
