/* SPDX-License-Identifier: MIT */
/* How the rows of a detector's output are boxes. */
#ifndef HYTI_RUNTIME_HEAD_H
#define HYTI_RUNTIME_HEAD_H

#include "graph/graph.h"
#include "runtime/boxes.h"

typedef enum hyti_head_kind {
    HYTI_HEAD_POINTS = 0,  /* one box a pixel of a map: logarithms of the distances to its four sides, in strides */
    HYTI_HEAD_ANCHORS = 1, /* several a pixel: offsets from anchors (SSD, arXiv 1512.02325, equation 2) */
    HYTI_HEAD_QUERIES = 2  /* centre and size, of the picture's, and one more class: "no object" (DETR) */
} hyti_head_kind;

#define HYTI_HEAD_MAPS 8

typedef struct hyti_map { size_t height, width; } hyti_map;

/* A row is 4 numbers of a box, then one a class. */
typedef struct hyti_head {
    hyti_head_kind kind;
    size_t places, columns;         /* rows of the output and their length */
    size_t classes;                 /* without "no object" */
    size_t height, width;           /* of the picture */
    size_t per_pixel, n_maps;       /* of POINTS and ANCHORS */
    hyti_map maps[HYTI_HEAD_MAPS];  /* one after another in the rows */
} hyti_head;

/* Follows the graph from its output, N,places,4 + classes or N,1,places,4 + classes, to the maps whose pixels the
 * places are; where it meets something else they are queries.
 * @return HYT_ERR_SHAPE where the output is no such rows, HYT_ERR_UNSUPPORTED where classes are no logits */
hyt_status hyti_head_of(const hyt_graph *graph, hyti_head *head);
/* What a place starts from: the middle of its pixel, and stride or anchor as the size; of queries the whole picture. */
typedef struct hyti_prior { double x, y, width, height; } hyti_prior;
hyti_prior hyti_head_prior(const hyti_head *head, size_t place);
/* The box that four numbers of a place stand for; `slope`: the derivatives of its corners in the numbers that decide
 * them, x1 y1 x2 y2 by row (NULL: not wanted). */
hyti_box hyti_head_box(const hyti_head *head, const hyti_prior *prior, const float *numbers, double slope[4][4]);
/* Probability of a class (POINTS, ANCHORS: its sigmoid; QUERIES: of the softmax over all and "no object"). */
double hyti_head_score(const hyti_head *head, const float *row, size_t label);
#define HYTI_HEAD_CANDIDATES ((size_t)1000) /* boxes that suppression looks at */

/* All boxes of one picture whose score is at least `threshold`, without suppression, cut to the picture; at most
 * `most`, the best. Returns how many; `found` has room for places * classes. */
size_t hyti_head_decode(const hyti_head *head, const float *output, double threshold, size_t most,
                        hyti_detection *found);
/* The same and, but for queries, suppression. */
size_t hyti_head_detect(const hyti_head *head, const float *output, double threshold, double iou, size_t most,
                        hyti_detection *found);

#endif
