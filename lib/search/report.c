/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports of trials under way, and who is ended early because of them: asynchronous successive halving (ASHA; Li et
 * al., MLSys 2020, in its stopping form) and the brackets of Hyperband (Li et al., JMLR 18(185), 2018). Of several
 * objectives "the best 1/eta" is by non-dominated front, then crowding. A trial is compared with those that had ended
 * when it was asked, so that neither threads nor the order of tells in a round change what is pruned. */
#include "search/breed.h"
#include "search/handle.h"
#include <math.h>
#include <string.h>

/* The first report at `step` or later; NULL. */
static const hyti_report *report_from(const hyti_record *record, uint64_t step)
{
    size_t low = 0, high = record->report_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (record->reports[middle].step < step) low = middle + 1;
        else high = middle;
    }
    return low < record->report_count ? &record->reports[low] : NULL;
}

static size_t bracket_count(const hyti_search_params *params)
{
    if (params->pruner != HYTI_PRUNER_HYPERBAND) return 1;
    double ratio = (double)params->max_step / (double)params->min_step;
    return 1 + (size_t)fmax(0, floor(log(ratio) / log(params->eta) + 1e-9));
}

/* Bracket s starts at min_step * eta^s. Each gets trials in proportion to Hyperband's, spread by the golden ratio so
 * that every stretch of trials has its share of each. */
static size_t bracket_of(const hyti_search_params *params, uint64_t number)
{
    size_t count = bracket_count(params), s = 0;
    double all = 0, share = fmod((double)number * 0.6180339887498949, 1);
    for (size_t k = 0; k < count; k++) all += ceil((double)count / (double)(k + 1) * pow(params->eta, (double)k));
    for (share *= all; s + 1 < count; s++) {
        size_t k = count - 1 - s;
        share -= ceil((double)count / (double)(k + 1) * pow(params->eta, (double)k));
        if (share < 0) break;
    }
    return s;
}

/* Whether a trial with these objectives at the rung goes on: n trials have come so far, it last. */
static hyt_status among_best(const hyt_search *search, const double *rows, size_t n, bool *keep)
{
    size_t best = (size_t)((double)n / search->params.eta), place = 0;
    *keep = true;
    if (best == 0) return HYT_OK; /* too few to say */
    size_t *order = hyti_array(search->context, n, sizeof *order);
    double *penalties = hyti_array(search->context, n, sizeof *penalties);
    hyt_status status = order && penalties ? HYT_OK : hyti_fail_nomem();
    if (status == HYT_OK)
        status = hyti_breed_rank(search->context, rows, penalties, n, search->objective_count, order);
    while (status == HYT_OK && order[place] != n - 1) place++;
    *keep = place < best;
    hyti_free(search->context, order);
    hyti_free(search->context, penalties);
    return status;
}

static hyt_status passes(const hyt_search *search, const hyti_record *record, uint64_t rung, const double *objectives,
                         bool *keep)
{
    size_t m = search->objective_count, n = 0, bracket = bracket_of(&search->params, record->trial.number);
    double *rows = hyti_array(search->context, search->count + 1, m * sizeof *rows);
    if (!rows) return hyti_fail_nomem();
    for (size_t i = 0; i < search->count; i++) {
        const hyti_record *other = search->records[i];
        const hyti_report *report = report_from(other, rung);
        bool known = other->state != HYT_TRIAL_PENDING && other->ended <= record->round;
        if (!known || !report || bracket_of(&search->params, i) != bracket) continue;
        hyti_search_minimise(search, report->objectives, rows + n++ * m);
    }
    hyti_search_minimise(search, objectives, rows + n++ * m);
    hyt_status status = among_best(search, rows, n, keep);
    hyti_free(search->context, rows);
    return status;
}

/* Looks at every rung after the step `before` up to `step`. */
static hyt_status judge(const hyt_search *search, const hyti_record *record, uint64_t before, uint64_t step,
                        const double *objectives, bool *keep)
{
    const hyti_search_params *params = &search->params;
    *keep = true;
    if (params->pruner == HYTI_PRUNER_NONE) return HYT_OK;
    double rung = (double)params->min_step * pow(params->eta, (double)bracket_of(params, record->trial.number));
    for (; *keep && ceil(rung) <= (double)step; rung *= params->eta) {
        if (ceil(rung) <= (double)before) continue;
        if (params->max_step > 0 && ceil(rung) >= (double)params->max_step) break;
        HYTI_TRY(passes(search, record, (uint64_t)ceil(rung), objectives, keep));
    }
    return HYT_OK;
}

/* Exact objectives as measured; what is no number is the worst there is. */
static hyt_status complete(hyt_search *search, const hyti_record *record, const double *objectives, double *row)
{
    memcpy(row, objectives, search->objective_count * sizeof *row);
    HYTI_TRY(hyti_search_fill_exact(search, record->trial.candidate->levels, row));
    for (size_t j = 0; j < search->objective_count; j++)
        if (!(fabs(row[j]) <= HYTI_SEARCH_LARGEST)) row[j] = hyti_search_sign(search, j) * HYTI_SEARCH_LARGEST;
    return HYT_OK;
}

static hyt_status journal_report(hyt_search *search, const hyt_trial *trial, uint64_t step, const double *row)
{
    if (!search->reported) return HYT_OK;
    hyti_message_clear();
    int answer = search->reported(search->journal, trial, step, row, search->objective_count);
    return answer < 0 ? hyti_fail_callback("reported", answer) : HYT_OK;
}

/* Reports from a step on are gone when it is reported again: the evaluation was started anew. */
static size_t kept_reports(const hyti_record *record, uint64_t step)
{
    const hyti_report *report = report_from(record, step);
    return report ? (size_t)(report - record->reports) : record->report_count;
}

static hyt_status check_report(const hyt_search *search, const double *objectives, size_t n)
{
    HYTI_NEED(objectives);
    if (n == search->objective_count) return HYT_OK;
    return hyti_fail(HYT_ERR_SHAPE, "%zu values for %zu objectives", n, search->objective_count);
}

static hyt_status add_report(hyt_search *search, hyti_record *record, uint64_t step, const double *objectives, size_t n)
{
    if (record->state != HYT_TRIAL_PENDING)
        return hyti_fail(HYT_ERR_STATE, "trial %llu was told before: %s", (unsigned long long)record->trial.number,
                         hyt_trial_state_name(record->state));
    if (step > INT64_MAX) return hyti_fail(HYT_ERR_RANGE, "step %llu is beyond 2^63", (unsigned long long)step);
    hyti_report report = { .step = step };
    size_t kept = kept_reports(record, step);
    bool keep = true;
    HYTI_TRY(check_report(search, objectives, n));
    HYTI_TRY(hyti_grow(search->context, &record->reports, &record->report_room, kept + 1, sizeof *record->reports));
    HYTI_TRY(complete(search, record, objectives, report.objectives));
    HYTI_TRY(judge(search, record, kept > 0 ? record->reports[kept - 1].step : 0, step, report.objectives, &keep));
    HYTI_TRY(journal_report(search, &record->trial, step, report.objectives));
    record->stop = !keep || (record->stop && kept > 0); /* what began anew is judged anew */
    record->reports[kept] = report;
    record->report_count = kept + 1;
    return HYT_OK;
}

hyt_status hyti_record_report(hyt_trial *trial, uint64_t step, const double *objectives, size_t n)
{
    hyt_search *search = trial->owner;
    pthread_mutex_lock(&search->lock);
    hyt_status status = add_report(search, search->records[trial->number], step, objectives, n);
    pthread_mutex_unlock(&search->lock);
    return status;
}

hyt_status hyt_search_restore_report(hyt_search *search, uint64_t number, uint64_t step, const double *objectives,
                                     size_t n)
{
    HYTI_NEED(search);
    HYTI_TRY(check_report(search, objectives, n));
    if (number >= search->count)
        return hyti_fail(HYT_ERR_RANGE, "a report of trial %llu of %zu", (unsigned long long)number, search->count);
    hyti_record *record = search->records[number];
    if (record->report_count > 0 && record->reports[record->report_count - 1].step >= step)
        return hyti_fail(HYT_ERR_RANGE, "trial %llu: the report of step %llu is not after that of step %llu",
                         (unsigned long long)number, (unsigned long long)step,
                         (unsigned long long)record->reports[record->report_count - 1].step);
    for (size_t j = 0; j < n; j++)
        if (!(fabs(objectives[j]) <= HYTI_SEARCH_LARGEST))
            return hyti_fail(HYT_ERR_FORMAT, "trial %llu: a report of step %llu is not a number within 1e100",
                             (unsigned long long)number, (unsigned long long)step);
    HYTI_TRY(hyti_grow(search->context, &record->reports, &record->report_room, record->report_count + 1,
                       sizeof *record->reports));
    hyti_report *report = &record->reports[record->report_count++];
    *report = (hyti_report){ .step = step };
    memcpy(report->objectives, objectives, n * sizeof *objectives);
    return HYT_OK;
}

/* Least squares of what trials finished with on what they reported at the step. */
typedef struct fit {
    size_t n;
    double x, y, xx, xy; /* means, and sums about them */
} fit;

static void fit_add(fit *f, double x, double y)
{
    double dx = x - f->x;
    f->n++;
    f->x += dx / (double)f->n;
    f->y += (y - f->y) / (double)f->n;
    f->xx += dx * (x - f->x);
    f->xy += dx * (y - f->y);
}

bool hyti_record_foresee(const hyt_search *search, const hyti_record *record, double *row)
{
    enum { ENOUGH = 3 };
    fit fits[HYTI_SEARCH_OBJECTIVES] = { { 0 } };
    size_t m = search->objective_count;
    if (record->report_count == 0) return false;
    const hyti_report *last = &record->reports[record->report_count - 1];
    for (size_t i = 0; i < search->count; i++) {
        const hyti_report *there = report_from(search->records[i], last->step);
        if (search->records[i]->state != HYT_TRIAL_FINISHED || !there || there->step != last->step) continue;
        for (size_t j = 0; j < m; j++) fit_add(&fits[j], there->objectives[j], search->records[i]->objectives[j]);
    }
    if (fits[0].n < ENOUGH) return false;
    for (size_t j = 0; j < m; j++) {
        const fit *f = &fits[j];
        double slope = f->xx > 0 ? fmax(0, f->xy / f->xx) : 0;
        row[j] = f->y + slope * (last->objectives[j] - f->x);
        if (search->objectives[j].measure) row[j] = last->objectives[j];
    }
    return true;
}

size_t hyt_search_trial_reports(const hyt_search *search, size_t index)
{
    return index < hyt_search_size(search) ? search->records[index]->report_count : 0;
}

const double *hyt_search_trial_report(const hyt_search *search, size_t index, size_t place, uint64_t *step)
{
    if (place >= hyt_search_trial_reports(search, index)) return NULL;
    if (step) *step = search->records[index]->reports[place].step;
    return search->records[index]->reports[place].objectives;
}
