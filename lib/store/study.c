/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study: what a search is (facts) and what it did (rows), in memory as in the file. */
#include "store/study.h"
#include "base/json.h"
#include "base/text.h"
#include "search/search.h"
#include "space/space.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static void clear_facts(hyt_context *context, hyti_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        hyti_free(context, facts->at[i].key);
        hyti_free(context, facts->at[i].value);
    }
    hyti_free(context, facts->at);
    *facts = (hyti_facts){ 0 };
}

hyt_status hyti_facts_add(hyt_context *context, hyti_facts *facts, const char *key, size_t length, const char *value)
{
    HYTI_TRY(hyti_grow(context, &facts->at, &facts->capacity, facts->count + 1, sizeof *facts->at));
    hyti_fact *fact = &facts->at[facts->count];
    fact->key = hyti_alloc(context, length + 1);
    fact->value = hyti_copy_text(context, value);
    facts->count++; /* a half-made fact is cleared with the others */
    if (!fact->key || !fact->value) return hyti_fail_nomem();
    memcpy(fact->key, key, length);
    return HYT_OK;
}

const char *hyti_facts_find(const hyti_facts *facts, const char *key)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->at[i].key, key) == 0) return facts->at[i].value;
    return NULL;
}

/* Everything that was read or understood of the file, but its trials. */
static void forget(hyt_study *study)
{
    clear_facts(study->context, &study->facts);
    hyti_free(study->context, study->directions);
    hyti_free(study->context, study->names);
    hyt_space_destroy(study->space);
    study->directions = NULL;
    study->names = NULL;
    study->space = NULL;
    study->objectives = 0;
}

static bool exists(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0;
}

static hyt_status open_file(hyt_study *study)
{
    bool write = study->mode != HYT_STUDY_READ;
    if (!write && !exists(study->path)) return hyti_fail(HYT_ERR_NOT_FOUND, "%s: there is no such study", study->path);
    if (write) HYTI_TRY(hyti_lock_take(study->context, study->path, &study->lock));
    HYTI_TRY(hyti_database_open(study->context, study->path, write, &study->database));
    bool holds = hyti_database_holds_study(study->database);
    if (!write && !holds) return hyti_fail(HYT_ERR_NOT_FOUND, "%s: holds no study yet", study->path);
    if (!holds) return HYT_OK;
    HYTI_TRY(hyti_study_load(study));
    if (study->mode == HYT_STUDY_NEW && study->count > 0)
        return hyti_fail(HYT_ERR_CONFLICT, "%s: holds a study of %zu trials already: resume it or name another file",
                         study->path, study->count);
    return HYT_OK;
}

hyt_status hyt_study_open(hyt_context *context, const char *path, hyt_study_mode mode, hyt_study **out)
{
    HYTI_NEED(path);
    HYTI_NEED(out);
    if (!*path) return hyti_fail(HYT_ERR_ARGUMENT, "a study needs the path of a file, not \"\"");
    if (mode != HYT_STUDY_NEW && mode != HYT_STUDY_RESUME && mode != HYT_STUDY_READ)
        return hyti_fail(HYT_ERR_ARGUMENT, "hyt_study_open: there is no mode %d", (int)mode);
    hyt_study *study = hyti_alloc(context, sizeof *study);
    if (!study) return hyti_fail_nomem();
    hyti_ref_init(&study->ref);
    study->context = hyti_context_retain(context);
    study->mode = mode;
    study->path = hyti_copy_text(context, path);
    hyt_status status = study->path ? open_file(study) : hyti_fail_nomem();
    if (status != HYT_OK) {
        hyt_study_destroy(study);
        return status;
    }
    *out = study;
    return HYT_OK;
}

void hyt_study_destroy(hyt_study *study)
{
    if (!study || !hyti_ref_release(&study->ref)) return;
    hyt_context *context = study->context;
    for (size_t i = 0; i < study->count; i++) hyti_study_clear_row(study, &study->rows[i]);
    hyti_free(context, study->rows);
    forget(study);
    hyti_database_destroy(study->database);
    hyti_lock_release(context, &study->lock);
    hyti_free(context, study->path);
    hyti_free(context, study);
    hyt_context_destroy(context);
}

/* What this search is, in the words of the file. */
static hyt_status gather(hyt_context *context, const hyt_search *search, const char *note, hyti_facts *facts)
{
    char *space = NULL;
    HYTI_TRY(hyt_space_to_json(hyt_search_space(search), &space));
    hyt_status status = hyti_facts_add(context, facts, "space", strlen("space"), space);
    hyt_text_destroy(space);
    if (status == HYT_OK) status = hyti_facts_add(context, facts, "note", strlen("note"), note);
    hyti_text lines = { .context = context };
    hyti_search_describe(search, &lines);
    if (status == HYT_OK && lines.failed) status = hyti_fail_nomem();
    for (char *line = lines.data, *end; status == HYT_OK && line && *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = 0;
        size_t key = strcspn(line, "=");
        status = hyti_facts_add(context, facts, line, key, line + key + 1);
    }
    hyti_text_clear(&lines);
    return status;
}

/* What only says when run() stops may change from one run to the next. */
static bool may_change(const char *key)
{
    static const char *const free_keys[] = { "option.trials", "option.seconds", "option.target", "option.stall",
                                             "option.added",  "option.workers" };
    for (size_t i = 0; i < HYTI_COUNT(free_keys); i++)
        if (strcmp(key, free_keys[i]) == 0) return true;
    return false;
}

/* The first of the fields a;b;c in which two notes differ; all that follows where one of them ends. */
static hyt_status fail_note(const hyt_study *study, const char *then, const char *now)
{
    size_t old = strcspn(then, ";"), new = strcspn(now, ";");
    while (old == new && strncmp(then, now, new) == 0 && then[old] && now[new]) {
        then += old + 1;
        now += new + 1;
        old = strcspn(then, ";");
        new = strcspn(now, ";");
    }
    if (strncmp(then, now, HYTI_MAX(old, new)) == 0) {
        old = strlen(then);
        new = strlen(now);
    }
    return hyti_fail(HYT_ERR_CONFLICT, "%s: the study was made with \"%.*s\", not \"%.*s\"", study->path, (int)old,
                     then, (int)new, now);
}

static hyt_status fail_fact(const hyt_study *study, const char *key, const char *then, const char *now)
{
    if (strcmp(key, "space") == 0)
        return hyti_fail(HYT_ERR_CONFLICT, "%s: a study of another search space", study->path);
    if (strcmp(key, "note") == 0 && then && now) return fail_note(study, then, now);
    if (!then) return hyti_fail(HYT_ERR_CONFLICT, "%s: the study was made without %s (%s here)", study->path, key, now);
    if (!now)
        return hyti_fail(HYT_ERR_CONFLICT, "%s: the study was made with %s %s, none here", study->path, key, then);
    return hyti_fail(HYT_ERR_CONFLICT, "%s: the study was made with %s %s, not %s", study->path, key, then, now);
}

static hyt_status compare(const hyt_study *study, const hyti_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        const char *then = hyti_facts_find(&study->facts, facts->at[i].key);
        if (!then || (strcmp(then, facts->at[i].value) != 0 && !may_change(facts->at[i].key)))
            return fail_fact(study, facts->at[i].key, then, facts->at[i].value);
    }
    for (size_t i = 0; i < study->facts.count; i++)
        if (!hyti_facts_find(facts, study->facts.at[i].key))
            return fail_fact(study, study->facts.at[i].key, study->facts.at[i].value, NULL);
    return HYT_OK;
}

static hyt_status restore(const hyt_study *study, hyt_search *search)
{
    for (size_t i = 0; i < study->count; i++) {
        const hyti_study_row *row = &study->rows[i];
        hyt_candidate *candidate = NULL;
        HYTI_TRY(hyt_candidate_parse((hyt_space *)(uintptr_t)hyt_search_space(search), row->genome, &candidate));
        hyt_status status = hyt_search_restore(search, i, candidate, row->round, row->state, row->ended,
                                               row->objectives, study->objectives);
        hyt_candidate_destroy(candidate);
        for (size_t k = 0; k < row->report_count && status == HYT_OK; k++)
            status = hyt_search_restore_report(search, i, row->reports[k].step, row->reports[k].objectives,
                                               study->objectives);
        if (status == HYT_ERR_NOMEM) return status;
        if (status != HYT_OK) return hyti_fail_within(HYT_ERR_FORMAT, "%s: damaged", study->path);
    }
    return HYT_OK;
}

/* A new round: kept in memory only once it is on disk. */
static int asked(void *user, const hyt_trial *const *trials, size_t count)
{
    hyt_study *study = user;
    HYTI_TRY(hyti_grow(study->context, &study->rows, &study->capacity, study->count + count, sizeof *study->rows));
    hyti_row *rows = hyti_array(study->context, count, sizeof *rows);
    if (!rows) return hyti_fail_nomem();
    hyt_status status = HYT_OK;
    size_t made = 0;
    for (; made < count && status == HYT_OK; made++) {
        hyti_study_row *row = &study->rows[study->count + made];
        *row = (hyti_study_row){ .state = HYT_TRIAL_PENDING, .round = study->count };
        status = hyti_study_genome(study, hyt_trial_candidate(trials[made]), &row->genome);
        rows[made] = (hyti_row){ .number = (int64_t)hyt_trial_number(trials[made]), .state = HYT_TRIAL_PENDING,
                                 .round = (int64_t)study->count, .ended = HYTI_NO_NUMBER, .genome = row->genome };
        if (status == HYT_OK && hyt_trial_number(trials[made]) != study->count + made)
            status = hyti_fail(HYT_ERR_STATE, "%s: trial %zu is expected, not %llu", study->path, study->count + made,
                               (unsigned long long)hyt_trial_number(trials[made]));
    }
    if (status == HYT_OK) status = hyti_database_insert(study->database, rows, count);
    if (status == HYT_OK) study->count += count;
    else for (size_t i = 0; i < made; i++) hyti_study_clear_row(study, &study->rows[study->count + i]);
    hyti_free(study->context, rows);
    return status;
}

static hyt_status write_objectives(const hyt_study *study, const double *objectives, size_t n, hyti_text *text)
{
    *text = (hyti_text){ .context = study->context };
    for (size_t i = 0; i < n; i++) {
        hyti_text_append(text, i ? "," : "[", 1);
        hyti_text_number(text, objectives[i]);
    }
    if (n > 0) hyti_text_append(text, "]", 1);
    return text->failed ? hyti_fail_nomem() : HYT_OK;
}

/* A row with the end of a trial, for the study and for the file; the genome is there where the trial was added. */
static hyt_status end_row(hyt_study *study, const hyt_trial *trial, const hyti_study_row *row, const char *objectives)
{
    hyti_row stored = { .number = (int64_t)hyt_trial_number(trial), .state = row->state, .round = HYTI_NO_NUMBER,
                        .ended = (int64_t)row->ended, .genome = row->genome, .objectives = objectives };
    return row->genome ? hyti_database_insert(study->database, &stored, 1)
                       : hyti_database_update(study->database, &stored, HYT_TRIAL_PENDING);
}

/* The end of a trial that was asked, or a result that was added as the next. */
static int told(void *user, const hyt_trial *trial, hyt_trial_state state, const double *objectives, size_t n)
{
    hyt_study *study = user;
    uint64_t number = hyt_trial_number(trial);
    bool added = number == study->count;
    if (number > study->count)
        return hyti_fail(HYT_ERR_STATE, "%s: trial %llu was not asked", study->path, (unsigned long long)number);
    HYTI_TRY(hyti_grow(study->context, &study->rows, &study->capacity, study->count + 1, sizeof *study->rows));
    hyti_study_row row = { .state = state, .round = HYT_SEARCH_ADDED, .ended = study->count + added };
    hyti_text text = { .context = study->context };
    hyt_status status = HYT_OK;
    if (state == HYT_TRIAL_FINISHED &&
        !(row.objectives = hyti_copy(study->context, objectives, n * sizeof *objectives)))
        status = hyti_fail_nomem();
    if (status == HYT_OK && added) status = hyti_study_genome(study, hyt_trial_candidate(trial), &row.genome);
    if (status == HYT_OK) status = write_objectives(study, objectives, n, &text);
    if (status == HYT_OK) status = end_row(study, trial, &row, text.data);
    hyti_text_clear(&text);
    if (status != HYT_OK) {
        hyti_study_clear_row(study, &row);
        return status;
    }
    if (!added) {
        const hyti_study_row *before = &study->rows[number];
        row = (hyti_study_row){ state, before->round, row.ended, before->genome, row.objectives, before->reports,
                                before->report_count, before->report_room };
    }
    study->rows[number] = row;
    study->count += added;
    return HYT_OK;
}

static int reported(void *user, const hyt_trial *trial, uint64_t step, const double *objectives, size_t n)
{
    hyt_study *study = user;
    uint64_t number = hyt_trial_number(trial);
    if (number >= study->count)
        return hyti_fail(HYT_ERR_STATE, "%s: trial %llu was not asked", study->path, (unsigned long long)number);
    if (step > INT64_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%s: step %llu is beyond 2^63", study->path, (unsigned long long)step);
    hyti_study_row *row = &study->rows[number];
    HYTI_TRY(hyti_grow(study->context, &row->reports, &row->report_room, row->report_count + 1, sizeof *row->reports));
    double *values = hyti_copy(study->context, objectives, n * sizeof *objectives);
    hyti_text text = { .context = study->context };
    hyt_status status = values ? write_objectives(study, objectives, n, &text) : hyti_fail_nomem();
    if (status == HYT_OK) {
        hyti_row stored = { .number = (int64_t)number, .step = (int64_t)step, .objectives = text.data };
        status = hyti_database_report(study->database, &stored);
    }
    hyti_text_clear(&text);
    if (status == HYT_OK) hyti_study_add_report(study, row, step, values);
    else hyti_free(study->context, values);
    return status;
}

static void release(void *user)
{
    hyt_study_destroy(user);
}

/* Keeps the facts that may change as they are now; writes nothing where nothing did. */
static hyt_status keep_changes(const hyt_study *study, const hyti_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (strcmp(hyti_facts_find(&study->facts, facts->at[i].key), facts->at[i].value) != 0)
            return hyti_database_set_facts(study->database, facts->at, facts->count);
    }
    return HYT_OK;
}

/* A study without a trial binds nobody: it is started anew. */
static hyt_status store_or_restore(hyt_study *study, hyt_search *search, hyti_facts *facts)
{
    if (study->count > 0) {
        HYTI_TRY(compare(study, facts));
        hyt_status status = restore(study, search);
        if (status == HYT_OK) status = keep_changes(study, facts);
        if (status != HYT_OK) hyti_search_forget(search);
        return status;
    }
    HYTI_TRY(hyti_database_create(study->database, facts->at, facts->count));
    forget(study);
    study->facts = *facts;
    *facts = (hyti_facts){ 0 };
    return hyti_study_understand(study);
}

hyt_status hyt_study_attach(hyt_study *study, hyt_search *search, const char *note)
{
    HYTI_NEED(study);
    HYTI_NEED(search);
    HYTI_NEED(note);
    if (study->mode == HYT_STUDY_READ) return hyti_fail(HYT_ERR_STATE, "%s: was opened only to look", study->path);
    if (study->attached) return hyti_fail(HYT_ERR_STATE, "%s: a search is attached already", study->path);
    if (hyt_search_size(search) != 0)
        return hyti_fail(HYT_ERR_STATE, "%s: the search has %zu trials already", study->path, hyt_search_size(search));
    hyti_facts facts = { 0 };
    hyt_status status = gather(study->context, search, note, &facts);
    if (status == HYT_OK) status = store_or_restore(study, search, &facts);
    clear_facts(study->context, &facts);
    if (status != HYT_OK) return status;
    hyti_ref_retain(&study->ref);
    status = hyt_search_set_journal(search, asked, told, reported, study, release);
    if (status != HYT_OK) hyt_study_destroy(study);
    else study->attached = true;
    return status;
}

hyt_status hyt_study_order(const hyt_study *study, size_t index, uint64_t *round, uint64_t *ended)
{
    HYTI_NEED(study);
    if (index >= study->count)
        return hyti_fail(HYT_ERR_RANGE, "%s: trial %zu of %zu", study->path, index, study->count);
    const hyti_study_row *row = &study->rows[index];
    if (round) *round = row->round;
    if (ended) *ended = row->state == HYT_TRIAL_PENDING ? UINT64_MAX : row->ended;
    return HYT_OK;
}

size_t hyt_study_reports(const hyt_study *study, size_t index)
{
    return index < hyt_study_size(study) ? study->rows[index].report_count : 0;
}

const double *hyt_study_report(const hyt_study *study, size_t index, size_t place, uint64_t *step)
{
    if (place >= hyt_study_reports(study, index)) return NULL;
    if (step) *step = study->rows[index].reports[place].step;
    return study->rows[index].reports[place].objectives;
}

size_t hyt_study_size(const hyt_study *study)
{
    return study ? study->count : 0;
}

size_t hyt_study_objectives(const hyt_study *study)
{
    return study ? study->objectives : 0;
}

const char *hyt_study_objective_name(const hyt_study *study, size_t objective)
{
    return objective < hyt_study_objectives(study) ? study->names[objective] : NULL;
}

hyt_direction hyt_study_objective_direction(const hyt_study *study, size_t objective)
{
    return objective < hyt_study_objectives(study) ? study->directions[objective] : HYT_MINIMISE;
}

hyt_status hyt_study_trial(const hyt_study *study, size_t index, uint64_t *number, hyt_trial_state *state,
                           const char **genome, const double **objectives)
{
    HYTI_NEED(study);
    if (index >= study->count)
        return hyti_fail(HYT_ERR_RANGE, "%s: trial %zu of %zu", study->path, index, study->count);
    const hyti_study_row *row = &study->rows[index];
    if (number) *number = index;
    if (state) *state = row->state;
    if (genome) *genome = row->genome;
    if (objectives) *objectives = row->objectives;
    return HYT_OK;
}
