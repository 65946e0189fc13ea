/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hytnas tabular: searches a table that holds all results already, to compare methods at no cost. */
#include "flags.h"
#include "replay.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OBJECTIVE, METHOD, SEEDS, GENE, DROP, MISSING, FLAGS };
static const flag_row flags[] = {
    [OBJECTIVE] = { "objective", "COLUMN:max|min", "what is searched for; up to four" },
    [METHOD] = { "method", "NAMES",
                 "how candidates are proposed, one method after the other, separated by commas (default hytnas; a "
                 "wrong name is answered with the nearest)" },
    [SEEDS] = { "seeds", "N", "runs of each method, from --seed on (default 1)" },
    [GENE] = { "gene", "COLUMNS",
               "the columns that are chosen, separated by commas (default: all that are nothing else, but row)" },
    [DROP] = { "drop", "COLUMNS", "columns that are not used, separated by commas" },
    [MISSING] = { "missing", "WORD",
                  "what becomes of a configuration that the table does not have: nearest, the nearest row that was not "
                  "evaluated yet stands in for it, or infeasible, it fails (default nearest)" },
};

static const char about[] =
    "Replays a table: candidates are looked up instead of evaluated. Columns of numbers become genes with their "
    "different values, columns that hold text become categories; rows of the same configuration count as one with "
    "their mean. Prints one JSON object a run: the hypervolume after each evaluation as a share of that of the table's "
    "front, against its nadir and 10 % of its range beyond; the evaluations until 95 % and 99 %; proposals that were "
    "not in the table; the seconds that the search itself took.";

static const char examples[] =
    "  hytnas tabular table.csv --objective accuracy:max --objective latency_ms:min --seeds 10\n"
    "  hytnas tabular table.csv --objective accuracy:max --objective latency_ms:min --method hytnas,nsga2,random \\\n"
    "      --trials 60 --initial 12 --drop row\n";

/* Words of a list that was separated by commas. */
typedef struct words {
    char **items;
    size_t count;
} words;

typedef struct request {
    const char *path;
    replay_columns columns;
    words methods, genes, dropped;
    size_t seeds;
    bool infeasible;
    hyt_options *options;
} request;

static char *copy_part(const char *text, size_t length)
{
    char *copy = calloc(length + 1, 1);
    if (copy) memcpy(copy, text, length);
    else complain("out of memory");
    return copy;
}

static int add_word(words *list, const char *text, size_t length)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof *items), *word = NULL;
    if (items) {
        list->items = items;
        word = copy_part(text, length);
    }
    if (!word) return BAD;
    list->items[list->count++] = word;
    return GOOD;
}

static void drop_words(words *list)
{
    for (size_t i = 0; i < list->count; i++) free(list->items[i]);
    free(list->items);
}

static int take_words(words *list, const char *flag, const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ",");
        if (length == 0) return complain("--%s: an empty name in the list", flag);
        if (add_word(list, text, length) != GOOD) return BAD;
        if (!text[length]) return GOOD;
        text += length + 1;
    }
}

static int take_objective(replay_columns *columns, const char *text)
{
    const char *colon = strrchr(text, ':');
    bool most = colon && strcmp(colon, ":max") == 0;
    if (!colon || colon == text || (!most && strcmp(colon, ":min") != 0))
        return complain("--objective: \"%s\" is not of the form COLUMN:max or COLUMN:min", text);
    if (columns->objective_count == MOST_OBJECTIVES)
        return complain("tabular: more than %d objectives", MOST_OBJECTIVES);
    char *name = copy_part(text, (size_t)(colon - text));
    if (!name) return BAD;
    columns->objectives[columns->objective_count++] = (replay_objective){ name, most ? HYT_MAXIMISE : HYT_MINIMISE };
    return GOOD;
}

static int take_missing(request *r, const char *word)
{
    r->infeasible = strcmp(word, "infeasible") == 0;
    if (r->infeasible || strcmp(word, "nearest") == 0) return GOOD;
    return complain("--missing: \"%s\" is neither nearest nor infeasible", word);
}

static int take(void *user, size_t place, const char *value)
{
    request *r = user;
    switch (place) {
    case OBJECTIVE: return take_objective(&r->columns, value);
    case METHOD: return take_words(&r->methods, "method", value);
    case SEEDS: return parse_whole("seeds", value, 1, 1000000, &r->seeds);
    case GENE: return take_words(&r->genes, "gene", value);
    case DROP: return take_words(&r->dropped, "drop", value);
    case MISSING: return take_missing(r, value);
    default: break;
    }
    if (r->path) return complain("tabular takes one table, not also \"%s\"", value);
    r->path = value;
    return GOOD;
}

/* -- one run ------------------------------------------------------------------------------------------------------- */

typedef struct run {
    const replay *table;
    hyt_search *search;
    hyt_trial **asked;
    bool *paid;      /* by row */
    bool infeasible; /* what is missing fails */
    size_t trials, evaluated, missing;
    double *front, volume, *curve; /* front: rows that no other dominates; curve: after each evaluation */
    size_t front_count;
    double seconds;
} run;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int run_open(const request *q, const replay *table, run *r)
{
    int64_t trials;
    *r = (run){ .table = table, .infeasible = q->infeasible };
    if (check(hyt_options_get_int(q->options, HYT_SEARCH_TRIALS, &trials)) != GOOD) return BAD;
    r->trials = (size_t)trials;
    if (!r->infeasible && r->trials > table->rows) r->trials = table->rows;
    r->asked = calloc(r->trials, sizeof *r->asked);
    r->paid = calloc(table->rows, sizeof *r->paid);
    r->front = calloc(r->trials + 1, table->objectives * sizeof *r->front);
    r->curve = calloc(r->trials, sizeof *r->curve);
    if (!r->asked || !r->paid || !r->front || !r->curve) return complain("out of memory");
    if (check(hyt_search_create(table->space, q->options, &r->search)) != GOOD) return BAD;
    double reference[MOST_OBJECTIVES];
    for (size_t j = 0; j < table->objectives; j++) {
        char name[32];
        snprintf(name, sizeof name, "o%zu", j);
        if (check(hyt_search_add_objective(r->search, name, q->columns.objectives[j].direction)) != GOOD) return BAD;
        reference[j] = table->sign[j] * table->reference[j];
    }
    return check(hyt_search_set_reference(r->search, reference, table->objectives));
}

static void run_close(run *r)
{
    hyt_search_destroy(r->search);
    free(r->asked);
    free(r->paid);
    free(r->front);
    free(r->curve);
}

/* Keeps the front and the curve. */
static int count_row(run *r, const double *values)
{
    size_t m = r->table->objectives, kept = 0;
    bool inside = values != NULL;
    for (size_t j = 0; inside && j < m; j++) inside = values[j] < r->table->reference[j];
    for (size_t i = 0; inside && i < r->front_count; i++)
        inside = !hyt_pareto_dominates(r->front + i * m, values, m);
    if (inside) {
        for (size_t i = 0; i < r->front_count; i++)
            if (!hyt_pareto_dominates(values, r->front + i * m, m))
                memmove(r->front + kept++ * m, r->front + i * m, m * sizeof *values);
        memcpy(r->front + kept++ * m, values, m * sizeof *values);
        r->front_count = kept;
        if (check(hyt_pareto_hypervolume(NULL, r->front, kept, m, r->table->reference, &r->volume)) != GOOD) return BAD;
    }
    r->curve[r->evaluated++] = r->volume / r->table->volume;
    return GOOD;
}

static long row_of(const run *r, const hyt_candidate *candidate, size_t *levels)
{
    for (size_t g = 0; g < r->table->genes; g++) levels[g] = hyt_candidate_level(candidate, g);
    return replay_find(r->table, levels);
}

/* What a row holds, in the units of the table. */
static int tell_row(run *r, hyt_trial *trial, long row, const hyt_candidate *instead)
{
    size_t m = r->table->objectives;
    const double *values = r->table->values + (size_t)row * m;
    double told[MOST_OBJECTIVES];
    for (size_t j = 0; j < m; j++) told[j] = r->table->sign[j] * values[j];
    r->paid[row] = true;
    if (count_row(r, values) != GOOD) return BAD;
    if (!instead) return check(hyt_search_tell(r->search, trial, HYT_TRIAL_FINISHED, told, m));
    if (check(hyt_search_tell(r->search, trial, HYT_TRIAL_CANCELLED, NULL, 0)) != GOOD) return BAD;
    return check(hyt_search_add_result(r->search, instead, HYT_TRIAL_FINISHED, told, m));
}

/* A proposal that the table does not have. */
static int tell_missing(run *r, hyt_trial *trial, const size_t *levels)
{
    hyt_candidate *instead = NULL;
    r->missing++;
    if (r->infeasible) {
        if (count_row(r, NULL) != GOOD) return BAD;
        return check(hyt_search_tell(r->search, trial, HYT_TRIAL_INFEASIBLE, NULL, 0));
    }
    long row = replay_nearest(r->table, levels, r->paid);
    if (row == NO_ROW) return check(hyt_search_tell(r->search, trial, HYT_TRIAL_CANCELLED, NULL, 0));
    int result = check(hyt_candidate_create(r->table->space, r->table->levels + (size_t)row * r->table->genes,
                                            r->table->genes, &instead));
    if (result == GOOD) result = tell_row(r, trial, row, instead);
    hyt_candidate_destroy(instead);
    return result;
}

/* Those that the table has come first, so that no other proposal is given their rows. A last round may hold more than
 * there are evaluations left: repeated ones. */
static int tell_round(run *r, size_t count)
{
    size_t *levels = calloc(r->table->genes, sizeof *levels);
    int result = levels ? GOOD : complain("out of memory");
    for (int missing = 0; missing < 2; missing++)
        for (size_t i = 0; result == GOOD && i < count && r->evaluated < r->trials; i++) {
            if (!r->asked[i]) continue;
            long row = row_of(r, hyt_trial_candidate(r->asked[i]), levels);
            if (missing) result = tell_missing(r, r->asked[i], levels);
            else if (row != NO_ROW) {
                result = tell_row(r, r->asked[i], row, NULL);
                r->asked[i] = NULL;
            }
        }
    free(levels);
    return result;
}

/* Whole rounds at once. */
static int run_all(run *r)
{
    int result = GOOD;
    double start = now();
    while (result == GOOD && r->evaluated < r->trials) {
        size_t count = 0;
        hyt_status status = hyt_search_ask(r->search, r->trials, r->asked, &count);
        if (status == HYT_ERR_EXHAUSTED) break;
        result = check(status);
        if (result == GOOD) result = tell_round(r, count);
    }
    r->seconds = now() - start;
    return result;
}

/* -- output -------------------------------------------------------------------------------------------------------- */

static void print_until(const run *r, const char *key, double share)
{
    size_t i = 0;
    while (i < r->evaluated && r->curve[i] < share) i++;
    if (i < r->evaluated) printf(",\"%s\":%zu", key, i + 1);
    else printf(",\"%s\":null", key);
}

static void print_options(const hyt_options *options)
{
    printf(",\"options\":{");
    for (size_t i = 0, shown = 0; i < hyt_options_count(options); i++) {
        const char *key = hyt_options_key(options, i);
        char value[128];
        if (strcmp(key, HYT_SEARCH_METHOD) == 0 || strcmp(key, HYT_SEARCH_SEED) == 0) continue;
        if (hyt_options_get_text(options, key, value, sizeof value) != HYT_OK) continue;
        printf("%s", shown++ ? "," : "");
        json_text(stdout, key);
        printf(":");
        json_text(stdout, value);
    }
    printf("}");
}

static void print_run(const request *q, const run *r, const char *method, int64_t seed)
{
    printf("{\"table\":");
    json_text(stdout, q->path);
    printf(",\"rows\":%zu,\"merged\":%zu,\"genes\":%zu,\"method\":", r->table->rows, r->table->merged, r->table->genes);
    json_text(stdout, method);
    printf(",\"seed\":%lld,\"evaluations\":%zu,\"%s\":%zu,\"hypervolume\":", (long long)seed, r->evaluated,
           r->infeasible ? "infeasible" : "repaired", r->missing);
    json_number(stdout, r->evaluated ? r->curve[r->evaluated - 1] : 0);
    print_until(r, "to95", 0.95);
    print_until(r, "to99", 0.99);
    printf(",\"seconds\":");
    json_number(stdout, r->seconds);
    print_options(q->options);
    printf(",\"curve\":[");
    for (size_t i = 0; i < r->evaluated; i++) {
        printf("%s", i ? "," : "");
        json_number(stdout, r->curve[i]);
    }
    printf("]}\n");
    fflush(stdout);
}

static int run_one(const request *q, const replay *table, const char *method, int64_t seed)
{
    run r = { 0 };
    if (check(hyt_options_set_text(q->options, HYT_SEARCH_METHOD, method)) != GOOD) return BAD;
    if (check(hyt_options_set_int(q->options, HYT_SEARCH_SEED, seed)) != GOOD) return BAD;
    int result = run_open(q, table, &r);
    if (result == GOOD) result = run_all(&r);
    if (result == GOOD) print_run(q, &r, method, seed);
    run_close(&r);
    return result;
}

static int run_request(request *q, const replay *table)
{
    int64_t first;
    if (check(hyt_options_get_int(q->options, HYT_SEARCH_SEED, &first)) != GOOD) return BAD;
    for (size_t k = 0; k < q->methods.count; k++)
        for (size_t s = 0; s < q->seeds; s++)
            if (run_one(q, table, q->methods.items[k], first + (int64_t)s) != GOOD) return BAD;
    return GOOD;
}

/* They end hyt_search_run(), which is not what runs here. */
static int refuse_stops(const hyt_options *options)
{
    static const char *const stops[] = { HYT_SEARCH_SECONDS, HYT_SEARCH_TARGET, HYT_SEARCH_STALL };
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        char value[128];
        if (check(hyt_options_get_text(options, stops[i], value, sizeof value)) != GOOD) return BAD;
        if (strtod(value, NULL) != 0) return complain("tabular runs all --trials: --%s is of no use here", stops[i]);
    }
    return GOOD;
}

/* All that can be wrong is said before the first run. */
static int prepare(request *q)
{
    if (!q->path) return complain("tabular needs a table: hytnas tabular table.csv --objective accuracy:max");
    if (q->columns.objective_count == 0) return complain("tabular needs an --objective");
    if (refuse_stops(q->options) != GOOD) return BAD;
    if (q->methods.count == 0 && add_word(&q->methods, "hytnas", strlen("hytnas")) != GOOD) return BAD;
    for (size_t k = 0; k < q->methods.count; k++)
        if (check(hyt_options_set_text(q->options, HYT_SEARCH_METHOD, q->methods.items[k])) != GOOD) return BAD;
    q->columns.genes = q->genes.items;
    q->columns.gene_count = q->genes.count;
    q->columns.dropped = q->dropped.items;
    q->columns.dropped_count = q->dropped.count;
    return check(hyt_options_set_text(q->options, HYT_SEARCH_ADDED_RESULTS, "count"));
}

int command_tabular(int argc, char **argv)
{
    request q = { .seeds = 1 };
    replay table = { 0 };
    if (check(hyt_search_options_create(NULL, &q.options)) != GOOD) return BAD;
    const option_group group = { "Search", "", q.options };
    const command_form form = { "tabular", "TABLE.csv", about, flags, FLAGS, &group, 1, examples };
    int result = parse_flags(&form, argc, argv, take, &q);
    if (result == GOOD) result = prepare(&q);
    if (result == GOOD) result = replay_open(q.path, &q.columns, &table);
    if (result == GOOD) result = run_request(&q, &table);
    replay_close(&table);
    for (size_t j = 0; j < q.columns.objective_count; j++) free(q.columns.objectives[j].name);
    drop_words(&q.methods);
    drop_words(&q.genes);
    drop_words(&q.dropped);
    hyt_options_destroy(q.options);
    return result == HELP ? GOOD : result;
}
