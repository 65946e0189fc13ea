/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file study.h
 *  A search on disk (SQLite). Every ask, tell and report is stored before the call returns: whatever is killed, a told
 *  trial is never evaluated again, and an asked one is, under its number. */
#ifndef HYTNAS_STUDY_H
#define HYTNAS_STUDY_H

#include <hytnas/search.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_study hyt_study;

typedef enum hyt_study_mode {
    HYT_STUDY_NEW = 0,    /**< HYT_ERR_CONFLICT if the file holds a study */
    HYT_STUDY_RESUME = 1, /**< missing, empty or half-created: starts it */
    HYT_STUDY_READ = 2    /**< only to look; HYT_ERR_NOT_FOUND if there is none */
} hyt_study_mode;

/** To write: locked against other writers until it is destroyed, by an empty file "<path>-lock" beside it. To look:
 *  also while another process searches. A study that holds no trial yet binds nobody: it counts as none for
 *  ::HYT_STUDY_NEW, and attach starts it anew.
 *  @return HYT_ERR_IO; HYT_ERR_FORMAT, not a study or damaged (says where); HYT_ERR_CONFLICT, exists already, is of
 *          another application or version, or in use; the file is as it was */
HYT_API hyt_status hyt_study_open(hyt_context *context, const char *path, hyt_study_mode mode, hyt_study **out);
/** Binds a fresh search: checks that space, objectives, limits, reference and options are those of the study (stores
 *  them if it is new), restores its trials and follows it from here on. The search keeps the study alive. What only
 *  ends a run or how (the options trials, seconds, target, stall, added, workers) may differ.
 *  @param note  further facts that must agree, as text ("data=...;epochs=..."), "" for none
 *  @return HYT_ERR_CONFLICT says what differs. A search that could not be attached may hold some of the trials already:
 *          destroy it. A full disk later on is HYT_ERR_IO of the ask or tell,
 *          and the study as it was before that call */
HYT_API hyt_status hyt_study_attach(hyt_study *study, hyt_search *search, const char *note);
HYT_API void hyt_study_destroy(hyt_study *study);

/** @name Looking, without a search
 *  @{ */
HYT_API size_t hyt_study_size(const hyt_study *study);
HYT_API size_t hyt_study_objectives(const hyt_study *study);
HYT_API const char *hyt_study_objective_name(const hyt_study *study, size_t objective);
HYT_API hyt_direction hyt_study_objective_direction(const hyt_study *study, size_t objective);
/** Trial `index` in order of number. Any output may be NULL; `genome` and `objectives` are lent until the study is
 *  destroyed; objectives are NULL unless finished. */
HYT_API hyt_status hyt_study_trial(const hyt_study *study, size_t index, uint64_t *number, hyt_trial_state *state,
                                   const char **genome, const double **objectives);
/** When trial `index` was asked and told, from which an asynchronous search can be replayed: an ask that found N trials
 *  knew those whose `ended` is N or less, and made those whose `round` is N.
 *  @param round  number of the first trial of its ask; ::HYT_SEARCH_ADDED for a result that was not asked for
 *  @param ended  how many trials there were when it was told; UINT64_MAX while pending. Each may be NULL */
HYT_API hyt_status hyt_study_order(const hyt_study *study, size_t index, uint64_t *round, uint64_t *ended);
/** Reports of trial `index` in order of step; NULL where there is no such report. Lent until it reports again. */
HYT_API size_t hyt_study_reports(const hyt_study *study, size_t index);
HYT_API const double *hyt_study_report(const hyt_study *study, size_t index, size_t place, uint64_t *step);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
