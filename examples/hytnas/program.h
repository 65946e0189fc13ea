/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands share: messages, exit codes, numbers for people. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <hytnas/hytnas.h>
#include <stdbool.h>
#include <stdio.h>

/* What a command returns to the shell. */
enum { GOOD = 0, BAD = 2 };

/* "hytnas: ..." on stderr; BAD. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The library's last message; BAD. */
int complain_status(void);
/* GOOD, or complains of what the library says. */
int check(hyt_status status);

/* 1234567 as "1,234,567"; lent until the eighth call from here. */
const char *grouped(double value);
/* A measured value as a person reads it: accuracy "86.2 %", latency "12.3", counts grouped; lent likewise. */
const char *spoken(const char *metric, double value);
bool is_accuracy(const char *metric);
bool is_count(const char *metric);
bool is_predicted(const char *metric);
/* A score that is measured, of a trained network. */
bool needs_training(const char *metric);
/* For "latency_ms": "latency (ms)", "latency", " ms". */
const char *title_of(const char *metric);
const char *plain_of(const char *metric);
const char *unit_of(const char *metric);
/* Of a column under that title, `least` or more. */
int width_of(const char *metric, int least);

/* Writes text as a JSON string, and a number (null where not finite). */
void json_text(FILE *out, const char *text);
void json_number(FILE *out, double value);

/* Closes a stream that all output went to; BAD if any of it was lost (a full disk). */
int close_stream(FILE *stream, const char *path);

int command_search(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_profile(int argc, char **argv);
int command_measure(int argc, char **argv);
int command_predict(int argc, char **argv);
int command_study(int argc, char **argv);
int command_tabular(int argc, char **argv);

#endif
