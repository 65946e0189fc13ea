/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a space is made of; for the files of this folder alone.
 *
 * Genes are grouped into branches: one gene, or genes that are decided together (a joint). A branch hangs on one gene
 * of an earlier branch or stands by itself, so branches form trees; they are kept in depth-first order. From this one
 * structure come canonical form, counts, ranks, samples and neighbours (tree.c). Every call that changes a space
 * leaves it ready for use, so that nothing is worked out behind a pointer to const. */
#ifndef HYTI_SPACE_PARTS_H
#define HYTI_SPACE_PARTS_H

#include "graph/graph.h"
#include "space/space.h"

#define HYTI_MAX_GENES 256
#define HYTI_MAX_LEVELS 4096
#define HYTI_REAL_LEVELS ((size_t)UINT32_MAX) /* odd: both ends and the middle are there */
#define HYTI_REAL_STEPS 14
#define HYTI_MAX_COMBINATIONS (1u << 20) /* of the genes of a joint */
#define HYTI_NO_GENE SIZE_MAX

/* Neighbouring genes of which different combinations may be the same thing. The canonical combination is the
 * lexicographically smallest of those that are the same; choices number the canonical ones in lexicographic order. */
typedef struct hyti_joint {
    size_t first, width;      /* genes first .. first + width - 1, all with the same condition */
    uint32_t combinations, choices;
    uint32_t *choice;         /* of a combination, the first gene counting slowest */
    hyti_level *rows;         /* of a choice: `width` levels */
    uint32_t *near_start;     /* choices + 1 places in near: neighbours of a choice, in order, each once */
    uint32_t *near;
} hyti_joint;

typedef struct hyti_gene {
    char *name;
    hyt_gene_kind kind;
    size_t levels;
    double *values;           /* one a level; NULL for categories and real genes */
    double low, high, span;   /* of a real gene; span: high - low, or the logarithm of their ratio */
    bool log;
    char **labels;            /* one a level; NULL for numbers */
    size_t parent;            /* gene that decides whether this one counts; HYTI_NO_GENE: always */
    unsigned char *when;      /* one flag a level of the parent */
    hyti_joint *joint;        /* shared by its genes, owned by the first; NULL: decided alone */
    /* What a surrogate sees (encode.c). */
    size_t column;
    double *scaled;           /* one a level; of a category: [0] not this one, [1] this one; of a real gene: NULL */
    double idle;              /* where the gene is not active */
    const hyti_joint *seen;   /* NULL, or the column adds shift[choice of this joint] */
    double *shift;
} hyti_gene;

typedef struct hyti_branch {
    size_t first, width;
    const hyti_joint *joint;
    size_t parent;            /* as in hyti_gene */
    const unsigned char *when;
    size_t up;                /* branch of the parent */
    size_t end;               /* place after everything that hangs on it */
    uint64_t choices;
    hyti_rank count;          /* points of it and what hangs on it; 0: 2^128 or more */
    double fraction;          /* what it weighs in sampling: fraction * 2^exponent,
                                 the same but that real genes weigh 1 */
    int exponent;
    hyti_rank *start;         /* points before each choice, and after the last; NULL where nothing hangs on it */
    double *share;            /* share of the weight up to and with each choice */
} hyti_branch;

typedef struct hyti_tree {
    hyti_branch *branches;
    size_t size;
    hyti_rank count;          /* as in hyti_branch */
} hyti_tree;

typedef struct hyti_preset {
    const char *name;
    hyt_status (*build)(hyt_space *space);
    /* Appends the network to an empty graph. */
    hyt_status (*decode)(const hyt_space *space, const hyti_level *levels, size_t input, size_t classes,
                         hyt_graph *graph);
} hyti_preset;

struct hyt_space {
    hyti_ref ref;
    hyt_context *context;
    char *name;
    const hyti_preset *preset; /* NULL: built gene by gene */
    bool draft;                /* being built by us: the tree comes at the end */
    atomic_bool closed;
    hyti_gene *genes;
    size_t n_genes, capacity;
    size_t features;
    hyti_tree tree;
};

/* tree.c */
hyt_status hyti_tree_build(const hyt_space *space, hyti_tree *out);
void hyti_tree_clear(hyt_context *context, hyti_tree *tree);

/* joint.c: joins genes first .. first + width - 1; combinations with the same key are the same. */
hyt_status hyti_joint_create(hyt_space *space, size_t first, size_t width, uint64_t (*key)(const hyti_level *levels));
void hyti_joint_destroy(hyt_context *context, hyti_joint *joint);
/* Steps from a level of a gene to its neighbours: how many, and where the k-th leads. */
size_t hyti_gene_steps(const hyti_gene *gene, size_t level);
hyti_level hyti_gene_step(const hyti_gene *gene, size_t level, size_t k);

/* real.c: a gene without its name and place. */
hyt_status hyti_real_open(hyti_gene *gene, const char *name, double low, double high, bool log);
double hyti_real_value(const hyti_gene *gene, hyti_level level);
/* The nearest level; false where the value is more than half a level outside. */
bool hyti_real_level(const hyti_gene *gene, double value, hyti_level *level);
/* Where the steps from a level lead; each once, never to itself. */
size_t hyti_real_steps(const hyti_gene *gene, hyti_level level, hyti_level steps[HYTI_REAL_STEPS]);

/* space.c: the number of a level (for a category its place), and the level of a number: of a real gene the nearest,
 * of others the one that has it exactly; false where there is none. */
double hyti_gene_value(const hyti_gene *gene, size_t level);
bool hyti_gene_level(const hyti_gene *gene, double value, hyti_level *level);

static inline uint32_t hyti_joint_choice(const hyt_space *space, const hyti_joint *joint, const hyti_level *levels)
{
    size_t combination = 0;
    for (size_t i = joint->first; i < joint->first + joint->width; i++)
        combination = combination * space->genes[i].levels + levels[i];
    return joint->choice[combination];
}

/* encode.c: columns of a gene just added, and of one seen through a joint: own[level] + shared[choice]. */
hyt_status hyti_gene_scale(hyt_context *context, hyti_gene *gene);
hyt_status hyti_gene_see(hyt_space *space, size_t gene, const hyti_joint *joint, const double *own,
                         const double *shared);

/* space.c: ends a draft. */
hyt_status hyti_space_finish(hyt_space *space);

/* hytnas.c, hytnas_wide.c, hytnas_heads.c */
extern const hyti_preset hyti_preset_hytnas, hyti_preset_hytnas_wide, hyti_preset_hytnas_detect,
    hyti_preset_hytnas_detr, hyti_preset_hytnas_segment;

/* Parts of these networks (hyti_place_within): layers by their number, blocks in them. */
enum { HYTI_PLACE_LAYERS = 0, HYTI_PLACE_STEM = 29, HYTI_PLACE_HEAD = 30, HYTI_PLACE_ATTENTION = 30 };
static inline uint64_t hyti_place_of_block(size_t layer, size_t block)
{
    return hyti_place_within(hyti_place_within(0, HYTI_PLACE_LAYERS + layer), block);
}

/* hytnas.c: its genes, and the network of their levels up to the classifier; maps: of strides 2, 4, 8, 16, 32. */
enum { HYTI_HYTNAS_GENES = 23, HYTI_HYTNAS_LAYERS = 5 };
hyt_status hyti_hytnas_build(hyt_space *space);
hyt_status hyti_hytnas_backbone(const hyti_level *levels, size_t input, hyt_graph *graph,
                                hyt_value maps[HYTI_HYTNAS_LAYERS]);

#endif
