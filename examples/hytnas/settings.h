/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What something was made with, as key=value: of a study one line, of a measured table a small file beside it. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "program.h"

/* Every option as "key=value" with `before` and `after`; but the threads, which change no result. */
void describe_options(FILE *out, const hyt_options *options, const char *before, const char *after);
/* Lines of key=value. */
int settings_write(const char *path, const char *lines);
/* Whether there is such a file. */
bool settings_exist(const char *path);
/* GOOD where the file says the same; else BAD after a message of `what` that names the first key that differs. */
int settings_compare(const char *path, const char *lines, const char *what);

#endif
