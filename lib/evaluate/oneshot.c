/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/oneshot.h"
#include <string.h>

void hyti_oneshot_clear(hyti_oneshot *oneshot)
{
    if (!oneshot->space) return;
    hyti_store_clear(&oneshot->store);
    hyt_space_destroy(oneshot->space);
    *oneshot = (hyti_oneshot){ 0 };
}

/* The candidate of every gene's lowest or highest level. */
static hyt_status decode_end(const hyti_oneshot_aim *aim, bool highest, hyt_graph **out)
{
    size_t genes = hyt_space_genes(aim->space);
    size_t *levels = hyti_array(hyti_space_context(aim->space), genes, sizeof *levels);
    hyt_candidate *candidate = NULL;
    if (!levels) return hyti_fail_nomem();
    for (size_t i = 0; i < genes && highest; i++) levels[i] = hyt_space_gene_levels(aim->space, i) - 1;
    hyt_status status = hyt_candidate_create(aim->space, levels, genes, &candidate);
    hyti_free(hyti_space_context(aim->space), levels);
    if (status == HYT_OK) status = hyt_candidate_decode(candidate, aim->input, aim->classes, out);
    hyt_candidate_destroy(candidate);
    return status;
}

hyt_status hyti_oneshot_largest(const hyti_oneshot_aim *aim, hyt_graph **out)
{
    return decode_end(aim, true, out);
}

/* What a training of a super-network draws from. */
typedef struct source {
    hyti_oneshot_aim aim;
    uint64_t seed;
} source;

static hyt_status draw(const void *user, size_t step, size_t number, hyt_graph **out)
{
    const source *s = user;
    hyt_candidate *candidate = NULL;
    if (number == 0) return decode_end(&s->aim, false, out);
    uint64_t index = (uint64_t)step * HYTI_SUPERNET_OTHERS + number;
    hyti_rng rng = hyti_rng_start(s->seed, HYTI_PURPOSE_SUPERNET, index);
    HYTI_TRY(hyt_candidate_sample(s->aim.space, hyti_rng_u64(&rng), index, &candidate));
    hyt_status status = hyt_candidate_decode(candidate, s->aim.input, s->aim.classes, out);
    hyt_candidate_destroy(candidate);
    return status;
}

static hyt_status keep(hyti_oneshot *oneshot, hyt_space *space, const hyt_graph *largest)
{
    hyti_store store;
    HYTI_TRY(hyti_store_init(&store, largest));
    hyti_oneshot_clear(oneshot);
    hyti_space_retain(space);
    *oneshot = (hyti_oneshot){ space, store };
    return HYT_OK;
}

/* Tells the end of a training from its being stopped. */
typedef struct listener {
    hyt_epoch_fn epoch;
    void *user;
    int answer;
} listener;

static int listen(void *user, size_t epoch, double loss, double score)
{
    listener *l = user;
    return l->answer = l->epoch ? l->epoch(l->user, epoch, loss, score) : 0;
}

hyt_status hyti_oneshot_train(hyti_oneshot *oneshot, const hyti_oneshot_aim *aim, const hyti_train_params *params,
                              const hyt_dataset *train, hyt_epoch_fn epoch, void *user, int *verdict)
{
    const source from = { *aim, (uint64_t)params->seed };
    listener heard = { epoch, user, 0 };
    hyt_graph *largest = NULL, *trained = NULL;
    hyti_supernet *supernet = NULL;
    *verdict = 0;
    HYTI_TRY(hyti_oneshot_largest(aim, &largest));
    hyt_status status = hyti_supernet_create(largest, params, draw, &from, &supernet);
    hyt_graph_destroy(largest);
    HYTI_TRY(status);
    hyt_trainer *trainer = hyti_supernet_trainer(supernet);
    status = hyt_trainer_fit(trainer, train, NULL, listen, &heard, NULL);
    if (status == HYT_OK && heard.answer == HYT_STOP) *verdict = HYT_STOP;
    else if (status == HYT_OK) status = hyt_trainer_network(trainer, &trained);
    if (trained) status = keep(oneshot, aim->space, trained);
    hyt_graph_destroy(trained);
    hyti_supernet_destroy(supernet);
    return status;
}

static bool same_dims(const hyt_dims *a, const hyt_dims *b)
{
    return a->rank == b->rank && memcmp(a->size, b->size, a->rank * sizeof *a->size) == 0;
}

static bool same_operations(const hyt_graph *a, const hyt_graph *b)
{
    bool same = a->n_nodes == b->n_nodes && a->n_parameters == b->n_parameters;
    for (size_t i = 0; same && i < a->n_nodes; i++) same = a->nodes[i].op == b->nodes[i].op;
    for (size_t i = 0; same && i < a->n_parameters; i++)
        same = a->parameters[i].role == b->parameters[i].role &&
               same_dims(&a->parameters[i].dims, &b->parameters[i].dims);
    return same;
}

/* Into a network that was just decoded, whose blocks have places. */
static hyt_status take_weights(hyt_graph *own, const hyt_graph *largest)
{
    if (!same_operations(own, largest))
        return hyti_fail(HYT_ERR_SHAPE, "\"%s\" is not the largest network of space \"%s\" for these pictures",
                         hyt_graph_name(largest), hyt_graph_name(own));
    for (size_t i = 0; i < own->n_parameters; i++) {
        const hyti_parameter *from = &largest->parameters[i];
        if (!from->data) return hyti_fail(HYT_ERR_STATE, "the largest network's %s is not set", from->name);
        HYTI_TRY(hyt_graph_set_parameter(own, i, from->data, from->count));
    }
    return largest->normalised ? hyt_graph_set_normalisation(own, largest->mean, largest->deviation) : HYT_OK;
}

hyt_status hyti_oneshot_set(hyti_oneshot *oneshot, const hyti_oneshot_aim *aim, const hyt_graph *largest)
{
    hyt_graph *own = NULL;
    HYTI_TRY(hyti_oneshot_largest(aim, &own));
    hyt_status status = take_weights(own, largest);
    if (status == HYT_OK) status = keep(oneshot, aim->space, own);
    hyt_graph_destroy(own);
    return status;
}
