/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file space.h
 *  What can be chosen: genes with levels, and the candidates made of them.
 *
 *  A space is built gene by gene, or is a preset, or is read from a JSON file; it is closed by its first candidate
 *  (adding a gene after that, or to a preset, is HYT_ERR_STATE). Candidates are exact points in canonical form: genes
 *  that are not active are at level 0, and of values that come to the same thing the first combination stands for all,
 *  so that equal things are equal. Where a gene or a level does not exist, a name is NULL, a number of levels 0, a
 *  value NaN. */
#ifndef HYTNAS_SPACE_H
#define HYTNAS_SPACE_H

#include <hytnas/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_space hyt_space;
typedef struct hyt_candidate hyt_candidate;
typedef struct hyt_trial hyt_trial;

typedef enum hyt_gene_kind {
    HYT_GENE_INTEGER = 0,     /**< low, low + step, ..., high */
    HYT_GENE_ORDINAL = 1,     /**< numbers in rising order */
    HYT_GENE_CATEGORICAL = 2, /**< words without an order */
    HYT_GENE_REAL = 3         /**< any number between two, on a grid of 2^32 - 1 places */
} hyt_gene_kind;

/** @name Building a space
 *  Gene names: letters, digits, '_', '-', '.', not "-" alone; unique. Category labels likewise. At most 256 genes, 4096
 *  levels each where they are not real. HYT_ERR_RANGE for numbers that make no gene, HYT_ERR_CONFLICT for a name, label
 *  or condition that is there already.
 *  @{ */
HYT_API hyt_status hyt_space_create(hyt_context *context, const char *name, hyt_space **out);
/** @param low,high  within 2^53; `high` must be reached from `low` in whole steps */
HYT_API hyt_status hyt_space_add_integer(hyt_space *space, const char *name, int64_t low, int64_t high, int64_t step);
/** @param values  finite, each above the one before */
HYT_API hyt_status hyt_space_add_ordinal(hyt_space *space, const char *name, const double *values, size_t count);
/** A grid of 2^32 - 1 levels from `low` to `high`, both and the middle among them, so that points are exact and known
 *  again; one level where they are equal. Levels have the same values on every machine.
 *  @param log  0: the grid is even in the value; else in its logarithm, and both ends are above 0
 *  HYT_ERR_RANGE also where the ends are nearer to each other than 10^-5 of their size. */
HYT_API hyt_status hyt_space_add_real(hyt_space *space, const char *name, double low, double high, int log);
HYT_API hyt_status hyt_space_add_categorical(hyt_space *space, const char *name, const char *const *labels,
                                             size_t count);
/** `gene` counts only where `parent` (an earlier gene, itself active, not real) has one of the given levels. One
 *  condition a gene. */
HYT_API hyt_status hyt_space_add_condition(hyt_space *space, const char *gene, const char *parent, const size_t *levels,
                                           size_t count);
/** "hytnas": the 23 genes of HyT-NAS (arXiv 2303.04440); "hytnas-wide": the space before it is pruned, 36 genes.
 *  "hytnas-detect", "hytnas-detr", "hytnas-segment": the 23 genes and those of a head for boxes (hyt_graph_box_head()),
 *  for boxes by queries (hyt_graph_query_head()), for classes of pixels (hyt_graph_pixel_head()).
 *  HYT_ERR_NOT_FOUND names the presets that exist. */
HYT_API hyt_status hyt_space_preset(hyt_context *context, const char *name, hyt_space **out);
/** {"name": "...", "genes": [{"name", "kind": "integer", "low", "high", "step"} | {"name", "kind": "ordinal",
 *  "values"} | {"name", "kind": "categorical", "labels"} | {"name", "kind": "real", "low", "high",
 *  "scale": "linear" (also where it is missing) or "log"}, each with an optional "when": {"gene", "levels": [numbers
 *  of levels, from 0]}]} or {"preset": "hytnas"}. At most 8 MiB. HYT_ERR_FORMAT says which gene is wrong and why. */
HYT_API hyt_status hyt_space_parse_json(hyt_context *context, const char *text, size_t size, hyt_space **out);
HYT_API hyt_status hyt_space_load_json(hyt_context *context, const char *path, hyt_space **out);
/** The space as JSON text that parses to an equal space; yours, released with hyt_text_destroy(). */
HYT_API hyt_status hyt_space_to_json(const hyt_space *space, char **out);
HYT_API void hyt_space_destroy(hyt_space *space);
/** @} */

/** @name Looking at a space
 *  @{ */
HYT_API const char *hyt_space_name(const hyt_space *space);
HYT_API size_t hyt_space_genes(const hyt_space *space);
HYT_API const char *hyt_space_gene_name(const hyt_space *space, size_t gene);
HYT_API hyt_gene_kind hyt_space_gene_kind(const hyt_space *space, size_t gene);
HYT_API size_t hyt_space_gene_levels(const hyt_space *space, size_t gene);
/** The number a level stands for (for a category its place). */
HYT_API double hyt_space_gene_value(const hyt_space *space, size_t gene, size_t level);
/** The word of a category; NULL for numbers. */
HYT_API const char *hyt_space_gene_label(const hyt_space *space, size_t gene, size_t level);
HYT_API hyt_status hyt_space_find_gene(const hyt_space *space, const char *name, size_t *gene);
/** 1 for a real gene whose grid is even in the logarithm. */
HYT_API int hyt_space_gene_is_log(const hyt_space *space, size_t gene);
/** The level of a number: of a real gene the nearest, of other genes the one that stands for exactly that number (for a
 *  category its place). HYT_ERR_RANGE where there is none: for a real gene, more than half a level outside. */
HYT_API hyt_status hyt_space_find_level(const hyt_space *space, size_t gene, double value, size_t *level);
/** Number of distinct candidates, exact: high * 2^64 + low. HYT_ERR_RANGE from 2^128 on, HYT_ERR_STATE without
 *  genes. */
HYT_API hyt_status hyt_space_count(const hyt_space *space, uint64_t *high, uint64_t *low);
/** Number of genotypes: the product of all numbers of levels, before canonical form. */
HYT_API hyt_status hyt_space_genotypes(const hyt_space *space, uint64_t *high, uint64_t *low);
/** @} */

/** @name Candidates
 *  @{ */
/** @param levels  one level a gene; brought to canonical form; HYT_ERR_RANGE names the gene that is out of bounds */
HYT_API hyt_status hyt_candidate_create(hyt_space *space, const size_t *levels, size_t count, hyt_candidate **out);
/** From numbers, as hyt_space_find_level() finds them; NaN is good for a gene that is not active. */
HYT_API hyt_status hyt_candidate_from_values(hyt_space *space, const double *values, size_t count, hyt_candidate **out);
/** Uniform over the distinct candidates, where real genes, of which each level is as likely, count for one when it is
 *  decided which genes are active; draw `index` of `seed`, always the same. */
HYT_API hyt_status hyt_candidate_sample(hyt_space *space, uint64_t seed, uint64_t index, hyt_candidate **out);
/** The candidate with a place in the order of the space, and its inverse. Where each gene is followed at once by those
 *  that depend on it, it is the lexicographic order of the levels; in general each gene that is always active is
 *  followed by what depends on it, depth first, the earlier counting slower. HYT_ERR_RANGE where there is no such
 *  place, and in spaces of 2^128 candidates or more, which have none. */
HYT_API hyt_status hyt_candidate_at(hyt_space *space, uint64_t high, uint64_t low, hyt_candidate **out);
HYT_API hyt_status hyt_candidate_index(const hyt_candidate *candidate, uint64_t *high, uint64_t *low);
/** A genome: values joined by ':', "1:2:2:1:...:1.5", with "-" for genes that are not active; of a real gene
 *  the nearest level is read. HYT_ERR_SHAPE for a wrong number of values, HYT_ERR_RANGE names the gene that has no such
 *  value. */
HYT_API hyt_status hyt_candidate_parse(hyt_space *space, const char *genome, hyt_candidate **out);
/** @param length  bytes without the final zero, also when `size` is too small (then HYT_ERR_RANGE); may be NULL */
HYT_API hyt_status hyt_candidate_genome(const hyt_candidate *candidate, char *text, size_t size, size_t *length);
/** Neighbours differ in one active gene: one level up or down, or any other category, or of a real gene a quarter of
 *  the grid up or down, a 32nd, a 256th and so on (six sizes), or one of its ends; duplicates after canonical form are
 *  left out. Genes that this makes active start at level 0. Being neighbours is mutual, but that genes which a step
 *  made inactive have forgotten their level, and that nothing leads back from the end of a real gene to everywhere.
 *  HYT_ERR_NOT_FOUND past the last. */
HYT_API size_t hyt_candidate_neighbours(const hyt_candidate *candidate);
HYT_API hyt_status hyt_candidate_neighbour(const hyt_candidate *candidate, size_t index, hyt_candidate **out);
HYT_API size_t hyt_candidate_level(const hyt_candidate *candidate, size_t gene);
HYT_API double hyt_candidate_value(const hyt_candidate *candidate, size_t gene);
HYT_API int hyt_candidate_active(const hyt_candidate *candidate, size_t gene);
/** Of one space: candidates of two spaces are never equal. */
HYT_API int hyt_candidate_equal(const hyt_candidate *a, const hyt_candidate *b);
/** Candidates never change, so this takes no memory. */
HYT_API hyt_status hyt_candidate_copy(const hyt_candidate *candidate, hyt_candidate **out);
HYT_API void hyt_candidate_destroy(hyt_candidate *candidate);
/** The network. HYT_ERR_UNSUPPORTED for a space that has none.
 *  @param input  side of the square RGB picture, >= 32 */
HYT_API hyt_status hyt_candidate_decode(const hyt_candidate *candidate, size_t input, size_t classes, hyt_graph **out);
/** @} */

/** @name Trials
 *  One evaluation of one candidate. States are pinned: stores keep them.
 *  @{ */
typedef enum hyt_trial_state {
    HYT_TRIAL_FINISHED = 0,   /**< evaluated, every objective finite */
    /* 1 is HYT_STOP, the answer of a callback that wants the run to end well: the trial stays asked */
    HYT_TRIAL_INFEASIBLE = 2, /**< cannot work, and would not next time */
    HYT_TRIAL_TRANSIENT = 3,  /**< failed for reasons outside the candidate */
    HYT_TRIAL_TIMEOUT = 4,    /**< took too long */
    HYT_TRIAL_NAN = 5,        /**< an objective was not finite */
    HYT_TRIAL_PENDING = 6,    /**< asked, not told yet */
    HYT_TRIAL_PRUNED = 7,     /**< ended early because of what it reported: no failure, not in the front */
    HYT_TRIAL_CANCELLED = 8   /**< given back without an evaluation; says nothing of the candidate */
} hyt_trial_state;
HYT_API const char *hyt_trial_state_name(hyt_trial_state state);   /**< "finished", "nan", ... */

/** Evaluates `trial` and writes one value an objective, in the order they were added, each in its own unit and sense.
 *  @return 0 evaluated; positive, a ::hyt_trial_state; negative ends the run and travels unchanged */
typedef int (*hyt_evaluate_fn)(void *user, hyt_trial *trial, double *objectives, size_t n);

HYT_API uint64_t hyt_trial_number(const hyt_trial *trial);
HYT_API const hyt_candidate *hyt_trial_candidate(const hyt_trial *trial); /**< lent */
HYT_API double hyt_trial_fidelity(const hyt_trial *trial);                /**< share of a full evaluation that is asked
                                                                               for, 0 to 1 */
HYT_API double hyt_trial_seconds_left(const hyt_trial *trial);            /**< until its deadline; infinity if none */
/** Intermediate values at `step` (1, 2, ...) of the evaluation, from its thread; see search.h. A step that is not after
 *  the last says that the evaluation was started anew. */
HYT_API hyt_status hyt_trial_report(hyt_trial *trial, uint64_t step, const double *objectives, size_t n);
/** 1 once the search wants the evaluation to end (return HYT_STOP then). */
HYT_API int hyt_trial_should_stop(const hyt_trial *trial);
/** @} */

/** A number known before evaluation: 0, or negative to end the call with that status. */
typedef int (*hyt_measure_fn)(void *user, const hyt_candidate *candidate, double *value);

#ifdef __cplusplus
}
#endif
#endif
