/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots.h"
#include "svg.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const search_outcome *outcome, size_t objective)
{
    return hyt_search_objective_name(outcome->search, objective);
}

void front_range(const search_outcome *outcome, size_t objective, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < outcome->count; i++) {
        *low = fmin(*low, outcome->front[i].values[objective]);
        *high = fmax(*high, outcome->front[i].values[objective]);
    }
}

size_t pair_colour(const search_outcome *outcome, size_t x, size_t y)
{
    for (size_t j = 0; j < hyt_search_objectives(outcome->search); j++)
        if (j != x && j != y) return j;
    return SIZE_MAX;
}

/* Step of the ramp: by the logarithm where values span a lot. */
static int ramp_step(const search_outcome *outcome, size_t objective, double value)
{
    double low, high;
    if (objective == SIZE_MAX) return RAMP / 2;
    front_range(outcome, objective, &low, &high);
    if (!(high > low)) return RAMP / 2;
    double share = low > 0 && high / low > 5 ? log(value / low) / log(high / low) : (value - low) / (high - low);
    return (int)fmin(RAMP - 1, floor(share * RAMP));
}

/* What the pointer sees on a mark. */
static void mark_title(FILE *out, const search_outcome *outcome, size_t index)
{
    const double *values = hyt_search_trial_objectives(outcome->search, index);
    fprintf(out, "<title>trial %" PRIu64, hyt_trial_number(hyt_search_trial(outcome->search, index)));
    for (size_t j = 0; j < hyt_search_objectives(outcome->search); j++) {
        fprintf(out, "\n");
        html_text(out, title_of(name_of(outcome, j)));
        fprintf(out, " %s", spoken(name_of(outcome, j), values[j]));
    }
    fprintf(out, "</title>");
}

static axis_scale objective_scale(const search_outcome *outcome, size_t objective, double from, double to)
{
    size_t size = hyt_search_size(outcome->search), count = 0;
    double *values = calloc(size + 1, sizeof *values);
    for (size_t i = 0; values && i < size; i++) {
        const double *row = hyt_search_trial_objectives(outcome->search, i);
        if (row) values[count++] = row[objective];
    }
    axis_scale scale = scale_around(name_of(outcome, objective), values, count, from, to);
    free(values);
    return scale;
}

static void plot_dominated(FILE *out, const search_outcome *outcome, const plot_frame *frame, size_t x, size_t y)
{
    for (size_t i = 0; i < hyt_search_size(outcome->search); i++) {
        const double *values = hyt_search_trial_objectives(outcome->search, i);
        if (!values || hyt_search_trial_in_front(outcome->search, i)) continue;
        fprintf(out, "<circle class=\"dominated\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\">", scale_place(&frame->x, values[x]),
                scale_place(&frame->y, values[y]));
        mark_title(out, outcome, i);
        fprintf(out, "</circle>\n");
    }
}

static double minimised(const search_outcome *outcome, const front_network *network, size_t objective)
{
    bool maximise = hyt_search_objective_direction(outcome->search, objective) == HYT_MAXIMISE;
    return maximise ? -network->values[objective] : network->values[objective];
}

/* Whether nothing of the front is better in these two objectives alone. */
static bool on_edge(const search_outcome *outcome, const front_network *network, size_t x, size_t y)
{
    double own[2] = { minimised(outcome, network, x), minimised(outcome, network, y) };
    for (size_t i = 0; i < outcome->count; i++) {
        double other[2] = { minimised(outcome, &outcome->front[i], x), minimised(outcome, &outcome->front[i], y) };
        if (hyt_pareto_dominates(other, own, 2)) return false;
    }
    return true;
}

typedef struct mark_place {
    double x, y;
} mark_place;

static int by_x(const void *a, const void *b)
{
    double left = ((const mark_place *)a)->x, right = ((const mark_place *)b)->x;
    return left < right ? -1 : left > right;
}

/* The edge of what is reached, as steps. */
static void plot_edge(FILE *out, const search_outcome *outcome, const plot_frame *frame, size_t x, size_t y)
{
    mark_place *places = calloc(outcome->count + 1, sizeof *places);
    size_t count = 0;
    for (size_t i = 0; places && i < outcome->count; i++) {
        const front_network *network = &outcome->front[i];
        if (!on_edge(outcome, network, x, y)) continue;
        places[count++] =
            (mark_place){ scale_place(&frame->x, network->values[x]), scale_place(&frame->y, network->values[y]) };
    }
    if (count > 1) {
        qsort(places, count, sizeof *places, by_x);
        bool level_first = hyt_search_objective_direction(outcome->search, x) == HYT_MINIMISE;
        fprintf(out, "<path class=\"edge\" d=\"M%.1f %.1f", places[0].x, places[0].y);
        for (size_t i = 1; i < count; i++)
            fprintf(out, level_first ? "H%.1fV%.1f" : "V%2$.1fH%1$.1f", places[i].x, places[i].y);
        fprintf(out, "\"/>\n");
    }
    free(places);
}

/* Numbers of trials beside their marks, left out where they would cover another number or mark. */
static void plot_labels(FILE *out, const search_outcome *outcome, const plot_frame *frame, size_t x, size_t y)
{
    mark_place *taken = calloc(2 * outcome->count + 1, sizeof *taken);
    size_t count = outcome->count;
    for (size_t i = 0; taken && i < outcome->count; i++)
        taken[i] = (mark_place){ scale_place(&frame->x, outcome->front[i].values[x]),
                                 scale_place(&frame->y, outcome->front[i].values[y]) };
    for (size_t i = 0; taken && i < outcome->count; i++) {
        mark_place centre = { taken[i].x, taken[i].y - 16 };
        bool free_place = true;
        for (size_t k = 0; k < count; k++)
            if (k != i && fabs(taken[k].x - centre.x) < 20 && fabs(taken[k].y - centre.y) < 14) free_place = false;
        if (!free_place) continue;
        taken[count++] = centre;
        fprintf(out, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">%" PRIu64 "</text>\n", centre.x, centre.y + 4,
                hyt_trial_number(hyt_search_trial(outcome->search, outcome->front[i].index)));
    }
    free(taken);
}

void plot_pair(FILE *out, const search_outcome *outcome, size_t x, size_t y, double width, double height, bool labels)
{
    char label[256];
    plot_frame frame = { .width = width, .height = height };
    size_t colour = pair_colour(outcome, x, y);
    frame.x = objective_scale(outcome, x, 62, width - 14);
    frame.y = objective_scale(outcome, y, height - 46, 32);
    snprintf(label, sizeof label, "%s against %s", title_of(name_of(outcome, y)), title_of(name_of(outcome, x)));
    svg_begin(out, width, height, label);
    svg_axes(out, &frame, title_of(name_of(outcome, x)), title_of(name_of(outcome, y)));
    plot_dominated(out, outcome, &frame, x, y);
    plot_edge(out, outcome, &frame, x, y);
    for (size_t i = 0; i < outcome->count; i++) {
        const front_network *network = &outcome->front[i];
        int step = colour == SIZE_MAX ? RAMP / 2 : ramp_step(outcome, colour, network->values[colour]);
        fprintf(out, "<circle class=\"front r%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"7\">", step,
                scale_place(&frame.x, network->values[x]), scale_place(&frame.y, network->values[y]));
        mark_title(out, outcome, network->index);
        fprintf(out, "</circle>\n");
    }
    if (labels) plot_labels(out, outcome, &frame, x, y);
    svg_end(out);
}

/* -- hypervolume --------------------------------------------------------------------------------------------------- */

/* Volumes after each trial; 0 before there is a reference. */
static double *volumes_of(const search_outcome *outcome, size_t size)
{
    double *volumes = calloc(size + 1, sizeof *volumes);
    for (size_t i = 0; volumes && i < size; i++)
        if (hyt_search_hypervolume_at(outcome->search, i, &volumes[i]) != HYT_OK) volumes[i] = 0;
    return volumes;
}

static void plot_steps(FILE *out, const plot_frame *frame, const double *volumes, size_t size)
{
    double first = scale_place(&frame->x, 1), last = scale_place(&frame->x, (double)size);
    for (int line = 0; line < 2; line++) {
        fprintf(out, "<path class=\"%s\" d=\"M%.1f %.1f", line ? "volume-line" : "volume-area", first,
                line ? scale_place(&frame->y, volumes[0]) : frame->y.from);
        for (size_t i = 0; i < size; i++)
            fprintf(out, "H%.1fV%.1f", scale_place(&frame->x, (double)i + 1), scale_place(&frame->y, volumes[i]));
        fprintf(out, line ? "\"/>\n" : "H%.1fV%.1fZ\"/>\n", last, frame->y.from);
    }
}

static void plot_improvements(FILE *out, const search_outcome *outcome, const plot_frame *frame, const double *volumes,
                              size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint64_t trial = hyt_trial_number(hyt_search_trial(outcome->search, i));
        hyt_trial_state state = hyt_search_trial_state(outcome->search, i);
        double x = scale_place(&frame->x, (double)i + 1);
        if (state != HYT_TRIAL_FINISHED && state != HYT_TRIAL_PENDING && state != HYT_TRIAL_PRUNED) {
            fprintf(out, "<path class=\"failed\" d=\"M%.1f %.1fv-9\"><title>trial %" PRIu64 ": %s</title></path>\n", x,
                    frame->y.from, trial, hyt_trial_state_name(state));
        } else if (volumes[i] > (i ? volumes[i - 1] : 0)) {
            fprintf(out,
                    "<circle class=\"front r%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"><title>trial %" PRIu64
                    "\nhypervolume %.6g</title></circle>\n",
                    RAMP / 2, x, scale_place(&frame->y, volumes[i]), trial, volumes[i]);
        }
    }
}

void plot_hypervolume(FILE *out, const search_outcome *outcome, double width, double height)
{
    size_t size = hyt_search_size(outcome->search);
    double *volumes = volumes_of(outcome, size);
    plot_frame frame = { .width = width, .height = height };
    svg_begin(out, width, height, "hypervolume over trials");
    if (volumes && size > 0) {
        double ends[] = { 1, size > 1 ? (double)size : 2 };
        frame.x = (axis_scale){ .metric = "trials", .low = ends[0], .high = ends[1], .from = 62, .to = width - 14 };
        frame.y = (axis_scale){ .metric = "volume",
                                .low = 0,
                                .high = volumes[size - 1] > 0 ? 1.08 * volumes[size - 1] : 1,
                                .from = height - 46,
                                .to = 32 };
        svg_axes(out, &frame, "trials", "hypervolume");
        plot_steps(out, &frame, volumes, size);
        plot_improvements(out, outcome, &frame, volumes, size);
    }
    svg_end(out);
    free(volumes);
}

/* -- genes --------------------------------------------------------------------------------------------------------- */

enum { NAMES = 150, ROW = 21, VALUES_FROM = 44 };

static void gene_row(FILE *out, const search_outcome *outcome, size_t gene, double cell, double y)
{
    const hyt_space *space = hyt_search_space(outcome->search);
    size_t levels = hyt_space_gene_levels(space, gene);
    fprintf(out, "<text class=\"gene\" x=\"%d\" y=\"%.1f\">", NAMES - 10, y + 14.5);
    html_text(out, hyt_space_gene_name(space, gene));
    fprintf(out, "</text>");
    for (size_t i = 0; i < outcome->count; i++) {
        const hyt_candidate *candidate =
            hyt_trial_candidate(hyt_search_trial(outcome->search, outcome->front[i].index));
        size_t level = hyt_candidate_level(candidate, gene);
        bool active = hyt_candidate_active(candidate, gene);
        double share = levels > 1 ? (double)level / (double)(levels - 1) : 0.5, x = NAMES + (double)i * cell;
        const char *word = hyt_space_gene_label(space, gene, level);
        char value[64] = "-";
        if (active && word) snprintf(value, sizeof value, "%s", word);
        else if (active) snprintf(value, sizeof value, "%.6g", hyt_space_gene_value(space, gene, level));
        fprintf(out,
                "<g><rect class=\"cell\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"3\" "
                "fill-opacity=\"%.3f\"/>",
                x + 1, y + 1, cell - 2, ROW - 2, active ? 0.06 + 0.74 * share : 0);
        if (cell >= 20)
            fprintf(out, "<text class=\"value%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", share > 0.6 ? " strong" : "",
                    x + cell / 2, y + 14.5, value);
        fprintf(out, "<title>");
        html_text(out, hyt_space_gene_name(space, gene));
        fprintf(out, " = %s</title></g>\n", value);
    }
}

/* Numbers of the trials and, where there is room, their first objective. */
static void gene_head(FILE *out, const search_outcome *outcome, double cell)
{
    const char *name = name_of(outcome, 0);
    bool values = cell >= VALUES_FROM;
    fprintf(out, "<text class=\"gene head\" x=\"%d\" y=\"18\">trial</text>", NAMES - 10);
    if (values) fprintf(out, "<text class=\"gene\" x=\"%d\" y=\"38\">%s</text>\n", NAMES - 10, plain_of(name));
    for (size_t i = 0; i < outcome->count && cell >= 20; i++) {
        double x = NAMES + ((double)i + 0.5) * cell;
        fprintf(out, "<text class=\"value head\" x=\"%.1f\" y=\"18\">%" PRIu64 "</text>", x,
                hyt_trial_number(hyt_search_trial(outcome->search, outcome->front[i].index)));
        if (values)
            fprintf(out, "<text class=\"value\" x=\"%.1f\" y=\"38\">%s</text>\n", x,
                    spoken(name, outcome->front[i].values[0]));
    }
}

void plot_genes(FILE *out, const search_outcome *outcome, double width)
{
    size_t genes = hyt_space_genes(hyt_search_space(outcome->search));
    double cell = fmin(110, (width - NAMES) / (double)(outcome->count ? outcome->count : 1));
    double head = cell >= VALUES_FROM ? 50 : 30;
    svg_begin(out, width, head + (double)genes * ROW + 4, "genes of the front");
    gene_head(out, outcome, cell);
    for (size_t gene = 0; gene < genes; gene++) gene_row(out, outcome, gene, cell, head + (double)gene * ROW);
    svg_end(out);
}
