/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A profile as table, JSON, comma separated values, and page with plots. */
#include "page.h"
#include "profile.h"
#include "svg.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static double per_second(const profile_row *row)
{
    return 1000 / row->ms;
}

static bool limited(const profile_outcome *outcome)
{
    return outcome->ram || outcome->flash;
}

/* Table */

static void table_steps(FILE *out, const profile_row *row)
{
    double sum = 0;
    for (size_t i = 0; i < row->n_steps; i++) sum += row->steps[i].ms;
    fprintf(out, "\n%s, %s, %zu thread%s: operations\n\n  %4s  %-11s %-5s %10s %7s %10s  %s\n", row->network,
            row->precision, row->threads, row->threads == 1 ? "" : "s", "", "step", "in", "us", "share", "GMAC/s",
            "operation");
    for (size_t i = 0; i < row->n_steps; i++) {
        const profile_step *step = &row->steps[i];
        char rate[32] = "";
        if (step->macs) snprintf(rate, sizeof rate, "%.1f", (double)step->macs / step->ms * 1e-6);
        fprintf(out, "  %4zu  %-11s %-5s %10.2f %6.1f%% %10s  %s\n", i, step->kind, step->precision, step->ms * 1e3,
                100 * step->ms / sum, rate, step->text);
    }
}

/* The end of a name is what tells files apart. */
static const char *end_of_name(const char *name)
{
    size_t length = strlen(name), room = 28;
    return length > room ? name + length - room : name;
}

void profile_table(FILE *out, const profile_outcome *outcome)
{
    fprintf(out, "%-28s %5s %-5s %7s %10s %21s %9s %12s %12s %14s%s\n", "network", "input", "", "threads", "ms",
            "95 %", "per s", "arena bytes", "weights", "MACs", limited(outcome) ? "  fits" : "");
    for (size_t i = 0; i < outcome->count; i++) {
        const profile_row *row = &outcome->rows[i];
        char interval[48];
        snprintf(interval, sizeof interval, "%.4g to %.4g", row->low, row->high);
        fprintf(out, "%-28s %5zu %-5s %7zu %10.4g %21s %9.0f %12s %12s %14s%s%s\n", end_of_name(row->network),
                row->input, row->precision, row->threads, row->ms, interval, per_second(row),
                grouped((double)row->arena_bytes), grouped((double)row->weight_bytes), grouped((double)row->macs),
                *row->fits ? "  " : "", row->fits);
    }
    for (size_t i = 0; outcome->steps && i < outcome->count; i++) table_steps(out, &outcome->rows[i]);
}

/* JSON, one array */

static void json_field(FILE *out, const char *name, double value)
{
    fprintf(out, ",\"%s\":", name);
    json_number(out, value);
}

static void json_row(FILE *out, const profile_row *row)
{
    fprintf(out, "{\"network\":");
    json_text(out, row->network);
    fprintf(out, ",\"input\":%zu,\"precision\":\"%s\",\"threads\":%zu", row->input, row->precision, row->threads);
    json_field(out, "latency_ms", row->ms);
    json_field(out, "low_ms", row->low);
    json_field(out, "high_ms", row->high);
    json_field(out, "per_second", per_second(row));
    fprintf(out,
            ",\"arena_bytes\":%" PRIu64 ",\"weight_bytes\":%" PRIu64 ",\"macs\":%" PRIu64 ",\"parameters\":%" PRIu64,
            row->arena_bytes, row->weight_bytes, row->macs, row->parameters);
    if (*row->fits) fprintf(out, ",\"fits\":%s", strcmp(row->fits, "yes") == 0 ? "true" : "false");
    fprintf(out, ",\"steps\":[");
    for (size_t i = 0; i < row->n_steps; i++) {
        const profile_step *step = &row->steps[i];
        fprintf(out, "%s{\"kind\":\"%s\",\"precision\":\"%s\",\"text\":", i ? "," : "", step->kind, step->precision);
        json_text(out, step->text);
        json_field(out, "ms", step->ms);
        fprintf(out, ",\"macs\":%" PRIu64 "}", step->macs);
    }
    fprintf(out, "]}");
}

void profile_json(FILE *out, const profile_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++) {
        fprintf(out, "%s\n", i ? "," : "[");
        json_row(out, &outcome->rows[i]);
    }
    fprintf(out, "\n]\n");
}

/* A cell of RFC 4180 */
static void csv_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', out);
}

void profile_csv(FILE *out, const profile_outcome *outcome)
{
    fprintf(out, "network,input,precision,threads,latency_ms,low_ms,high_ms,per_second,arena_bytes,weight_bytes,macs,"
                 "parameters%s\n", limited(outcome) ? ",fits" : "");
    for (size_t i = 0; i < outcome->count; i++) {
        const profile_row *row = &outcome->rows[i];
        csv_text(out, row->network);
        fprintf(out, ",%zu,%s,%zu,%.6g,%.6g,%.6g,%.6g,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "%s%s\n",
                row->input, row->precision, row->threads, row->ms, row->low, row->high, per_second(row),
                row->arena_bytes, row->weight_bytes, row->macs, row->parameters, *row->fits ? "," : "", row->fits);
    }
}

/* Page */

static void row_name(const profile_row *row, char *text, size_t size)
{
    snprintf(text, size, "%.24s, %s%s", row->network, row->precision,
             row->threads == 1 ? "" : row->threads == 2 ? ", 2 threads" : ", more threads");
}

static void bar_label(FILE *out, double y, const profile_row *row)
{
    char name[96];
    row_name(row, name, sizeof name);
    fprintf(out, "<text class=\"gene\" x=\"236\" y=\"%g\">", y);
    html_text(out, name);
    fprintf(out, "</text>");
}

enum { BAR = 22, LEFT = 246, RIGHT = 660, WIDTH = 760 };

static void latency_bars(FILE *out, const profile_outcome *outcome)
{
    double most = 0, least = INFINITY;
    for (size_t i = 0; i < outcome->count; i++) {
        most = fmax(most, outcome->rows[i].ms);
        least = fmin(least, outcome->rows[i].ms);
    }
    bool logarithmic = most > 20 * least;
    double base = logarithmic ? log(least / 2) : 0, span = logarithmic ? log(most) - base : most;
    fprintf(out,
            "<section class=\"card wide\"><h2>Latency</h2><p>Median of bursts%s; the number is milliseconds.</p>\n",
            logarithmic ? ", on a logarithmic scale" : "");
    svg_begin(out, WIDTH, BAR * (double)outcome->count + 8, "latency of each network");
    for (size_t i = 0; i < outcome->count; i++) {
        const profile_row *row = &outcome->rows[i];
        double y = BAR * (double)i + 4, share = ((logarithmic ? log(row->ms) : row->ms) - base) / span;
        bar_label(out, y + 14, row);
        fprintf(out, "<rect class=\"cell\" x=\"%d\" y=\"%g\" width=\"%g\" height=\"%d\" rx=\"3\"><title>%.4g to %.4g ms"
                     "</title></rect><text x=\"%g\" y=\"%g\">%.4g</text>\n", LEFT, y, (RIGHT - LEFT) * share, BAR - 6,
                row->low, row->high, LEFT + (RIGHT - LEFT) * share + 8, y + 14, row->ms);
    }
    svg_end(out);
    fprintf(out, "</section>\n");
}

static const char *const kinds[] = { "conv", "gemm", "depthwise", "attention", "layer_norm", "act", "other" };
enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of(const char *kind)
{
    if (strcmp(kind, "stem") == 0 || strcmp(kind, "grouped") == 0) return 0;
    for (size_t k = 0; k + 1 < KINDS; k++)
        if (strcmp(kind, kinds[k]) == 0) return k;
    return KINDS - 1;
}

static void share_bars(FILE *out, const profile_outcome *outcome)
{
    fprintf(out, "<section class=\"card wide\"><h2>Where the time goes</h2><p>");
    for (size_t k = 0; k < KINDS; k++)
        fprintf(out, "<span class=\"legend\"><u><i class=\"b%zu\"></i></u>%s&nbsp;&nbsp; </span>", k, kinds[k]);
    fprintf(out, "</p>\n");
    svg_begin(out, WIDTH, BAR * (double)outcome->count + 8, "share of time by kind of operation");
    for (size_t i = 0; i < outcome->count; i++) {
        const profile_row *row = &outcome->rows[i];
        double sums[KINDS] = { 0 }, all = 0, x = LEFT, y = BAR * (double)i + 4;
        for (size_t s = 0; s < row->n_steps; s++) {
            sums[kind_of(row->steps[s].kind)] += row->steps[s].ms;
            all += row->steps[s].ms;
        }
        bar_label(out, y + 14, row);
        for (size_t k = 0; k < KINDS; k++) {
            double width = (WIDTH - 10 - LEFT) * sums[k] / all;
            fprintf(out,
                    "<rect class=\"r%zu\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%d\">"
                    "<title>%s %.1f %%</title></rect>",
                    k, x, y, width, BAR - 6, kinds[k], 100 * sums[k] / all);
            x += width;
        }
        fprintf(out, "\n");
    }
    svg_end(out);
    fprintf(out, "</section>\n");
}

/* Each row a dot: latency against bytes. */
static void scatter(FILE *out, const profile_outcome *outcome, const char *title, const char *metric,
                    uint64_t (*bytes)(const profile_row *row))
{
    double x[256] = { 0 }, y[256] = { 0 };
    size_t n = outcome->count < 256 ? outcome->count : 256;
    for (size_t i = 0; i < n; i++) {
        x[i] = outcome->rows[i].ms;
        y[i] = (double)bytes(&outcome->rows[i]);
    }
    plot_frame frame = { .width = 540, .height = 360, .x = scale_around("latency_ms", x, n, 70, 520),
                         .y = scale_around(metric, y, n, 310, 14) };
    fprintf(out, "<section class=\"card\"><h2>%s</h2><p>A dot a row of the table; point at it for its name.</p>\n",
            title);
    svg_begin(out, frame.width, frame.height, title);
    svg_axes(out, &frame, "latency (ms)", "bytes");
    for (size_t i = 0; i < n; i++) {
        char name[96];
        row_name(&outcome->rows[i], name, sizeof name);
        fprintf(out, "<circle class=\"front cell\" cx=\"%g\" cy=\"%g\" r=\"6\"><title>", scale_place(&frame.x, x[i]),
                scale_place(&frame.y, y[i]));
        html_text(out, name);
        fprintf(out, "</title></circle>\n");
    }
    svg_end(out);
    fprintf(out, "</section>\n");
}

static uint64_t arena_of(const profile_row *row) { return row->arena_bytes; }
static uint64_t weights_of(const profile_row *row) { return row->weight_bytes; }

static void page_table(FILE *out, const profile_outcome *outcome)
{
    fprintf(out,
            "<section class=\"card wide\"><h2>All rows</h2><div class=\"scroll\"><table><tr><th>network</th>"
            "<th>input</th><th>precision</th><th>threads</th><th>latency (ms)</th><th>95 %% interval</th>"
            "<th>per second</th><th>arena bytes</th><th>weight bytes</th><th>MACs</th>%s</tr>\n",
            limited(outcome) ? "<th>fits</th>" : "");
    for (size_t i = 0; i < outcome->count; i++) {
        const profile_row *row = &outcome->rows[i];
        fprintf(out, "<tr><td>");
        html_text(out, row->network);
        fprintf(out,
                "</td><td>%zu</td><td>%s</td><td>%zu</td><td>%.4g</td><td>%.4g to %.4g</td><td>%.0f</td><td>%s</td>"
                "<td>%s</td><td>%s</td>",
                row->input, row->precision, row->threads, row->ms, row->low, row->high, per_second(row),
                grouped((double)row->arena_bytes), grouped((double)row->weight_bytes), grouped((double)row->macs));
        if (limited(outcome)) fprintf(out, "<td>%s</td>", row->fits);
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</table></div></section>\n");
}

void profile_page(FILE *out, const profile_outcome *outcome)
{
    char summary[256], limits[128] = "";
    if (outcome->ram) snprintf(limits, sizeof limits, ", at most %s bytes of RAM", grouped((double)outcome->ram));
    size_t used = strlen(limits);
    if (outcome->flash)
        snprintf(limits + used, sizeof limits - used, ", at most %s bytes of flash", grouped((double)outcome->flash));
    snprintf(summary, sizeof summary, "%zu measurements on this machine%s", outcome->count, limits);
    page_begin(out, "Profile of networks", summary);
    fprintf(out, "<div class=\"cards\" style=\"margin-top:24px\">\n");
    latency_bars(out, outcome);
    share_bars(out, outcome);
    scatter(out, outcome, "Latency and memory", "arena_bytes", arena_of);
    scatter(out, outcome, "Latency and size", "weight_bytes", weights_of);
    page_table(out, outcome);
    fprintf(out, "</div>\n");
    page_end(out);
}
