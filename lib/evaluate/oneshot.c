/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/oneshot.h"
#include "evaluate/evaluate.h"
#include <string.h>

#define POOL ((size_t)128) /* networks that a training draws from */
#define DRAWS 16           /* for one of them, before one above the limits is made smaller */

void hyti_oneshot_clear(hyti_oneshot *oneshot)
{
    if (!oneshot->space) return;
    hyti_store_clear(&oneshot->store);
    hyt_space_destroy(oneshot->space);
    *oneshot = (hyti_oneshot){ 0 };
}

hyt_status hyti_oneshot_largest(const hyti_oneshot_aim *aim, hyt_graph **out)
{
    size_t genes = hyt_space_genes(aim->space);
    size_t *levels = hyti_array(hyti_space_context(aim->space), genes, sizeof *levels);
    hyt_candidate *candidate = NULL;
    if (!levels) return hyti_fail_nomem();
    for (size_t i = 0; i < genes; i++) levels[i] = hyt_space_gene_levels(aim->space, i) - 1;
    hyt_status status = hyt_candidate_create(aim->space, levels, genes, &candidate);
    hyti_free(hyti_space_context(aim->space), levels);
    if (status == HYT_OK) status = hyt_candidate_decode(candidate, aim->input, aim->classes, out);
    hyt_candidate_destroy(candidate);
    return status;
}

/* -- networks that a training draws from --------------------------------------------------------------------------- */

/* Drawn once: where few are within the limits, to find one takes longer than to train it on a batch. */
typedef struct source {
    hyti_oneshot_aim aim;
    const hyti_train_params *params;
    uint64_t seed;
    hyti_level *levels; /* POOL rows of `genes`, and room for one */
    size_t genes;
} source;

static hyt_status decode(const source *s, const hyti_level *levels, hyt_graph **out)
{
    hyt_candidate *candidate = NULL;
    HYTI_TRY(hyti_candidate_from(s->aim.space, levels, &candidate));
    hyt_status status = hyt_candidate_decode(candidate, s->aim.input, s->aim.classes, out);
    hyt_candidate_destroy(candidate);
    return status;
}

static hyt_status check(const source *s, const hyt_graph *graph, bool *good)
{
    *good = true;
    for (size_t i = 0; i < s->aim.n_limits && *good; i++) {
        double value;
        HYTI_TRY(hyti_metric_measure(graph, s->aim.precision, s->aim.limits[i].metric, &value));
        *good = value <= s->aim.limits[i].most;
    }
    hyt_status status = *good ? hyti_train_check_memory(graph, s->params) : HYT_OK;
    if (status == HYT_ERR_INFEASIBLE) *good = false;
    return status == HYT_ERR_INFEASIBLE ? HYT_OK : status;
}

static hyt_status is_within(const source *s, const hyti_level *levels, bool *good)
{
    hyt_graph *graph = NULL;
    HYTI_TRY(decode(s, levels, &graph));
    hyt_status status = check(s, graph, good);
    hyt_graph_destroy(graph);
    return status;
}

static bool has_lower(const source *s, const hyti_level *levels, size_t gene)
{
    return levels[gene] > 0 && hyti_space_active(s->aim.space, levels, gene);
}

/* Lowers `times` genes at random, one after the other, or until all are at their lowest;
 * the same for the same draws. */
static void lower(const source *s, hyti_rng rng, size_t times, hyti_level *levels)
{
    for (; times > 0; times--) {
        size_t higher = 0, gene = 0;
        for (size_t i = 0; i < s->genes; i++) higher += has_lower(s, levels, i);
        if (higher == 0) return;
        size_t left = (size_t)hyti_rng_below(&rng, higher);
        while (!has_lower(s, levels, gene) || left-- > 0) gene++;
        levels[gene]--;
        hyti_space_canonicalise(s->aim.space, levels);
    }
}

/* Lowers levels that are above the limits as often as it takes, found by halving; `from` is room for a row. */
static hyt_status tighten(const source *s, const hyti_rng *rng, hyti_level *levels, hyti_level *from, bool *good)
{
    size_t above = 0, within = 0, bytes = s->genes * sizeof *levels;
    memcpy(from, levels, bytes);
    for (size_t i = 0; i < s->genes; i++) within += levels[i];
    while (within - above > 1) {
        size_t middle = above + (within - above) / 2;
        memcpy(levels, from, bytes);
        lower(s, *rng, middle, levels);
        HYTI_TRY(is_within(s, levels, good));
        *(*good ? &within : &above) = middle;
    }
    memcpy(levels, from, bytes);
    lower(s, *rng, within, levels);
    return is_within(s, levels, good);
}

static hyt_status draw_levels(const source *s, size_t index, hyti_level *levels, hyti_level *room)
{
    hyti_rng rng = hyti_rng_start(s->seed, HYTI_PURPOSE_SUPERNET, index);
    bool good = false;
    for (size_t i = 0; i < DRAWS && !good; i++) {
        hyti_space_sample(s->aim.space, &rng, levels);
        HYTI_TRY(is_within(s, levels, &good));
    }
    if (!good) HYTI_TRY(tighten(s, &rng, levels, room, &good));
    if (good) return HYT_OK;
    return hyti_fail(HYT_ERR_INFEASIBLE, "no network of space \"%s\" was found within the limits of its super-network",
                     hyt_space_name(s->aim.space));
}

static hyt_status fill_source(source *s)
{
    s->genes = hyt_space_genes(s->aim.space);
    s->levels = hyti_array(hyti_space_context(s->aim.space), (POOL + 1) * s->genes, sizeof *s->levels);
    hyt_status status = s->levels ? HYT_OK : hyti_fail_nomem();
    for (size_t i = 0; i < POOL && status == HYT_OK; i++)
        status = draw_levels(s, i, s->levels + i * s->genes, s->levels + POOL * s->genes);
    return status;
}

static void clear_source(source *s)
{
    hyti_free(hyti_space_context(s->aim.space), s->levels);
}

static hyt_status draw(const void *user, size_t step, size_t number, hyt_graph **out)
{
    const source *s = user;
    hyti_rng rng = hyti_rng_start(s->seed, HYTI_PURPOSE_SUPERNET, POOL + step * HYTI_SUPERNET_MEMBERS + number);
    return decode(s, s->levels + hyti_rng_below(&rng, POOL) * s->genes, out);
}

/* -- training ------------------------------------------------------------------------------------------------------ */

/* Takes the place of what is there; largest NULL: the training diverged. */
static hyt_status keep(hyti_oneshot *oneshot, hyt_space *space, const hyt_graph *largest)
{
    hyti_store store = { 0 };
    if (largest) HYTI_TRY(hyti_store_init(&store, largest));
    hyti_oneshot_clear(oneshot);
    hyti_space_retain(space);
    *oneshot = (hyti_oneshot){ .space = space, .diverged = !largest, .store = store };
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

static hyt_status train_supernet(const source *from, const hyt_dataset *train, listener *heard, hyt_graph **trained)
{
    hyt_graph *largest = NULL;
    hyti_supernet *supernet = NULL;
    HYTI_TRY(hyti_oneshot_largest(&from->aim, &largest));
    hyt_status status = hyti_supernet_create(largest, from->params, draw, from, &supernet);
    hyt_graph_destroy(largest);
    HYTI_TRY(status);
    status = hyt_trainer_fit(hyti_supernet_trainer(supernet), train, NULL, listen, heard, NULL);
    if (status == HYT_OK && heard->answer != HYT_STOP) status = hyti_supernet_network(supernet, trained);
    hyti_supernet_destroy(supernet);
    return status;
}

hyt_status hyti_oneshot_train(hyti_oneshot *oneshot, const hyti_oneshot_aim *aim, const hyti_train_params *params,
                              const hyt_dataset *train, hyt_epoch_fn epoch, void *user, int *verdict)
{
    source from = { .aim = *aim, .params = params, .seed = (uint64_t)params->seed };
    listener heard = { epoch, user, 0 };
    hyt_graph *trained = NULL;
    *verdict = 0;
    hyt_status status = fill_source(&from);
    if (status == HYT_OK) status = train_supernet(&from, train, &heard, &trained);
    clear_source(&from);
    if (status == HYT_OK && !trained) *verdict = HYT_STOP;
    else if (status == HYT_OK || status == HYT_ERR_NUMERIC) status = keep(oneshot, aim->space, trained);
    hyt_graph_destroy(trained);
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
