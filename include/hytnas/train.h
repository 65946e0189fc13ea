/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file train.h
 *  Trains a network on labelled pictures. For a seed the weights are the same, bit for bit, whatever the threads. */
#ifndef HYTNAS_TRAIN_H
#define HYTNAS_TRAIN_H

#include <hytnas/data.h>
#include <hytnas/graph.h>
#include <hytnas/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_trainer hyt_trainer;

#define HYT_TRAIN_EPOCHS "epochs"                   /**< int, 10 */
#define HYT_TRAIN_BATCH "batch"                     /**< int, 16 */
#define HYT_TRAIN_OPTIMISER "optimiser"             /**< choice, "adamw" or "sgd" */
#define HYT_TRAIN_RATE "rate"                       /**< real: peak learning rate */
#define HYT_TRAIN_MOMENTUM "momentum"               /**< real, 0.9: of sgd */
#define HYT_TRAIN_WEIGHT_DECAY "weight-decay"       /**< real: not applied to biases and norms */
#define HYT_TRAIN_WARMUP "warmup"                   /**< real, share of the steps in which the rate rises to its peak */
#define HYT_TRAIN_SMOOTHING "smoothing"             /**< real: label smoothing */
#define HYT_TRAIN_FLIP "flip"                       /**< flag: mirror left and right at random */
#define HYT_TRAIN_CROP "crop"                       /**< real, share of the side by which pictures are shifted and scaled at random */
#define HYT_TRAIN_JITTER "jitter"                   /**< real: brightness, contrast and saturation */
#define HYT_TRAIN_AVERAGING "averaging"             /**< real: running mean of the weights, which is handed over; 0: none */
#define HYT_TRAIN_PATIENCE "patience"               /**< int, epochs without a better validation accuracy before it ends early; 0: never */
#define HYT_TRAIN_THREADS "threads"                 /**< int, 1 */
#define HYT_TRAIN_SEED "seed"                       /**< int, 0 */
#define HYT_TRAIN_TASK "task"                       /**< choice, "classification", "detection" or "segmentation" */

HYT_API hyt_status hyt_train_options_create(hyt_context *context, hyt_options **out);

/** Copies the graph, with its weights; weights that are not set are initialised from the seed. */
HYT_API hyt_status hyt_trainer_create(const hyt_graph *graph, const hyt_options *options, hyt_trainer **out);
HYT_API void hyt_trainer_destroy(hyt_trainer *trainer);

/** After each epoch: 0 goes on, HYT_STOP ends well, negative ends and travels unchanged. */
typedef int (*hyt_epoch_fn)(void *user, size_t epoch, double train_loss, double validation_accuracy);

/** The whole schedule, from the weights as they are. Pictures are normalised with the train part's mean and deviation,
 *  which the trained network keeps (hyt_graph_set_normalisation), so that it takes pixels from 0 to 1.
 *  @param validation  NULL: none, and no early stop
 *  @param best        best validation accuracy, 0 to 1; untouched without a validation part; may be NULL
 *  @return HYT_ERR_SHAPE where the pictures or classes do not fit; HYT_ERR_NUMERIC if the loss is not finite */
HYT_API hyt_status hyt_trainer_fit(hyt_trainer *trainer, const hyt_dataset *train, const hyt_dataset *validation,
                                   hyt_epoch_fn epoch, void *user, double *best);
/** One step on a batch of normalised pictures, NHWC; the rate is the peak rate. `loss` may be NULL. Classification
 *  only, else HYT_ERR_UNSUPPORTED. HYT_ERR_RANGE names a label beyond the classes. */
HYT_API hyt_status hyt_trainer_step(hyt_trainer *trainer, const float *pictures, const uint32_t *labels, size_t count,
                                    double *loss);
/** The same against rows of shares, `classes` of them a picture: 0 or more, finite. A row that sums to s weighs as s
 *  pictures. Label smoothing is not applied to them. HYT_ERR_RANGE names a share that is none. */
HYT_API hyt_status hyt_trainer_step_soft(hyt_trainer *trainer, const float *pictures, const float *targets, size_t count,
                                         double *loss);
/** The network as trained so far, yours. After fit: of the best epoch, and it takes pixels from 0 to 1; before, it takes
 *  what the graph took that the trainer was made from. */
HYT_API hyt_status hyt_trainer_network(const hyt_trainer *trainer, hyt_graph **out);

/** Share of pictures whose highest output is their label, through the runtime. */
HYT_API hyt_status hyt_train_accuracy(const hyt_graph *network, const hyt_dataset *dataset, size_t threads, double *accuracy);

#ifdef __cplusplus
}
#endif
#endif
