/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETUP_H
#define SETUP_H

#include "job.h"

bool is_objective(const search_job *job, const char *name);
/* The handles of the job: its objectives, limits and predictors are those of both. */
int create_search(search_job *job);

#endif
