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
#define HYT_TRAIN_SMOOTHING "smoothing"             /**< real: label smoothing, of classification */
#define HYT_TRAIN_FLIP "flip"                       /**< flag: mirror left and right at random */
/** real, share of the side by which pictures are shifted and scaled at random */
#define HYT_TRAIN_CROP "crop"
#define HYT_TRAIN_JITTER "jitter"                   /**< real: brightness, contrast and saturation */
/** real: running mean of the weights, which is handed over; 0: none */
#define HYT_TRAIN_AVERAGING "averaging"
/** choice, "best", "last": which epoch's weights are handed over, and whose score is the training's. last: whatever the
 *  validation says; for few validation pictures, of whose best epoch much is luck, and not with "patience"
 *  (HYT_ERR_CONFLICT). */
#define HYT_TRAIN_KEEP "keep"
/** int, epochs without a better validation accuracy before it ends early; 0: never */
#define HYT_TRAIN_PATIENCE "patience"
#define HYT_TRAIN_THREADS "threads"                 /**< int, 1 */
#define HYT_TRAIN_SEED "seed"                       /**< int, 0 */
#define HYT_TRAIN_NESTEROV "nesterov"               /**< flag, 0: sgd looks ahead along its momentum */
#define HYT_TRAIN_SCHEDULE "schedule"               /**< choice, "cosine", "one-cycle" or "step" */
#define HYT_TRAIN_STEPS "steps"                     /**< int, 2: drops of schedule step, evenly spaced */
#define HYT_TRAIN_DROP "drop"                       /**< real, 0.1: what each of them multiplies the rate by */
#define HYT_TRAIN_CLIP "clip"                       /**< real, 0: greatest norm of the gradient; 0: any */
#define HYT_TRAIN_MIXUP "mixup"                     /**< real, 0: alpha of mixup; 0: none */
#define HYT_TRAIN_CUTMIX "cutmix"                   /**< real, 0: alpha of cutmix; 0: none */
#define HYT_TRAIN_ERASING "erasing"                 /**< real, 0: share of the pictures in which a box becomes noise */
#define HYT_TRAIN_CLASS_WEIGHTS "class-weights"     /**< choice, "none" or "balanced" (of classification) */
#define HYT_TRAIN_TEACHER_SHARE "teacher-share"     /**< real, 0.5: share of the loss that a teacher gives */
#define HYT_TRAIN_TEMPERATURE "temperature"         /**< real, 2: softens both outputs before they are compared */
#define HYT_TRAIN_MEMORY_BYTES "memory-bytes"       /**< int, 0: most memory that a training may need; 0: any */
/** real, 0: share of the epochs, the last ones, in which weights and values are rounded as int8 rounds them; the ranges
 *  that were learned are handed over as quantisation of the network's values (HYT_QUANTISER_CALIBRATION "learned") */
#define HYT_TRAIN_QAT "qat"
#define HYT_TRAIN_TASK "task"                       /**< choice, "classification", "detection" or "segmentation" */

HYT_API hyt_status hyt_train_options_create(hyt_context *context, hyt_options **out);

/** What a training needs, before anything is allocated: activations, gradients, weights in all their forms, moments and
 *  copies, a batch of pictures. Data sets and a teacher come on top. Needs no weights.
 *  @return HYT_ERR_UNSUPPORTED, HYT_ERR_SHAPE as hyt_trainer_create() */
HYT_API hyt_status hyt_train_plan(const hyt_graph *graph, const hyt_options *options, uint64_t *bytes);

/** Copies the graph, with its weights; weights that are not set are initialised from the seed. HYT_ERR_INFEASIBLE where
 *  option "memory-bytes" allows less than hyt_train_plan() says: nothing large has been allocated then. */
HYT_API hyt_status hyt_trainer_create(const hyt_graph *graph, const hyt_options *options, hyt_trainer **out);
HYT_API void hyt_trainer_destroy(hyt_trainer *trainer);

/** A network that the trained one imitates in hyt_trainer_fit: it runs on the same augmented pictures (options
 *  "teacher-share" and "temperature"; arXiv 1503.02531). It is copied, takes pixels from 0 to 1, and gives what the
 *  trained network gives.
 *  @param teacher  NULL: none any more
 *  @return HYT_ERR_SHAPE where it takes or gives something else; HYT_ERR_STATE where a weight is not set, or inside an
 *          epoch callback */
HYT_API hyt_status hyt_trainer_set_teacher(hyt_trainer *trainer, const hyt_graph *teacher);

/** Starts from the weights of a similar network. Operations with weights are put side by side in their order, those of
 *  equal kind and shape first; where two meet, what both have is copied: their first channels, the middle of their
 *  kernels, running statistics too. All else stays as it is. The parent's normalisation is not looked at.
 *  @param values  how many trained values were inherited (hyt_graph_parameters() has all); may be NULL
 *  @return HYT_ERR_STATE where a weight of the parent is not set, or inside an epoch callback */
HYT_API hyt_status hyt_trainer_inherit(hyt_trainer *trainer, const hyt_graph *parent, uint64_t *values);

/** After each epoch: 0 goes on, HYT_STOP ends well, negative ends and travels unchanged. Of the trainer it may ask for
 *  the network and save; all that would change it is HYT_ERR_STATE there. */
typedef int (*hyt_epoch_fn)(void *user, size_t epoch, double train_loss, double validation_accuracy);

/** The whole schedule, from the weights as they are. Pictures are normalised with the train part's mean and deviation,
 *  which the trained network keeps (hyt_graph_set_normalisation), so that it takes pixels from 0 to 1.
 *  @param validation  NULL: none, and no early stop
 *  @param best        validation accuracy of the epoch that is handed over, 0 to 1; untouched without a validation
 *                     part; may be NULL
 *  @return HYT_ERR_SHAPE where the pictures or classes do not fit; HYT_ERR_NUMERIC if the loss is not finite */
HYT_API hyt_status hyt_trainer_fit(hyt_trainer *trainer, const hyt_dataset *train, const hyt_dataset *validation,
                                   hyt_epoch_fn epoch, void *user, double *best);
/** @name Going on later
 *  A training that ends in the middle, because a callback said HYT_STOP or the program was killed, and goes on to the
 *  same weights, bit for bit, as one that was not interrupted.
 *  @{ */
/** Writes the training that goes on (inside its epoch callback: after that epoch) or, outside of one, that HYT_STOP
 *  ended or that was loaded. A file that was there stays until all of it is written. HYT_ERR_STATE if there is none. */
HYT_API hyt_status hyt_trainer_save(const hyt_trainer *trainer, const char *path);
/** The next hyt_trainer_fit goes on from there, on the same pictures and with the same teacher, else it answers
 *  HYT_ERR_CONFLICT. Its callback starts with the number of the next epoch.
 *  @return HYT_ERR_FORMAT says what is wrong; HYT_ERR_CONFLICT names the network, option or version that is another */
HYT_API hyt_status hyt_trainer_load(hyt_trainer *trainer, const char *path);
/** The same from bytes in memory. */
HYT_API hyt_status hyt_trainer_parse(hyt_trainer *trainer, const void *bytes, size_t size);
/** @} */

/** One step on a batch of normalised pictures, NHWC; the rate is the peak rate. `loss` may be NULL. Classification
 *  only, else HYT_ERR_UNSUPPORTED. HYT_ERR_RANGE names a label beyond the classes. */
HYT_API hyt_status hyt_trainer_step(hyt_trainer *trainer, const float *pictures, const uint32_t *labels, size_t count,
                                    double *loss);
/** The same against rows of shares, `classes` of them a picture: 0 or more, finite. A row that sums to s weighs as s
 *  pictures. Label smoothing is not applied to them. HYT_ERR_RANGE names a share that is none. */
HYT_API hyt_status hyt_trainer_step_soft(hyt_trainer *trainer, const float *pictures, const float *targets,
                                         size_t count, double *loss);
/** The network as trained so far, yours. After fit: of the epoch of option "keep", and it takes pixels from 0 to 1;
 *  before, it takes what the graph took that the trainer was made from. */
HYT_API hyt_status hyt_trainer_network(const hyt_trainer *trainer, hyt_graph **out);

/** Score of a network on a data set, 0 to 1, through the runtime.
 *  @param metric  "accuracy" of a classifier; "map50" and "map" of a detector: mean over the classes of the average
 *                 precision (COCO's: 101 recalls, 100 boxes a picture, crowds not counted) at an overlap of .5, and
 *                 over .5 to .95; "miou" of a segmentation network: mean over the classes of the intersection over
 *                 union of pixels
 *  @return HYT_ERR_NOT_FOUND for another metric; HYT_ERR_SHAPE where network or data set are of another task */
HYT_API hyt_status hyt_train_score(const hyt_graph *network, const hyt_dataset *dataset, const char *metric,
                                   size_t threads, double *value);
/** Share of pictures whose highest output is their label, through the runtime. */
HYT_API hyt_status hyt_train_accuracy(const hyt_graph *network, const hyt_dataset *dataset, size_t threads,
                                      double *accuracy);

#ifdef __cplusplus
}
#endif
#endif
