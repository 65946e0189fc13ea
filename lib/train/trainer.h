/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HYTI_TRAIN_TRAINER_H
#define HYTI_TRAIN_TRAINER_H

#include "train/net.h"
#include "train/runner.h"
#include "train/task.h"

typedef struct hyti_fit hyti_fit;

/* A step against trainer->targets; *loss: of the batch. */
typedef hyt_status (*hyti_step_fn)(void *user, const float *pictures, size_t count, double rate, double momentum,
                                   double *loss);

struct hyt_trainer {
    hyt_context *context;
    hyti_train_params params;
    hyt_graph *graph;         /* own copy: structure, normalisation, and the weights it started with */
    hyti_tape tape;
    hyti_ops_f32 ops;
    hyti_net_f32 net;
    hyti_pool *pool;
    hyti_goal goal;           /* what it trains for, bound to `graph` */
    size_t in_size, target_size; /* of one picture: values, bytes (a multiple of 16) */
    float *first, *second;    /* moments of the optimiser */
    size_t steps;             /* that it made */
    float *input, *output;    /* one batch of pictures and of results */
    unsigned char *targets;   /* of the batch */
    float *running;           /* statistics before a step, for one that fails */
    double *norms;            /* squares of the gradient, of each block of weights */
    hyt_graph *teacher;       /* NULL: none */
    hyti_runner teaching;     /* runs it while a training goes on */
    float *taught;            /* its results of the batch; NULL: nothing is imitated */
    hyti_step_fn step;        /* makes the steps of a training in place of the net; NULL: the net does */
    void *step_user;
    hyti_fit *fit;            /* while the epoch callback runs; else NULL */
    void *image;              /* checkpoint of the training that was stopped or loaded last; NULL: none */
    size_t image_size;
    bool resumes;             /* the next training goes on from it */
    bool keeps;               /* the image of a training that is stopped */
};

/* HYT_ERR_STATE inside an epoch callback: nothing that the training rests on is changed there. */
hyt_status hyti_trainer_idle(const hyt_trainer *trainer);
/* A copy in which the weights that are not set are drawn from the seed. */
hyt_status hyti_trainer_graph(const hyt_graph *graph, uint64_t seed, hyt_graph **out);
/* A trainer of arguments that are known to be good, whose net has room for `room` pictures at a time. */
hyt_status hyti_trainer_create_sized(const hyt_graph *graph, const hyti_train_params *params, size_t room,
                                     hyt_trainer **out);
/* Of a picture against trainer->targets, and against the teacher's result where one is imitated. */
hyti_loss_f32 hyti_trainer_loss(const hyt_trainer *trainer);
/* Loss of a batch against trainer->targets; the gradient lies in the net's slots then. */
double hyti_trainer_slopes(hyt_trainer *trainer, const float *pictures, size_t count);
/* A step against trainer->targets, on arguments that are known to be good; a failure moved the running statistics. */
hyt_status hyti_trainer_step(hyt_trainer *trainer, const float *pictures, size_t count, double rate, double momentum,
                             double *loss);
/* Keeps the image of a training that is stopped. */
hyt_status hyti_trainer_keep(hyti_fit *fit);
/* After a training that ended well: nothing is gone on with; the image of one that was stopped stays to be saved. */
void hyti_trainer_forget(hyt_trainer *trainer, bool stopped);
/* Moves the weights along the gradient that lies in the net's slots. */
void hyti_trainer_descend(hyt_trainer *trainer, double rate, double momentum);
/* A schedule starts, and one that failed ends, with an optimiser that made no step. */
void hyti_trainer_reset(hyt_trainer *trainer);
size_t hyti_descend_blocks(const hyt_trainer *trainer);
/* Makes the teacher ready to run on pictures that were normalised so; where there is none, these three do nothing. */
hyt_status hyti_teacher_start(hyt_trainer *trainer, const float mean[3], const float deviation[3]);
/* Its results of trainer->input, for the next step to imitate. */
hyt_status hyti_teacher_run(hyt_trainer *trainer);
void hyti_teacher_stop(hyt_trainer *trainer);

#endif
