/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one network learns about boxes or pixels: trained on train.npz of a folder, the epoch chosen on val.npz,
 * reported on test.npz with a 95 % interval over resampled test pictures. A JSON line a network is added to the file;
 * one that is there already is not trained again.
 * usage: detect FOLDER NETWORK OUT.jsonl [--space NAME] [--KEY VALUE]...
 *   NETWORK  a genome of --space (default hytnas-detect), a number (that sample of the space), or the name of a builder
 *   KEY      an option of training; task is detection by default */
#include "bench.h"
#include "base/rng.h"
#include "evaluate/evaluate.h"
#include "graph/graph.h"
#include "numeric/distribution.h"
#include "train/precision.h"
#include "train/runner.h"
#include "train/segment.h"
#include <math.h>
#include <string.h>

enum { DRAWS = 1000 };

typedef struct job {
    const char *folder, *network, *out, *space;
    bool pixels;
    hyt_options *options;
    hyt_dataset *train, *val, *test;
} job;

typedef struct interval { double value, low, high; } interval;

/* The classes of SSD's six boxes start as those of hyt_graph_box_head() do, so that all are trained the same way. */
static void set_prior(hyt_graph *graph, size_t classes)
{
    float *values = malloc(6 * classes * sizeof *values);
    for (size_t i = 0; i < 6 * classes; i++) values[i] = -4.59512f; /* a score of 0.01 */
    for (size_t i = 0; i < graph->n_parameters; i++)
        if (graph->parameters[i].role == HYTI_ROLE_BIAS && graph->parameters[i].count == 6 * classes)
            must(hyt_graph_set_parameter(graph, i, values, 6 * classes));
    free(values);
}

static hyt_graph *build(const job *j, size_t classes)
{
    bool background = strncmp(j->network, "detr", 4) == 0; /* the builder's last class */
    hyt_graph *graph = bench_network(j->space, j->network, hyt_dataset_height(j->train), classes + background);
    if (strncmp(j->network, "ssdlite", 7) == 0) set_prior(graph, classes);
    return graph;
}

/* -- the test part, picture by picture ----------------------------------------------------------------------------- */

typedef struct result {
    hyti_precision precision;
    hyti_pixel_counts *counts;  /* one a picture */
} result;

static void add_boxes(const job *j, const hyti_head *head, size_t index, const float *output, result *r)
{
    size_t count;
    const float *boxes = hyt_dataset_boxes(j->test, index, &count);
    hyti_truth truths[HYTI_MAX_TRUTHS];
    hyti_detection *found = malloc(head->places * head->classes * sizeof *found);
    for (size_t i = 0; i < count && i < HYTI_MAX_TRUTHS; i++)
        truths[i] = (hyti_truth){ { boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3] },
                                  hyt_dataset_box_labels(j->test, index)[i],
                                  hyt_dataset_box_crowds(j->test, index)[i] };
    size_t n = hyti_head_detect(head, output, 0.01, 0.5, HYTI_DETECTIONS, found);
    must(hyti_precision_add(&r->precision, found, n, truths, count));
    free(found);
}

static void run_test(const job *j, const hyt_graph *network, result *r)
{
    size_t pictures = hyt_dataset_count(j->test), side = hyt_dataset_height(j->test), size = side * side * 3;
    hyti_head head = { 0 };
    hyti_runner runner;
    float *input = malloc(size * sizeof *input);
    must(hyti_runner_init(&runner, network, 1, 2));
    float *output = malloc(runner.size * sizeof *output);
    if (!j->pixels) must(hyti_head_of(network, &head));
    const hyt_dims *dims = &network->nodes[hyt_graph_output(network)].dims;
    const hyti_pixels pixels = { .classes = dims->size[1], .height = dims->size[2], .width = dims->size[3],
                                 .mask_height = side, .mask_width = side };
    hyti_precision_begin(&r->precision, NULL, head.classes);
    r->counts = calloc(pictures, sizeof *r->counts);
    for (size_t i = 0; i < pictures; i++) {
        const uint8_t *picture = hyt_dataset_picture(j->test, i);
        for (size_t k = 0; k < size; k++) input[k] = (float)picture[k] / 255;
        must(hyti_runner_run(&runner, input, output));
        if (j->pixels) hyti_pixel_counts_add(&r->counts[i], &pixels, hyt_dataset_mask(j->test, i), output);
        else add_boxes(j, &head, i, output, r);
    }
    hyti_runner_clear(&runner);
    free(input);
    free(output);
}

/* mAP of boxes at an overlap of .5 (which 0) or over all (1), or intersection over union of class 1. */
static double value_of(const job *j, const result *r, int which, const uint32_t *times)
{
    double value = 0;
    if (!j->pixels) {
        must(hyti_precision_mean(&r->precision, which ? HYTI_OVERLAPS : 1, times, &value));
        return value;
    }
    double both = 0, either = 0;
    for (size_t i = 0; i < hyt_dataset_count(j->test); i++) {
        const hyti_pixel_counts *c = &r->counts[i];
        double weight = times ? times[i] : 1;
        both += weight * (double)c->both[1];
        either += weight * (double)(c->meant[1] + c->said[1] - c->both[1]);
    }
    return either > 0 ? both / either : 0;
}

/* The percentile bootstrap. */
static interval with_interval(const job *j, const result *r, int which)
{
    double draws[DRAWS];
    size_t pictures = hyt_dataset_count(j->test);
    uint32_t *times = calloc(pictures, sizeof *times);
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t d = 0; d < DRAWS; d++) {
        memset(times, 0, pictures * sizeof *times);
        for (size_t i = 0; i < pictures; i++) times[hyti_rng_below(&rng, pictures)]++;
        draws[d] = value_of(j, r, which, times);
    }
    free(times);
    hyti_sort(draws, DRAWS);
    return (interval){ value_of(j, r, which, NULL), draws[DRAWS * 25 / 1000], draws[DRAWS * 975 / 1000] };
}

/* -- lines --------------------------------------------------------------------------------------------------------- */

/* What a line starts with, and is known by. */
static void describe(const job *j, char *text, size_t size)
{
    snprintf(text, size, "{\"folder\":\"%s\",\"network\":\"%s\",\"space\":\"%s\"", j->folder, j->network, j->space);
    bench_describe(j->options, NULL, text, size);
}

/* What the same network reaches in int8, calibrated on training pictures. */
static double in_int8(const job *j, const hyt_graph *network)
{
    hyt_graph *quantised = NULL;
    result r = { 0 };
    must(hyti_evaluate_quantise(network, j->train, 64, 2, &quantised));
    run_test(j, quantised, &r);
    double value = value_of(j, &r, 0, NULL);
    hyti_precision_clear(&r.precision);
    free(r.counts);
    hyt_graph_destroy(quantised);
    return value;
}

static void add_line(const job *j, const char *start, const hyt_graph *network, double best, double seconds)
{
    static const char *const names[2][2] = { { "test_map50", "test_map" }, { "test_iou_1", NULL } };
    result r = { 0 };
    bench_line line;
    bench_line_begin(&line);
    run_test(j, network, &r);
    fprintf(line.to, "%s,\"parameters\":%llu,\"macs\":%llu,\"seconds\":%.0f,\"validation\":%.4f", start,
            (unsigned long long)hyt_graph_parameters(network), (unsigned long long)hyt_graph_macs(network), seconds,
            best);
    for (int which = 0; which < 2 && names[j->pixels][which]; which++) {
        interval i = with_interval(j, &r, which);
        fprintf(line.to, ",\"%s\":[%.4f,%.4f,%.4f]", names[j->pixels][which], i.value, i.low, i.high);
        fprintf(stderr, "%s %.4f, %.4f to %.4f\n", names[j->pixels][which], i.value, i.low, i.high);
    }
    double whole = in_int8(j, network);
    fprintf(line.to, ",\"test_int8\":%.4f}", whole);
    fprintf(stderr, "%s in int8 %.4f\n", names[j->pixels][0], whole);
    bench_line_end(&line, j->out);
    hyti_precision_clear(&r.precision);
    free(r.counts);
}

static void train(const job *j, const char *start)
{
    hyt_graph *graph = build(j, j->pixels ? hyt_dataset_mask_classes(j->train) : hyt_dataset_box_classes(j->train));
    hyt_graph *network = NULL;
    hyt_trainer *trainer = NULL;
    double best = NAN, begin = bench_seconds();
    fprintf(stderr, "%llu parameters, %llu MACs\n", (unsigned long long)hyt_graph_parameters(graph),
            (unsigned long long)hyt_graph_macs(graph));
    must(hyt_trainer_create(graph, j->options, &trainer));
    must(hyt_trainer_fit(trainer, j->train, j->val, bench_tell, NULL, &best));
    must(hyt_trainer_network(trainer, &network));
    add_line(j, start, network, best, bench_seconds() - begin);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(network);
    hyt_graph_destroy(graph);
}

int main(int argc, char **argv)
{
    char start[8192], task[32];
    job j = { .space = "hytnas-detect" };
    if (argc < 4) {
        fprintf(stderr, "usage: detect FOLDER NETWORK OUT.jsonl [--space NAME] [--KEY VALUE]...\n");
        return 2;
    }
    j.folder = argv[1];
    j.network = argv[2];
    j.out = argv[3];
    must(hyt_train_options_create(NULL, &j.options));
    must(hyt_options_set_text(j.options, HYT_TRAIN_TASK, "detection"));
    for (int i = 4; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--space") == 0) j.space = argv[i + 1];
        else must(hyt_options_set_text(j.options, argv[i] + 2, argv[i + 1]));
    }
    must(hyt_options_get_text(j.options, HYT_TRAIN_TASK, task, sizeof task));
    j.pixels = strcmp(task, "segmentation") == 0;
    describe(&j, start, sizeof start);
    if (bench_has_line(j.out, start)) return 0;
    j.train = bench_load(j.folder, "train");
    j.val = bench_load(j.folder, "val");
    j.test = bench_load(j.folder, "test");
    train(&j, start);
    hyt_dataset_destroy(j.train);
    hyt_dataset_destroy(j.val);
    hyt_dataset_destroy(j.test);
    hyt_options_destroy(j.options);
    return 0;
}
