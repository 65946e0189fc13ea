/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"
#include "train/train.h"
#include <math.h>

#define FIELD(name) offsetof(hyti_train_params, name)

static const hyti_option rows[] = {
    { HYT_TRAIN_EPOCHS, HYT_OPT_INT, 10, 1, 100000, NULL, FIELD(epochs), "how often all pictures are shown" },
    { HYT_TRAIN_BATCH, HYT_OPT_INT, 16, 1, 4096, NULL, FIELD(batch), "pictures of one step" },
    { HYT_TRAIN_OPTIMISER, HYT_OPT_CHOICE, HYTI_OPTIMISER_ADAMW, 0, 0, "adamw|sgd", FIELD(optimiser),
      "what makes the steps" },
    { HYT_TRAIN_RATE, HYT_OPT_REAL, 3e-3, 0, 100, NULL, FIELD(rate), "peak learning rate" },
    { HYT_TRAIN_MOMENTUM, HYT_OPT_REAL, 0.9, 0, 1, NULL, FIELD(momentum), "share of the last step that sgd keeps" },
    { HYT_TRAIN_WEIGHT_DECAY, HYT_OPT_REAL, 0.05, 0, 10, NULL, FIELD(weight_decay), "pull of the weights towards 0" },
    { HYT_TRAIN_WARMUP, HYT_OPT_REAL, 0.1, 0, 1, NULL, FIELD(warmup), "share of the steps in which the rate rises" },
    { HYT_TRAIN_SMOOTHING, HYT_OPT_REAL, 0.1, 0, 1, NULL, FIELD(smoothing),
      "label smoothing: share given to all classes alike" },
    { HYT_TRAIN_FLIP, HYT_OPT_FLAG, 1, 0, 1, NULL, FIELD(flip), "mirror pictures left and right at random" },
    { HYT_TRAIN_CROP, HYT_OPT_REAL, 0.2, 0, 0.9, NULL, FIELD(crop),
      "share of the side by which pictures are shifted and scaled" },
    { HYT_TRAIN_JITTER, HYT_OPT_REAL, 0.3, 0, 1, NULL, FIELD(jitter),
      "how far brightness, contrast and saturation vary" },
    { HYT_TRAIN_AVERAGING, HYT_OPT_REAL, 0.995, 0, 0.99999, NULL, FIELD(averaging),
      "share that the running mean of the weights, which is handed over, keeps at each step; 0: no mean" },
    { HYT_TRAIN_PATIENCE, HYT_OPT_INT, 0, 0, 100000, NULL, FIELD(patience),
      "epochs without a better validation before the end; 0: never" },
    { HYT_TRAIN_THREADS, HYT_OPT_INT, 1, 1, HYTI_MAX_THREADS, NULL, FIELD(threads), "threads of one training" },
    { HYT_TRAIN_SEED, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(seed),
      "seed of weights, order and augmentation" },
    { HYT_TRAIN_TASK, HYT_OPT_CHOICE, 0, 0, 0, "classification|detection|segmentation", FIELD(task),
      "what the network is trained for" },
    { HYT_TRAIN_NESTEROV, HYT_OPT_FLAG, 0, 0, 1, NULL, FIELD(nesterov), "sgd looks ahead along its momentum" },
    { HYT_TRAIN_SCHEDULE, HYT_OPT_CHOICE, HYTI_SCHEDULE_COSINE, 0, 0, "cosine|one-cycle|step", FIELD(schedule),
      "how the rate goes over the steps" },
    { HYT_TRAIN_STEPS, HYT_OPT_INT, 2, 0, 1000, NULL, FIELD(steps), "drops of schedule step, evenly spaced" },
    { HYT_TRAIN_DROP, HYT_OPT_REAL, 0.1, 0, 1, NULL, FIELD(drop), "what each of them multiplies the rate by" },
    { HYT_TRAIN_CLIP, HYT_OPT_REAL, 0, 0, 1e9, NULL, FIELD(clip),
      "greatest norm of the gradient of all weights together; 0: any" },
    { HYT_TRAIN_MIXUP, HYT_OPT_REAL, 0, 0, 100, NULL, FIELD(mixup),
      "alpha of mixup, which blends pictures two by two; 0: none" },
    { HYT_TRAIN_CUTMIX, HYT_OPT_REAL, 0, 0, 100, NULL, FIELD(cutmix),
      "alpha of cutmix, which swaps a box of pictures two by two; 0: none" },
    { HYT_TRAIN_ERASING, HYT_OPT_REAL, 0, 0, 1, NULL, FIELD(erasing),
      "share of the pictures in which a random box becomes noise" },
    { HYT_TRAIN_CLASS_WEIGHTS, HYT_OPT_CHOICE, HYTI_CLASS_WEIGHTS_NONE, 0, 0, "none|balanced", FIELD(class_weights),
      "balanced: all classes weigh the same, however many pictures they have" },
    { HYT_TRAIN_TEACHER_SHARE, HYT_OPT_REAL, 0.5, 0, 1, NULL, FIELD(teacher_share),
      "share of the loss that a teacher gives, where there is one" },
    { HYT_TRAIN_TEMPERATURE, HYT_OPT_REAL, 2, 0.01, 1000, NULL, FIELD(temperature),
      "what the outputs are divided by before they are compared with a teacher's" },
    { HYT_TRAIN_QAT, HYT_OPT_REAL, 0, 0, 1, NULL, FIELD(qat),
      "share of the epochs, the last ones, that round as int8 does; 0: none" },
    { HYT_TRAIN_MEMORY_BYTES, HYT_OPT_INT, 0, 0, 9007199254740992.0, NULL, FIELD(memory_bytes),
      "most memory that a training may need; 0: any" },
    { HYT_TRAIN_KEEP, HYT_OPT_CHOICE, HYTI_KEEP_BEST, 0, 0, "best|last", FIELD(keep),
      "which epoch's network is handed over: of the best validation, or the last" },
};
const hyti_table hyti_train_table = { rows, HYTI_COUNT(rows), sizeof(hyti_train_params), NULL };

hyt_status hyt_train_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &hyti_train_table, out);
}

/* From 1 to 0 along half a cosine. */
static double half_cosine(double share)
{
    return 0.5 * (1 + cos(M_PI * share));
}

/* Where a step is: how far the rise is, 0 to 1, and, once it is over, how far what follows. */
static bool rising(const hyti_train_params *params, size_t step, size_t steps, double *share)
{
    double warm = floor(params->warmup * (double)steps), place = (double)step;
    bool rises = place < warm;
    *share = rises ? (place + 1) / warm : (place - warm) / ((double)steps - warm);
    return rises;
}

double hyti_train_rate(const hyti_train_params *params, size_t step, size_t steps)
{
    const double first = 1.0 / 25, last = first * 1e-4;
    double share;
    bool rises = rising(params, step, steps, &share);
    switch (params->schedule) {
    case HYTI_SCHEDULE_ONE_CYCLE:
        if (rises) return params->rate * (1 + (first - 1) * half_cosine(share));
        return params->rate * (last + (1 - last) * half_cosine(share));
    case HYTI_SCHEDULE_STEP:
        if (rises) return params->rate * share;
        return params->rate * pow(params->drop, floor((double)step * (double)(params->steps + 1) / (double)steps));
    default: return params->rate * (rises ? share : half_cosine(share));
    }
}

double hyti_train_momentum(const hyti_train_params *params, size_t step, size_t steps)
{
    double share, low = fmax(0, params->momentum - 0.1);
    if (params->schedule != HYTI_SCHEDULE_ONE_CYCLE) return params->momentum;
    bool rises = rising(params, step, steps, &share);
    return low + (params->momentum - low) * half_cosine(rises ? share : 1 - share);
}
