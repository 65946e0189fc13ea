/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svg.h"
#include <math.h>
#include <string.h>

enum { MOST_TICKS = 32 };

axis_scale scale_around(const char *metric, const double *values, size_t count, double from, double to)
{
    axis_scale scale = { .metric = metric, .low = INFINITY, .high = -INFINITY, .from = from, .to = to };
    for (size_t i = 0; i < count; i++) {
        scale.low = fmin(scale.low, values[i]);
        scale.high = fmax(scale.high, values[i]);
    }
    if (!(scale.low <= scale.high)) scale.low = 0, scale.high = 1;
    scale.logarithmic = scale.low > 0 && scale.high / scale.low > 20 && !is_accuracy(metric); /* a score is a share */
    if (scale.logarithmic) {
        double margin = pow(scale.high / scale.low, 0.05);
        scale.low /= margin;
        scale.high *= margin;
        return scale;
    }
    double span = scale.high - scale.low, margin = span > 0 ? 0.06 * span : fmax(0.1 * fabs(scale.low), 1e-9);
    bool positive = scale.low >= 0, share = is_accuracy(metric) && scale.high <= 1;
    scale.low -= margin;
    scale.high += margin;
    if (positive) scale.low = fmax(scale.low, 0);
    if (share) scale.high = fmin(scale.high, 1);
    return scale;
}

double scale_place(const axis_scale *scale, double value)
{
    double share = scale->logarithmic ? log(value / scale->low) / log(scale->high / scale->low)
                                      : (value - scale->low) / (scale->high - scale->low);
    return scale->from + share * (scale->to - scale->from);
}

/* 1, 2, 5, 10, 20, ... or, where these are too many, powers of ten. */
static size_t log_ticks(const axis_scale *scale, size_t wanted, double *ticks)
{
    static const double parts[] = { 1, 2, 5 };
    int first = (int)floor(log10(scale->low)), last = (int)ceil(log10(scale->high));
    size_t kinds = log10(scale->high / scale->low) * 3 > 1.6 * (double)wanted + 2 ? 1 : 3, count = 0;
    for (int power = first; power <= last; power++)
        for (size_t i = 0; i < kinds; i++) {
            double tick = parts[i] * pow(10, power);
            if (tick >= scale->low && tick <= scale->high && count < MOST_TICKS) ticks[count++] = tick;
        }
    return count;
}

static double round_step(double rough)
{
    double power = pow(10, floor(log10(rough))), part = rough / power;
    return power * (part < 1.5 ? 1 : part < 3.2 ? 2 : part < 7.1 ? 5 : 10);
}

size_t scale_ticks(const axis_scale *scale, size_t wanted, double *ticks)
{
    if (scale->logarithmic) return log_ticks(scale, wanted, ticks);
    double step = round_step((scale->high - scale->low) / (double)wanted);
    if (is_count(scale->metric) || strcmp(scale->metric, "trials") == 0) step = fmax(step, 1);
    size_t count = 0;
    for (double k = ceil(scale->low / step - 1e-9); k * step <= scale->high + 1e-9 * step && count < MOST_TICKS; k++)
        ticks[count++] = k * step;
    return count;
}

void html_text(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '&') fputs("&amp;", out);
        else if (*c == '<') fputs("&lt;", out);
        else if (*c == '>') fputs("&gt;", out);
        else if (*c == '"') fputs("&quot;", out);
        else putc(*c, out);
    }
}

/* "4 × 10¹⁴" */
static void power_text(double value, char *text, size_t size)
{
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    char digits[16];
    int power = (int)floor(log10(fabs(value)) + 1e-9);
    int used = snprintf(text, size, "%.3g × 10", value / pow(10, power));
    snprintf(digits, sizeof digits, "%d", power < 0 ? -power : power);
    if (power < 0) used += snprintf(text + used, size - (size_t)used, "⁻");
    for (const char *d = digits; *d; d++) used += snprintf(text + used, size - (size_t)used, "%s", raised[*d - '0']);
}

const char *axis_text(const char *metric, double value)
{
    static char texts[8][48];
    static unsigned next;
    char *text = texts[next++ % 8];
    double size = fabs(value);
    if (value == 0) snprintf(text, sizeof texts[0], "0");
    else if (is_accuracy(metric)) snprintf(text, sizeof texts[0], "%.4g %%", 100 * value);
    else if (size >= 1e12 || size < 1e-4) power_text(value, text, sizeof texts[0]);
    else if (size >= 1e9) snprintf(text, sizeof texts[0], "%.4g G", value / 1e9);
    else if (size >= 1e6) snprintf(text, sizeof texts[0], "%.4g M", value / 1e6);
    else if (size >= 1e4) snprintf(text, sizeof texts[0], "%.4g k", value / 1e3);
    else snprintf(text, sizeof texts[0], "%.4g", value);
    return text;
}

void svg_begin(FILE *out, double width, double height, const char *label)
{
    fprintf(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", width, height);
    html_text(out, label);
    fprintf(out, "\">\n");
}

void svg_end(FILE *out)
{
    fprintf(out, "</svg>\n");
}

static void x_axis(FILE *out, const plot_frame *frame, const char *title)
{
    double ticks[MOST_TICKS];
    size_t count = scale_ticks(&frame->x, (size_t)((frame->x.to - frame->x.from) / 100), ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_place(&frame->x, ticks[i]);
        fprintf(out,
                "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/><text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x,
                frame->y.to, frame->y.from, x, frame->y.from + 20, axis_text(frame->x.metric, ticks[i]));
    }
    fprintf(out,
            "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/><text class=\"axis-title\" text-anchor=\"end\" x=\"%.1f\" "
            "y=\"%.1f\">",
            frame->x.from, frame->y.from, frame->x.to, frame->x.to, frame->y.from + 40);
    html_text(out, title);
    fprintf(out, "</text>\n");
}

static void y_axis(FILE *out, const plot_frame *frame, const char *title)
{
    double ticks[MOST_TICKS];
    size_t count = scale_ticks(&frame->y, (size_t)((frame->y.from - frame->y.to) / 50), ticks);
    for (size_t i = 0; i < count; i++) {
        double y = scale_place(&frame->y, ticks[i]);
        fprintf(out,
                "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text class=\"tick y\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                frame->x.from, y, frame->x.to, frame->x.from - 10, y + 4, axis_text(frame->y.metric, ticks[i]));
    }
    fprintf(out, "<text class=\"axis-title\" x=\"0\" y=\"%.1f\">", frame->y.to - 16);
    html_text(out, title);
    fprintf(out, "</text>\n");
}

void svg_axes(FILE *out, const plot_frame *frame, const char *x_title, const char *y_title)
{
    y_axis(out, frame, y_title);
    x_axis(out, frame, x_title);
}
