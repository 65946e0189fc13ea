/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each choice of training is worth on real pictures: one small hybrid, one choice changed at a time. Appends a
 * JSON line a training to OUT and leaves out those that are there already.
 * usage: recipes FOLDER OUT [EPOCHS [SEED]]   FOLDER: has train.npz, val.npz and test.npz */
#include "bench.h"
#include "graph/graph.h"

typedef struct recipe {
    const char *name;
    const char *settings[8]; /* key, value, ..., NULL */
    int taught;              /* by a network of twice the width */
} recipe;

static const recipe recipes[] = {
    { "default", { NULL }, 0 },
    { "one-cycle", { "schedule", "one-cycle", "warmup", "0.3" }, 0 },
    { "step", { "schedule", "step" }, 0 },
    { "sgd", { "optimiser", "sgd", "rate", "0.05", "weight-decay", "0.0005", "nesterov", "1" }, 0 },
    { "clip", { "clip", "1" }, 0 },
    { "no averaging", { "averaging", "0" }, 0 },
    { "mixup", { "mixup", "0.2" }, 0 },
    { "cutmix", { "cutmix", "1" }, 0 },
    { "erasing", { "erasing", "0.25" }, 0 },
    { "teacher", { NULL }, 1 },
};

static hyt_graph *network(const hyt_dataset *train, size_t factor)
{
    hyt_graph *graph = NULL;
    hyt_value x;
    must(hyt_graph_create(NULL, "small-hybrid", &graph));
    must(hyt_graph_input(graph, 3, hyt_dataset_height(train), hyt_dataset_width(train), &x));
    must(hyti_graph_conv_norm(graph, x, 8 * factor, 3, 2, 1, HYT_OP_SILU, &x));
    must(hyt_graph_inverted_residual(graph, x, 12 * factor, 2, 3, HYT_OP_SILU, &x));
    must(hyt_graph_inverted_residual(graph, x, 16 * factor, 1, 3, HYT_OP_SILU, &x));
    must(hyt_graph_inverted_residual(graph, x, 24 * factor, 2, 3, HYT_OP_SILU, &x));
    must(hyt_graph_mobilevit(graph, x, 32 * factor, 48 * factor, 4, 1, 2, HYT_OP_SILU, &x));
    must(hyti_graph_conv_norm(graph, x, 64 * factor, 1, 1, 1, HYT_OP_SILU, &x));
    must(hyt_graph_global_pool(graph, x, &x));
    must(hyt_graph_linear(graph, x, hyt_dataset_classes(train), 1, &x));
    return graph;
}

static hyt_graph *train_one(const recipe *r, size_t factor, const hyt_graph *teacher, const hyt_dataset *train,
                            const hyt_dataset *val, const char *epochs, const char *seed, double *best)
{
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_graph *graph = network(train, factor), *trained = NULL;
    must(hyt_train_options_create(NULL, &options));
    must(hyt_options_set_text(options, HYT_TRAIN_EPOCHS, epochs));
    must(hyt_options_set_text(options, HYT_TRAIN_SEED, seed));
    for (size_t i = 0; i < 8 && r->settings[i]; i += 2)
        must(hyt_options_set_text(options, r->settings[i], r->settings[i + 1]));
    must(hyt_trainer_create(graph, options, &trainer));
    must(hyt_trainer_set_teacher(trainer, teacher));
    must(hyt_trainer_fit(trainer, train, val, NULL, NULL, best));
    must(hyt_trainer_network(trainer, &trained));
    hyt_trainer_destroy(trainer);
    hyt_options_destroy(options);
    hyt_graph_destroy(graph);
    return trained;
}

int main(int argc, char **argv)
{
    if (argc < 3) { fprintf(stderr, "usage: recipes FOLDER OUT [EPOCHS [SEED]]\n"); return 2; }
    const char *epochs = argc > 3 ? argv[3] : "15", *seed = argc > 4 ? argv[4] : "0";
    hyt_dataset *train = bench_load(argv[1], "train"), *val = bench_load(argv[1], "val"),
                *test = bench_load(argv[1], "test");
    hyt_graph *teacher = NULL;
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        char start[256];
        bench_line line;
        double best, accuracy, begin = bench_cpu_seconds();
        snprintf(start, sizeof start, "{\"recipe\": \"%s\", \"epochs\": %s, \"seed\": %s", recipes[i].name, epochs,
                 seed);
        if (bench_has_line(argv[2], start)) continue;
        if (recipes[i].taught) teacher = train_one(&recipes[0], 2, NULL, train, val, epochs, seed, &best);
        hyt_graph *trained = train_one(&recipes[i], 1, teacher, train, val, epochs, seed, &best);
        must(hyt_train_accuracy(trained, test, 1, &accuracy));
        bench_line_begin(&line);
        fprintf(line.to, "%s, \"parameters\": %llu, \"val\": %.4f, \"test\": %.4f, \"cpu_seconds\": %.1f}", start,
                (unsigned long long)hyt_graph_parameters(trained), best, accuracy, bench_cpu_seconds() - begin);
        bench_line_end(&line, argv[2]);
        hyt_graph_destroy(trained);
    }
    hyt_graph_destroy(teacher);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(val);
    hyt_dataset_destroy(test);
    return 0;
}
