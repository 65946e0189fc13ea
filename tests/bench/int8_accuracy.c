/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What int8 costs on real pictures: networks of the space hytnas trained on a folder of train.npz, val.npz and test.npz
 * (or on the built-in shapes: "shapes"), then quantised on 64 training pictures; top-1 on val and test in both
 * precisions. With --qat the same network is trained once more, rounding in the last PERCENT of the epochs. A JSON line
 * a network.
 * usage: int8_accuracy FOLDER|shapes [--epochs N] [--networks N] [--seed N] [--threads N] [--qat PERCENT] */
#include "bench.h"
#include <string.h>

typedef struct settings { size_t epochs, networks, seed, threads, qat; } settings;

static hyt_dataset *load(const char *folder, const char *part)
{
    hyt_dataset *dataset = NULL;
    if (strcmp(folder, "shapes") == 0) {
        bool train = strcmp(part, "train") == 0;
        uint64_t first = train ? 0 : strcmp(part, "val") == 0 ? 2048 : 2560;
        must(hyt_dataset_create_shapes(NULL, train ? 2048 : 512, 48, 1, first, &dataset));
        return dataset;
    }
    return bench_load(folder, part);
}

/* A drawn network of 1 to 6 M multiply-accumulates. */
static hyt_graph *draw(hyt_space *space, size_t side, size_t classes, uint64_t seed, uint64_t *index)
{
    for (;; (*index)++) {
        hyt_candidate *candidate = NULL;
        hyt_graph *graph = NULL;
        must(hyt_candidate_sample(space, seed, *index, &candidate));
        must(hyt_candidate_decode(candidate, side, classes, &graph));
        hyt_candidate_destroy(candidate);
        if (hyt_graph_macs(graph) > 1000000 && hyt_graph_macs(graph) < 6000000) {
            (*index)++;
            return graph;
        }
        hyt_graph_destroy(graph);
    }
}

static hyt_graph *train(const settings *s, size_t qat, hyt_graph *graph, const hyt_dataset *training,
                        const hyt_dataset *validation)
{
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_graph *network = NULL;
    must(hyt_graph_initialise(graph, s->seed));
    must(hyt_train_options_create(NULL, &options));
    must(hyt_options_set_int(options, HYT_TRAIN_EPOCHS, (int64_t)s->epochs));
    must(hyt_options_set_int(options, HYT_TRAIN_THREADS, (int64_t)s->threads));
    must(hyt_options_set_real(options, HYT_TRAIN_QAT, (double)qat / 100));
    must(hyt_trainer_create(graph, options, &trainer));
    must(hyt_trainer_fit(trainer, training, validation, NULL, NULL, NULL));
    must(hyt_trainer_network(trainer, &network));
    hyt_trainer_destroy(trainer);
    hyt_options_destroy(options);
    return network;
}

/* Planes from 0 to 1, as the network takes them. */
static void planes_of(const hyt_dataset *dataset, size_t index, float *to)
{
    size_t pixels = hyt_dataset_height(dataset) * hyt_dataset_width(dataset);
    const uint8_t *from = hyt_dataset_picture(dataset, index);
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++) to[c * pixels + i] = (float)from[i * 3 + c] / 255;
}

static hyt_graph *quantise(const hyt_graph *network, const hyt_dataset *dataset, const char *calibration)
{
    hyt_options *options = NULL;
    enum { PICTURES = 64 };
    size_t size = 3 * hyt_dataset_height(dataset) * hyt_dataset_width(dataset), count = hyt_dataset_count(dataset);
    float *pictures = malloc(PICTURES * size * sizeof *pictures);
    hyt_quantiser *quantiser = NULL;
    hyt_graph *stored = NULL;
    for (size_t i = 0; i < PICTURES; i++) planes_of(dataset, i * count / PICTURES, pictures + i * size);
    must(hyt_quantiser_options_create(NULL, &options));
    must(hyt_options_set_text(options, HYT_QUANTISER_CALIBRATION, calibration));
    must(hyt_quantiser_create(network, options, &quantiser));
    hyt_options_destroy(options);
    must(hyt_quantiser_add(quantiser, pictures, PICTURES));
    must(hyt_quantiser_finish(quantiser, &stored));
    hyt_quantiser_destroy(quantiser);
    free(pictures);
    return stored;
}

/* Accuracy of one training, in float32 and in int8. */
static void compare(const settings *s, size_t qat, hyt_graph *graph, hyt_dataset *const parts[3])
{
    static const char *const names[2] = { "val", "test" };
    hyt_graph *network = train(s, qat, graph, parts[0], parts[1]);
    hyt_graph *stored = quantise(network, parts[0], qat ? "learned" : "minmax");
    for (int part = 0; part < 2; part++) {
        double exact, rounded;
        must(hyt_train_accuracy(network, parts[part + 1], s->threads, &exact));
        must(hyt_train_accuracy(stored, parts[part + 1], s->threads, &rounded));
        printf(",\"%s%s_fp32\":%.4f,\"%s%s_int8\":%.4f", qat ? "qat_" : "", names[part], exact, qat ? "qat_" : "",
               names[part], rounded);
    }
    hyt_graph_destroy(network);
    hyt_graph_destroy(stored);
}

int main(int argc, char **argv)
{
    settings s = { .epochs = 24, .networks = 3, .seed = 1, .threads = 2 };
    if (argc < 2 || argc % 2) {
        fprintf(stderr, "usage: int8_accuracy FOLDER|shapes [--epochs N] [--networks N] [--seed N] [--threads N] "
                        "[--qat PERCENT]\n");
        return 2;
    }
    for (int i = 2; i + 1 < argc; i += 2) {
        size_t value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--epochs") == 0) s.epochs = value;
        else if (strcmp(argv[i], "--networks") == 0) s.networks = value;
        else if (strcmp(argv[i], "--seed") == 0) s.seed = value;
        else if (strcmp(argv[i], "--threads") == 0) s.threads = value;
        else if (strcmp(argv[i], "--qat") == 0) s.qat = value;
        else return 2;
    }
    hyt_dataset *parts[3] = { load(argv[1], "train"), load(argv[1], "val"), load(argv[1], "test") };
    hyt_space *space = NULL;
    uint64_t index = 0;
    must(hyt_space_preset(NULL, "hytnas", &space));
    for (size_t i = 0; i < s.networks; i++) {
        hyt_graph *graph = draw(space, hyt_dataset_width(parts[0]), hyt_dataset_classes(parts[0]), s.seed, &index);
        printf("{\"network\":%zu,\"macs\":%llu", i, (unsigned long long)hyt_graph_macs(graph));
        compare(&s, 0, graph, parts);
        if (s.qat) compare(&s, s.qat, graph, parts);
        printf("}\n");
        fflush(stdout);
        hyt_graph_destroy(graph);
    }
    for (int part = 0; part < 3; part++) hyt_dataset_destroy(parts[part]);
    hyt_space_destroy(space);
    return 0;
}
