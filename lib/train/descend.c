/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step of the optimiser, in blocks of weights; the gradient's norm over all of them, where it is bounded. */
#include "train/trainer.h"
#include <math.h>
#include <string.h>

#define BLOCK ((size_t)4096) /* values of weights that one task updates */

typedef struct update {
    hyt_trainer *trainer;
    hyti_descent descent;
    size_t parts;  /* rows of gradients that are summed */
    float shrink;  /* what they are multiplied by before */
} update;

size_t hyti_descend_blocks(const hyt_trainer *trainer)
{
    return (trainer->tape.n_trained + BLOCK - 1) / BLOCK;
}

static void descend_range(const update *u, size_t first, size_t last, double decay)
{
    const hyt_trainer *t = u->trainer;
    const hyti_net_f32 *net = &t->net;
    hyti_descent descent = u->descent;
    if (first >= last) return;
    descent.decay = decay;
    if (t->params.optimiser == HYTI_OPTIMISER_ADAMW)
        t->ops.adamw(last - first, net->weights + first, t->first + first, t->second + first, net->slots + first,
                     u->parts, t->tape.n_trained, &descent);
    else
        t->ops.sgd(last - first, net->weights + first, t->first + first, net->slots + first, u->parts,
                   t->tape.n_trained, &descent);
}

static void descend_block(void *user, size_t block, size_t worker)
{
    const update *u = user;
    const hyti_tape *tape = &u->trainer->tape;
    size_t first = block * BLOCK, last = HYTI_MIN(first + BLOCK, tape->n_trained);
    size_t middle = HYTI_MIN(HYTI_MAX(first, tape->n_decayed), last);
    (void)worker;
    for (size_t i = first; i < last && u->shrink != 1; i++) u->trainer->net.slots[i] *= u->shrink;
    descend_range(u, first, middle, u->trainer->params.weight_decay);
    descend_range(u, middle, last, 0);
}

/* Sums the parts of a block's gradient into the first of them, and its squares. */
static void gather_block(void *user, size_t block, size_t worker)
{
    hyt_trainer *t = user;
    size_t stride = t->tape.n_trained, first = block * BLOCK, last = HYTI_MIN(first + BLOCK, stride);
    float *sum = t->net.slots;
    double squares = 0;
    (void)worker;
    for (size_t part = 1; part < t->net.parts; part++)
        for (size_t i = first; i < last; i++) sum[i] += sum[part * stride + i];
    for (size_t i = first; i < last; i++) squares += (double)sum[i] * sum[i];
    t->norms[block] = squares;
}

/* Pascanu et al., arXiv 1211.5063: a gradient longer than the bound keeps its direction. */
static float clip(hyt_trainer *t)
{
    double squares = 0;
    hyti_pool_run(t->pool, hyti_descend_blocks(t), gather_block, t);
    for (size_t block = 0; block < hyti_descend_blocks(t); block++) squares += t->norms[block];
    double norm = sqrt(squares);
    return norm > t->params.clip ? (float)(t->params.clip / norm) : 1;
}

void hyti_trainer_descend(hyt_trainer *t, double rate, double momentum)
{
    double n = (double)++t->steps;
    update u = { t, { .rate = rate, .momentum = momentum, .first = 1 - pow(HYTI_ADAM_BETA1, n),
                      .second = 1 - pow(HYTI_ADAM_BETA2, n), .nesterov = t->params.nesterov != 0 },
                 t->net.parts, 1 };
    if (t->params.clip > 0) {
        u.shrink = clip(t);
        u.parts = 1;
    }
    hyti_pool_run(t->pool, hyti_descend_blocks(t), descend_block, &u);
    hyti_net_pack_f32(&t->net);
}

void hyti_trainer_reset(hyt_trainer *t)
{
    memset(t->first, 0, t->tape.n_trained * sizeof *t->first);
    memset(t->second, 0, t->tape.n_trained * sizeof *t->second);
    t->steps = 0;
}
