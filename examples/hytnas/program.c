/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "hytnas: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return BAD;
}

int complain_status(void)
{
    return complain("%s", hyt_message());
}

int check(hyt_status status)
{
    return status == HYT_OK ? GOOD : complain_status();
}

#define SPOKEN_SIZE 48

static char *next_text(void)
{
    static char texts[8][SPOKEN_SIZE];
    static unsigned next;
    return texts[next++ % 8];
}

const char *grouped(double value)
{
    char digits[SPOKEN_SIZE], *text = next_text();
    snprintf(digits, sizeof digits, "%.0f", value);
    size_t length = strlen(digits), used = 0;
    if (length > 30) return memcpy(text, digits, sizeof digits);
    for (size_t i = 0; i < length; i++) {
        text[used++] = digits[i];
        size_t left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-') text[used++] = ',';
    }
    text[used] = 0;
    return text;
}

static const struct metric {
    const char *name, *title, *plain, *unit;
    bool accuracy, count;
} metrics[] = {
    { "accuracy", "accuracy", "accuracy", "", true, false },
    { "map50", "mAP@.5", "mAP@.5", "", true, false },
    { "map", "mAP", "mAP", "", true, false },
    { "miou", "mean IoU", "mean IoU", "", true, false },
    { "latency_ms", "latency (ms)", "latency", " ms", false, false },
    { "parameters", "parameters", "parameters", "", false, true },
    { "macs", "MACs", "MACs", "", false, true },
    { "arena_bytes", "arena (bytes)", "arena", " bytes", false, true },
    { "weight_bytes", "weights (bytes)", "weights", " bytes", false, true },
    { "energy_uj", "energy (uJ)", "energy", " uJ", false, false },
    { "energy_estimate_uj", "estimated energy (uJ)", "estimated energy", " uJ", false, false },
    { "predicted_accuracy", "predicted accuracy", "predicted accuracy", "", true, false },
    { "predicted_map50", "predicted mAP@.5", "predicted mAP@.5", "", true, false },
    { "predicted_map", "predicted mAP", "predicted mAP", "", true, false },
    { "predicted_miou", "predicted mean IoU", "predicted mean IoU", "", true, false },
    { "predicted_latency_ms", "predicted latency (ms)", "predicted latency", " ms", false, false },
    { "predicted_energy_uj", "predicted energy (uJ)", "predicted energy", " uJ", false, false },
};

static const struct metric *find_metric(const char *name)
{
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (strcmp(metrics[i].name, name) == 0) return &metrics[i];
    return NULL;
}

bool is_accuracy(const char *metric)
{
    const struct metric *found = find_metric(metric);
    return found && found->accuracy;
}

bool is_count(const char *metric)
{
    const struct metric *found = find_metric(metric);
    return found && found->count;
}

bool is_predicted(const char *metric)
{
    return strncmp(metric, "predicted_", strlen("predicted_")) == 0;
}

bool needs_training(const char *metric)
{
    return is_accuracy(metric) && !is_predicted(metric);
}

int width_of(const char *metric, int least)
{
    int width = (int)strlen(title_of(metric));
    return width > least ? width : least;
}

const char *title_of(const char *metric)
{
    const struct metric *found = find_metric(metric);
    return found ? found->title : metric;
}

const char *plain_of(const char *metric)
{
    const struct metric *found = find_metric(metric);
    return found ? found->plain : metric;
}

const char *unit_of(const char *metric)
{
    const struct metric *found = find_metric(metric);
    return found ? found->unit : "";
}

const char *spoken(const char *metric, double value)
{
    if (is_count(metric)) return grouped(value);
    char *text = next_text();
    if (isnan(value)) snprintf(text, SPOKEN_SIZE, "-");
    else if (is_accuracy(metric)) snprintf(text, SPOKEN_SIZE, "%.1f %%", 100 * value);
    else if (fabs(value) >= 100 && fabs(value) < 1e6) snprintf(text, SPOKEN_SIZE, "%.0f", value);
    else if (fabs(value) < 0.1) snprintf(text, SPOKEN_SIZE, "%.3g", value);
    else snprintf(text, SPOKEN_SIZE, "%.*f", fabs(value) >= 10 ? 1 : fabs(value) >= 1 ? 2 : 3, value);
    return text;
}

void json_text(FILE *out, const char *text)
{
    putc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') fprintf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20) fprintf(out, "\\u%04x", (unsigned)*c);
        else putc(*c, out);
    }
    putc('"', out);
}

/* The shortest decimal that reads back as the same double. */
void json_number(FILE *out, double value)
{
    char digits[40];
    if (!isfinite(value)) {
        fputs("null", out);
        return;
    }
    bool whole = value == floor(value) && fabs(value) < 1e15; /* 100, not 1e+02 */
    for (int precision = whole ? 15 : 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    fputs(digits, out);
}

int close_stream(FILE *stream, const char *path)
{
    bool good = !ferror(stream);
    if (fclose(stream) != 0) good = false;
    return good ? GOOD : complain("%s: could not be written: %s", path, strerror(errno));
}
