/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is going on, on stderr: one line that renews itself on a terminal, plain lines elsewhere. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "program.h"
#include <time.h>

typedef struct progress_line {
    bool terminal;
    struct timespec start;
    size_t total, done, done_before;  /* trials: all, told, told before this run */
    char best[64];                    /* so far: "best 86.2 %, hypervolume 12.3" */
} progress_line;

void progress_start(progress_line *progress, const hyt_search *search, size_t total);
/* After an epoch (from 0) of what is being trained: `what` is "trial 12", for instance. */
void progress_epoch(const progress_line *progress, const char *what, size_t epoch, size_t epochs, double accuracy);
void progress_told(progress_line *progress, const hyt_search *search, const hyt_trial *trial);
/* A message of its own line. */
void progress_say(const progress_line *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes the line away. */
void progress_end(const progress_line *progress);

#endif
