/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a surrogate sees of a point (METHOD.md 2.2): one column a number, one a category; tables worked out when the
 * gene is added, so that encoding is looking up. Real genes are even in what they are seen by, so a formula does. */
#include "space/parts.h"
#include <math.h>

typedef struct moments { double mean, variance; } moments;

static moments moments_of(const double *row, size_t count)
{
    moments m = { 0, 0 };
    for (size_t i = 0; i < count; i++) m.mean += row[i] / (double)count;
    for (size_t i = 0; i < count; i++) m.variance += (row[i] - m.mean) * (row[i] - m.mean) / (double)count;
    return m;
}

/* A column that never changes stays 0. */
static double standardise(double value, double mean, double variance)
{
    return variance > 0 ? (value - mean) / sqrt(variance) : 0;
}

static void scale_number(hyti_gene *gene)
{
    bool positive = gene->values[0] > 0;
    for (size_t i = 0; i < gene->levels; i++) gene->scaled[i] = positive ? log2(gene->values[i]) : gene->values[i];
    moments m = moments_of(gene->scaled, gene->levels);
    gene->idle = standardise((gene->scaled[0] + gene->scaled[gene->levels - 1]) / 2, m.mean, m.variance);
    for (size_t i = 0; i < gene->levels; i++) gene->scaled[i] = standardise(gene->scaled[i], m.mean, m.variance);
}

static void scale_category(hyti_gene *gene)
{
    double mean = 1 / (double)gene->levels, variance = mean * (1 - mean);
    gene->scaled[0] = gene->idle = standardise(0, mean, variance);
    gene->scaled[1] = standardise(1, mean, variance);
}

/* The uniform distribution over the levels has mean (n - 1) / 2 and variance (n^2 - 1) / 12. */
static double scale_real(const hyti_gene *gene, hyti_level level)
{
    double n = (double)gene->levels;
    return standardise(level, (n - 1) / 2, (n * n - 1) / 12);
}

hyt_status hyti_gene_scale(hyt_context *context, hyti_gene *gene)
{
    if (gene->kind == HYT_GENE_REAL) return HYT_OK;
    bool category = gene->kind == HYT_GENE_CATEGORICAL;
    gene->scaled = hyti_array(context, category ? 2 : gene->levels, sizeof *gene->scaled);
    if (!gene->scaled) return hyti_fail_nomem();
    if (category) scale_category(gene);
    else scale_number(gene);
    return HYT_OK;
}

/* Both parts are uniform and independent (or one of them is constant), so means and variances add. */
hyt_status hyti_gene_see(hyt_space *space, size_t index, const hyti_joint *joint, const double *own,
                         const double *shared)
{
    hyti_gene *gene = &space->genes[index];
    double *shift = hyti_array(space->context, joint->choices, sizeof *shift);
    if (!shift) return hyti_fail_nomem();
    moments a = moments_of(own, gene->levels), b = moments_of(shared, joint->choices);
    double variance = a.variance + b.variance;
    for (size_t i = 0; i < gene->levels; i++) gene->scaled[i] = standardise(own[i], a.mean, variance);
    for (size_t i = 0; i < joint->choices; i++) shift[i] = standardise(shared[i], b.mean, variance);
    gene->shift = shift;
    gene->seen = joint;
    return HYT_OK;
}

size_t hyti_space_features(const hyt_space *space)
{
    return space->features;
}

void hyti_space_columns(const hyt_space *space, int ordinal, int real, int category, int *columns)
{
    for (size_t i = 0; i < space->n_genes; i++) {
        const hyti_gene *gene = &space->genes[i];
        int *column = columns + gene->column;
        if (gene->kind != HYT_GENE_CATEGORICAL) {
            *column = gene->kind == HYT_GENE_REAL ? real : ordinal;
            continue;
        }
        for (size_t k = 0; k < gene->levels; k++) column[k] = category;
        category++;
    }
}

void hyti_space_encode(const hyt_space *space, const hyti_level *levels, double *features)
{
    for (size_t i = 0; i < space->n_genes; i++) {
        const hyti_gene *gene = &space->genes[i];
        double *column = features + gene->column;
        bool active = hyti_space_active(space, levels, i);
        if (gene->kind == HYT_GENE_CATEGORICAL) {
            for (size_t k = 0; k < gene->levels; k++) column[k] = gene->scaled[active && k == levels[i]];
            continue;
        }
        if (gene->kind == HYT_GENE_REAL) {
            *column = active ? scale_real(gene, levels[i]) : gene->idle;
            continue;
        }
        *column = active ? gene->scaled[levels[i]] : gene->idle;
        if (active && gene->seen) *column += gene->shift[hyti_joint_choice(space, gene->seen, levels)];
    }
}
