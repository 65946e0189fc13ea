/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flags.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 100   /* of help texts */
#define INDENT 28   /* where explanations start */
#define NAME_SIZE 64

/* Options that mean the same wherever they occur: one flag sets all of them. */
static bool is_shared(const char *key)
{
    return strcmp(key, "seed") == 0 || strcmp(key, "threads") == 0;
}

static bool has_key(const hyt_options *options, const char *key)
{
    for (size_t i = 0; i < hyt_options_count(options); i++)
        if (strcmp(hyt_options_key(options, i), key) == 0) return true;
    return false;
}

/* A flag of the command's own stands before an option of that name. */
static bool has_flag(const command_form *command, const char *name)
{
    for (size_t i = 0; i < command->flag_count; i++)
        if (strcmp(command->flags[i].name, name) == 0) return true;
    return false;
}

static bool earlier_has(const command_form *command, size_t group, const char *key)
{
    for (size_t g = 0; g < group; g++)
        if (has_key(command->groups[g].options, key)) return true;
    return false;
}

static void option_flag_name(const command_form *command, size_t group, size_t row, char *name)
{
    const char *key = hyt_options_key(command->groups[group].options, row);
    bool prefixed = !is_shared(key) && earlier_has(command, group, key);
    snprintf(name, NAME_SIZE, "%s%s", prefixed ? command->groups[group].prefix : "", key);
}

/* -- help ---------------------------------------------------------------------------------------------------------- */

static void heading(const char *text)
{
    bool colour = isatty(STDOUT_FILENO);
    printf("\n%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

/* `text` in lines of at most WIDTH columns, from `column` on; the cursor is at `at`. */
static void wrap(const char *text, int at, int column)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at > column && at + 1 + length > WIDTH) {
            printf("\n");
            at = 0;
        }
        if (at < column) at += printf("%*s", column - at, "");
        else if (at > column) at += printf(" ");
        at += printf("%.*s", length, text);
        text += length;
        while (*text == ' ') text++;
    }
    printf("\n");
}

static void print_row(const char *left, const char *help)
{
    int at = printf("  %s", left);
    if (at >= INDENT - 1) {
        printf("\n");
        at = 0;
    }
    wrap(help, at, INDENT);
}

static void print_flag(const flag_row *flag)
{
    char left[2 * NAME_SIZE];
    snprintf(left, sizeof left, "--%s%s%s", flag->name, flag->value ? " " : "", flag->value ? flag->value : "");
    print_row(left, flag->help);
}

/* "a|b|c" as "a, b or c" */
static void list_choices(const char *choices, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    while (*choices && used < size) {
        size_t length = strcspn(choices, "|");
        bool last = choices[length] == 0, second_last = !last && !strchr(choices + length + 1, '|');
        used += (size_t)snprintf(text + used, size - used, "%.*s%s", (int)length, choices,
                                 last ? "" : second_last ? " or " : ", ");
        choices += length + !last;
    }
}

static void print_option(const command_form *command, size_t group, size_t row)
{
    const hyt_options *options = command->groups[group].options;
    char name[NAME_SIZE], left[3 * NAME_SIZE], value[128], help[1024], choices[256];
    double low, high;
    hyt_option_type type = hyt_options_type(options, row);
    option_flag_name(command, group, row, name);
    if (hyt_options_get_text(options, hyt_options_key(options, row), value, sizeof value) != HYT_OK) value[0] = 0;
    hyt_options_bounds(options, row, NULL, &low, &high);
    list_choices(hyt_options_choices(options, row), choices, sizeof choices);
    switch (type) {
    case HYT_OPT_FLAG:
        snprintf(left, sizeof left, "--%s, --no-%s", name, name);
        snprintf(help, sizeof help, "%s (default: %s)", hyt_options_help(options, row),
                 strcmp(value, "0") ? "on" : "off");
        break;
    case HYT_OPT_CHOICE:
        snprintf(left, sizeof left, "--%s WORD", name);
        snprintf(help, sizeof help, "%s: %s (default %s)", hyt_options_help(options, row), choices, value);
        break;
    default:
        snprintf(left, sizeof left, "--%s %s", name, type == HYT_OPT_INT ? "N" : "X");
        snprintf(help, sizeof help, "%s (default %s, %.16g to %.16g)", hyt_options_help(options, row), value, low,
                 high);
    }
    print_row(left, help);
}

static void print_help(const command_form *command)
{
    printf("hytnas %s%s%s [flags]\n\n", command->name, *command->operands ? " " : "", command->operands);
    wrap(command->about, 0, 0);
    heading("Flags");
    for (size_t i = 0; i < command->flag_count; i++) print_flag(&command->flags[i]);
    print_row("--help", "this text");
    for (size_t g = 0; g < command->group_count; g++) {
        const hyt_options *options = command->groups[g].options;
        heading(command->groups[g].title);
        for (size_t i = 0; i < hyt_options_count(options); i++) {
            const char *key = hyt_options_key(options, i);
            bool said = has_flag(command, key) || (is_shared(key) && earlier_has(command, g, key));
            if (!said) print_option(command, g, i);
        }
    }
    heading("Examples");
    fputs(command->examples, stdout);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_SIZE], length = strlen(b);
    if (length >= NAME_SIZE) return NAME_SIZE;
    for (size_t j = 0; j <= length; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i] != b[j - 1]), step = row[j - 1] + 1;
            diagonal = row[j];
            if (diagonal + 1 < step) step = diagonal + 1;
            row[j] = change < step ? change : step;
        }
    }
    return row[length];
}

static void keep_nearest(const char *name, const char *candidate, char *nearest)
{
    if (!*nearest || edit_distance(name, candidate) < edit_distance(name, nearest))
        snprintf(nearest, NAME_SIZE, "%s", candidate);
}

const char *nearest_name(const char *name, const char *const *names)
{
    const char *best = names[0];
    for (size_t i = 1; names[i]; i++)
        if (edit_distance(name, names[i]) < edit_distance(name, best)) best = names[i];
    return best;
}

static int complain_unknown(const command_form *command, const char *name)
{
    char nearest[NAME_SIZE] = "help", option[NAME_SIZE];
    for (size_t i = 0; i < command->flag_count; i++) keep_nearest(name, command->flags[i].name, nearest);
    for (size_t g = 0; g < command->group_count; g++)
        for (size_t i = 0; i < hyt_options_count(command->groups[g].options); i++) {
            option_flag_name(command, g, i, option);
            keep_nearest(name, option, nearest);
        }
    return complain("%s has no flag --%s; the nearest is --%s", command->name, name, nearest);
}

/* The rows of the tables called `name`, or "no-<name>" for a switch; how many there are, and whether they are switches.
 */
static size_t find_options(const command_form *command, const char *name, bool *is_switch, const char *value,
                           int *result)
{
    char option[NAME_SIZE];
    size_t found = 0;
    *result = GOOD;
    for (size_t g = 0; g < command->group_count; g++) {
        hyt_options *options = command->groups[g].options;
        for (size_t i = 0; i < hyt_options_count(options); i++) {
            option_flag_name(command, g, i, option);
            bool matches = strcmp(option, name) == 0;
            if (!matches) continue;
            found++;
            *is_switch = hyt_options_type(options, i) == HYT_OPT_FLAG;
            if (value && *result == GOOD)
                *result = check(hyt_options_set_text(options, hyt_options_key(options, i), value));
        }
    }
    return found;
}

typedef struct arguments {
    const command_form *command;
    int argc, next;
    char **argv;
    take_fn take;
    void *user;
} arguments;

static int need_value(arguments *reader, const char *name, const char **value)
{
    if (*value) return GOOD;
    if (reader->next >= reader->argc) return complain("--%s needs a value", name);
    *value = reader->argv[reader->next++];
    return GOOD;
}

static int take_option(arguments *reader, const char *name, const char *value)
{
    bool is_switch = false, negated = strncmp(name, "no-", 3) == 0;
    int result;
    const char *key = name;
    if (find_options(reader->command, key, &is_switch, NULL, &result) == 0) {
        key = name + 3;
        if (!negated || find_options(reader->command, key, &is_switch, NULL, &result) == 0 || !is_switch)
            return complain_unknown(reader->command, name);
        if (value) return complain("--%s takes no value", name);
        value = "0";
    }
    if (is_switch && !value) value = "1";
    if (need_value(reader, name, &value) != GOOD) return BAD;
    find_options(reader->command, key, &is_switch, value, &result);
    return result;
}

static int take_flag(arguments *reader, const char *text)
{
    char name[NAME_SIZE];
    size_t length = strcspn(text, "=");
    const char *value = text[length] ? text + length + 1 : NULL;
    if (length >= sizeof name) return complain("%s has no flag --%.60s...", reader->command->name, text);
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    for (size_t i = 0; i < reader->command->flag_count; i++) {
        const flag_row *flag = &reader->command->flags[i];
        if (strcmp(flag->name, name) != 0) continue;
        if (!flag->value) return value ? complain("--%s takes no value", name) : reader->take(reader->user, i, NULL);
        if (need_value(reader, name, &value) != GOOD) return BAD;
        return reader->take(reader->user, i, value);
    }
    return take_option(reader, name, value);
}

int parse_flags(const command_form *command, int argc, char **argv, take_fn take, void *user)
{
    arguments reader = { .command = command, .argc = argc, .argv = argv, .take = take, .user = user };
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0) continue;
        print_help(command);
        return HELP;
    }
    while (reader.next < argc) {
        const char *argument = argv[reader.next++];
        int result;
        if (argument[0] == '-' && argument[1] == '-' && argument[2]) result = take_flag(&reader, argument + 2);
        else if (argument[0] == '-' && argument[1])
            result = complain("%s has no flag %s; flags begin with two dashes", command->name, argument);
        else result = take(user, command->flag_count, argument);
        if (result != GOOD) return result;
    }
    return GOOD;
}

int parse_whole(const char *flag_name, const char *text, size_t low, size_t high, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || !isdigit((unsigned char)text[0]) || value < low || value > high)
        return complain("--%s takes a whole number from %zu to %zu, not \"%s\"", flag_name, low, high, text);
    *out = (size_t)value;
    return GOOD;
}
