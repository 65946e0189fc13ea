/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command search, in steps: what is asked for (search.c), the handles (setup.c), what is measured ahead (ahead.c),
 * the search (search.c), what it hands over (finish.c). */
#ifndef JOB_H
#define JOB_H

#include "outcome.h"
#include "pictures.h"
#include "predictors.h"
#include "progress.h"

enum { MOST = 16 }; /* objectives, and limits, of one command line */
#define AHEAD_CHOSEN SIZE_MAX

typedef struct wanted_objective {
    char name[64];
    hyt_direction direction;
} wanted_objective;

typedef struct wanted_limit {
    char name[64];
    double value;
} wanted_limit;

typedef struct search_job {
    /* asked for */
    pictures_wanted data;
    wanted_objective objectives[MOST];
    wanted_limit limits[MOST];
    size_t objective_count, limit_count, ahead, final_epochs;
    predictor_list predictors;
    const char *study_path, *folder;
    const char *space_name, *score; /* score: the metric that networks are trained for */
    bool resume, json;
    hyt_options *search_options, *evaluator_options;
    /* made of it */
    char folder_text[4096];
    picture_parts pictures;
    hyt_space *space;
    hyt_study *study;
    hyt_search *search;
    hyt_evaluator *evaluator;
    progress_line progress;
    char doing[64];         /* "trial 12": what is being trained */
    size_t epochs;          /* of it */
    bool may_stop;          /* whether Ctrl-C ends the training that goes on */
    bool supernet_kept;     /* lies beside the study */
} search_job;

/* Whether Ctrl-C was pressed. */
bool interrupted(void);
/* Models, test accuracies, files, the front on stdout. */
int finish_search(search_job *job);
size_t job_threads(const search_job *job);

#endif
