/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report: one page that needs nothing else, light or dark as its reader's system is. */
#include "plots.h"
#include "svg.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light "
    "dark;--page:#f6f6f3;--card:#fff;--ink:#1b1e24;--soft:#666c76;--line:#e4e4df;--grid:#eeeeea;"
    "--accent:#3257c8;--dot:#b9bdc4;--bad:#c8463c;--halo:#fff;"
    "--r0:#86d3b9;--r1:#4fb9b3;--r2:#2f9bb0;--r3:#2b7ca9;--r4:#345c9e;--r5:#3d418b;--r6:#372863}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#14161a;--card:#1c1f25;--ink:#e9eaec;--soft:#99a0ab;--line:#2e323a;"
    "--grid:#282c33;--accent:#7f9dff;--dot:#565c67;--bad:#ff8a7d;--halo:#1c1f25;"
    "--r0:#d2f5e3;--r1:#9de6d1;--r2:#68cfcb;--r3:#4bb2c6;--r4:#5694c4;--r5:#7079c0;--r6:#8a63b8}}\n"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Liberation Sans\",\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}"
    "main{max-width:1160px;margin:0 auto;padding:40px 24px 64px}"
    "h1{font-size:30px;line-height:1.2;letter-spacing:-.02em;margin:0 0 6px;font-weight:650}"
    "h2{font-size:17px;letter-spacing:-.005em;margin:0;font-weight:650}"
    "p{margin:0}.soft{color:var(--soft)}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:16px;margin:28px 0 20px}"
    ".card,.tile{background:var(--card);border:1px solid var(--line);border-radius:12px}"
    ".tile{padding:14px 18px 16px}.tile "
    "b{display:block;font-size:27px;line-height:1.25;font-weight:620;letter-spacing:-.02em}"
    ".tile span{color:var(--soft);font-size:13.5px}"
    ".cards{display:grid;grid-template-columns:1fr 1fr;gap:20px}.card{padding:20px "
    "22px;min-width:0}.wide{grid-column:1/-1}"
    "@media(max-width:820px){.cards{grid-template-columns:1fr}}"
    ".card>p{font-size:13.5px;color:var(--soft);margin:2px 0 12px}"
    "svg{display:block;width:100%;height:auto;overflow:visible}"
    "svg text{font-size:12.5px;fill:var(--soft)}.grid{stroke:var(--grid);fill:none}.axis{stroke:var(--dot);fill:none}"
    ".tick{text-anchor:middle}.tick.y{text-anchor:end}svg .axis-title{fill:var(--ink);font-weight:550;font-size:13px}"
    ".dominated{fill:var(--dot);fill-opacity:.55}.front{stroke:var(--halo);stroke-width:1.75}"
    ".edge{fill:none;stroke:var(--accent);stroke-opacity:.45;stroke-width:1.75;stroke-linejoin:round}"
    ".front:hover,.dominated:hover{stroke:var(--ink);stroke-width:2}svg "
    ".label{fill:var(--ink);font-size:12px;text-anchor:middle}"
    ".volume-line{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}"
    ".volume-area{fill:var(--accent);fill-opacity:.09}.failed{stroke:var(--bad);stroke-width:2}"
    ".cell{fill:var(--accent)}svg .value{text-anchor:middle;fill:var(--ink);font-size:12px}svg "
    ".strong{fill:var(--halo)}"
    "svg .gene{text-anchor:end}svg .head{font-weight:600;fill:var(--ink)}"
    ".r0{fill:var(--r0)}.r1{fill:var(--r1)}.r2{fill:var(--r2)}.r3{fill:var(--r3)}.r4{fill:var(--r4)}.r5{fill:var(--r5)}"
    ".r6{fill:var(--r6)}"
    ".legend{display:inline-flex;align-items:center;gap:8px;white-space:nowrap}"
    ".legend i{display:inline-block;width:16px;height:10px}.legend i:first-of-type{border-radius:5px 0 0 5px}"
    ".legend i:last-of-type{border-radius:0 5px 5px 0}.legend u{display:inline-flex;text-decoration:none}"
    ".b0{background:var(--r0)}.b1{background:var(--r1)}.b2{background:var(--r2)}.b3{background:var(--r3)}.b4{"
    "background:var(--r4)}"
    ".b5{background:var(--r5)}.b6{background:var(--r6)}"
    ".scroll{overflow-x:auto;margin:10px -22px -8px;padding:0 22px 8px}"
    "table{border-collapse:collapse;width:100%;font-size:14px;white-space:nowrap}"
    "th{font-weight:550;color:var(--soft);text-align:right;padding:6px 0 8px 22px;border-bottom:1px solid "
    "var(--line);font-size:13px}"
    "td{text-align:right;padding:7px 0 7px 22px;border-bottom:1px solid var(--grid)}tr:last-child td{border:0}"
    "th:first-child,td:first-child{padding-left:0;text-align:left}.left{text-align:left}"
    "code{font:12px/1.4 ui-monospace,\"SF Mono\",Menlo,\"Liberation Mono\",\"DejaVu Sans "
    "Mono\",monospace;color:var(--soft)}"
    "a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:4px 28px;margin:12px 0 "
    "0;font-size:14px}"
    "dl div{display:flex;justify-content:space-between;gap:12px;border-bottom:1px solid var(--grid);padding:4px 0}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;text-align:right}"
    "@media print{body{background:#fff}.card,.tile{break-inside:avoid}}";

static const char *name_of(const search_outcome *outcome, size_t objective)
{
    return hyt_search_objective_name(outcome->search, objective);
}

static size_t find_objective(const search_outcome *outcome, const char *name)
{
    for (size_t i = 0; i < hyt_search_objectives(outcome->search); i++)
        if (strcmp(name_of(outcome, i), name) == 0) return i;
    return SIZE_MAX;
}

static void tile(FILE *out, const char *value, const char *under, const char *more)
{
    fprintf(out, "<div class=\"tile\"><b>%s</b><span>", value);
    html_text(out, under);
    if (*more) {
        fprintf(out, "<br>");
        html_text(out, more);
    }
    fprintf(out, "</span></div>\n");
}

/* The network of the front that is best in one objective. */
static const front_network *best_in(const search_outcome *outcome, size_t objective)
{
    bool maximise = hyt_search_objective_direction(outcome->search, objective) == HYT_MAXIMISE;
    const front_network *best = NULL;
    for (size_t i = 0; i < outcome->count; i++) {
        double value = outcome->front[i].values[objective];
        if (!best || (maximise ? value > best->values[objective] : value < best->values[objective]))
            best = &outcome->front[i];
    }
    return best;
}

static const char *best_word(const char *metric, bool maximise)
{
    if (maximise) return "highest";
    if (!is_count(metric)) return "lowest";
    return *unit_of(metric) ? "smallest" : "fewest";
}

static void objective_tile(FILE *out, const search_outcome *outcome, size_t objective)
{
    char value[64], under[128], more[128] = "";
    const char *name = name_of(outcome, objective);
    const front_network *best = best_in(outcome, objective);
    bool maximise = hyt_search_objective_direction(outcome->search, objective) == HYT_MAXIMISE;
    if (!best) return;
    double number = best->values[objective];
    snprintf(value, sizeof value, "%s%s", is_count(name) ? axis_text(name, number) : spoken(name, number),
             unit_of(name));
    snprintf(under, sizeof under, "%s %s", best_word(name, maximise), plain_of(name));
    snprintf(more, sizeof more, "trial %" PRIu64, hyt_trial_number(hyt_search_trial(outcome->search, best->index)));
    tile(out, value, under, more);
}

/* Validation accuracy of the model handed over; NaN where nobody measured it. */
static double model_accuracy(const search_outcome *outcome, const front_network *network)
{
    size_t accuracy = find_objective(outcome, "accuracy");
    if (!isnan(network->final_accuracy)) return network->final_accuracy;
    return accuracy == SIZE_MAX ? NAN : network->values[accuracy];
}

/* Test accuracy of the model that does best on validation pictures: chosen by these, so that the other stays honest. */
static void model_tile(FILE *out, const search_outcome *outcome)
{
    char more[128];
    const front_network *best = NULL;
    for (size_t i = 0; i < outcome->count; i++) {
        double accuracy = model_accuracy(outcome, &outcome->front[i]);
        if (!isnan(accuracy) && (!best || accuracy > model_accuracy(outcome, best))) best = &outcome->front[i];
    }
    if (!best) return;
    snprintf(more, sizeof more, "trial %" PRIu64 ", %s in validation",
             hyt_trial_number(hyt_search_trial(outcome->search, best->index)),
             spoken("accuracy", model_accuracy(outcome, best)));
    tile(out, spoken("accuracy", best->test_accuracy), "test, of the best model", more);
}

static void tiles(FILE *out, const search_outcome *outcome)
{
    char under[128], more[128], value[64];
    fprintf(out, "<section class=\"tiles\">\n");
    model_tile(out, outcome);
    for (size_t i = 0; i < hyt_search_objectives(outcome->search); i++) objective_tile(out, outcome, i);
    snprintf(value, sizeof value, "%zu", outcome->count);
    snprintf(under, sizeof under, "networks in the front");
    snprintf(more, sizeof more, "of %zu trials, %zu failed", hyt_search_size(outcome->search), outcome->failed);
    tile(out, value, under, more);
    fprintf(out, "</section>\n");
}

static void legend(FILE *out, const search_outcome *outcome, size_t colour)
{
    double low, high;
    if (colour == SIZE_MAX || outcome->count == 0) return;
    front_range(outcome, colour, &low, &high);
    const char *name = name_of(outcome, colour);
    fprintf(out, "<span class=\"legend\">");
    html_text(out, title_of(name));
    fprintf(out, " %s <u>", axis_text(name, low));
    for (int i = 0; i < RAMP; i++) fprintf(out, "<i class=\"b%d\"></i>", i);
    fprintf(out, "</u> %s</span>", axis_text(name, high));
}

static void pair_card(FILE *out, const search_outcome *outcome, size_t x, size_t y, bool wide)
{
    fprintf(out, "<section class=\"card%s\"><h2>", wide ? " wide" : "");
    const char *title = plain_of(name_of(outcome, y));
    fprintf(out, "%c", title[0] >= 'a' && title[0] <= 'z' ? title[0] - 'a' + 'A' : title[0]);
    html_text(out, title + 1);
    fprintf(out, " against ");
    html_text(out, plain_of(name_of(outcome, x)));
    fprintf(out, "</h2><p>");
    if (wide)
        fprintf(out, "The front, numbered by trial, over dominated trials in grey; the line is the front of these two "
                     "alone. &ensp;");
    legend(out, outcome, pair_colour(outcome, x, y));
    fprintf(out, "</p>\n");
    plot_pair(out, outcome, x, y, wide ? 1070 : 520, wide ? 430 : 340, wide);
    fprintf(out, "</section>\n");
}

static void pairs(FILE *out, const search_outcome *outcome)
{
    size_t m = hyt_search_objectives(outcome->search), y = find_objective(outcome, "accuracy"),
           x = find_objective(outcome, "latency_ms");
    if (m < 2) return;
    if (x == SIZE_MAX || y == SIZE_MAX) x = 1, y = 0;
    pair_card(out, outcome, x, y, true);
    for (size_t i = 0; i < m; i++)
        for (size_t j = i + 1; j < m; j++)
            if (!((i == y && j == x) || (i == x && j == y))) pair_card(out, outcome, j, i, false);
}

static void volume_card(FILE *out, const search_outcome *outcome)
{
    size_t m = hyt_search_objectives(outcome->search), pairs = m * (m - 1) / 2;
    bool wide = pairs == 0 || pairs % 2 == 1; /* fills the row that the pairs leave */
    double reference[8];
    fprintf(out, "<section class=\"card%s\"><h2>Hypervolume over trials</h2><p>", wide ? " wide" : "");
    if (m <= 8 && hyt_search_reference(outcome->search, reference, m) == HYT_OK) {
        fprintf(out, "What the front so far dominates, up to the reference");
        for (size_t j = 0; j < m; j++) {
            fprintf(out, "%s ", j ? "," : "");
            html_text(out, title_of(name_of(outcome, j)));
            fprintf(out, " %s", spoken(name_of(outcome, j), reference[j]));
        }
        fprintf(out, ".");
    }
    if (outcome->failed) fprintf(out, " Red: failed trials.");
    fprintf(out, "</p>\n");
    plot_hypervolume(out, outcome, wide ? 1070 : 520, wide ? 270 : 340);
    fprintf(out, "</section>\n");
}

static void genes_card(FILE *out, const search_outcome *outcome)
{
    fprintf(out, "<section class=\"card wide\"><h2>Genes of the front</h2><p>One column a network, the best ");
    html_text(out, plain_of(name_of(outcome, 0)));
    fprintf(out, " first; the stronger the colour, the higher in the gene's range.</p>\n");
    plot_genes(out, outcome, 1070);
    fprintf(out, "</section>\n");
}

/* Known of every network, whether an objective or not. */
enum { COSTS = 4 };
static const char *const costs[COSTS] = { "parameters", "macs", "weight_bytes", "arena_bytes" };

static void table_head(FILE *out, const search_outcome *outcome, bool retrained)
{
    fprintf(out, "<thead><tr><th>trial</th>");
    for (size_t j = 0; j < hyt_search_objectives(outcome->search); j++) {
        fprintf(out, "<th>");
        html_text(out, title_of(name_of(outcome, j)));
        fprintf(out, "</th>");
    }
    if (retrained) fprintf(out, "<th>trained again</th>");
    fprintf(out, "<th>test accuracy</th>");
    for (size_t i = 0; i < COSTS; i++)
        if (find_objective(outcome, costs[i]) == SIZE_MAX) fprintf(out, "<th>%s</th>", title_of(costs[i]));
    fprintf(out, "<th>model</th><th class=\"left\">genome</th></tr></thead>\n");
}

static void table_row(FILE *out, const search_outcome *outcome, const front_network *network, bool retrained)
{
    fprintf(out, "<tr><td>%" PRIu64 "</td>", hyt_trial_number(hyt_search_trial(outcome->search, network->index)));
    for (size_t j = 0; j < hyt_search_objectives(outcome->search); j++)
        fprintf(out, "<td>%s</td>", spoken(name_of(outcome, j), network->values[j]));
    if (retrained) fprintf(out, "<td>%s</td>", spoken("accuracy", network->final_accuracy));
    fprintf(out, "<td>%s</td>", spoken("accuracy", network->test_accuracy));
    const uint64_t values[COSTS] = { network->parameters, network->macs, network->weight_bytes, network->arena_bytes };
    for (size_t i = 0; i < COSTS; i++)
        if (find_objective(outcome, costs[i]) == SIZE_MAX) fprintf(out, "<td>%s</td>", grouped((double)values[i]));
    const char *file = strrchr(network->model, '/');
    fprintf(out, "<td><a href=\"models/");
    html_text(out, file ? file + 1 : network->model);
    fprintf(out, "\">.hyt</a></td><td class=\"left\"><code>");
    html_text(out, network->genome);
    fprintf(out, "</code></td></tr>\n");
}

static void table_card(FILE *out, const search_outcome *outcome)
{
    bool retrained = false;
    for (size_t i = 0; i < outcome->count; i++) retrained |= !isnan(outcome->front[i].final_accuracy);
    fprintf(
        out,
        "<section class=\"card wide\"><h2>The front</h2><p>Accuracies of the search are on validation pictures; test "
        "accuracies are of the model handed over, on pictures that nothing was chosen by.</p><div "
        "class=\"scroll\"><table>\n");
    table_head(out, outcome, retrained);
    fprintf(out, "<tbody>\n");
    for (size_t i = 0; i < outcome->count; i++) table_row(out, outcome, &outcome->front[i], retrained);
    fprintf(out, "</tbody></table></div></section>\n");
}

static void settings_card(FILE *out, const search_outcome *outcome)
{
    fprintf(out, "<section class=\"card wide\"><h2>Settings</h2><dl>\n");
    for (size_t i = 0; i < outcome->setting_count; i++) {
        fprintf(out, "<div><dt>");
        html_text(out, outcome->settings[i].name);
        fprintf(out, "</dt><dd>");
        html_text(out, outcome->settings[i].value);
        fprintf(out, "</dd></div>\n");
    }
    fprintf(out, "</dl></section>\n");
}

int write_report(const search_outcome *outcome)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/report.html", outcome->folder);
    FILE *out = fopen(path, "w");
    if (!out) return complain("%s: could not be written: %s", path, strerror(errno));
    fprintf(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Search of the space %s</title>\n"
        "<style>%s</style></head>\n<body><main>\n<h1>Search of the space %s</h1><p class=\"soft\">",
        hyt_space_name(hyt_search_space(outcome->search)), style, hyt_space_name(hyt_search_space(outcome->search)));
    html_text(out, outcome->summary);
    fprintf(out, "</p>\n");
    tiles(out, outcome);
    fprintf(out, "<div class=\"cards\">\n");
    pairs(out, outcome);
    volume_card(out, outcome);
    genes_card(out, outcome);
    table_card(out, outcome);
    settings_card(out, outcome);
    fprintf(out, "</div>\n</main></body></html>\n");
    return close_stream(out, path);
}
