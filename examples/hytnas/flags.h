/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags of a command: rows of its own, and one for every option of the library's tables. Help is made of the same rows.
 */
#ifndef FLAGS_H
#define FLAGS_H

#include "program.h"

typedef struct flag_row {
    const char *name;   /* without the dashes */
    const char *value;  /* what it takes, in capitals; NULL: nothing */
    const char *help;
} flag_row;

/* Options of the library as flags. A key that an earlier group has too belongs to both ("seed", "threads") or, where
 * it means something else there, gets the prefix of this group ("train-batch"). */
typedef struct option_group {
    const char *title;
    const char *prefix;
    hyt_options *options;
} option_group;

typedef struct command_form {
    const char *name;
    const char *operands;  /* "NET...", or "" */
    const char *about;     /* a few sentences */
    const flag_row *flags;
    size_t flag_count;
    const option_group *groups;
    size_t group_count;
    const char *examples;  /* lines */
} command_form;

/* Takes the flag with that place in `flags`, or an operand (place: flag_count); GOOD or BAD. */
typedef int (*take_fn)(void *user, size_t place, const char *value);

enum { HELP = -1 };
/* GOOD; BAD after a message; HELP once the help was printed. */
int parse_flags(const command_form *command, int argc, char **argv, take_fn take, void *user);

/* Nearest of NULL-ended names, for messages. */
const char *nearest_name(const char *name, const char *const *names);
/* A whole number, or BAD after a message naming the flag. */
int parse_whole(const char *flag_name, const char *text, size_t low, size_t high, size_t *out);

#endif
