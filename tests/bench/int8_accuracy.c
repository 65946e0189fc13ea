/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What int8 costs on real pictures: networks of the space hytnas trained on a folder of train.npz, val.npz and test.npz,
 * then quantised on 64 training pictures; top-1 on val and test in both precisions. A JSON line a network.
 * usage: int8_accuracy FOLDER [--epochs N] [--networks N] [--seed N] [--threads N] */
#include <hytnas/hytnas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings { size_t epochs, networks, seed, threads; } settings;

static void must(hyt_status status)
{
    if (status == HYT_OK) return;
    fprintf(stderr, "int8_accuracy: %s\n", hyt_message());
    exit(2);
}

static hyt_dataset *load(const char *folder, const char *part)
{
    char path[4096];
    hyt_dataset *dataset = NULL;
    snprintf(path, sizeof path, "%s/%s.npz", folder, part);
    must(hyt_dataset_load_npz(NULL, path, &dataset));
    return dataset;
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

static hyt_graph *train(const settings *s, hyt_graph *graph, const hyt_dataset *training, const hyt_dataset *validation)
{
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_graph *network = NULL;
    must(hyt_graph_initialise(graph, s->seed));
    must(hyt_train_options_create(NULL, &options));
    must(hyt_options_set_int(options, HYT_TRAIN_EPOCHS, (int64_t)s->epochs));
    must(hyt_options_set_int(options, HYT_TRAIN_THREADS, (int64_t)s->threads));
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

static hyt_graph *quantise(const hyt_graph *network, const hyt_dataset *dataset)
{
    enum { PICTURES = 64 };
    size_t size = 3 * hyt_dataset_height(dataset) * hyt_dataset_width(dataset), count = hyt_dataset_count(dataset);
    float *pictures = malloc(PICTURES * size * sizeof *pictures);
    hyt_quantiser *quantiser = NULL;
    hyt_graph *stored = NULL;
    for (size_t i = 0; i < PICTURES; i++) planes_of(dataset, i * count / PICTURES, pictures + i * size);
    must(hyt_quantiser_create(network, NULL, &quantiser));
    must(hyt_quantiser_add(quantiser, pictures, PICTURES));
    must(hyt_quantiser_finish(quantiser, &stored));
    hyt_quantiser_destroy(quantiser);
    free(pictures);
    return stored;
}

int main(int argc, char **argv)
{
    settings s = { .epochs = 24, .networks = 3, .seed = 1, .threads = 2 };
    if (argc < 2 || argc % 2) {
        fprintf(stderr, "usage: int8_accuracy FOLDER [--epochs N] [--networks N] [--seed N] [--threads N]\n");
        return 2;
    }
    for (int i = 2; i + 1 < argc; i += 2) {
        size_t value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--epochs") == 0) s.epochs = value;
        else if (strcmp(argv[i], "--networks") == 0) s.networks = value;
        else if (strcmp(argv[i], "--seed") == 0) s.seed = value;
        else if (strcmp(argv[i], "--threads") == 0) s.threads = value;
        else return 2;
    }
    hyt_dataset *parts[3] = { load(argv[1], "train"), load(argv[1], "val"), load(argv[1], "test") };
    hyt_space *space = NULL;
    uint64_t index = 0;
    must(hyt_space_preset(NULL, "hytnas", &space));
    for (size_t i = 0; i < s.networks; i++) {
        hyt_graph *graph = draw(space, hyt_dataset_width(parts[0]), hyt_dataset_classes(parts[0]), s.seed, &index);
        hyt_graph *network = train(&s, graph, parts[0], parts[1]), *stored = quantise(network, parts[0]);
        double exact[2], rounded[2];
        for (int part = 0; part < 2; part++) {
            must(hyt_train_accuracy(network, parts[part + 1], s.threads, &exact[part]));
            must(hyt_train_accuracy(stored, parts[part + 1], s.threads, &rounded[part]));
        }
        printf("{\"network\":%zu,\"macs\":%llu,\"val_fp32\":%.4f,\"val_int8\":%.4f,\"test_fp32\":%.4f,\"test_int8\":%.4f}\n", i,
               (unsigned long long)hyt_graph_macs(network), exact[0], rounded[0], exact[1], rounded[1]);
        fflush(stdout);
        hyt_graph_destroy(graph), hyt_graph_destroy(network), hyt_graph_destroy(stored);
    }
    for (int part = 0; part < 3; part++) hyt_dataset_destroy(parts[part]);
    hyt_space_destroy(space);
    return 0;
}
