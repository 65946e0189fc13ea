/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

void must(hyt_status status)
{
    if (status != HYT_OK) bench_fail("%s: %s", hyt_status_name(status), hyt_message());
}

void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_seconds(void) { return seconds_of(CLOCK_MONOTONIC); }
double bench_cpu_seconds(void) { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

bench_bursts bench_bursts_of(int count, double length)
{
    return (bench_bursts){ .best = INFINITY, .length = length, .count = count };
}

/* The call that warms up is burst 0. */
bool bench_burst(bench_bursts *b)
{
    if (b->done > 1) {
        b->best = fmin(b->best, (bench_seconds() - b->begin) / (double)b->calls);
        b->calls = (size_t)(b->length / b->best) + 1;
    } else {
        b->calls = 1;
    }
    bool more = b->done <= b->count;
    b->done++;
    b->begin = bench_seconds();
    return more;
}

void *bench_room(size_t bytes)
{
    size_t whole = (bytes + 63) / 64 * 64 + 64;
    void *room = aligned_alloc(64, whole);
    if (!room) bench_fail("no room for %zu bytes", bytes);
    return memset(room, 0, whole);
}

static uint32_t next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

float *bench_floats(size_t n)
{
    float *v = bench_room(n * sizeof *v);
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++) v[i] = (float)(int32_t)next(&state) * 0x1p-31f;
    return v;
}

int8_t *bench_bytes(size_t n)
{
    int8_t *v = bench_room(n);
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++) v[i] = (int8_t)(next(&state) >> 24);
    return v;
}

hyt_surrogate *bench_surrogate(const char *kind, size_t features, const char *settings)
{
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL;
    char text[256];
    snprintf(text, sizeof text, "%s", settings);
    must(hyt_surrogate_options_create(NULL, kind, &options));
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (!value) bench_fail("%s has no value", word);
        *value++ = 0;
        must(hyt_options_set_text(options, word, value));
    }
    must(hyt_surrogate_create(NULL, kind, features, options, &model));
    hyt_options_destroy(options);
    return model;
}

hyt_dataset *bench_load(const char *folder, const char *part)
{
    char path[4096];
    hyt_dataset *dataset = NULL;
    snprintf(path, sizeof path, "%s/%s.npz", folder, part);
    must(hyt_dataset_load_npz(NULL, path, &dataset));
    return dataset;
}

hyt_graph *bench_network(const char *space_name, const char *network, size_t input, size_t classes)
{
    hyt_graph *graph = NULL;
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    char *end;
    unsigned long long sample = strtoull(network, &end, 10);
    if (!strchr(network, ':') && *end) {
        must(hyt_graph_build(NULL, network, input, classes, &graph));
        return graph;
    }
    must(hyt_space_preset(NULL, space_name, &space));
    must(*end ? hyt_candidate_parse(space, network, &candidate) : hyt_candidate_sample(space, 0, sample, &candidate));
    must(hyt_candidate_decode(candidate, input, classes, &graph));
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
    return graph;
}

int bench_tell(void *user, size_t epoch, double loss, double score)
{
    (void)user;
    fprintf(stderr, "epoch %zu: loss %.4f, validation %.4f\n", epoch + 1, loss, score);
    return 0;
}

void bench_describe(const hyt_options *options, const char *leave, char *text, size_t size)
{
    char value[128];
    size_t used = strlen(text);
    for (size_t i = 0; i < hyt_options_count(options) && used < size; i++) {
        const char *key = hyt_options_key(options, i);
        if (strcmp(key, HYT_TRAIN_THREADS) == 0 || (leave && strcmp(key, leave) == 0)) continue;
        must(hyt_options_get_text(options, key, value, sizeof value));
        used += (size_t)snprintf(text + used, size - used, ",\"%s\":\"%s\"", key, value);
    }
    if (used >= size) bench_fail("the command line is too long");
}

bool bench_has_line(const char *path, const char *start)
{
    static char line[1 << 16];
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) found = strncmp(line, start, strlen(start)) == 0;
    if (file) fclose(file);
    return found;
}

void bench_line_begin(bench_line *line)
{
    line->to = open_memstream(&line->text, &line->size);
    if (!line->to) bench_fail("no room for a line");
}

void bench_line_end(bench_line *line, const char *path)
{
    bool good = fputc('\n', line->to) != EOF;
    good = fclose(line->to) == 0 && good;
    FILE *file = good ? fopen(path, "a") : NULL;
    good = file && fputs(line->text, file) >= 0;
    if (file) good = fclose(file) == 0 && good;
    if (!good) bench_fail("%s cannot be written", path);
    free(line->text);
}
