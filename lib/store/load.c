/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a study back. The file may come from anywhere: each fact and each trial is checked for what it claims, and
 * all that is kept of it together cannot be larger than the file. */
#include "base/json.h"
#include "search/search.h"
#include "space/space.h"
#include "store/study.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct loading {
    hyt_study *study;
    size_t room; /* bytes that the file can still justify */
} loading;

static hyt_status take_room(loading *load, size_t bytes)
{
    if (bytes > load->room)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: it claims to hold more than its size", load->study->path);
    load->room -= bytes;
    return HYT_OK;
}

static hyt_status load_fact(void *user, const char *key, const char *value)
{
    loading *load = user;
    HYTI_TRY(take_room(load, strlen(key) + strlen(value)));
    return hyti_facts_add(load->study->context, &load->study->facts, key, strlen(key), value);
}

/* "max accuracy"; names go into messages and onto terminals, so they must be what a search takes. */
static hyt_status read_objective(hyt_study *study, size_t index, const char *value)
{
    bool maximise = strncmp(value, "max ", 4) == 0;
    if ((!maximise && strncmp(value, "min ", 4) != 0) || value[4] == 0)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: objective %zu is \"%.40s\"", study->path, index, value);
    if (value[4 + strspn(value + 4, HYTI_NAME_LETTERS)])
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: objective %zu has a name that no search takes", study->path,
                         index);
    study->names[index] = value + 4;
    study->directions[index] = maximise ? HYT_MAXIMISE : HYT_MINIMISE;
    return HYT_OK;
}

static const char *objective_fact(const hyt_study *study, size_t index)
{
    char key[40];
    snprintf(key, sizeof key, "objective.%zu", index);
    return hyti_facts_find(&study->facts, key);
}

hyt_status hyti_study_understand(hyt_study *study)
{
    const char *space = hyti_facts_find(&study->facts, "space");
    size_t count = 0;
    while (count <= HYTI_SEARCH_OBJECTIVES && objective_fact(study, count)) count++;
    if (!space || count == 0)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: it has no %s", study->path, space ? "objectives" : "space");
    if (count > HYTI_SEARCH_OBJECTIVES)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: it has more than %d objectives", study->path,
                         HYTI_SEARCH_OBJECTIVES);
    hyt_status status = hyt_space_parse_json(study->context, space, strlen(space), &study->space);
    if (status != HYT_OK) return hyti_fail_within(status, "%s: its space", study->path);
    study->names = hyti_array(study->context, count, sizeof *study->names);
    study->directions = hyti_array(study->context, count, sizeof *study->directions);
    if (!study->names || !study->directions) return hyti_fail_nomem();
    for (size_t i = 0; i < count; i++) HYTI_TRY(read_objective(study, i, objective_fact(study, i)));
    study->objectives = count;
    return HYT_OK;
}

hyt_status hyti_study_genome(const hyt_study *study, const hyt_candidate *candidate, char **out)
{
    size_t length = 0;
    if (hyt_candidate_genome(candidate, NULL, 0, &length) == HYT_ERR_NOMEM)
        return HYT_ERR_NOMEM; /* only to learn the length */
    char *genome = hyti_alloc(study->context, length + 1);
    if (!genome) return hyti_fail_nomem();
    hyt_status status = hyt_candidate_genome(candidate, genome, length + 1, NULL);
    if (status == HYT_OK) *out = genome;
    else hyti_free(study->context, genome);
    return status;
}

void hyti_study_clear_row(const hyt_study *study, hyti_study_row *row)
{
    while (row->report_count > 0) hyti_free(study->context, row->reports[--row->report_count].objectives);
    hyti_free(study->context, row->reports);
    hyti_free(study->context, row->genome);
    hyti_free(study->context, row->objectives);
    *row = (hyti_study_row){ 0 };
}

void hyti_study_add_report(const hyt_study *study, hyti_study_row *row, uint64_t step, double *objectives)
{
    while (row->report_count > 0 && row->reports[row->report_count - 1].step >= step)
        hyti_free(study->context, row->reports[--row->report_count].objectives);
    row->reports[row->report_count++] = (hyti_study_report){ step, objectives };
}

/* A genome must be what this library writes: of the space, and canonical. */
static hyt_status load_genome(const hyt_study *study, const char *text, char **out)
{
    hyt_candidate *candidate = NULL;
    char *genome = NULL;
    HYTI_TRY(hyt_candidate_parse(study->space, text, &candidate));
    hyt_status status = hyti_study_genome(study, candidate, &genome);
    hyt_candidate_destroy(candidate);
    if (status != HYT_OK) return status;
    if (strcmp(genome, text) == 0) {
        *out = genome;
        return HYT_OK;
    }
    hyti_free(study->context, genome);
    return hyti_fail(HYT_ERR_FORMAT, "genome %.80s is not in canonical form", text);
}

static hyt_status read_values(const hyti_json *list, size_t count, double *values)
{
    if (hyti_json_type_of(list) != HYTI_JSON_ARRAY || hyti_json_count(list) != count)
        return hyti_fail(HYT_ERR_FORMAT, "expected a list of %zu objectives", count);
    for (size_t i = 0; i < count; i++) {
        HYTI_TRY(hyti_json_number(hyti_json_at(list, i), "an objective", &values[i]));
        if (!isfinite(values[i])) return hyti_fail(HYT_ERR_FORMAT, "objective %zu is not finite", i);
    }
    return HYT_OK;
}

static hyt_status load_objectives(const hyt_study *study, const char *text, double **out)
{
    if (!text) return hyti_fail(HYT_ERR_FORMAT, "finished without objectives");
    hyti_json *list = NULL;
    HYTI_TRY(hyti_json_parse(text, strlen(text), &list));
    double *values = hyti_array(study->context, study->objectives, sizeof *values);
    hyt_status status = values ? read_values(list, study->objectives, values) : hyti_fail_nomem();
    hyti_json_destroy(list);
    if (status == HYT_OK) *out = values;
    else hyti_free(study->context, values);
    return status;
}

static bool known_state(int64_t state)
{
    return state == HYT_TRIAL_FINISHED || (state >= HYT_TRIAL_INFEASIBLE && state <= HYT_TRIAL_CANCELLED);
}

static hyt_status load_checked(const hyt_study *study, const hyti_row *row, hyti_study_row *out)
{
    if (!known_state(row->state)) return hyti_fail(HYT_ERR_FORMAT, "state %lld is unknown", (long long)row->state);
    if (row->state != HYT_TRIAL_FINISHED && row->objectives)
        return hyti_fail(HYT_ERR_FORMAT, "objectives of a trial that did not finish");
    if ((row->state == HYT_TRIAL_PENDING) != (row->ended == HYTI_NO_NUMBER))
        return hyti_fail(HYT_ERR_FORMAT, "its end does not go with its state");
    out->state = (hyt_trial_state)row->state;
    out->round = row->round == HYTI_NO_NUMBER ? HYT_SEARCH_ADDED : (uint64_t)row->round;
    out->ended = row->ended == HYTI_NO_NUMBER ? 0 : (uint64_t)row->ended;
    HYTI_TRY(load_genome(study, row->genome, &out->genome));
    return row->state == HYT_TRIAL_FINISHED ? load_objectives(study, row->objectives, &out->objectives) : HYT_OK;
}

static hyt_status load_row(void *user, const hyti_row *row)
{
    loading *load = user;
    hyt_study *study = load->study;
    if (!study->space) HYTI_TRY(hyti_study_understand(study)); /* facts come first */
    if (row->number < 0 || (uint64_t)row->number != study->count)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: trial %lld where %zu was expected", study->path,
                         (long long)row->number, study->count);
    HYTI_TRY(take_room(load, strlen(row->genome)));
    HYTI_TRY(hyti_grow(study->context, &study->rows, &study->capacity, study->count + 1, sizeof *study->rows));
    hyti_study_row *out = &study->rows[study->count];
    *out = (hyti_study_row){ 0 };
    hyt_status status = load_checked(study, row, out);
    if (status == HYT_OK) {
        study->count++;
        return HYT_OK;
    }
    hyti_study_clear_row(study, out);
    if (status == HYT_ERR_NOMEM) return status;
    return hyti_fail_within(HYT_ERR_FORMAT, "%s: damaged: trial %lld", study->path, (long long)row->number);
}

static hyt_status load_report(void *user, const hyti_row *row)
{
    loading *load = user;
    hyt_study *study = load->study;
    double *objectives = NULL;
    if (row->number < 0 || (uint64_t)row->number >= study->count || row->step < 0)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: a report of trial %lld, step %lld", study->path,
                         (long long)row->number, (long long)row->step);
    hyti_study_row *trial = &study->rows[row->number];
    HYTI_TRY(take_room(load, strlen(row->objectives)));
    HYTI_TRY(hyti_grow(study->context, &trial->reports, &trial->report_room, trial->report_count + 1,
                       sizeof *trial->reports));
    hyt_status status = load_objectives(study, row->objectives, &objectives);
    if (status == HYT_ERR_NOMEM) return status;
    if (status != HYT_OK)
        return hyti_fail_within(HYT_ERR_FORMAT, "%s: damaged: a report of trial %lld", study->path,
                                (long long)row->number);
    hyti_study_add_report(study, trial, (uint64_t)row->step, objectives);
    return HYT_OK;
}

static hyt_status check_ends(const hyt_study *study)
{
    for (size_t i = 0; i < study->count; i++)
        if (study->rows[i].ended > study->count)
            return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: trial %zu was told when there were %llu trials, not %zu",
                             study->path, i, (unsigned long long)study->rows[i].ended, study->count);
    return HYT_OK;
}

hyt_status hyti_study_load(hyt_study *study)
{
    loading load = { study, hyti_database_bytes(study->database) };
    HYTI_TRY(hyti_database_read(study->database, load_fact, load_row, load_report, &load));
    HYTI_TRY(check_ends(study));
    return study->space ? HYT_OK : hyti_study_understand(study);
}
