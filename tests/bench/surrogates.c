/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surrogates on the measured HyT-NAS tables, ten fixed folds, and their speed: one JSON line a case.
 *   surrogates [folds|speed] [FOLDER]
 * FOLDER holds hytnas-vww/; default: HYTNAS_DATA, then ../shared/data beside the sources. */
#include "bench.h"
#include "numeric/rank.h"
#include <math.h>
#include <string.h>

enum { GENES = 23, FOLDS = 10, MOST_ROWS = 2000, MOST_COLUMNS = 32 };

typedef struct table {
    size_t rows, features;
    double x[MOST_ROWS * GENES], y[MOST_ROWS];
    int fold[MOST_ROWS];
} table;

typedef struct setting {
    const char *name, *kind, *options; /* "key=value key=value" */
} setting;

#define ONE_MODEL "eta=0.03 subsample=0.7 colsample=0.5 min-child-weight=5 members=1"
static const setting gp = { "gp", "gp", "" };
static const setting trees = { "trees", "trees", "" };
static const setting trees_400_4 = { "trees-400x4", "trees", "rounds=400 depth=4 " ONE_MODEL };
static const setting trees_800_2 = { "trees-800x2", "trees", "rounds=800 depth=2 " ONE_MODEL };

static const setting linear_500 = { "linear-500", "trees", "booster=linear rounds=500 eta=0.5 members=1" };
static const setting dart_200 = { "dart-200", "trees",
                                  "booster=dart rounds=200 depth=4 eta=0.1 min-child-weight=5 "
                                  "subsample=1 colsample=1 rate-drop=0.1 skip-drop=0.5 members=1" };
static const setting linear = { "linear", "trees", "booster=linear" };
static const setting dart = { "dart", "trees", "booster=dart" };

static const setting forest = { "forest", "forest", "" };
static const setting ranker = { "ranker", "ranker", "" };
static const setting ranker_ndcg = { "ranker-ndcg", "ranker", "loss=ndcg" };
static const setting ridge = { "ridge", "ridge", "" };
static const setting ridge_2 = { "ridge-2", "ridge", "degree=2" };

static const setting ffn = { "ffn", "ffn", "" };
static const setting ffn_ranking = { "ffn-ranking", "ffn", "loss=ranking" };
static const setting bnn = { "bnn", "bnn", "" };
static const setting bnn_last = { "bnn-last", "bnn", "random=last" };
static const setting automatic = { "auto", "auto", "" };

static size_t split_line(char *line, char **cells)
{
    size_t count = 0;
    for (char *cell = strtok(line, ",\r\n"); cell && count < MOST_COLUMNS; cell = strtok(NULL, ",\r\n"))
        cells[count++] = cell;
    return count;
}

static FILE *open_table(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/hytnas-vww/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) printf("{\"skipped\":\"no %s\"}\n", path);
    return file;
}

static int is_dropped(const char *column, const char *target)
{
    int accuracy = strcmp(target, "accuracy_percent") == 0;
    return strcmp(column, "row") == 0 || strcmp(column, "suspect") == 0 || strcmp(column, "source_id") == 0 ||
           strcmp(column, target) == 0 || (accuracy && strcmp(column, "l5_channels") == 0);
}

/* Column `row` of a row, or -1 for one that is marked as suspect; its features and target are appended. */
static int read_row(table *t, char **names, char **cells, size_t columns, const char *target)
{
    int row = -1;
    double *x = t->x + t->rows * t->features;
    for (size_t k = 0; k < columns; k++) {
        if (strcmp(names[k], "suspect") == 0 && atoi(cells[k])) return -1;
        if (strcmp(names[k], "row") == 0) row = atoi(cells[k]);
        if (strcmp(names[k], target) == 0) t->y[t->rows] = atof(cells[k]);
        if (!is_dropped(names[k], target)) *x++ = log2(atof(cells[k]));
    }
    return row;
}

static int read_table(const char *folder, const char *name, const char *folds_name, const char *target, table *t)
{
    static char header[8192], line[8192];
    char *names[MOST_COLUMNS], *cells[MOST_COLUMNS];
    int fold_of[MOST_ROWS] = { 0 }, row, fold;
    FILE *file = open_table(folder, folds_name);
    if (!file) return 0;
    if (!fgets(line, sizeof line, file)) return 0;
    while (fscanf(file, "%d,%d", &row, &fold) == 2)
        if (row >= 0 && row < MOST_ROWS) fold_of[row] = fold;
    fclose(file);
    file = open_table(folder, name);
    if (!file) return 0;
    if (!fgets(header, sizeof header, file)) return 0;
    size_t columns = split_line(header, names);
    t->rows = t->features = 0;
    for (size_t k = 0; k < columns; k++) t->features += !is_dropped(names[k], target);
    while (t->rows < MOST_ROWS && fgets(line, sizeof line, file)) {
        if (split_line(line, cells) != columns) break;
        row = read_row(t, names, cells, columns, target);
        if (row < 0) continue;
        t->fold[t->rows++] = fold_of[row];
    }
    fclose(file);
    return 1;
}

static void copy_rows(const table *t, int fold, int inside, double *x, double *y, size_t *where, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < t->rows; i++) {
        if ((t->fold[i] == fold) != inside) continue;
        memcpy(x + *count * t->features, t->x + i * t->features, t->features * sizeof *x);
        y[*count] = t->y[i];
        where[(*count)++] = i;
    }
}

/* The share of rows within 2 deviations would be 95 % if they held the noise of measurement too, which they leave
 * out. */
static void run_folds(const table *t, const char *target, const setting *s)
{
    static double x[MOST_ROWS * GENES], y[MOST_ROWS], mean[MOST_ROWS], deviation[MOST_ROWS], predicted[MOST_ROWS];
    static size_t where[MOST_ROWS];
    double fit = 0, within = 0, tau, rho;
    for (int fold = 0; fold < FOLDS; fold++) {
        size_t count;
        hyt_surrogate *model = bench_surrogate(s->kind, t->features, s->options);
        copy_rows(t, fold, 0, x, y, where, &count);
        double start = bench_cpu_seconds();
        must(hyt_surrogate_fit(model, x, y, count));
        fit += (bench_cpu_seconds() - start) / FOLDS;
        copy_rows(t, fold, 1, x, y, where, &count);
        must(hyt_surrogate_predict(model, x, count, mean, deviation));
        for (size_t i = 0; i < count; i++) {
            predicted[where[i]] = mean[i];
            within += fabs(mean[i] - y[i]) <= 2 * deviation[i];
        }
        hyt_surrogate_destroy(model);
    }
    must(hyti_kendall(NULL, t->y, predicted, t->rows, &tau));
    must(hyti_spearman(NULL, t->y, predicted, t->rows, &rho));
    printf("{\"case\":\"folds\",\"target\":\"%s\",\"surrogate\":\"%s\",\"rows\":%zu,\"features\":%zu,\"tau\":%.4f,"
           "\"rho\":%.4f,"
           "\"r2\":%.4f,\"rmse\":%.4f,\"within_2_deviations\":%.3f,\"fit_ms\":%.1f}\n",
           target, s->name, t->rows, t->features, tau, rho, hyti_r2(t->y, predicted, t->rows),
           hyti_rmse(t->y, predicted, t->rows), within / (double)t->rows, 1e3 * fit);
    fflush(stdout);
}

static void run_speed(const table *t, const setting *s, size_t rows)
{
    static double mean[MOST_ROWS], deviation[MOST_ROWS];
    double fit = INFINITY, predict = INFINITY;
    rows = rows < t->rows ? rows : t->rows;
    for (int repeat = 0; repeat < 5; repeat++) {
        hyt_surrogate *model = bench_surrogate(s->kind, t->features, s->options);
        double start = bench_cpu_seconds();
        must(hyt_surrogate_fit(model, t->x, t->y, rows));
        double middle = bench_cpu_seconds();
        must(hyt_surrogate_predict(model, t->x, t->rows, mean, deviation));
        predict = fmin(predict, (bench_cpu_seconds() - middle) / (double)t->rows);
        fit = fmin(fit, middle - start);
        hyt_surrogate_destroy(model);
    }
    printf("{\"case\":\"speed\",\"surrogate\":\"%s\",\"rows\":%zu,\"features\":%zu,\"fit_ms\":%.2f,\"predict_us_per_"
           "point\":%.2f}\n",
           s->name, rows, t->features, 1e3 * fit, 1e6 * predict);
    fflush(stdout);
}

static const char *data_folder(int argc, char **argv)
{
    static char path[4096];
    if (argc > 2) return argv[2];
    if (getenv("HYTNAS_DATA")) return getenv("HYTNAS_DATA");
    const char *source = getenv("HYTNAS_SOURCE");
    snprintf(path, sizeof path, "%s/../shared/data", source ? source : ".");
    return path;
}

int main(int argc, char **argv)
{
    static table accuracy, latency;
    const char *what = argc > 1 ? argv[1] : "", *folder = data_folder(argc, argv);
    if (!read_table(folder, "accuracy.csv", "folds_accuracy.csv", "accuracy_percent", &accuracy)) return 0;
    if (!read_table(folder, "latency.csv", "folds_latency.csv", "latency_ms", &latency)) return 0;
    if (strcmp(what, "speed") != 0) {
        static const setting *const for_accuracy[] = { &gp, &trees, &trees_400_4, &linear_500, &dart_200, &linear,
                                                      &dart, &forest, &ranker, &ranker_ndcg, &ridge, &ridge_2, &ffn,
                                                      &ffn_ranking, &bnn, &bnn_last, &automatic };
        static const setting *const for_latency[] = { &gp, &trees, &trees_800_2, &linear_500, &dart_200, &linear, &dart,
                                                      &forest, &ranker, &ranker_ndcg, &ridge, &ridge_2, &ffn,
                                                      &ffn_ranking, &bnn, &bnn_last, &automatic };
        for (size_t i = 0; i < sizeof for_accuracy / sizeof *for_accuracy; i++)
            run_folds(&accuracy, "accuracy_percent", for_accuracy[i]);
        for (size_t i = 0; i < sizeof for_latency / sizeof *for_latency; i++)
            run_folds(&latency, "latency_ms", for_latency[i]);
    }
    if (strcmp(what, "folds") != 0) {
        static const size_t sizes[] = { 30, 100, 300, 1000 };
        for (size_t i = 0; i < 4; i++) run_speed(&latency, &gp, sizes[i]);
        for (size_t i = 0; i < 4; i++) run_speed(&latency, &trees, sizes[i]);
        for (size_t i = 0; i < 4; i++) run_speed(&latency, &ffn, sizes[i]);
        for (size_t i = 0; i < 4; i++) run_speed(&latency, &bnn, sizes[i]);
        run_speed(&latency, &trees_400_4, MOST_ROWS);
    }
    return 0;
}
