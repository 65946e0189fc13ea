/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AHEAD_H
#define AHEAD_H

#include "job.h"

/* How many networks a new search measures ahead. */
size_t count_ahead(const search_job *job);
/* Before the first trial: what objectives take no training are measured of some networks, and given to the search as
 * samples; a study that goes on takes those that lie beside it. Does nothing where no objective is such, all are, or
 * the method has no surrogates. */
int measure_ahead(search_job *job);

#endif
