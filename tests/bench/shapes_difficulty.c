/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How hard the built-in set is: accuracy on 1,000 new pictures of a linear model on pixels, of one on statistics of
 * colour and contrast, and of a small convolutional network; and how fast pictures are made. One JSON line a figure.
 * usage: shapes_difficulty [--input SIDE] [--pictures N] [--epochs N] [--rate R] [--threads N] [--seed N] */
#include "bench.h"
#include "../data/linear.h"
#include <time.h>

typedef struct settings { size_t input, pictures, epochs, threads, seed; double rate; } settings;

static settings parse(int argc, char **argv)
{
    settings s = { .input = 48, .pictures = 3000, .epochs = 12, .threads = 2, .seed = 1, .rate = 4e-3 };
    const struct { const char *key; size_t *value; } keys[] = {
        { "--input", &s.input }, { "--pictures", &s.pictures }, { "--epochs", &s.epochs }, { "--threads", &s.threads },
        { "--seed", &s.seed },
    };
    for (int i = 1; i + 1 < argc; i += 2) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (strcmp(argv[i], keys[k].key) == 0) *keys[k].value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--rate") == 0) s.rate = strtod(argv[i + 1], NULL);
    }
    return s;
}

static void report(const char *name, const settings *s, const char *unit, double value)
{
    printf("{\"case\":\"%s@%zu\",\"pictures\":%zu,\"%s\":%.4g}\n", name, s->input, s->pictures, unit, value);
    fflush(stdout);
}

static hyt_dataset *make(const settings *s, size_t count, uint64_t first)
{
    hyt_dataset *data = NULL;
    must(hyt_dataset_create_shapes(NULL, count, s->input, s->seed, first, &data));
    return data;
}

static double fit_linear(linear_rows (*view)(const hyt_dataset *), const hyt_dataset *train, const hyt_dataset *test,
                         float rate)
{
    linear_rows a = view(train), b = view(test);
    linear_scale(&a, &b);
    double accuracy = linear_fit(&a, &b, rate, 0.1f, 30);
    linear_rows_clear(&a);
    linear_rows_clear(&b);
    return accuracy;
}

/* Five 3x3 convolutions with batch norm and ReLU, then the mean over the picture: 44,642 parameters. */
static hyt_graph *make_network(const settings *s)
{
    const size_t channels[] = { 16, 24, 40, 40, 48 }, strides[] = { 2, 2, 1, 2, 1 };
    hyt_graph *graph = NULL;
    hyt_value x;
    must(hyt_graph_create(NULL, "five-convolutions", &graph));
    must(hyt_graph_input(graph, 3, s->input, s->input, &x));
    for (size_t i = 0; i < 5; i++) {
        must(hyt_graph_conv(graph, x, channels[i], 3, strides[i], 1, &x));
        must(hyt_graph_batch_norm(graph, x, &x));
        must(hyt_graph_activation(graph, x, HYT_OP_RELU, &x));
    }
    must(hyt_graph_global_pool(graph, x, &x));
    must(hyt_graph_linear(graph, x, 2, 1, &x));
    return graph;
}

/* That of the last epoch, not of the best. */
static int keep_accuracy(void *user, size_t epoch, double loss, double accuracy)
{
    (void)epoch;
    (void)loss;
    *(double *)user = accuracy;
    return 0;
}

static double fit_network(const settings *s, const hyt_dataset *train, const hyt_dataset *test)
{
    hyt_options *options = NULL;
    hyt_trainer *trainer = NULL;
    hyt_graph *graph = make_network(s);
    double accuracy = 0;
    must(hyt_train_options_create(NULL, &options));
    must(hyt_options_set_int(options, HYT_TRAIN_EPOCHS, (int64_t)s->epochs));
    must(hyt_options_set_int(options, HYT_TRAIN_BATCH, 16));
    must(hyt_options_set_int(options, HYT_TRAIN_THREADS, (int64_t)s->threads));
    must(hyt_options_set_int(options, HYT_TRAIN_SEED, (int64_t)s->seed));
    must(hyt_options_set_real(options, HYT_TRAIN_RATE, s->rate));
    must(hyt_trainer_create(graph, options, &trainer));
    must(hyt_trainer_fit(trainer, train, test, keep_accuracy, &accuracy, NULL));
    hyt_options_destroy(options);
    hyt_trainer_destroy(trainer);
    hyt_graph_destroy(graph);
    return accuracy;
}

int main(int argc, char **argv)
{
    settings s = parse(argc, argv);
    clock_t start = clock();
    hyt_dataset *train = make(&s, s.pictures, 0);
    report("shapes-made", &s, "per_second", (double)s.pictures / ((double)(clock() - start) / CLOCKS_PER_SEC));
    hyt_dataset *test = make(&s, 1000, s.pictures);
    report("shapes-linear-pixels", &s, "accuracy", fit_linear(linear_pixels, train, test, 1e-4f));
    report("shapes-linear-statistics", &s, "accuracy", fit_linear(linear_statistics, train, test, 1e-3f));
    report("shapes-network", &s, "accuracy", fit_network(&s, train, test));
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(test);
    return 0;
}
