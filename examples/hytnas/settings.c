/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 1024 };

void describe_options(FILE *out, const hyt_options *options, const char *before, const char *after)
{
    char value[128];
    for (size_t i = 0; i < hyt_options_count(options); i++) {
        const char *key = hyt_options_key(options, i);
        if (strcmp(key, HYT_TRAIN_THREADS) == 0) continue;
        if (hyt_options_get_text(options, key, value, sizeof value) == HYT_OK)
            fprintf(out, "%s%s=%s%s", before, key, value, after);
    }
}

int settings_write(const char *path, const char *lines)
{
    FILE *file = fopen(path, "w");
    if (!file) return complain("%s: could not be written: %s", path, strerror(errno));
    fputs(lines, file);
    return close_stream(file, path);
}

bool settings_exist(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The value of a line that starts as "key=" does, without its line end; NULL. */
static const char *value_of(FILE *file, const char *key, size_t length, char line[LINE])
{
    rewind(file);
    while (fgets(line, LINE, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (strncmp(line, key, length) == 0) return line + length;
    }
    return NULL;
}

static int compare(FILE *file, const char *lines, const char *what)
{
    for (const char *at = lines; *at;) {
        char line[LINE];
        int key = (int)strcspn(at, "=") + 1, all = (int)strcspn(at, "\n");
        const char *then = value_of(file, at, (size_t)key, line);
        if (!then)
            return complain("%s: was made without %.*s, which is %.*s now", what, key - 1, at, all - key, at + key);
        if (strlen(then) != (size_t)(all - key) || strncmp(then, at + key, (size_t)(all - key)) != 0)
            return complain("%s: was made with %.*s %s, not %.*s: go on with that, or name another file", what, key - 1,
                            at, then, all - key, at + key);
        at += all + (at[all] == '\n');
    }
    return GOOD;
}

int settings_compare(const char *path, const char *lines, const char *what)
{
    FILE *file = fopen(path, "r");
    if (!file) return complain("%s: %s", path, strerror(errno));
    int result = compare(file, lines, what);
    fclose(file);
    return result;
}
