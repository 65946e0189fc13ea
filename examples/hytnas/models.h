/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results folder: models of the front, kept up while the search goes on. It belongs to one search: what an earlier
 * one left in it is replaced, unless that was the same search. */
#ifndef MODELS_H
#define MODELS_H

#include "program.h"

/* Makes the folder. `settings` is all that decides the weights of a candidate; models that were made with others, or
 * that `resume` does not ask for, are removed. */
int models_open(const char *folder, const char *settings, bool resume);
/* Takes away what models_open made, where no model was saved. */
void models_abandon(const char *folder);
/* "<folder>/models/trial-0012.hyt", or with epochs "trial-0012-24-epochs.hyt"; 0 epochs: as in the search. */
void model_path(const char *folder, uint64_t trial, size_t epochs, char *path, size_t size);
/* The model of a candidate if it is there; HYT_ERR_NOT_FOUND, silently, if not or if it is another network's. */
hyt_status model_find(const char *path, const hyt_candidate *candidate, size_t input, size_t classes, hyt_graph **out);
/* Removes the models of trials that are not in the front. */
void models_tidy(const char *folder, const hyt_search *search);

#endif
