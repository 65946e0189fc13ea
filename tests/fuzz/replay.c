/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for libFuzzer in the tests: runs the target on nothing, on every file of the folders given as arguments,
 * and on each of these cut short and with single bits flipped, always at the same places. */
#include "fuzz.h"
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { CUTS = 32, FLIPS = 128 };

/* A block of exactly `size` bytes, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = calloc(size ? size : 1, 1);
    if (!copy) abort();
    if (size) memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_damaged(uint8_t *bytes, size_t size)
{
    run(bytes, size);
    if (size == 0) return;
    for (size_t cut = 0; cut < CUTS; cut++) run(bytes, size * cut / CUTS);
    run(bytes, size - 1);
    for (size_t flip = 0; flip < FLIPS; flip++) {
        size_t place = size * flip / FLIPS;
        uint8_t bit = (uint8_t)(1 << (flip * 5 + place) % 8);
        bytes[place] ^= bit;
        run(bytes, size);
        bytes[place] ^= bit;
    }
}

static int run_open(FILE *file)
{
    struct stat facts;
    if (fstat(fileno(file), &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
    size_t size = (size_t)facts.st_size;
    uint8_t *bytes = calloc(size ? size : 1, 1);
    if (!bytes) abort();
    int whole = fread(bytes, 1, size, file) == size;
    if (whole) run_damaged(bytes, size);
    free(bytes);
    return whole;
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    int done = file && run_open(file);
    if (!done) fprintf(stderr, "%s cannot be read\n", path);
    if (file) fclose(file);
    return done;
}

/* How many files were run. */
static int run_folder(const char *folder)
{
    char path[PATH_MAX];
    int files = 0;
    DIR *entries = opendir(folder);
    if (!entries) return 0;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') files += run_file(path);
    }
    closedir(entries);
    return files;
}

int main(int count, char **folders)
{
    run(NULL, 0);
    for (int i = 1; i < count; i++) {
        int files = run_folder(folders[i]);
        printf("%s: %d files\n", folders[i], files);
        if (files == 0) return 1;
    }
    return 0;
}
