/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* "18 min left", as long as all trials take what those of this run took. */
static void time_left(const progress_line *progress, char *text, size_t size)
{
    size_t done = progress->done - progress->done_before;
    text[0] = 0;
    if (done == 0 || progress->done >= progress->total) return;
    double left = seconds_since(&progress->start) / (double)done * (double)(progress->total - progress->done);
    if (left < 100) snprintf(text, size, ", %.0f s left", left);
    else if (left < 100 * 60) snprintf(text, size, ", %.0f min left", left / 60);
    else snprintf(text, size, ", %.1f h left", left / 3600);
}

/* On a terminal, in place of the line before and no wider than the window. */
static void renew(const char *text)
{
    struct winsize window = { .ws_col = 80 };
    ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
    int width = window.ws_col > 1 ? window.ws_col - 1 : 79;
    fprintf(stderr, "\r\033[K%.*s", width, text);
    fflush(stderr);
}

static void find_best(progress_line *progress, const hyt_search *search)
{
    const char *name = hyt_search_objective_name(search, 0);
    bool maximise = hyt_search_objective_direction(search, 0) == HYT_MAXIMISE;
    double best = NAN, volume = NAN;
    for (size_t i = 0; i < hyt_search_size(search); i++) {
        if (!hyt_search_trial_in_front(search, i)) continue;
        double value = hyt_search_trial_objectives(search, i)[0];
        if (isnan(best) || (maximise ? value > best : value < best)) best = value;
    }
    int length = isnan(best) ? 0 : snprintf(progress->best, sizeof progress->best, ", best %s", spoken(name, best));
    progress->best[length] = 0;
    if (hyt_search_hypervolume(search, &volume) == HYT_OK)
        snprintf(progress->best + length, sizeof progress->best - (size_t)length, ", hypervolume %.4g", volume);
}

void progress_start(progress_line *progress, const hyt_search *search, size_t total)
{
    progress->terminal = isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &progress->start);
    progress->total = total;
    for (size_t i = 0; i < hyt_search_size(search); i++)
        progress->done += hyt_search_trial_state(search, i) != HYT_TRIAL_PENDING;
    progress->done_before = progress->done;
    find_best(progress, search);
    if (progress->done > 0)
        progress_say(progress, "resumed: %zu of %zu trials are done", progress->done, progress->total);
}

/* How far the search is, and `text`. On a terminal a narrow window cuts the end off, so that the text comes last. */
static void show(const progress_line *progress, const char *text)
{
    char line[1024], left[64];
    time_left(progress, left, sizeof left);
    if (progress->terminal) {
        snprintf(line, sizeof line, "%zu of %zu%s%s; %s", progress->done, progress->total, left, progress->best, text);
        renew(line);
    } else {
        fprintf(stderr, "%s; %zu of %zu done%s%s\n", text, progress->done, progress->total, left, progress->best);
    }
}

void progress_epoch(const progress_line *progress, const char *what, size_t epoch, size_t epochs, double accuracy)
{
    char text[128];
    if (!progress->terminal) return;
    snprintf(text, sizeof text, "%s, epoch %zu of %zu at %s", what, epoch + 1, epochs, spoken("accuracy", accuracy));
    show(progress, text);
}

static int values_text(const hyt_search *search, const double *values, char *text, size_t size)
{
    int used = 0;
    for (size_t j = 0; j < hyt_search_objectives(search) && used < (int)size; j++) {
        const char *name = hyt_search_objective_name(search, j);
        used += snprintf(text + used, size - (size_t)used, "%s %s %s", j ? "," : "", title_of(name),
                         spoken(name, values[j]));
    }
    return used < (int)size ? used : (int)size;
}

/* " ended early, after epoch 3 at accuracy 61.2 %, latency (ms) 1.23", or the state. */
static void end_text(const hyt_search *search, size_t index, char *text, size_t size)
{
    uint64_t step;
    hyt_trial_state state = hyt_search_trial_state(search, index);
    size_t reports = hyt_search_trial_reports(search, index);
    const double *last = reports ? hyt_search_trial_report(search, index, reports - 1, &step) : NULL;
    int used = state == HYT_TRIAL_PRUNED && last
                   ? snprintf(text, size, " ended early, after epoch %" PRIu64 " at", step)
                   : snprintf(text, size, " %s", hyt_trial_state_name(state));
    if (state == HYT_TRIAL_PRUNED && last && used < (int)size)
        values_text(search, last, text + used, size - (size_t)used);
}

/* "trial 12: accuracy 86.2 %, latency (ms) 1.23, in the front" */
static void trial_text(const hyt_search *search, const hyt_trial *trial, char *text, size_t size)
{
    size_t index = hyt_search_size(search);
    while (index > 0 && hyt_trial_number(hyt_search_trial(search, index - 1)) != hyt_trial_number(trial)) index--;
    int used = snprintf(text, size, "trial %" PRIu64 ":", hyt_trial_number(trial));
    if (index-- == 0) return;
    const double *values = hyt_search_trial_objectives(search, index);
    if (!values) {
        end_text(search, index, text + used, size - (size_t)used);
        return;
    }
    used += values_text(search, values, text + used, size - (size_t)used);
    if (used < (int)size && hyt_search_trial_in_front(search, index))
        snprintf(text + used, size - (size_t)used, ", in the front");
}

void progress_told(progress_line *progress, const hyt_search *search, const hyt_trial *trial)
{
    char text[512];
    progress->done++;
    find_best(progress, search);
    trial_text(search, trial, text, sizeof text);
    show(progress, text);
}

void progress_say(const progress_line *progress, const char *format, ...)
{
    va_list arguments;
    progress_end(progress);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
}

void progress_end(const progress_line *progress)
{
    if (progress->terminal) fprintf(stderr, "\r\033[K");
}
