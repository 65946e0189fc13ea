/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a search. */
#include "page.h"
#include "plots.h"
#include "svg.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

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

/* Counts as on an axis, all else as in the tables. */
static const char *short_text(const char *metric, double value)
{
    return is_count(metric) ? axis_text(metric, value) : spoken(metric, value);
}

static void objective_tile(FILE *out, const search_outcome *outcome, size_t objective)
{
    char value[64], under[128], more[128] = "";
    const char *name = name_of(outcome, objective);
    const front_network *best = best_in(outcome, objective);
    bool maximise = hyt_search_objective_direction(outcome->search, objective) == HYT_MAXIMISE;
    if (!best) return;
    double number = best->values[objective];
    snprintf(value, sizeof value, "%s%s", short_text(name, number), unit_of(name));
    snprintf(under, sizeof under, "%s %s", best_word(name, maximise), plain_of(name));
    snprintf(more, sizeof more, "trial %" PRIu64, hyt_trial_number(hyt_search_trial(outcome->search, best->index)));
    tile(out, value, under, more);
}

/* Validation accuracy of the model handed over; NaN where nobody measured it. */
static double model_accuracy(const search_outcome *outcome, const front_network *network)
{
    size_t accuracy = find_objective(outcome, outcome->score);
    if (!isnan(network->final_accuracy)) return network->final_accuracy;
    return accuracy == SIZE_MAX ? NAN : network->values[accuracy];
}

/* Test accuracy of the model that does best on validation pictures: chosen by these, so that the other stays honest. */
static void model_tile(FILE *out, const search_outcome *outcome)
{
    char under[128], more[128];
    const front_network *best = NULL;
    for (size_t i = 0; i < outcome->count; i++) {
        double accuracy = model_accuracy(outcome, &outcome->front[i]);
        if (!isnan(accuracy) && (!best || accuracy > model_accuracy(outcome, best))) best = &outcome->front[i];
    }
    if (!best) return;
    snprintf(more, sizeof more, "trial %" PRIu64 ", %s in validation",
             hyt_trial_number(hyt_search_trial(outcome->search, best->index)),
             spoken("accuracy", model_accuracy(outcome, best)));
    snprintf(under, sizeof under, "test %s of the best model", plain_of(outcome->score));
    tile(out, spoken("accuracy", best->test_accuracy), under, more);
}

static void tiles(FILE *out, const search_outcome *outcome)
{
    char under[128], more[128], value[64];
    fprintf(out, "<section class=\"tiles\">\n");
    model_tile(out, outcome);
    for (size_t i = 0; i < hyt_search_objectives(outcome->search); i++) objective_tile(out, outcome, i);
    snprintf(value, sizeof value, "%zu", outcome->count);
    snprintf(under, sizeof under, "networks in the front");
    int length = snprintf(more, sizeof more, "of %zu trials", hyt_search_size(outcome->search));
    if (outcome->pruned)
        length += snprintf(more + length, sizeof more - (size_t)length, ", %zu ended early", outcome->pruned);
    snprintf(more + length, sizeof more - (size_t)length, ", %zu failed", outcome->failed);
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
    fprintf(out, " %s <u>", short_text(name, low));
    for (int i = 0; i < RAMP; i++) fprintf(out, "<i class=\"b%d\"></i>", i);
    fprintf(out, "</u> %s</span>", short_text(name, high));
}

static void pair_card(FILE *out, const search_outcome *outcome, size_t x, size_t y, bool wide)
{
    fprintf(out, "<section class=\"card%s\"><h2>", wide ? " wide" : "");
    const char *title = plain_of(name_of(outcome, y));
    bool word = title[0] >= 'a' && title[0] <= 'z' && !(title[1] >= 'A' && title[1] <= 'Z'); /* not mAP */
    fprintf(out, "%c", word ? title[0] - 'a' + 'A' : title[0]);
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
    size_t m = hyt_search_objectives(outcome->search), y = find_objective(outcome, outcome->score),
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
    fprintf(out, "<th>test %s</th>", plain_of(outcome->score));
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
    fprintf(out,
            "<section class=\"card wide\"><h2>The front</h2><p>What the search measured is on validation pictures; ");
    if (retrained) fprintf(out, "so is the column of those trained again, the better of both trainings; ");
    fprintf(out, "the test, of the model that is handed over, is on pictures that nothing was chosen by.</p><div "
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
    char title[256];
    snprintf(title, sizeof title, "Search of the space %s", hyt_space_name(hyt_search_space(outcome->search)));
    page_begin(out, title, outcome->summary);
    tiles(out, outcome);
    fprintf(out, "<div class=\"cards\">\n");
    pairs(out, outcome);
    volume_card(out, outcome);
    genes_card(out, outcome);
    table_card(out, outcome);
    settings_card(out, outcome);
    fprintf(out, "</div>\n");
    page_end(out);
    return close_stream(out, path);
}
