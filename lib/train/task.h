/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network is trained for: classification, detection, segmentation. Training and scoring know tasks through this
 * table alone. */
#ifndef HYTI_TRAIN_TASK_H
#define HYTI_TRAIN_TASK_H

#include "data/batch.h"
#include "train/train.h"

typedef struct hyti_task hyti_task;

/* A task bound to a network: who trains or scores it makes one and hands it to each call. */
typedef struct hyti_goal {
    const hyti_task *task;
    hyt_context *context;
    const hyt_graph *graph;          /* lent; ends in the result that is trained */
    const hyti_train_params *params; /* lent; NULL for who only scores */
    size_t outputs;                  /* values of one picture's result, which lies as H,W,C (or rows, or classes) */
    /* Of task->prepare: */
    size_t classes;                  /* that the result tells apart */
    size_t target_bytes;             /* of one picture */
    void *state;                     /* the task's own; NULL: none */
} hyti_goal;

/* `target` is memory of one picture, at a multiple of 16 bytes, that nobody else touches meanwhile. What is said to be
 * thread-safe runs for many pictures at a time. Everything is the same for any threads. Optional: may be NULL. */
struct hyti_task {
    const char *name;   /* its word in option "task" */
    const char *metric; /* what its score is called */
    /* Whether the result fits: HYT_ERR_SHAPE names what does not. Sets the last fields of the goal. */
    hyt_status (*prepare)(hyti_goal *goal);
    void (*clear)(hyti_goal *goal);                                                             /* optional */
    /* Whether the targets of a data set fit, as hyti_goal_check says; `name` says which set in the message. */
    hyt_status (*check)(const hyti_goal *goal, const hyt_dataset *dataset, const char *name);
    /* Before a training on this set: class weights, priors. */
    hyt_status (*begin)(hyti_goal *goal, const hyt_dataset *train);                             /* optional */
    /* The target of a picture, moved as its pixels were; placement NULL: as it lies. Thread-safe. */
    void (*aim)(const hyti_goal *goal, const hyt_dataset *dataset, size_t index, const hyti_placement *placement,
                void *target);
    /* Loss of one picture; writes its gradient times `weight`. May use the target as scratch. Thread-safe. */
    double (*loss)(const hyti_goal *goal, void *target, const float *output, double weight, float *gradient);
    /* Distance of a result from a teacher's; adds its gradient times `weight`. Thread-safe. */
    double (*imitate)(const hyti_goal *goal, const float *teacher, const float *output, double weight,
                      float *gradient);                                                         /* optional */
    bool mixes;  /* targets are rows of floats, which may be blended as the pictures are */
    bool weighs; /* knows option "class-weights" */

    /* One number for a data set, 0 to 1, higher is better: results are added in order of pictures, one at a time.
     * score_end releases the score; value NULL: it is given up. */
    hyt_status (*score_begin)(const hyti_goal *goal, void **score);
    hyt_status (*score_add)(const hyti_goal *goal, void *score, const hyt_dataset *dataset, size_t index,
                            const float *output);
    hyt_status (*score_end)(const hyti_goal *goal, void *score, double *value);
};

/* By its place in option "task"; HYT_ERR_UNSUPPORTED for one that is not there. */
hyt_status hyti_task_find(int64_t place, const hyti_task **task);
/* Places beyond those of the option are a task of it with another score: place of the task that `metric` scores;
 * HYT_ERR_NOT_FOUND names the metrics. */
hyt_status hyti_task_of_metric(const char *metric, int64_t *place);
extern const hyti_task hyti_task_classification, hyti_task_detection, hyti_task_detection_strict,
    hyti_task_segmentation;
/* The row of a label of classification: smoothed. */
void hyti_class_target(const hyti_goal *goal, uint32_t label, float *target);

/* Binds the task that `params` name, or (params NULL) `task`. The goal is empty again where it fails. */
hyt_status hyti_goal_init(hyti_goal *goal, const hyt_graph *graph, const hyti_train_params *params,
                          const hyti_task *task);
void hyti_goal_clear(hyti_goal *goal);
/* The score of a network that takes pixels from 0 to 1, through the runtime. */
hyt_status hyti_train_score(const hyt_graph *network, const hyti_task *task, const hyt_dataset *dataset, size_t threads,
                            double *value);
/* HYT_ERR_SHAPE where the pictures of a set, or their targets, do not fit the network. */
hyt_status hyti_goal_check(const hyti_goal *goal, const hyt_dataset *dataset, const char *name);

#endif
