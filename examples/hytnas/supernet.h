/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The super-network of a search by --train-method one-shot or fine-tuning, in files beside its study: FILE.supernet, a
 * model file, and FILE.supernet.txt, what it was trained with. */
#ifndef SUPERNET_H
#define SUPERNET_H

#include "job.h"

/* Gives the evaluator what an earlier run left; BAD names what differs where that was trained with something else.
 * Where nothing is left, writes down what is going to be trained. */
int supernet_load(search_job *job);
/* After a trial was scored: saves the super-network, once. */
hyt_status supernet_keep(search_job *job);

#endif
