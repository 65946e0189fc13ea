/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one network learns about classes: trained on train.npz of a folder, the epoch chosen on val.npz, accuracy on
 * val.npz and test.npz in float32 and in int8, calibrated on 64 training pictures. A JSON line a network is added to
 * the file; one that is there already is not trained again. classify_bars.py makes tables of them.
 * usage: classify FOLDER|shapes NETWORK OUT.jsonl [--space NAME] [--input N] [--minutes X] [--model FILE]
 *                 [--teacher FILE] [--KEY VALUE]...
 *   NETWORK   a genome of --space (default hytnas), or the name of a builder
 *   --input   side of the networks' input (default: that of the pictures)
 *   --minutes the epochs are as many as there is time for, by the time that one takes
 *   --model   the int8 network is written there, and the float32 one to FILE.fp32
 *   --teacher a float32 network, of a file or what --model wrote, that the training imitates
 *   KEY       an option of training */
#include "bench.h"
#include "evaluate/evaluate.h"
#include <math.h>
#include <string.h>

enum { CALIBRATION = 64 };

typedef struct job {
    const char *folder, *network, *out, *space, *model, *teacher;
    double minutes;
    size_t input, threads;
    hyt_options *options;
    hyt_dataset *train, *val, *test;
} job;

static hyt_dataset *load(const job *j, const char *part)
{
    hyt_dataset *dataset = NULL, *resized = NULL;
    uint64_t number = strcmp(part, "train") == 0 ? 0 : strcmp(part, "val") == 0 ? 1 : 2;
    if (strcmp(j->folder, "shapes") == 0) {
        must(hyt_dataset_create_shapes(NULL, number ? 400 : 800, 48, 0, number << 32, &dataset)); /* as the program's */
    } else {
        dataset = bench_load(j->folder, part);
    }
    if (j->input == 0 || j->input == hyt_dataset_height(dataset)) return dataset;
    must(hyt_dataset_resize(dataset, j->input, j->input, &resized));
    hyt_dataset_destroy(dataset);
    return resized;
}

/* The network trained with the options as they are. */
static hyt_graph *train(const job *j, const hyt_graph *graph, hyt_epoch_fn epoch)
{
    hyt_trainer *trainer = NULL;
    hyt_graph *network = NULL, *teacher = NULL;
    if (j->teacher) must(hyt_model_load(NULL, j->teacher, &teacher));
    must(hyt_trainer_create(graph, j->options, &trainer));
    must(hyt_trainer_set_teacher(trainer, teacher));
    hyt_graph_destroy(teacher);
    must(hyt_trainer_fit(trainer, j->train, j->val, epoch, NULL, NULL));
    must(hyt_trainer_network(trainer, &network));
    hyt_trainer_destroy(trainer);
    return network;
}

/* Seconds of one epoch, which rounds as int8 does or not. */
static double time_epoch(const job *j, const hyt_graph *graph, bool rounds)
{
    double begin = bench_seconds();
    must(hyt_options_set_real(j->options, HYT_TRAIN_QAT, rounds ? 1 : 0));
    hyt_graph_destroy(train(j, graph, NULL));
    return bench_seconds() - begin;
}

/* Sets the epochs that there is time for until `end`. */
static void fill_minutes(const job *j, const hyt_graph *graph, double end)
{
    double qat;
    must(hyt_options_get_real(j->options, HYT_TRAIN_QAT, &qat));
    must(hyt_options_set_int(j->options, HYT_TRAIN_EPOCHS, 1));
    double epoch = time_epoch(j, graph, false);
    if (qat > 0) epoch += qat * (time_epoch(j, graph, true) - epoch);
    must(hyt_options_set_real(j->options, HYT_TRAIN_QAT, qat));
    /* The rest: to measure, and where other work slows it. */
    double epochs = floor(0.96 * (end - bench_seconds()) / epoch);
    must(hyt_options_set_int(j->options, HYT_TRAIN_EPOCHS, (int64_t)fmax(1, epochs)));
}

/* Accuracy on val and test, time, sizes. */
static void add_figures(const job *j, FILE *file, const char *suffix, const hyt_graph *network)
{
    double val, test, ms;
    hyt_runtime *runtime = NULL;
    must(hyt_train_accuracy(network, j->val, j->threads, &val));
    must(hyt_train_accuracy(network, j->test, j->threads, &test));
    must(hyt_runtime_create(network, NULL, &runtime));
    must(hyt_runtime_time(runtime, 200, &ms, NULL, NULL));
    fprintf(file, ",\"val%s\":%.6f,\"test%s\":%.6f,\"latency_ms%s\":%.5f", suffix, val, suffix, test, suffix, ms);
    fprintf(file, ",\"weight_bytes%s\":%llu,\"arena_bytes%s\":%llu", suffix,
            (unsigned long long)hyt_graph_weight_bytes(network), suffix,
            (unsigned long long)hyt_runtime_arena_bytes(runtime));
    fprintf(stderr, "validation%s %.4f, test%s %.4f, %.4f ms\n", suffix, val, suffix, test, ms);
    hyt_runtime_destroy(runtime);
}

/* What a line starts with, and is known by. */
static void describe(const job *j, char *text, size_t size)
{
    snprintf(text, size, "{\"folder\":\"%s\",\"network\":\"%s\",\"space\":\"%s\",\"input\":%zu,\"minutes\":%g",
             j->folder, j->network, j->space, j->input, j->minutes);
    if (j->teacher) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, ",\"teacher\":\"%s\"", j->teacher);
    }
    bench_describe(j->options, j->minutes > 0 ? HYT_TRAIN_EPOCHS : NULL, text, size);
}

static void save(const job *j, const hyt_graph *network, const hyt_graph *stored)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.fp32", j->model);
    must(hyt_model_save(network, path));
    must(hyt_model_save(stored, j->model));
}

/* Written when all is measured, so that a line is whole or not there. */
static void add_line(const job *j, const char *start, const hyt_graph *network, double seconds)
{
    hyt_graph *stored = NULL;
    int64_t epochs = 0;
    bench_line line;
    bench_line_begin(&line);
    must(hyt_options_get_int(j->options, HYT_TRAIN_EPOCHS, &epochs));
    must(hyti_evaluate_quantise(network, j->train, CALIBRATION, j->threads, &stored));
    if (j->model) save(j, network, stored);
    fprintf(line.to, "%s,\"parameters\":%llu,\"macs\":%llu", start, (unsigned long long)hyt_graph_parameters(network),
            (unsigned long long)hyt_graph_macs(network));
    fprintf(line.to, ",\"trained_epochs\":%lld,\"seconds\":%.1f,\"pictures\":%zu", (long long)epochs, seconds,
            hyt_dataset_count(j->test));
    add_figures(j, line.to, "", network);
    add_figures(j, line.to, "_int8", stored);
    fputc('}', line.to);
    bench_line_end(&line, j->out);
    hyt_graph_destroy(stored);
}

static void take_flags(job *j, int argc, char **argv)
{
    for (int i = 4; i + 1 < argc; i += 2) {
        const char *key = argv[i] + 2, *value = argv[i + 1];
        if (strcmp(key, "space") == 0) j->space = value;
        else if (strcmp(key, "model") == 0) j->model = value;
        else if (strcmp(key, "teacher") == 0) j->teacher = value;
        else if (strcmp(key, "input") == 0) j->input = strtoul(value, NULL, 10);
        else if (strcmp(key, "minutes") == 0) j->minutes = strtod(value, NULL);
        else must(hyt_options_set_text(j->options, key, value));
    }
}

int main(int argc, char **argv)
{
    char start[8192];
    int64_t threads;
    double begin = bench_seconds();
    job j = { .space = "hytnas" };
    if (argc < 4 || argc % 2) {
        fprintf(stderr, "usage: classify FOLDER|shapes NETWORK OUT.jsonl [--space NAME] [--input N] [--minutes X] "
                        "[--model FILE] [--teacher FILE] [--KEY VALUE]...\n");
        return 2;
    }
    j.folder = argv[1];
    j.network = argv[2];
    j.out = argv[3];
    must(hyt_train_options_create(NULL, &j.options));
    take_flags(&j, argc, argv);
    must(hyt_options_get_int(j.options, HYT_TRAIN_THREADS, &threads));
    j.threads = (size_t)threads;
    describe(&j, start, sizeof start);
    if (bench_has_line(j.out, start)) return 0;
    j.train = load(&j, "train");
    j.val = load(&j, "val");
    j.test = load(&j, "test");
    hyt_graph *graph = bench_network(j.space, j.network, hyt_dataset_height(j.train), hyt_dataset_classes(j.train));
    if (j.minutes > 0) fill_minutes(&j, graph, begin + 60 * j.minutes);
    hyt_graph *network = train(&j, graph, bench_tell);
    add_line(&j, start, network, bench_seconds() - begin);
    hyt_graph_destroy(graph);
    hyt_graph_destroy(network);
    hyt_dataset_destroy(j.train);
    hyt_dataset_destroy(j.val);
    hyt_dataset_destroy(j.test);
    hyt_options_destroy(j.options);
    return 0;
}
