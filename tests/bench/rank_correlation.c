/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far cheap evaluations can be trusted: the same random candidates of the space hytnas, trained in full and
 * evaluated in every cheap way. Appends a JSON line an evaluation to OUT and leaves out those that are there already.
 * usage: rank_correlation FOLDER[:N] OUT [METHOD...]
 *                                                  FOLDER: has train.npz, val.npz and test.npz; N: only so many of its
 *                                                  training pictures, the first ones
 *        rank_correlation --table OUT [FOLDER]     a Markdown table: Kendall's tau with full training, its bootstrap
 *                                                  interval, and what each evaluation costs; with the FOLDER that was
 *                                                  measured on, predictors learnt from the lines as well */
#include "bench.h"
#include "numeric/distribution.h"
#include "numeric/rank.h"
#include "space/space.h"
#include <math.h>
#include <string.h>

enum { CANDIDATES = 60, DRAWS = 2000, SETTINGS = 8, EPOCHS = 24, FOLDS = 10, ROUND = 5 };
#define MOST_MACS 4e6 /* of a candidate: what a search for a small device looks at */
#define SEED 7

typedef struct method {
    const char *name, *metric;
    const char *settings[SETTINGS]; /* key, value, ..., NULL */
    double sign;                    /* -1: less is better */
    bool by_epochs;                 /* keeps the best score so far after every epoch */
} method;

#define FULL "24" /* EPOCHS */
#define AGAIN "full, another seed" /* of what it reports epoch by epoch rungs are made */
static const method methods[] = {
    { "full", "accuracy", { HYT_TRAIN_EPOCHS, FULL }, 1 },
    { AGAIN, "accuracy", { HYT_TRAIN_EPOCHS, FULL, HYT_TRAIN_SEED, "1" }, 1, true },
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
enum { METHODS = sizeof methods / sizeof *methods };

/* -- measuring ----------------------------------------------------------------------------------------------------- */

typedef struct bench {
    hyt_dataset *train, *val, *test;
    hyt_space *space;
    hyt_candidate *candidates[CANDIDATES];
    const char *out;
} bench;

static void keep_first(hyt_dataset **dataset, size_t count)
{
    hyt_dataset *first = NULL;
    size_t *indices = malloc(count * sizeof *indices);
    if (!indices || count > hyt_dataset_count(*dataset)) bench_fail("there are not as many as %zu pictures", count);
    for (size_t i = 0; i < count; i++) indices[i] = i;
    must(hyt_dataset_subset(*dataset, indices, count, &first));
    free(indices);
    hyt_dataset_destroy(*dataset);
    *dataset = first;
}

/* The pictures to train on of FOLDER or FOLDER:N; `folder` is room for its name. */
static void load_train(bench *b, const char *text, char *folder, size_t size)
{
    snprintf(folder, size, "%s", text);
    char *colon = strrchr(folder, ':');
    if (colon) *colon = 0;
    b->train = bench_load(folder, "train");
    if (colon) keep_first(&b->train, strtoul(colon + 1, NULL, 10));
}

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

static hyt_evaluator *evaluator_of(const bench *b, const method *m)
{
    hyt_options *options = NULL;
    hyt_evaluator *evaluator = NULL;
    must(hyt_evaluator_options_create(NULL, &options));
    for (size_t i = 0; i < SETTINGS && m->settings[i]; i += 2)
        must(hyt_options_set_text(options, m->settings[i], m->settings[i + 1]));
    must(hyt_evaluator_create(b->train, b->val, options, &evaluator));
    must(hyt_evaluator_add_objective(evaluator, m->metric));
    must(hyt_evaluator_limit_supernet(evaluator, "macs", MOST_MACS));
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

/* The best score so far after each epoch. */
typedef struct curve {
    double scores[EPOCHS];
    size_t count;
} curve;

static hyt_status keep_score(hyt_trial *trial, uint64_t step, const double *objectives, size_t n)
{
    curve *c = trial->owner;
    (void)step;
    if (n == 1 && c->count < EPOCHS) c->scores[c->count++] = objectives[0];
    return HYT_OK;
}

static void print_line(FILE *file, const char *start, const double values[3], const curve *c)
{
    fprintf(file, "%s \"value\": %.17g, \"quality\": %.17g, \"cpu_seconds\": %.4f", start,
            isnan(values[0]) ? -1e300 : values[0], isnan(values[1]) ? -1e300 : values[1], values[2]);
    for (size_t i = 0; i < c->count; i++) fprintf(file, "%s%.17g", i ? ", " : ", \"scores\": [", c->scores[i]);
    fputs(c->count ? "]}" : "}", file);
}

static void measure(const bench *b, hyt_evaluator *evaluator, const method *m, size_t index)
{
    char start[256];
    double value = NAN;
    curve c = { .count = 0 };
    bench_line line;
    snprintf(start, sizeof start, "{\"method\": \"%s\", \"candidate\": %zu,", m->name, index);
    if (bench_has_line(b->out, start)) return;
    hyt_trial trial = { .number = index, .candidate = b->candidates[index], .fidelity = 1, .deadline = INFINITY,
                        .owner = &c, .report = m->by_epochs ? keep_score : NULL };
    double begin = bench_cpu_seconds();
    int answer = hyt_evaluator_evaluate(evaluator, &trial, &value, 1);
    double seconds = bench_cpu_seconds() - begin;
    if (answer != 0 && answer != HYT_TRIAL_NAN) must(answer < 0 ? (hyt_status)answer : HYT_ERR_STATE);
    if (answer == HYT_TRIAL_NAN) value = NAN;
    double all = strncmp(m->name, "full", 4) == 0 && answer == 0 ? pooled(b, evaluator, value) : value;
    bench_line_begin(&line);
    print_line(line.to, start, (double[]){ value, all, seconds }, &c);
    bench_line_end(&line, b->out);
}

static int is_wanted(const method *m, char **wanted, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(m->name, wanted[i]) == 0) return 1;
    return count == 0;
}

static void bench_close(bench *b)
{
    for (size_t i = 0; i < CANDIDATES; i++) hyt_candidate_destroy(b->candidates[i]);
    hyt_space_destroy(b->space);
    hyt_dataset_destroy(b->train);
    hyt_dataset_destroy(b->val);
    hyt_dataset_destroy(b->test);
}

static int run(const char *text, const char *out, char **wanted, int count)
{
    char folder[4096];
    bench b = { .out = out };
    load_train(&b, text, folder, sizeof folder);
    b.val = bench_load(folder, "val");
    b.test = bench_load(folder, "test");
    draw_candidates(&b);
    for (size_t k = 0; k < METHODS; k++) {
        if (!is_wanted(&methods[k], wanted, count)) continue;
        hyt_evaluator *evaluator = evaluator_of(&b, &methods[k]);
        for (size_t i = 0; i < CANDIDATES; i++) measure(&b, evaluator, &methods[k], i);
        hyt_evaluator_destroy(evaluator);
    }
    bench_close(&b);
    return 0;
}

/* -- the table ----------------------------------------------------------------------------------------------------- */

typedef struct row {
    double value[CANDIDATES], quality[CANDIDATES], seconds;
    bool there[CANDIDATES];
    size_t count;
    curve curves[CANDIDATES]; /* of a method by epochs */
} row;

/* The row of a method; its name must be one of the table. */
static size_t row_of(const char *name)
{
    size_t k = 0;
    while (k < METHODS && strcmp(methods[k].name, name) != 0) k++;
    return k;
}

static void read_curve(const char *line, curve *c)
{
    const char *at = strchr(line, '[');
    char *end;
    while (at && c->count < EPOCHS) {
        double score = strtod(at + 1, &end);
        if (end == at + 1) break;
        c->scores[c->count++] = score;
        at = *end == ',' ? end : NULL;
    }
}

static void read_rows(const char *path, row *rows)
{
    char line[1024], name[128];
    size_t index;
    double value, quality, seconds;
    FILE *file = fopen(path, "r");
    if (!file) bench_fail("%s cannot be read", path);
    while (fgets(line, sizeof line, file)) {
        if (!strchr(line, '}') ||
            sscanf(line,
                   "{\"method\": \"%127[^\"]\", \"candidate\": %zu, \"value\": %lf, \"quality\": %lf, "
                   "\"cpu_seconds\": %lf",
                   name, &index, &value, &quality, &seconds) != 5 || index >= CANDIDATES)
            continue;
        size_t k = row_of(name);
        row *r = &rows[k];
        if (k == METHODS || r->there[index] || (methods[k].by_epochs && !strchr(line, '['))) continue;
        r->there[index] = true;
        r->value[index] = methods[k].sign * value;
        r->quality[index] = quality;
        r->seconds += seconds;
        r->count++;
        if (methods[k].by_epochs) read_curve(line, &r->curves[index]);
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

/* -- predictors ---------------------------------------------------------------------------------------------------- */

/* Those of the others that were measured and are not of the fold teach; what they say of the fold goes to `out`. */
static void predict_fold(const bench *b, const row *from, const size_t *which, const int *folds, size_t n, int fold,
                         row *out)
{
    hyt_predictor *predictor = NULL;
    must(hyt_predictor_create(b->space, NULL, NULL, &predictor));
    for (size_t i = 0; i < n; i++)
        if (folds[i] != fold) must(hyt_predictor_add(predictor, b->candidates[which[i]], from->value[which[i]]));
    must(hyt_predictor_fit(predictor));
    double begin = bench_cpu_seconds();
    for (size_t i = 0; i < n; i++) {
        if (folds[i] != fold) continue;
        must(hyt_predictor_predict(predictor, b->candidates[which[i]], &out->value[which[i]], NULL));
        out->there[which[i]] = true;
    }
    out->seconds += bench_cpu_seconds() - begin;
    hyt_predictor_destroy(predictor);
}

/* Each candidate by a predictor, as `hytnas measure` learns it, of the values of all that are not in its fold. How many
 * teach the least of the folds; 0 where there are too few. */
static size_t predict_row(const bench *b, const row *from, row *out)
{
    size_t which[CANDIDATES], n = 0, largest = 0;
    int folds[CANDIDATES];
    for (size_t i = 0; i < CANDIDATES; i++)
        if (from->there[i] && fabs(from->value[i]) <= 1e100) which[n++] = i; /* -1e300: a training that diverged */
    if (n < 2 * FOLDS) return 0;
    must(hyt_validation_deal(n, FOLDS, SEED, folds));
    for (int fold = 0; fold < FOLDS; fold++) {
        size_t size = 0;
        for (size_t i = 0; i < n; i++) size += folds[i] == fold;
        if (size > largest) largest = size;
        predict_fold(b, from, which, folds, n, fold, out);
    }
    out->count = n;
    return n - largest;
}

/* The lines must be of the networks that this folder's pictures give. */
static void check_networks(const bench *b, const row *macs, const char *folder)
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (!macs->there[i] || macs->value[i] == macs_of(b, b->candidates[i])) continue;
        bench_fail("the lines are not of %s: network %zu has other MACs there", folder, i);
    }
}

static void print_predictors(const row *rows, const char *text)
{
    char folder[4096];
    static const char *const taught[] = { "full", "4 epochs", "1 epoch" };
    bench b = { 0 };
    load_train(&b, text, folder, sizeof folder);
    draw_candidates(&b);
    check_networks(&b, &rows[row_of("macs")], folder);
    static row said[3];
    size_t least[3];
    for (size_t k = 0; k < 3; k++) {
        char name[128];
        snprintf(name, sizeof name, "predictor, trained on the others%s%s", k ? "' " : "", k ? taught[k] : "");
        least[k] = predict_row(&b, &rows[row_of(taught[k])], &said[k]);
        if (least[k]) print_row(name, &said[k], &rows[0]);
    }
    printf("\n");
    for (size_t k = 0; k < 3; k++) {
        const row *r = &rows[row_of(taught[k])];
        if (least[k])
            printf("The predictor of \"%s\" learnt from %zu such evaluations or more, paid once: %.1f s of processor "
                   "time.\n", taught[k], least[k], (double)least[k] * r->seconds / (double)r->count);
    }
    bench_close(&b);
}

/* -- rungs --------------------------------------------------------------------------------------------------------- */

static hyt_search *make_search(hyt_space *space)
{
    hyt_options *options = NULL;
    hyt_search *search = NULL;
    must(hyt_search_options_create(NULL, &options));
    must(hyt_options_set_text(options, HYT_SEARCH_PRUNER, "halving"));
    must(hyt_options_set_int(options, HYT_SEARCH_MAX_STEP, EPOCHS));
    must(hyt_search_create(space, options, &search));
    must(hyt_search_add_objective(search, "accuracy", HYT_MAXIMISE));
    hyt_options_destroy(options);
    return search;
}

/* Reports a training epoch by epoch, as an evaluator does, until the search has seen enough: how many it took. */
static size_t report_curve(hyt_search *search, size_t number, const curve *c)
{
    hyt_trial *trial = (hyt_trial *)(uintptr_t)hyt_search_trial(search, number);
    size_t epochs = 0;
    while (epochs < c->count && !hyt_trial_should_stop(trial)) {
        must(hyt_trial_report(trial, epochs + 1, &c->scores[epochs], 1));
        epochs++;
    }
    hyt_trial_state state = hyt_trial_should_stop(trial) ? HYT_TRIAL_PRUNED
                            : epochs == EPOCHS           ? HYT_TRIAL_FINISHED
                                                         : HYT_TRIAL_NAN;
    must(hyt_search_tell(search, trial, state, epochs ? &c->scores[epochs - 1] : NULL, epochs > 0));
    return epochs;
}

/* What the search's own pruner leaves of the trainings in `by`, in rounds as a search makes them: who came further is
 * better, then who had the better score there. `out`'s seconds are those of the epochs that were trained. */
static void halve(const row *by, row *out)
{
    hyt_space *space = NULL;
    must(hyt_space_preset(NULL, "hytnas", &space));
    hyt_search *search = make_search(space);
    for (size_t first = 0, next, number = 0; first < CANDIDATES; first = next) {
        size_t start = number, members[ROUND];
        for (next = first; next < CANDIDATES && number - start < ROUND; next++) {
            hyt_candidate *stand_in = NULL; /* the pruner looks at reports alone */
            if (!by->there[next]) continue;
            must(hyt_candidate_sample(space, SEED, next, &stand_in));
            must(hyt_search_restore(search, number, stand_in, start, HYT_TRIAL_PENDING, 0, NULL, 0));
            hyt_candidate_destroy(stand_in);
            members[number++ - start] = next;
        }
        for (size_t i = start; i < number; i++) {
            size_t k = members[i - start], epochs = report_curve(search, i, &by->curves[k]);
            out->there[k] = true;
            out->value[k] = epochs ? (double)epochs + by->curves[k].scores[epochs - 1] : 0;
            out->seconds += by->seconds / (double)by->count * (double)epochs / EPOCHS;
            out->count++;
        }
    }
    hyt_search_destroy(search);
    hyt_space_destroy(space);
}

static int print_table(const char *path, const char *folder)
{
    static row rows[METHODS], rungs;
    read_rows(path, rows);
    printf("| evaluation | candidates | Kendall tau | 95 %% | processor time | of full training |\n");
    printf("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (size_t k = 1; k < METHODS; k++)
        print_row(methods[k].name, &rows[k], &rows[0]);
    halve(&rows[row_of(AGAIN)], &rungs);
    print_row("multi-fidelity rungs", &rungs, &rows[0]);
    if (folder) print_predictors(rows, folder);
    return 0;
}

int main(int argc, char **argv)
{
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "--table") == 0) return print_table(argv[2], argv[3]);
    if (argc < 3 || argv[1][0] == '-') {
        fprintf(stderr,
                "usage: rank_correlation FOLDER[:N] OUT [METHOD...]\n       rank_correlation --table OUT [FOLDER]\n");
        return 2;
    }
    return run(argv[1], argv[2], argv + 3, argc - 3);
}
