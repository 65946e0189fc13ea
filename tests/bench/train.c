/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training speed: whole steps (forward, backward, AdamW) on random pictures in memory.
 * usage: train [--model NAME] [--input SIDE] [--batch N] [--threads N] [--seconds S] [--models DIR] [--json] */
#include "bench.h"
#include "harness_model.h"
#include "base/rng.h"
#include "numeric/distribution.h"
#include <string.h>
#include <sys/resource.h>

typedef struct settings {
    const char *model, *models;
    size_t input, batch, threads;
    double seconds;
    int json;
} settings;

static settings parse(int argc, char **argv)
{
    settings s = { .model = "M5", .input = 64, .batch = 32, .threads = 2, .seconds = 3 };
    for (int i = 1; i < argc; i++) {
        const char *key = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(key, "--json") == 0) { s.json = 1; continue; }
        if (!value) { fprintf(stderr, "train: %s needs a value\n", key); exit(2); }
        i++;
        if (strcmp(key, "--model") == 0) s.model = value;
        else if (strcmp(key, "--models") == 0) s.models = value;
        else if (strcmp(key, "--input") == 0) s.input = strtoul(value, NULL, 10);
        else if (strcmp(key, "--batch") == 0) s.batch = strtoul(value, NULL, 10);
        else if (strcmp(key, "--threads") == 0) s.threads = strtoul(value, NULL, 10);
        else if (strcmp(key, "--seconds") == 0) s.seconds = strtod(value, NULL);
        else { fprintf(stderr, "train: unknown option %s\n", key); exit(2); }
    }
    return s;
}

static hyt_trainer *make_trainer(const settings *s, size_t *classes)
{
    char folder[4096];
    hyt_graph *graph = NULL;
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_dims dims;
    const char *data = getenv("HYTNAS_DATA");
    snprintf(folder, sizeof folder, "%s/../bars/runtime/models", data ? data : "../shared/data");
    must(harness_model_read(NULL, s->models ? s->models : folder, s->model, s->input, &graph));
    must(hyt_graph_dims(graph, hyt_graph_output(graph), &dims));
    *classes = dims.size[1];
    must(hyt_train_options_create(NULL, &options));
    must(hyt_options_set_int(options, HYT_TRAIN_BATCH, (int64_t)s->batch));
    must(hyt_options_set_int(options, HYT_TRAIN_THREADS, (int64_t)s->threads));
    must(hyt_options_set_real(options, HYT_TRAIN_RATE, 1e-3));
    must(hyt_trainer_create(graph, options, &trainer));
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
    return trainer;
}

#define MAX_STEPS 100000

static size_t run_steps(const settings *s, hyt_trainer *trainer, size_t classes, double *each)
{
    size_t values = s->batch * 3 * s->input * s->input, steps = 0;
    float *pictures = malloc(values * sizeof *pictures);
    uint32_t *labels = malloc(s->batch * sizeof *labels);
    hyti_rng rng = hyti_rng_start(0, HYTI_PURPOSE_TEST, 0);
    if (!pictures || !labels) exit(2);
    for (size_t i = 0; i < values; i++) pictures[i] = (float)hyti_rng_normal(&rng);
    for (size_t i = 0; i < s->batch; i++) labels[i] = (uint32_t)hyti_rng_below(&rng, classes);
    for (int warm = 0; warm < 2; warm++) must(hyt_trainer_step(trainer, pictures, labels, s->batch, NULL));
    for (double end = bench_seconds() + s->seconds; steps < MAX_STEPS && (steps < 3 || bench_seconds() < end);
         steps++) {
        double start = bench_seconds();
        must(hyt_trainer_step(trainer, pictures, labels, s->batch, NULL));
        each[steps] = bench_seconds() - start;
    }
    hyti_sort(each, steps);
    free(pictures);
    free(labels);
    return steps;
}

int main(int argc, char **argv)
{
    settings s = parse(argc, argv);
    size_t classes;
    static double each[MAX_STEPS];
    struct rusage usage;
    hyt_trainer *trainer = make_trainer(&s, &classes);
    size_t steps = run_steps(&s, trainer, classes, each);
    hyt_trainer_destroy(trainer);
    getrusage(RUSAGE_SELF, &usage);
    double median = (double)s.batch / each[steps / 2], best = (double)s.batch / each[0];
    printf(s.json ? "{\"case\":\"%s@%zu\",\"threads\":%zu,\"images_per_s\":%.1f,\"best_images_per_s\":%.1f,"
                    "\"peak_rss_kb\":%ld}\n"
                  : "%s@%zu, %zu threads: %.1f pictures/s (best step %.1f), %ld kB\n",
           s.model, s.input, s.threads, median, best, (long)usage.ru_maxrss);
    return 0;
}
