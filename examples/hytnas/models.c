/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static int make_folder(const char *path)
{
    struct stat facts;
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))) return GOOD;
    return complain("%s: could not be made: %s", path, strerror(errno));
}

static bool settings_match(const char *path, const char *settings)
{
    size_t size = strlen(settings), read = 0;
    char *text = calloc(size + 2, 1);
    FILE *file = fopen(path, "r");
    if (file && text) read = fread(text, 1, size + 1, file);
    bool match = file && text && read == size && memcmp(text, settings, size) == 0;
    if (file) fclose(file);
    free(text);
    return match;
}

/* Trial of a file of ours, "trial-0012.hyt" or "trial-0012-24-epochs.hyt"; false for any other. */
static bool trial_of_file(const char *name, uint64_t *trial)
{
    size_t epochs;
    int end = 0;
    if (sscanf(name, "trial-%" SCNu64 ".hyt%n", trial, &end) == 1 && end > 0 && name[end] == 0) return true;
    end = 0;
    return sscanf(name, "trial-%" SCNu64 "-%zu-epochs.hyt%n", trial, &epochs, &end) == 2 && end > 0 && name[end] == 0;
}

/* Removes our files of trials for which `keep` says no; NULL: of all. */
static void remove_models(const char *folder, bool (*keep)(const hyt_search *search, uint64_t trial),
                          const hyt_search *search)
{
    char path[PATH_SIZE];
    uint64_t trial;
    snprintf(path, sizeof path, "%s/models", folder);
    DIR *directory = opendir(path);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        const char *name = entry->d_name;
        if (!trial_of_file(name, &trial) || (keep && keep(search, trial))) continue;
        if (snprintf(path, sizeof path, "%s/models/%s", folder, name) < (int)sizeof path) unlink(path);
    }
    closedir(directory);
}

int models_open(const char *folder, const char *settings, bool resume)
{
    char path[PATH_SIZE];
    if (strlen(folder) > PATH_SIZE - 64) return complain("%.60s...: the path is too long", folder);
    snprintf(path, sizeof path, "%s/models", folder);
    if (make_folder(folder) != GOOD || make_folder(path) != GOOD) return BAD;
    snprintf(path, sizeof path, "%s/settings.txt", folder);
    if (resume && settings_match(path, settings)) return GOOD;
    remove_models(folder, NULL, NULL);
    FILE *file = fopen(path, "w");
    if (!file) return complain("%s: could not be written: %s", path, strerror(errno));
    fputs(settings, file);
    return close_stream(file, path);
}

void models_abandon(const char *folder)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/models", folder);
    if (rmdir(path) != 0) return; /* holds models */
    snprintf(path, sizeof path, "%s/settings.txt", folder);
    unlink(path);
    rmdir(folder);
}

void model_path(const char *folder, uint64_t trial, size_t epochs, char *path, size_t size)
{
    if (epochs) snprintf(path, size, "%s/models/trial-%04" PRIu64 "-%zu-epochs.hyt", folder, trial, epochs);
    else snprintf(path, size, "%s/models/trial-%04" PRIu64 ".hyt", folder, trial);
}

static bool same_network(const hyt_graph *a, const hyt_graph *b)
{
    char left[256], right[256];
    if (hyt_graph_size(a) != hyt_graph_size(b)) /* an int8 network has its batch norms folded */
        return hyt_graph_macs(a) == hyt_graph_macs(b);
    for (hyt_value value = 0; value < (hyt_value)hyt_graph_size(a); value++) {
        if (hyt_graph_describe(a, value, left, sizeof left) != HYT_OK) return false;
        if (hyt_graph_describe(b, value, right, sizeof right) != HYT_OK) return false;
        if (strcmp(left, right) != 0) return false;
    }
    return true;
}

hyt_status model_find(const char *path, const hyt_candidate *candidate, size_t input, size_t classes, hyt_graph **out)
{
    hyt_graph *expected = NULL, *found = NULL;
    if (hyt_model_load(NULL, path, &found) != HYT_OK) return HYT_ERR_NOT_FOUND;
    hyt_status status = hyt_candidate_decode(candidate, input, classes, &expected);
    bool same = status == HYT_OK && same_network(expected, found);
    hyt_graph_destroy(expected);
    if (same) {
        *out = found;
        return HYT_OK;
    }
    hyt_graph_destroy(found);
    return status == HYT_OK ? HYT_ERR_NOT_FOUND : status;
}

static bool in_front(const hyt_search *search, uint64_t trial)
{
    for (size_t i = 0; i < hyt_search_size(search); i++)
        if (hyt_trial_number(hyt_search_trial(search, i)) == trial) return hyt_search_trial_in_front(search, i);
    return false;
}

void models_tidy(const char *folder, const hyt_search *search)
{
    remove_models(folder, in_front, search);
}
