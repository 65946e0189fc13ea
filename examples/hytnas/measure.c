/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hytnas measure: measures random networks of a space into a table, and learns predictors from it. */
#include "csv.h"
#include "flags.h"
#include "pictures.h"
#include "settings.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATA, INPUT, SHAPES_TRAIN, SHAPES_VAL, SHAPES_TEST, SPACE, METRIC, COUNT, OUT, SURROGATE, FOLDS, SEED, FLAGS };
static const flag_row flags[] = {
    [DATA] = { "data", "SOURCE", "pictures, as hytnas search takes them, or shapes, the built-in generated set" },
    [INPUT] = { "input", "N", "side of the networks' input in pixels" },
    [SHAPES_TRAIN] = { "shapes-train", "N", "generated pictures to train on (default 800)" },
    [SHAPES_VAL] = { "shapes-val", "N", "to validate on (default 400)" },
    [SHAPES_TEST] = { "shapes-test", "N", "to test on (default 400; not looked at)" },
    [SPACE] = { "space", "NAME", "what the networks are drawn from, uniformly (default hytnas)" },
    [METRIC] = { "metric", "NAME", "what is measured; repeatable (default accuracy and latency_ms)" },
    [COUNT] = { "count", "N", "networks in the table in the end (default 100)" },
    [OUT] = { "out", "FILE.csv",
              "the table: a line a network, written when it is measured. One that is there is gone on with, by the "
              "same flags: FILE-settings.txt says what it was made with. The predictors lie beside it, "
              "FILE-METRIC.predictor" },
    [SURROGATE] = { "surrogate", "KIND", "what learns (default auto)" },
    [FOLDS] = { "folds", "N", "of the cross-validation that says how good the predictors are (default 10)" },
    [SEED] = { "draw-seed", "N", "seed of the networks that are drawn (default 0)" },
};

enum { MOST = 8 };

typedef struct measuring {
    pictures_wanted data;
    const char *space_name, *out, *surrogate;
    const char *metrics[MOST];
    size_t metric_count, count, folds, seed;
    hyt_options *options;
    char task[32];
    picture_parts pictures;
    hyt_space *space;
    hyt_evaluator *evaluator;
} measuring;

static int take(void *user, size_t place, const char *value)
{
    measuring *m = user;
    switch (place) {
    case DATA: m->data.source = value; return GOOD;
    case INPUT: return parse_whole("input", value, 32, 512, &m->data.input);
    case SHAPES_TRAIN: return parse_whole("shapes-train", value, 2, 1000000, &m->data.train);
    case SHAPES_VAL: return parse_whole("shapes-val", value, 2, 1000000, &m->data.val);
    case SHAPES_TEST: return parse_whole("shapes-test", value, 2, 1000000, &m->data.test);
    case SPACE: m->space_name = value; return GOOD;
    case COUNT: return parse_whole("count", value, 2, 1000000, &m->count);
    case OUT: m->out = value; return GOOD;
    case SURROGATE: m->surrogate = value; return GOOD;
    case FOLDS: return parse_whole("folds", value, 2, 1000, &m->folds);
    case SEED: return parse_whole("draw-seed", value, 0, SIZE_MAX / 2, &m->seed);
    case METRIC: break;
    default: return complain("measure takes flags only, not \"%s\"", value);
    }
    if (m->metric_count == MOST) return complain("more than %d metrics", MOST);
    m->metrics[m->metric_count++] = value;
    return GOOD;
}

static int read_flags(measuring *m, int argc, char **argv)
{
    const option_group groups[] = { { "Training and timing of each network", "train-", m->options } };
    const command_form form = {
        .name = "measure",
        .operands = "",
        .about =
            "Draws networks of a space uniformly, measures them, and appends each to a table of their genes and what "
            "was measured, which hytnas predict reads too. Then learns a predictor of every metric from the whole "
            "table and says how well the networks of a fold are predicted by what the others taught: Kendall's tau, "
            "R2 and the root of the mean squared error, each with its deviation over five deals of the folds.",
        .flags = flags,
        .flag_count = FLAGS,
        .groups = groups,
        .group_count = 1,
        .examples = "  hytnas measure --data pictures --count 100 --epochs 4 --out measured.csv\n"
                    "  hytnas predict --model measured-latency_ms.predictor GENOME\n"
                    "  hytnas search --data pictures --predictor measured-latency_ms.predictor \\\n"
                    "    --objective accuracy:max --objective predicted_latency_ms:min\n",
    };
    return parse_flags(&form, argc, argv, take, m);
}

/* -- the table ----------------------------------------------------------------------------------------------------- */

static void write_header(const measuring *m, FILE *out)
{
    fprintf(out, "row");
    for (size_t g = 0; g < hyt_space_genes(m->space); g++) fprintf(out, ",%s", hyt_space_gene_name(m->space, g));
    for (size_t k = 0; k < m->metric_count; k++) fprintf(out, ",%s", m->metrics[k]);
    fprintf(out, "\n");
}

static void write_gene(const hyt_candidate *candidate, const hyt_space *space, size_t gene, FILE *out)
{
    const char *label = hyt_space_gene_label(space, gene, hyt_candidate_level(candidate, gene));
    putc(',', out);
    if (!hyt_candidate_active(candidate, gene)) putc('-', out);
    else if (label) fputs(label, out);
    else json_number(out, hyt_candidate_value(candidate, gene));
}

static int append_row(const measuring *m, size_t row, const hyt_candidate *candidate, const double *values)
{
    FILE *out = fopen(m->out, "a");
    if (!out) return complain("%s: cannot be written", m->out);
    fprintf(out, "%zu", row);
    for (size_t g = 0; g < hyt_space_genes(m->space); g++) write_gene(candidate, m->space, g, out);
    for (size_t k = 0; k < m->metric_count; k++) {
        putc(',', out);
        json_number(out, values[k]);
    }
    putc('\n', out);
    return close_stream(out, m->out);
}

/* A line that was cut off when the program was killed goes. */
static int cut_table(const char *path)
{
    FILE *file = fopen(path, "r");
    long whole = 0, at = 0;
    int c;
    if (!file) return GOOD;
    while ((c = getc(file)) != EOF) {
        at++;
        if (c == '\n') whole = at;
    }
    fclose(file);
    if (whole < at && truncate(path, whole) != 0) return complain("%s: its last line cannot be taken away", path);
    return GOOD;
}

/* The table must be of these genes and metrics. */
static int check_header(const measuring *m, const csv *table)
{
    size_t genes = hyt_space_genes(m->space), at = 0;
    bool same = table->columns == 1 + genes + m->metric_count && strcmp(csv_name(table, at++), "row") == 0;
    for (size_t g = 0; same && g < genes; g++)
        same = strcmp(csv_name(table, at++), hyt_space_gene_name(m->space, g)) == 0;
    for (size_t k = 0; same && k < m->metric_count; k++) same = strcmp(csv_name(table, at++), m->metrics[k]) == 0;
    return same ? GOOD : complain("%s: is a table of other genes or metrics", m->out);
}

/* "measured.csv" and "-settings.txt": "measured-settings.txt". */
static void beside_table(const measuring *m, const char *end, char *path, size_t size)
{
    size_t length = strlen(m->out);
    if (length > 4 && strcmp(m->out + length - 4, ".csv") == 0) length -= 4;
    snprintf(path, size, "%.*s%s", (int)length, m->out, end);
}

/* What decides the networks and what is measured of them, as lines of key=value for the caller to free; NULL after a
 * message. */
static char *describe(const measuring *m)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out) {
        fprintf(out, "space=%s\ndraw-seed=%zu\ninput=%zu\nclasses=%zu\n", m->space_name, m->seed, m->pictures.input,
                m->pictures.classes);
        describe_options(out, m->options, "", "\n");
        fprintf(out, "train pictures=%016" PRIx64 "\nvalidation pictures=%016" PRIx64 "\n", m->pictures.train_print,
                m->pictures.validation_print);
        if (fclose(out) == 0) return text;
    }
    free(text);
    complain("out of memory");
    return NULL;
}

/* A new table is made with these settings; one with rows must have been. */
static int check_settings(const measuring *m, size_t rows)
{
    char path[4096];
    beside_table(m, "-settings.txt", path, sizeof path);
    char *lines = describe(m);
    int result = lines ? GOOD : BAD;
    if (result == GOOD && rows == 0) result = settings_write(path, lines);
    else if (result == GOOD && settings_exist(path)) result = settings_compare(path, lines, m->out);
    else if (result == GOOD)
        fprintf(stderr, "%s: there is no %s to say what its rows were made with; taken as made with these flags\n",
                m->out, path);
    free(lines);
    return result;
}

static int start_table(const measuring *m)
{
    FILE *out = fopen(m->out, "a");
    if (!out) return complain("%s: cannot be written", m->out);
    if (ftell(out) == 0) write_header(m, out);
    return close_stream(out, m->out);
}

/* The network of a row is drawn again; its genes must be those of the table. */
static int row_candidate(const measuring *m, const csv *table, size_t row, hyt_candidate **out)
{
    double number, value;
    hyt_candidate *candidate = NULL;
    if (csv_number(table, row, 0, &number) != GOOD) return BAD;
    if (!(number >= 0 && number < 1e9)) return complain("%s: row %g", m->out, number);
    if (check(hyt_candidate_sample(m->space, m->seed, (uint64_t)number, &candidate)) != GOOD) return BAD;
    bool same = true;
    for (size_t g = 0; same && g < hyt_space_genes(m->space); g++)
        if (hyt_candidate_active(candidate, g) && csv_is_number(csv_cell(table, row, 1 + g), &value))
            same = value == hyt_candidate_value(candidate, g);
    *out = candidate;
    return same ? GOOD : complain("%s: row %.0f is not the network of --draw-seed %zu", m->out, number, m->seed);
}

/* -- measuring ----------------------------------------------------------------------------------------------------- */

/* On a terminal in place of the line before, else a line of its own. */
static void show_row(const measuring *m, size_t row, const double *values)
{
    bool terminal = isatty(STDERR_FILENO);
    fprintf(stderr, "%snetwork %zu of %zu:", terminal ? "\r\033[K" : "", row + 1, m->count);
    for (size_t k = 0; k < m->metric_count; k++)
        fprintf(stderr, "%s %s %s", k ? "," : "", title_of(m->metrics[k]), spoken(m->metrics[k], values[k]));
    if (!terminal || row + 1 == m->count) fprintf(stderr, "\n");
}

static int measure_rows(const measuring *m, size_t first)
{
    for (size_t row = first; row < m->count; row++) {
        double values[MOST];
        hyt_candidate *candidate = NULL;
        if (check(hyt_candidate_sample(m->space, m->seed, row, &candidate)) != GOOD) return BAD;
        int answer = hyt_evaluator_measure(m->evaluator, candidate, values, m->metric_count);
        int result = GOOD;
        if (answer < 0) result = complain_status();
        else if (answer == HYT_OK) result = append_row(m, row, candidate, values);
        else fprintf(stderr, "network %zu of %zu: %s, left out\n", row + 1, m->count,
                     hyt_trial_state_name((hyt_trial_state)answer));
        hyt_candidate_destroy(candidate);
        if (result != GOOD) return BAD;
        if (answer == HYT_OK) show_row(m, row, values);
    }
    return GOOD;
}

static int read_table(const measuring *m, csv *table, size_t *next)
{
    double number;
    if (csv_read(m->out, table) != GOOD) return BAD;
    *next = 0;
    if (check_header(m, table) != GOOD) return BAD;
    if (table->rows == 0) return GOOD;
    if (csv_number(table, table->rows - 1, 0, &number) != GOOD) return BAD;
    *next = (size_t)number + 1;
    return GOOD;
}

/* Before anything is added to them. */
static int check_rows(const measuring *m, const csv *table)
{
    for (size_t i = 0; i < table->rows; i++) {
        hyt_candidate *candidate = NULL;
        int result = row_candidate(m, table, i, &candidate);
        hyt_candidate_destroy(candidate);
        if (result != GOOD) return BAD;
    }
    return GOOD;
}

static int measure_all(const measuring *m)
{
    csv table = { 0 };
    size_t next = 0;
    if (cut_table(m->out) != GOOD || start_table(m) != GOOD) return BAD;
    int result = read_table(m, &table, &next);
    if (result == GOOD) result = check_settings(m, table.rows);
    if (result == GOOD) result = check_rows(m, &table);
    csv_close(&table);
    return result == GOOD ? measure_rows(m, next) : BAD;
}

/* -- learning ------------------------------------------------------------------------------------------------------ */

/* Mean over `repeats` ways to deal the folds, and the deviation. */
static int print_quality(const measuring *m, const char *metric, const hyt_predictor *predictor, size_t rows)
{
    static const hyt_validation_kind kinds[] = { HYT_VALIDATION_TAU, HYT_VALIDATION_R2, HYT_VALIDATION_RMSE };
    static const char *const titles[] = { "Kendall tau", "R2", "RMSE" };
    enum { REPEATS = 5, KINDS = 3 };
    double sum[KINDS] = { 0 }, squares[KINDS] = { 0 };
    for (size_t r = 0; r < REPEATS; r++) {
        hyt_validation *validation = NULL;
        if (check(hyt_predictor_validate(predictor, m->folds, r, &validation)) != GOOD) return BAD;
        for (size_t k = 0; k < KINDS; k++) {
            double value = hyt_validation_measure(validation, kinds[k]);
            sum[k] += value;
            squares[k] += value * value;
        }
        hyt_validation_destroy(validation);
    }
    printf("%s:", metric);
    for (size_t k = 0; k < KINDS; k++) {
        double mean = sum[k] / REPEATS;
        printf(" %s %.3g +- %.2g%s", titles[k], mean, sqrt(fmax(0, squares[k] / REPEATS - mean * mean)),
               k + 1 < KINDS ? "," : "");
    }
    printf("  (%zu folds, dealt %d times)\n", m->folds < rows ? m->folds : rows, REPEATS);
    return GOOD;
}

static int add_rows(const measuring *m, const csv *table, size_t metric, hyt_predictor *predictor)
{
    for (size_t i = 0; i < table->rows; i++) {
        double value;
        hyt_candidate *candidate = NULL;
        int result = csv_number(table, i, table->columns - m->metric_count + metric, &value);
        if (result == GOOD) result = row_candidate(m, table, i, &candidate);
        if (result == GOOD) result = check(hyt_predictor_add(predictor, candidate, value));
        hyt_candidate_destroy(candidate);
        if (result != GOOD) return BAD;
    }
    return GOOD;
}

static int learn(const measuring *m, const csv *table, size_t metric)
{
    char path[4096], end[96];
    hyt_predictor *predictor = NULL;
    snprintf(end, sizeof end, "-%s.predictor", m->metrics[metric]);
    beside_table(m, end, path, sizeof path);
    int result = check(hyt_predictor_create(m->space, m->surrogate, NULL, &predictor));
    if (result == GOOD) result = check(hyt_predictor_set_metric(predictor, m->metrics[metric]));
    if (result == GOOD) result = add_rows(m, table, metric, predictor);
    if (result == GOOD) result = print_quality(m, m->metrics[metric], predictor, table->rows);
    if (result == GOOD) result = check(hyt_predictor_fit(predictor));
    if (result == GOOD) result = check(hyt_predictor_save(predictor, path));
    hyt_predictor_destroy(predictor);
    return result;
}

static int learn_all(const measuring *m)
{
    csv table = { 0 };
    size_t next;
    int result = read_table(m, &table, &next);
    for (size_t k = 0; k < m->metric_count && result == GOOD; k++) result = learn(m, &table, k);
    csv_close(&table);
    return result;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static int prepare(measuring *m)
{
    if (!m->data.source) return complain("measure needs pictures: --data SOURCE, or --data shapes");
    if (!m->out) return complain("measure needs --out FILE.csv");
    if (m->metric_count == 0) {
        m->metrics[m->metric_count++] = "accuracy";
        m->metrics[m->metric_count++] = "latency_ms";
    }
    if (check(hyt_options_get_text(m->options, HYT_TRAIN_TASK, m->task, sizeof m->task)) != GOOD) return BAD;
    m->data.task = m->task;
    if (load_pictures(&m->data, &m->pictures) != GOOD) return BAD;
    hyt_status status = hyt_space_preset(NULL, m->space_name, &m->space);
    if (status == HYT_OK)
        status = hyt_evaluator_create(m->pictures.train, m->pictures.validation, m->options, &m->evaluator);
    for (size_t k = 0; k < m->metric_count && status == HYT_OK; k++)
        status = hyt_evaluator_add_objective(m->evaluator, m->metrics[k]);
    return check(status);
}

int command_measure(int argc, char **argv)
{
    measuring m = { .data = { .train = 800, .val = 400, .test = 400 },
                    .space_name = "hytnas", .count = 100, .folds = 10 };
    int result = check(hyt_evaluator_options_create(NULL, &m.options));
    if (result == GOOD) result = read_flags(&m, argc, argv);
    if (result == GOOD) result = prepare(&m);
    if (result == GOOD) result = measure_all(&m);
    if (result == GOOD) result = learn_all(&m);
    hyt_evaluator_destroy(m.evaluator);
    hyt_space_destroy(m.space);
    free_pictures(&m.pictures);
    hyt_options_destroy(m.options);
    return result == HELP ? GOOD : result;
}
