/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"
#include "flags.h"
#include "networks.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT, CLASSES, PRECISIONS, THREADS, MS, RAM, FLASH, STEPS, JSON, CSV, REPORT, FLAGS };
static const flag_row flags[] = {
    [INPUT] = { "input", "N", "side of the square picture, for builders and genomes (default 96)" },
    [CLASSES] = { "classes", "N", "classes (default 1000 for a builder, 2 for a genome)" },
    [PRECISIONS] = { "precision", "LIST", "of fp32, bf16, fp16, int8 and graph (as the file says), joined by commas "
                                          "(default fp32,bf16,int8)" },
    [THREADS] = { "threads", "LIST", "numbers of threads, joined by commas (default 1)" },
    [MS] = { "ms", "N", "milliseconds to measure each (default 300)" },
    [RAM] = { "ram", "BYTES", "says which fit: activations of a run" },
    [FLASH] = { "flash", "BYTES", "says which fit: weights" },
    [STEPS] = { "steps", NULL, "also the time of each operation" },
    [JSON] = { "json", "FILE", "writes JSON (\"-\": to standard output, in place of the table)" },
    [CSV] = { "csv", "FILE", "writes comma separated values (\"-\" likewise)" },
    [REPORT] = { "report", "FILE", "writes a page with plots (\"-\" likewise)" },
};

static const command_form profile = {
    .name = "profile",
    .operands = "NET...",
    .about = "Measures networks on this machine: latency (median of bursts after a warm-up, with a 95 % interval), "
             "throughput, memory of the activations, size of the weights. NET is a builder's name or a genome (hytnas "
             "describe --help), or a file: ONNX, TensorFlow Lite or the library's own. Builders get random weights; "
             "int8 is calibrated on random pictures, which costs no time to run.",
    .flags = flags,
    .flag_count = FLAGS,
    .examples = "  hytnas profile mobilenetv2-0.35 mobilevit-xxs --input 96 --threads 1,2\n"
                "  hytnas profile model.onnx --precision fp32,int8 --ram 256000 --flash 1000000 --report model.html\n",
};

enum { MOST_LIST = 16 };

typedef struct wanted {
    size_t input, classes, ms;
    const char *precisions[MOST_LIST];
    size_t n_precisions, threads[MOST_LIST], n_threads;
    size_t ram, flash;
    bool steps;
    const char *json, *csv, *report;
    const char **names;
    size_t count;
} wanted;

static int parse_precisions(const char *text, wanted *w)
{
    static const char *const known[] = { "fp32", "bf16", "fp16", "int8", "graph", NULL };
    for (w->n_precisions = 0; *text; text += strcspn(text, ","), text += *text == ',') {
        size_t length = strcspn(text, ","), found = 0;
        while (known[found] && (strlen(known[found]) != length || strncmp(known[found], text, length) != 0)) found++;
        if (!known[found])
            return complain("--precision: \"%.*s\" is not one of fp32, bf16, fp16, int8, graph", (int)length, text);
        if (w->n_precisions == MOST_LIST) return complain("--precision: more than %d", MOST_LIST);
        w->precisions[w->n_precisions++] = known[found];
    }
    return w->n_precisions ? GOOD : complain("--precision: nothing is named");
}

static int parse_threads(const char *text, wanted *w)
{
    char number[16];
    for (w->n_threads = 0; *text; text += strcspn(text, ","), text += *text == ',') {
        if (w->n_threads == MOST_LIST) return complain("--threads: more than %d numbers", MOST_LIST);
        snprintf(number, sizeof number, "%.*s", (int)strcspn(text, ","), text);
        if (parse_whole("threads", number, 1, 256, &w->threads[w->n_threads++]) != GOOD) return BAD;
    }
    return w->n_threads ? GOOD : complain("--threads: no number");
}

static int take(void *user, size_t place, const char *value)
{
    wanted *w = user;
    switch (place) {
    case INPUT: return parse_whole("input", value, 1, 8192, &w->input);
    case CLASSES: return parse_whole("classes", value, 1, 65536, &w->classes);
    case PRECISIONS: return parse_precisions(value, w);
    case THREADS: return parse_threads(value, w);
    case MS: return parse_whole("ms", value, 1, 1000000, &w->ms);
    case RAM: return parse_whole("ram", value, 1, SIZE_MAX / 2, &w->ram);
    case FLASH: return parse_whole("flash", value, 1, SIZE_MAX / 2, &w->flash);
    case STEPS: w->steps = true; return GOOD;
    case JSON: w->json = value; return GOOD;
    case CSV: w->csv = value; return GOOD;
    case REPORT: w->report = value; return GOOD;
    default: w->names[w->count++] = value; return GOOD;
    }
}

/* Networks */

static hyt_status open_weighted(const wanted *w, const char *name, hyt_graph **out)
{
    hyt_status status = open_network(name, w->input, w->classes, out);
    for (size_t i = 0; status == HYT_OK && i < hyt_graph_parameter_count(*out); i++)
        if (!hyt_graph_parameter(*out, i)) return hyt_graph_initialise(*out, 1);
    return status;
}

/* Numbers as of normalised pictures, the same every time. */
static float *random_picture(size_t count)
{
    float *values = malloc(count * sizeof *values);
    uint32_t state = 1;
    for (size_t i = 0; values && i < count; i++) {
        float sum = 0;
        for (int j = 0; j < 4; j++) {
            state = state * 1664525u + 1013904223u;
            sum += (float)(state >> 8) * 0x1p-24f - 0.5f;
        }
        values[i] = sum * 1.7f;
    }
    return values;
}

static hyt_status quantise(const hyt_graph *graph, size_t picture_size, hyt_graph **out)
{
    float *picture = random_picture(picture_size);
    hyt_status status = picture ? hyt_graph_copy(graph, out) : HYT_ERR_NOMEM;
    if (status == HYT_OK) status = hyt_quantise(out, picture, 1, NULL);
    free(picture);
    return status;
}

static hyt_status set_all(const hyt_graph *graph, hyt_precision precision, hyt_graph **out)
{
    hyt_status status = hyt_graph_copy(graph, out);
    for (size_t i = 0; status == HYT_OK && i < hyt_graph_size(graph); i++)
        status = hyt_graph_set_precision(*out, (hyt_value)i, precision);
    return status;
}

static hyt_status in_precision(const hyt_graph *graph, const char *precision, hyt_graph **out)
{
    hyt_dims dims;
    if (strcmp(precision, "graph") == 0) return hyt_graph_copy(graph, out);
    if (strcmp(precision, "bf16") == 0) return set_all(graph, HYT_BF16, out);
    if (strcmp(precision, "fp16") == 0) return set_all(graph, HYT_FP16, out);
    if (strcmp(precision, "fp32") == 0) return set_all(graph, HYT_FP32, out);
    hyt_status status = hyt_graph_dims(graph, 0, &dims);
    return status == HYT_OK ? quantise(graph, dims.size[1] * dims.size[2] * dims.size[3], out) : status;
}

/* Measuring */

static const char *precision_word(hyt_precision precision)
{
    static const char *const words[] = { "fp32", "bf16", "fp16", "int8" };
    return words[precision];
}

static hyt_status measure_steps(const wanted *w, const hyt_graph *graph, hyt_runtime *runtime, profile_row *row)
{
    size_t n = hyt_runtime_steps(runtime);
    double *ms = malloc(n * sizeof *ms);
    row->steps = calloc(n, sizeof *row->steps);
    if (!ms || !row->steps) {
        free(ms);
        return HYT_ERR_NOMEM;
    }
    uint64_t inner = 0; /* of steps whose work the next one does with its own */
    hyt_status status = hyt_runtime_profile(runtime, (double)w->ms, ms);
    for (size_t i = 0; i < n && status == HYT_OK; i++) {
        profile_step *step = &row->steps[row->n_steps];
        hyt_value value = hyt_runtime_step_value(runtime, i);
        uint64_t macs = hyt_graph_value_macs(graph, value) + inner;
        inner = ms[i] > 0 ? 0 : macs;
        if (!(ms[i] > 0)) continue;
        row->n_steps++;
        snprintf(step->kind, sizeof step->kind, "%s", hyt_runtime_step_kind(runtime, i));
        step->precision = precision_word(hyt_runtime_step_precision(runtime, i));
        step->ms = ms[i];
        step->macs = macs;
        status = hyt_graph_describe(graph, value, step->text, sizeof step->text);
    }
    free(ms);
    return status;
}

static hyt_status measure(const wanted *w, const hyt_graph *graph, profile_row *row)
{
    hyt_options *options = NULL;
    hyt_runtime *runtime = NULL;
    hyt_dims dims;
    hyt_status status = hyt_runtime_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_int(options, HYT_RUNTIME_THREADS, (int64_t)row->threads);
    if (status == HYT_OK) status = hyt_runtime_create(graph, options, &runtime);
    if (status == HYT_OK) status = hyt_runtime_time(runtime, (double)w->ms, &row->ms, &row->low, &row->high);
    if (status == HYT_OK) status = measure_steps(w, graph, runtime, row);
    if (status == HYT_OK) status = hyt_graph_dims(graph, 0, &dims);
    if (status == HYT_OK) {
        row->input = dims.size[2];
        row->macs = hyt_graph_macs(graph);
        row->arena_bytes = hyt_runtime_arena_bytes(runtime);
        row->weight_bytes = hyt_graph_weight_bytes(graph);
        bool fits = (!w->ram || row->arena_bytes <= w->ram) && (!w->flash || row->weight_bytes <= w->flash);
        row->fits = !w->ram && !w->flash ? "" : fits ? "yes" : "no";
    }
    hyt_runtime_destroy(runtime);
    hyt_options_destroy(options);
    return status;
}

/* The row that failed; those before it are worth having. */
static void drop_last(profile_outcome *outcome)
{
    free(outcome->rows[--outcome->count].steps);
}

static hyt_status measure_network(const wanted *w, const char *name, profile_outcome *outcome)
{
    hyt_graph *graph = NULL, *stored = NULL;
    hyt_status status = open_weighted(w, name, &graph);
    for (size_t i = 0; i < w->n_precisions && status == HYT_OK; i++) {
        status = in_precision(graph, w->precisions[i], &stored);
        for (size_t j = 0; j < w->n_threads && status == HYT_OK; j++) {
            profile_row *row = &outcome->rows[outcome->count++];
            *row = (profile_row){ .network = name, .precision = w->precisions[i], .threads = w->threads[j],
                                  .parameters = hyt_graph_parameters(graph) }; /* before int8 folds its norms */
            fprintf(stderr, "%s, %s, %zu thread%s\n", name, row->precision, row->threads, row->threads == 1 ? "" : "s");
            status = measure(w, stored, row);
            if (status != HYT_OK) drop_last(outcome);
        }
        hyt_graph_destroy(stored);
        stored = NULL;
    }
    hyt_graph_destroy(graph);
    return status;
}

/* Writing */

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static int write_to(const char *path, const profile_outcome *outcome, void (*write)(FILE *, const profile_outcome *))
{
    if (!path) return GOOD;
    if (is_stdout(path)) {
        write(stdout, outcome);
        return GOOD;
    }
    FILE *out = fopen(path, "w");
    if (!out) return complain("%s: could not be written: %s", path, strerror(errno));
    write(out, outcome);
    return close_stream(out, path);
}

static int write_all(const wanted *w, const profile_outcome *outcome)
{
    if (!is_stdout(w->json) && !is_stdout(w->csv) && !is_stdout(w->report)) profile_table(stdout, outcome);
    int result = write_to(w->json, outcome, profile_json);
    if (result == GOOD) result = write_to(w->csv, outcome, profile_csv);
    if (result == GOOD) result = write_to(w->report, outcome, profile_page);
    return result;
}

static int run(const wanted *w)
{
    if (w->count == 0) return complain("profile needs a network: mobilevit-xxs, for instance");
    if (is_stdout(w->json) + is_stdout(w->csv) + is_stdout(w->report) > 1)
        return complain("only one of --json, --csv and --report can go to standard output");
    profile_outcome outcome = { .steps = w->steps, .ram = w->ram, .flash = w->flash };
    outcome.rows = calloc(w->count * w->n_precisions * w->n_threads, sizeof *outcome.rows);
    if (!outcome.rows) return complain("out of memory");
    int result = GOOD;
    for (size_t i = 0; i < w->count && result == GOOD; i++) result = check(measure_network(w, w->names[i], &outcome));
    if (outcome.count) {
        int written = write_all(w, &outcome);
        if (result == GOOD) result = written;
    }
    for (size_t i = 0; i < outcome.count; i++) free(outcome.rows[i].steps);
    free(outcome.rows);
    return result;
}

int command_profile(int argc, char **argv)
{
    wanted w = { .input = 96, .ms = 300, .precisions = { "fp32", "bf16", "int8" }, .n_precisions = 3, .threads = { 1 },
                 .n_threads = 1, .names = calloc((size_t)argc + 1, sizeof *w.names) };
    if (!w.names) return complain("out of memory");
    int result = parse_flags(&profile, argc, argv, take, &w);
    if (result == GOOD) result = run(&w);
    free(w.names);
    return result == HELP ? GOOD : result;
}
