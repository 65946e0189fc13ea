/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study that opens is whole: trials are numbered from 0, each genome is one that its space writes, and objectives are
 * there, and finite, just where a trial finished. Looking leaves the file as it was. */
#include "fuzz.h"
#include "store/study.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/hytnas-fuzz-XXXXXX", path[sizeof folder + 16];

static void remove_files(void)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char name[sizeof path + 16];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void remove_all(void)
{
    remove_files();
    rmdir(folder);
}

static void write_bytes(const uint8_t *data, size_t size)
{
    if (!*path) {
        REQUIRE(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/study.db", folder);
        atexit(remove_all);
    }
    remove_files();
    FILE *file = fopen(path, "wb");
    REQUIRE(file && fwrite(data, 1, size, file) == size);
    REQUIRE(fclose(file) == 0);
}

static void check_unchanged(const uint8_t *data, size_t size)
{
    uint8_t *back = malloc(size + 1);
    FILE *file = fopen(path, "rb");
    REQUIRE(back && file && fread(back, 1, size + 1, file) == size && memcmp(back, data, size) == 0);
    fclose(file);
    free(back);
}

static void check_trial(const hyt_study *study, size_t index)
{
    uint64_t number = UINT64_MAX;
    hyt_trial_state state;
    const char *genome = NULL;
    const double *objectives = NULL;
    hyt_candidate *candidate = NULL;
    char *again = NULL;
    MUST(hyt_study_trial(study, index, &number, &state, &genome, &objectives));
    REQUIRE(number == index && strcmp(hyt_trial_state_name(state), "unknown") != 0);
    REQUIRE((state == HYT_TRIAL_FINISHED) == (objectives != NULL));
    for (size_t j = 0; objectives && j < hyt_study_objectives(study); j++) REQUIRE(isfinite(objectives[j]));
    MUST(hyt_candidate_parse(study->space, genome, &candidate));
    MUST(hyti_study_genome(study, candidate, &again));
    REQUIRE(strcmp(genome, again) == 0);
    hyti_free(study->context, again);
    hyt_candidate_destroy(candidate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyt_study *study = NULL;
    if (!data) return 0;
    write_bytes(data, size);
    if (hyt_study_open(NULL, path, HYT_STUDY_READ, &study) == HYT_OK) {
        REQUIRE(hyt_study_objectives(study) >= 1);
        for (size_t i = 0; i < hyt_study_size(study); i++) check_trial(study, i);
        hyt_study_destroy(study);
    } else {
        REQUIRE(study == NULL && hyt_message()[0] != 0);
    }
    check_unchanged(data, size);
    return 0;
}
