/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far cheap evaluations can be trusted: the same random candidates of the space hytnas, trained in full and
 * evaluated in every cheap way. Appends a JSON line an evaluation to OUT and leaves out those that are there already.
 * usage: rank_correlation FOLDER OUT [METHOD...]   FOLDER: has train.npz, val.npz and test.npz
 *        rank_correlation --table OUT              a Markdown table: Kendall's tau with full training, its bootstrap
 *                                                  interval, and what each evaluation costs */
#include "numeric/distribution.h"
#include "numeric/rank.h"
#include "space/space.h"
#include <hytnas/evaluate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CANDIDATES = 60, DRAWS = 2000, SETTINGS = 8 };
#define MOST_MACS 4e6 /* of a candidate: what a search for a small device looks at */
#define SEED 7

typedef struct method {
    const char *name, *metric;
    const char *settings[SETTINGS]; /* key, value, ..., NULL */
    double sign;                    /* -1: less is better */
} method;

#define FULL "24" /* epochs */
static const method methods[] = {
    { "full", "accuracy", { HYT_TRAIN_EPOCHS, FULL }, 1 },
    { "full, another seed", "accuracy", { HYT_TRAIN_EPOCHS, FULL, HYT_TRAIN_SEED, "1" }, 1 },
    { "parameters", "parameters", { NULL }, 1 },
    { "macs", "macs", { NULL }, 1 },
    { "zen", "zen", { NULL }, 1 },
    { "naswot", "naswot", { NULL }, 1 },
    { "synflow", "synflow", { NULL }, 1 },
    { "snip", "snip", { NULL }, 1 },
    { "gradient norm", "gradnorm", { NULL }, 1 },
    { "logdet", "logdet", { NULL }, 1 },
    { "fused", "fused", { NULL }, 1 },
    { "4 of 24 epochs, extrapolated", "accuracy", { HYT_TRAIN_EPOCHS, FULL, HYT_EVALUATE_EXTRAPOLATE, "4" }, 1 },
    { "8 of 24 epochs, extrapolated", "accuracy", { HYT_TRAIN_EPOCHS, FULL, HYT_EVALUATE_EXTRAPOLATE, "8" }, 1 },
    { "4 epochs, a quarter at random", "accuracy", { HYT_TRAIN_EPOCHS, "4", HYT_EVALUATE_SUBSET, "0.25" }, 1 },
    { "4 epochs, a quarter, balanced", "accuracy",
      { HYT_TRAIN_EPOCHS, "4", HYT_EVALUATE_SUBSET, "0.25", HYT_EVALUATE_SUBSET_BY, "balanced" }, 1 },
    { "4 epochs, the hard quarter", "accuracy",
      { HYT_TRAIN_EPOCHS, "4", HYT_EVALUATE_SUBSET, "0.25", HYT_EVALUATE_SUBSET_BY, "hard" }, 1 },
    { "1 epoch", "accuracy", { HYT_TRAIN_EPOCHS, "1" }, 1 },
    { "2 epochs", "accuracy", { HYT_TRAIN_EPOCHS, "2" }, 1 },
    { "4 epochs", "accuracy", { HYT_TRAIN_EPOCHS, "4" }, 1 },
    { "8 epochs", "accuracy", { HYT_TRAIN_EPOCHS, "8" }, 1 },
    { "one-shot, 24 epochs", "accuracy", { HYT_EVALUATE_METHOD, "one-shot", HYT_EVALUATE_SUPERNET_EPOCHS, FULL }, 1 },
};

static void must(hyt_status status)
{
    if (status == HYT_OK) return;
    fprintf(stderr, "rank_correlation: %s\n", hyt_message());
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

/* -- measuring ----------------------------------------------------------------------------------------------------- */

typedef struct bench {
    hyt_dataset *train, *val, *test;
    hyt_space *space;
    hyt_candidate *candidates[CANDIDATES];
    const char *out;
} bench;

static double macs_of(const bench *b, const hyt_candidate *candidate)
{
    hyt_graph *graph = NULL;
    must(hyt_candidate_decode(candidate, hyt_dataset_height(b->train), hyt_dataset_classes(b->train), &graph));
    double macs = (double)hyt_graph_macs(graph);
    hyt_graph_destroy(graph);
    return macs;
}

static void draw_candidates(bench *b)
{
    size_t found = 0;
    must(hyt_space_preset(NULL, "hytnas", &b->space));
    for (uint64_t i = 0; found < CANDIDATES; i++) {
        hyt_candidate *candidate = NULL;
        must(hyt_candidate_sample(b->space, SEED, i, &candidate));
        if (macs_of(b, candidate) <= MOST_MACS) b->candidates[found++] = candidate;
        else hyt_candidate_destroy(candidate);
    }
}

static int is_there(const char *path, const char *start)
{
    char line[1024];
    int found = 0;
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof line, file)) found = strncmp(line, start, strlen(start)) == 0;
    if (file) fclose(file);
    return found;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static hyt_evaluator *evaluator_of(const bench *b, const method *m)
{
    hyt_options *options = NULL;
    hyt_evaluator *evaluator = NULL;
    must(hyt_evaluator_options_create(NULL, &options));
    for (size_t i = 0; i < SETTINGS && m->settings[i]; i += 2)
        must(hyt_options_set_text(options, m->settings[i], m->settings[i + 1]));
    must(hyt_evaluator_create(b->train, b->val, options, &evaluator));
    must(hyt_evaluator_add_objective(evaluator, m->metric));
    hyt_options_destroy(options);
    return evaluator;
}

/* Validation and test pictures together judge a training that is run to its end. */
static double pooled(const bench *b, const hyt_evaluator *evaluator, double validation)
{
    double test, n = (double)hyt_dataset_count(b->val), m = (double)hyt_dataset_count(b->test);
    hyt_graph *network = NULL;
    must(hyt_evaluator_network(evaluator, &network));
    must(hyt_train_accuracy(network, b->test, 1, &test));
    hyt_graph_destroy(network);
    return (n * validation + m * test) / (n + m);
}

static void measure(const bench *b, hyt_evaluator *evaluator, const method *m, size_t index)
{
    char start[256];
    double value = NAN;
    snprintf(start, sizeof start, "{\"method\": \"%s\", \"candidate\": %zu,", m->name, index);
    if (is_there(b->out, start)) return;
    hyt_trial trial = { .number = index, .candidate = b->candidates[index], .fidelity = 1, .deadline = INFINITY };
    double begin = cpu_seconds();
    int answer = hyt_evaluator_evaluate(evaluator, &trial, &value, 1);
    double seconds = cpu_seconds() - begin;
    if (answer != 0 && answer != HYT_TRIAL_NAN) must(answer < 0 ? (hyt_status)answer : HYT_ERR_STATE);
    if (answer == HYT_TRIAL_NAN) value = NAN;
    double all = strncmp(m->name, "full", 4) == 0 && answer == 0 ? pooled(b, evaluator, value) : value;
    FILE *file = fopen(b->out, "a");
    if (!file || fprintf(file, "%s \"value\": %.17g, \"quality\": %.17g, \"cpu_seconds\": %.4f}\n", start,
                         isnan(value) ? -1e300 : value, isnan(all) ? -1e300 : all, seconds) < 0 || fclose(file) != 0) {
        fprintf(stderr, "rank_correlation: %s cannot be written\n", b->out);
        exit(2);
    }
}

static int is_wanted(const char *name, char **wanted, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(name, wanted[i]) == 0) return 1;
    return count == 0;
}

static int run(const char *folder, const char *out, char **wanted, int count)
{
    bench b = { .train = load(folder, "train"), .val = load(folder, "val"), .test = load(folder, "test"), .out = out };
    draw_candidates(&b);
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        if (!is_wanted(methods[k].name, wanted, count)) continue;
        hyt_evaluator *evaluator = evaluator_of(&b, &methods[k]);
        for (size_t i = 0; i < CANDIDATES; i++) measure(&b, evaluator, &methods[k], i);
        hyt_evaluator_destroy(evaluator);
    }
    for (size_t i = 0; i < CANDIDATES; i++) hyt_candidate_destroy(b.candidates[i]);
    hyt_space_destroy(b.space);
    hyt_dataset_destroy(b.train);
    hyt_dataset_destroy(b.val);
    hyt_dataset_destroy(b.test);
    return 0;
}

/* -- the table ----------------------------------------------------------------------------------------------------- */

typedef struct row {
    double value[CANDIDATES], quality[CANDIDATES], seconds;
    bool there[CANDIDATES];
    size_t count;
} row;

static void read_rows(const char *path, row *rows)
{
    char line[1024], name[128];
    size_t index;
    double value, quality, seconds;
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "rank_correlation: %s cannot be read\n", path);
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line,
                   "{\"method\": \"%127[^\"]\", \"candidate\": %zu, \"value\": %lf, \"quality\": %lf, "
                   "\"cpu_seconds\": %lf",
                   name, &index, &value, &quality, &seconds) != 5 || index >= CANDIDATES)
            continue;
        for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
            row *r = &rows[k];
            if (strcmp(methods[k].name, name) != 0 || r->there[index]) continue;
            r->there[index] = true;
            r->value[index] = methods[k].sign * value;
            r->quality[index] = quality;
            r->seconds += seconds;
            r->count++;
        }
    }
    fclose(file);
}

/* Tau of `n` pairs drawn by `pick` (NULL: all of them, once). */
static double tau_of(const double *a, const double *b, size_t n, hyti_rng *pick)
{
    double x[CANDIDATES], y[CANDIDATES], tau = NAN;
    for (size_t i = 0; i < n; i++) {
        size_t from = pick ? (size_t)hyti_rng_below(pick, n) : i;
        x[i] = a[from];
        y[i] = b[from];
    }
    must(hyti_kendall(NULL, x, y, n, &tau));
    return tau;
}

static void print_row(const char *name, const row *r, const row *full)
{
    static double draws[DRAWS];
    double a[CANDIDATES], b[CANDIDATES];
    size_t n = 0, drawn = 0;
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (!r->there[i] || !full->there[i]) continue;
        a[n] = r->value[i];
        b[n++] = full->quality[i];
    }
    if (n < 3) return;
    hyti_rng rng = hyti_rng_start(SEED, HYTI_PURPOSE_TEST, 0);
    for (size_t k = 0; k < DRAWS; k++) {
        double tau = tau_of(a, b, n, &rng);
        if (!isnan(tau)) draws[drawn++] = tau;
    }
    hyti_sort(draws, drawn);
    double share = r->seconds / (double)r->count / (full->seconds / (double)full->count);
    printf("| %s | %zu | %.2f | %.2f to %.2f | %.3g s | 1/%.3g |\n", name, n, tau_of(a, b, n, NULL),
           drawn ? hyti_quantile(draws, drawn, 0.025) : NAN, drawn ? hyti_quantile(draws, drawn, 0.975) : NAN,
           r->seconds / (double)r->count, 1 / share);
}

static int print_table(const char *path)
{
    static row rows[sizeof methods / sizeof *methods];
    read_rows(path, rows);
    printf("| evaluation | candidates | Kendall tau | 95 %% | processor time | of full training |\n");
    printf("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (size_t k = 1; k < sizeof methods / sizeof *methods; k++) print_row(methods[k].name, &rows[k], &rows[0]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--table") == 0) return print_table(argv[2]);
    if (argc < 3 || argv[1][0] == '-') {
        fprintf(stderr, "usage: rank_correlation FOLDER OUT [METHOD...]\n       rank_correlation --table OUT\n");
        return 2;
    }
    return run(argv[1], argv[2], argv + 3, argc - 3);
}
