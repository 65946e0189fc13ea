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
};
const hyti_table hyti_train_table = { rows, HYTI_COUNT(rows), sizeof(hyti_train_params), NULL };

hyt_status hyt_train_options_create(hyt_context *context, hyt_options **out)
{
    return hyti_options_create(context, &hyti_train_table, out);
}

double hyti_train_rate(const hyti_train_params *params, size_t step, size_t steps)
{
    double warm = floor(params->warmup * (double)steps), place = (double)step;
    if (place < warm) return params->rate * (place + 1) / warm;
    return params->rate * 0.5 * (1 + cos(M_PI * (place - warm) / ((double)steps - warm)));
}
