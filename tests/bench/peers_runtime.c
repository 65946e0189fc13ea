/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library's side of a comparison of runtimes: `peers_runtime THREADS` reads commands from stdin, a line each, and
 * answers a line each. Public headers alone, linked with libhytnas-rt alone.
 *   load KEY MODEL PRECISION IN OUT  -> ok load KEY load_ms first_ms max_abs_err peak_kb
 *   burst KEY MILLISECONDS WARMUP    -> ok burst KEY runs median_us p10_us min_us mean_us
 *   rss                              -> ok rss now_kb peak_kb
 *   quit
 * or err TEXT. IN and OUT hold float32 values: the input, and the result to compare with. stderr tells what a load
 * spent on reading, on planning and packing, and on calibration (which is not part of load_ms). */
#include <hytnas/format.h>
#include <hytnas/quantiser.h>
#include <hytnas/runtime.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_MODELS = 64, MOST_RUNS = 200000 };

typedef struct values {
    float *data;
    size_t count;
} values;

typedef struct model {
    char key[64];
    hyt_runtime *runtime;
    values input, wanted;
    float *output;
} model;

typedef struct split {
    double read, plan, calibrate; /* ms */
} split;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Memory of this process in kB: what it has now, the most that it had. */
static void read_memory(long *now, long *peak)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    *now = *peak = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0) *now = strtol(line + 6, NULL, 10);
        if (strncmp(line, "VmHWM:", 6) == 0) *peak = strtol(line + 6, NULL, 10);
    }
    if (file) fclose(file);
}

static bool read_values(const char *path, values *out)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    long bytes = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    out->count = bytes > 0 ? (size_t)bytes / sizeof *out->data : 0;
    out->data = malloc(out->count * sizeof *out->data + 1);
    rewind(file);
    bool good = out->data && out->count && fread(out->data, sizeof *out->data, out->count, file) == out->count;
    fclose(file);
    return good;
}

static hyt_status create_runtime(const hyt_graph *graph, const char *precision, const char *threads, hyt_runtime **out)
{
    hyt_options *options = NULL;
    hyt_status status = hyt_runtime_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_RUNTIME_THREADS, threads);
    if (status == HYT_OK && strcmp(precision, "int8") != 0) /* that is in the graph */
        status = hyt_options_set_text(options, HYT_RUNTIME_PRECISION, precision);
    if (status == HYT_OK) status = hyt_runtime_create(graph, options, out);
    hyt_options_destroy(options);
    return status;
}

/* Whether the file says how its operations are stored: what it leaves in float32 then stays so. */
static bool is_quantised(const hyt_graph *graph)
{
    for (size_t i = 0; i < hyt_graph_size(graph); i++)
        if (hyt_graph_precision(graph, (hyt_value)i) == HYT_INT8) return true;
    return false;
}

static hyt_status open_model(model *m, const char *path, const char *precision, const char *threads, split *spent)
{
    hyt_graph *graph = NULL;
    double start = now_ms();
    hyt_status status = hyt_model_load(NULL, path, &graph);
    spent->read = now_ms() - start;
    start = now_ms();
    if (status == HYT_OK && strcmp(precision, "int8") == 0 && !is_quantised(graph))
        status = hyt_quantise(&graph, m->input.data, 1, NULL);
    spent->calibrate = now_ms() - start;
    start = now_ms();
    if (status == HYT_OK) status = create_runtime(graph, precision, threads, &m->runtime);
    hyt_graph_destroy(graph);
    spent->plan = now_ms() - start;
    return status;
}

static double largest_error(const model *m)
{
    double worst = 0;
    for (size_t i = 0; i < m->wanted.count; i++) {
        double error = fabs((double)m->output[i] - m->wanted.data[i]);
        if (!(error <= worst)) worst = error; /* a NaN is the worst */
    }
    return worst;
}

/* NULL, or what went wrong. */
static const char *check_sizes(const model *m)
{
    if (hyt_runtime_input_size(m->runtime) != m->input.count) return "the input has another size";
    if (hyt_runtime_output_size(m->runtime) != m->wanted.count) return "the result has another size";
    return NULL;
}

static const char *load(model *m, const char *path, const char *precision, const char *threads)
{
    split spent = { 0 };
    if (open_model(m, path, precision, threads, &spent) != HYT_OK) return hyt_message();
    const char *wrong = check_sizes(m);
    if (wrong) return wrong;
    m->output = calloc(m->wanted.count, sizeof *m->output);
    if (!m->output) return "no memory";
    double start = now_ms();
    if (hyt_runtime_run(m->runtime, m->input.data, m->output) != HYT_OK) return hyt_message();
    double first = now_ms() - start;
    long now, peak;
    read_memory(&now, &peak);
    fprintf(stderr, "%s: read %.3f ms, plan and pack %.3f ms, calibrate %.3f ms\n", m->key, spent.read, spent.plan,
            spent.calibrate);
    printf("ok load %s %.3f %.3f %.6g %ld\n", m->key, spent.read + spent.plan, first, largest_error(m), peak);
    return NULL;
}

static void close_model(model *m)
{
    hyt_runtime_destroy(m->runtime);
    free(m->input.data);
    free(m->wanted.data);
    free(m->output);
    *m = (model){ 0 };
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Every run timed alone. The pages of `each` that no burst reaches are never touched, so they cost no memory. */
static const char *burst(model *m, double milliseconds, long warmup)
{
    double *each = malloc(MOST_RUNS * sizeof *each), sum = 0;
    size_t n = 0;
    if (!each) return "no memory";
    for (long i = 0; i < warmup; i++) hyt_runtime_run(m->runtime, m->input.data, m->output);
    for (double start = now_ms(), last = start; n < MOST_RUNS && (n < 5 || last - start < milliseconds); n++) {
        double from = now_ms();
        hyt_runtime_run(m->runtime, m->input.data, m->output);
        last = now_ms();
        each[n] = (last - from) * 1e3;
        sum += each[n];
    }
    qsort(each, n, sizeof *each, by_value);
    printf("ok burst %s %zu %.2f %.2f %.2f %.2f\n", m->key, n, each[n / 2], each[n / 10], each[0], sum / (double)n);
    free(each);
    return NULL;
}

typedef struct shelf {
    model models[MOST_MODELS];
    size_t count;
} shelf;

static model *find(shelf *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->models[i].key, key) == 0) return &s->models[i];
    return NULL;
}

static const char *add_model(shelf *s, const char *line, const char *threads)
{
    char path[300], precision[32], in[300], out[300];
    if (s->count == MOST_MODELS) return "too many models";
    model *m = &s->models[s->count];
    if (sscanf(line, "load %63s %299s %31s %299s %299s", m->key, path, precision, in, out) != 5) return "bad command";
    const char *wrong = read_values(in, &m->input) && read_values(out, &m->wanted) ? NULL : "no input";
    if (!wrong) wrong = load(m, path, precision, threads);
    if (wrong) close_model(m);
    else s->count++;
    return wrong;
}

static const char *answer(shelf *s, const char *line, const char *threads)
{
    char key[64];
    double milliseconds;
    long warmup, now, peak;
    if (strncmp(line, "load ", 5) == 0) return add_model(s, line, threads);
    if (sscanf(line, "burst %63s %lf %ld", key, &milliseconds, &warmup) == 3) {
        model *m = find(s, key);
        return m ? burst(m, milliseconds, warmup) : "unknown key";
    }
    if (strncmp(line, "rss", 3) != 0) return "bad command";
    read_memory(&now, &peak);
    printf("ok rss %ld %ld\n", now, peak);
    return NULL;
}

int main(int count, char **words)
{
    static shelf all;
    char line[1024];
    if (count != 2) {
        fprintf(stderr, "usage: peers_runtime THREADS\n");
        return 2;
    }
    while (fgets(line, sizeof line, stdin) && strncmp(line, "quit", 4) != 0) {
        const char *wrong = answer(&all, line, words[1]);
        if (wrong) printf("err %s\n", wrong);
        fflush(stdout);
    }
    for (size_t i = 0; i < all.count; i++) close_model(&all.models[i]);
    return 0;
}
