/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plots of the report. */
#ifndef PLOTS_H
#define PLOTS_H

#include "outcome.h"

enum { RAMP = 7 }; /* colours of a third objective, from the style sheet */

/* Objective y against objective x: the front, with the numbers of its trials if asked for, and what it dominates. */
void plot_pair(FILE *out, const search_outcome *outcome, size_t x, size_t y, double width, double height, bool labels);
/* The objective that the colours of plot_pair stand for; SIZE_MAX where there is none. */
size_t pair_colour(const search_outcome *outcome, size_t x, size_t y);
/* Least and greatest value of an objective in the front. */
void front_range(const search_outcome *outcome, size_t objective, double *low, double *high);
void plot_hypervolume(FILE *out, const search_outcome *outcome, double width, double height);
/* One row a gene, one column a network of the front. */
void plot_genes(FILE *out, const search_outcome *outcome, double width);

#endif
