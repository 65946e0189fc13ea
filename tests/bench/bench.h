/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the programs of this folder share: a way out, clocks, bursts, values to work on, surrogates and networks by
 * name, and lines of JSON that a measurement which was ended goes on from. */
#ifndef HYTNAS_BENCH_BENCH_H
#define HYTNAS_BENCH_BENCH_H

#include <hytnas/hytnas.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Where a call has failed: its message on stderr, and the end of the program, with 2. */
void must(hyt_status status);
/* The same of what is no call of the library. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Seconds since some moment; of processor time that the whole program has taken. */
double bench_seconds(void);
double bench_cpu_seconds(void);

/* Times a call in bursts of about `length` seconds; `best` is that of a call in the best of them. The first call warms
 * up.
 *     bench_bursts b = bench_bursts_of(20, 1e-3);
 *     while (bench_burst(&b))
 *         for (size_t i = 0; i < b.calls; i++) run(job); */
typedef struct bench_bursts {
    double best, length, begin;
    size_t calls;
    int count, done;
} bench_bursts;
bench_bursts bench_bursts_of(int count, double length);
bool bench_burst(bench_bursts *b);

/* `bytes` that are zero, 64-aligned, with 64 more behind them; numbers from -1 to 1; any bytes. The same in every run,
 * to be freed. */
void *bench_room(size_t bytes);
float *bench_floats(size_t n);
int8_t *bench_bytes(size_t n);

/* settings: "key=value key=value" */
hyt_surrogate *bench_surrogate(const char *kind, size_t features, const char *settings);

/* `part`.npz of a folder. */
hyt_dataset *bench_load(const char *folder, const char *part);
/* A network for pictures of `input` x `input`: a genome of the preset `space`, a number (that sample of it), or the
 * name of a builder. */
hyt_graph *bench_network(const char *space, const char *network, size_t input, size_t classes);
/* A hyt_epoch_fn that says on stderr how an epoch went. */
int bench_tell(void *user, size_t epoch, double loss, double score);

/* Adds `,"key":"value"` of every option to the text of `size`, but of `threads`, which change no result, and of
 * `leave`, if not NULL. */
void bench_describe(const hyt_options *options, const char *leave, char *text, size_t size);
/* Whether a line of the file starts so. */
bool bench_has_line(const char *path, const char *start);
/* A line of a file, there whole or not at all: what is printed to `to` is added at the end. */
typedef struct bench_line {
    FILE *to;
    char *text;
    size_t size;
} bench_line;
void bench_line_begin(bench_line *line);
void bench_line_end(bench_line *line, const char *path);

#endif
