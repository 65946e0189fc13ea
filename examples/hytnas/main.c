/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hytnas: the command-line program, written against the public headers alone. */
#include "flags.h"
#include <signal.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} commands[] = {
    { "search", command_search, "search networks on pictures: train, time, and hand over the best trade-offs" },
    { "describe", command_describe, "operations, shapes and costs of a network" },
    { "profile", command_profile, "latency, memory and size of networks, by precision and threads" },
    { "measure", command_measure, "measure random networks of a space, and learn predictors from them" },
    { "predict", command_predict, "how well a surrogate predicts a column of a table" },
    { "tabular", command_tabular, "search a table of results that are there already" },
    { "study", command_study, "list the trials of a study" },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void help(FILE *out)
{
    fprintf(out, "hytnas: searches hybrid convolution + attention networks for small devices\n\n"
                 "  hytnas COMMAND [flags]\n\n");
    for (size_t i = 0; i < COMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].about);
    fprintf(out, "\n  hytnas COMMAND --help     every flag of a command\n"
                 "  hytnas --version          versions of the library and of what it stands on\n\n"
                 "A first search, with pictures that are made up on the spot:\n\n"
                 "  hytnas search --data shapes --trials 12 --epochs 2 --limit macs:4e6 --study first.db\n");
}

static int unknown(const char *name)
{
    const char *names[COMMANDS + 1] = { NULL };
    for (size_t i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    return complain("there is no command \"%s\"; the nearest is \"%s\"", name, nearest_name(name, names));
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error to report, not a reason to die */
    if (argc < 2) {
        help(stderr);
        return BAD;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return close_stream(stdout, "standard output");
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s\n", hyt_version_text());
        return close_stream(stdout, "standard output");
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        int result = commands[i].run(argc - 2, argv + 2);
        int closed = close_stream(stdout, "standard output");
        return result != GOOD ? result : closed;
    }
    return unknown(argv[1]);
}
