/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One point as a handle. Candidates never change, so copies share. */
#include "base/number.h"
#include "base/text.h"
#include "space/parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static hyt_status make(hyt_space *space, hyt_candidate **out)
{
    if (space->n_genes == 0) return hyti_fail(HYT_ERR_STATE, "space \"%s\" has no genes yet", space->name);
    hyt_candidate *candidate =
        hyti_alloc(space->context, sizeof *candidate + space->n_genes * sizeof *candidate->levels);
    if (!candidate) return hyti_fail_nomem();
    hyti_ref_init(&candidate->ref);
    hyti_space_retain(space);
    candidate->space = space;
    *out = candidate;
    return HYT_OK;
}

hyt_status hyti_candidate_from(hyt_space *space, const hyti_level *levels, hyt_candidate **out)
{
    hyt_candidate *candidate = NULL;
    HYTI_TRY(make(space, &candidate));
    memcpy(candidate->levels, levels, space->n_genes * sizeof *levels);
    hyti_space_canonicalise(space, candidate->levels);
    *out = candidate;
    return HYT_OK;
}

hyt_status hyt_candidate_create(hyt_space *space, const size_t *levels, size_t count, hyt_candidate **out)
{
    hyti_level row[HYTI_MAX_GENES];
    HYTI_NEED(space);
    HYTI_NEED(levels);
    HYTI_NEED(out);
    if (count != space->n_genes)
        return hyti_fail(HYT_ERR_SHAPE, "%zu levels for the %zu genes of space \"%s\"", count, space->n_genes,
                         space->name);
    for (size_t i = 0; i < count; i++) {
        if (levels[i] >= space->genes[i].levels)
            return hyti_fail(HYT_ERR_RANGE, "gene \"%s\": level %zu of %zu", space->genes[i].name, levels[i],
                             space->genes[i].levels);
        row[i] = (hyti_level)levels[i];
    }
    return hyti_candidate_from(space, row, out);
}

/* No value, "-" or NaN, is good for a gene that turns out not to be active. */
static hyt_status check_blank(const hyt_space *space, const bool *blank, hyti_level *levels)
{
    hyti_space_canonicalise(space, levels);
    for (size_t i = 0; i < space->n_genes; i++)
        if (blank[i] && hyti_space_active(space, levels, i))
            return hyti_fail(HYT_ERR_RANGE, "gene \"%s\" counts here, and has no value", space->genes[i].name);
    return HYT_OK;
}

static hyt_status find_levels(const hyt_space *space, const double *values, hyti_level *levels)
{
    bool blank[HYTI_MAX_GENES] = { false };
    for (size_t i = 0; i < space->n_genes; i++) {
        levels[i] = 0;
        blank[i] = isnan(values[i]);
        if (!blank[i] && !hyti_gene_level(&space->genes[i], values[i], &levels[i]))
            return hyti_fail(HYT_ERR_RANGE, "gene \"%s\" has no value %.17g", space->genes[i].name, values[i]);
    }
    return check_blank(space, blank, levels);
}

hyt_status hyt_candidate_from_values(hyt_space *space, const double *values, size_t count, hyt_candidate **out)
{
    hyti_level levels[HYTI_MAX_GENES];
    HYTI_NEED(space);
    HYTI_NEED(values);
    HYTI_NEED(out);
    if (count != space->n_genes)
        return hyti_fail(HYT_ERR_SHAPE, "%zu values for the %zu genes of space \"%s\"", count, space->n_genes,
                         space->name);
    HYTI_TRY(find_levels(space, values, levels));
    return hyti_candidate_from(space, levels, out);
}

hyt_status hyt_candidate_sample(hyt_space *space, uint64_t seed, uint64_t index, hyt_candidate **out)
{
    hyt_candidate *candidate = NULL;
    HYTI_NEED(space);
    HYTI_NEED(out);
    HYTI_TRY(make(space, &candidate));
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_SAMPLE, index);
    hyti_space_sample(space, &rng, candidate->levels);
    *out = candidate;
    return HYT_OK;
}

hyt_status hyt_candidate_at(hyt_space *space, uint64_t high, uint64_t low, hyt_candidate **out)
{
    hyt_candidate *candidate = NULL;
    hyti_rank count, rank = (hyti_rank)high << 64 | low;
    HYTI_NEED(space);
    HYTI_NEED(out);
    HYTI_TRY(hyti_space_size(space, &count));
    if (rank >= count)
        return hyti_fail(HYT_ERR_RANGE,
                         "space \"%s\" has %llu * 2^64 + %llu points; there is no point %llu * 2^64 + %llu",
                         space->name, (unsigned long long)(count >> 64), (unsigned long long)count,
                         (unsigned long long)high, (unsigned long long)low);
    HYTI_TRY(make(space, &candidate));
    hyti_space_unrank(space, rank, candidate->levels);
    *out = candidate;
    return HYT_OK;
}

hyt_status hyt_candidate_index(const hyt_candidate *candidate, uint64_t *high, uint64_t *low)
{
    hyti_rank count;
    HYTI_NEED(candidate);
    HYTI_NEED(high);
    HYTI_NEED(low);
    HYTI_TRY(hyti_space_size(candidate->space, &count));
    hyti_rank rank = hyti_space_rank(candidate->space, candidate->levels);
    *high = (uint64_t)(rank >> 64);
    *low = (uint64_t)rank;
    return HYT_OK;
}

#define SHOWN 40 /* bytes of a foreign word in a message */

/* Level of a gene by its text; `word` is `length` bytes long, not ended. */
static hyt_status parse_level(const hyti_gene *gene, const char *word, size_t length, hyti_level *level)
{
    char text[64], *end = text;
    if (length > 0 && length < sizeof text && !gene->labels) {
        memcpy(text, word, length);
        text[length] = 0;
        double value = strspn(text, "0123456789+-.eE") == length ? hyti_number_read(text, &end) : 0;
        if (end == text + length && hyti_gene_level(gene, value, level)) return HYT_OK;
    }
    for (size_t i = 0; gene->labels && i < gene->levels; i++) {
        if (strlen(gene->labels[i]) != length || memcmp(gene->labels[i], word, length) != 0) continue;
        *level = (hyti_level)i;
        return HYT_OK;
    }
    return hyti_fail(HYT_ERR_RANGE, "genome: gene \"%s\" has no value \"%.*s\"", gene->name,
                     (int)HYTI_MIN(length, (size_t)SHOWN), word);
}

static hyt_status parse_levels(const hyt_space *space, const char *genome, hyti_level *levels)
{
    bool blank[HYTI_MAX_GENES] = { false };
    const char *at = genome;
    for (size_t i = 0; i < space->n_genes; i++) {
        size_t length = strcspn(at, ":");
        blank[i] = length == 1 && *at == '-';
        levels[i] = 0;
        if (!blank[i]) HYTI_TRY(parse_level(&space->genes[i], at, length, &levels[i]));
        at += length;
        bool last = i + 1 == space->n_genes;
        if (*at == 0 && !last)
            return hyti_fail(HYT_ERR_SHAPE, "genome: %zu values for the %zu genes of space \"%s\"", i + 1,
                             space->n_genes, space->name);
        if (*at && last)
            return hyti_fail(HYT_ERR_SHAPE, "genome: more values than the %zu genes of space \"%s\"", space->n_genes,
                             space->name);
        at++;
    }
    return check_blank(space, blank, levels);
}

hyt_status hyt_candidate_parse(hyt_space *space, const char *genome, hyt_candidate **out)
{
    hyti_level levels[HYTI_MAX_GENES];
    HYTI_NEED(space);
    HYTI_NEED(genome);
    HYTI_NEED(out);
    HYTI_TRY(parse_levels(space, genome, levels));
    return hyti_candidate_from(space, levels, out);
}

static void write_genome(const hyt_candidate *candidate, hyti_text *text)
{
    for (size_t i = 0; i < candidate->space->n_genes; i++) {
        const hyti_gene *gene = &candidate->space->genes[i];
        hyti_level level = candidate->levels[i];
        if (i > 0) hyti_text_append(text, ":", 1);
        if (!hyti_space_active(candidate->space, candidate->levels, i)) hyti_text_append(text, "-", 1);
        else if (gene->labels) hyti_text_append(text, gene->labels[level], strlen(gene->labels[level]));
        else hyti_text_number(text, hyti_gene_value(gene, level));
    }
}

hyt_status hyt_candidate_genome(const hyt_candidate *candidate, char *text, size_t size, size_t *length)
{
    HYTI_NEED(candidate);
    if (size > 0) HYTI_NEED(text);
    hyti_text genome = { .context = candidate->space->context };
    write_genome(candidate, &genome);
    hyt_status status = genome.failed ? hyti_fail_nomem() : HYT_OK;
    if (status == HYT_OK && genome.length >= size)
        status = hyti_fail(HYT_ERR_RANGE, "a genome of %zu bytes does not fit into %zu", genome.length + 1, size);
    if (!genome.failed && length) *length = genome.length;
    if (status == HYT_OK) memcpy(text, genome.data, genome.length + 1);
    hyti_text_clear(&genome);
    return status;
}

size_t hyt_candidate_neighbours(const hyt_candidate *candidate)
{
    return hyti_space_neighbours(candidate->space, candidate->levels);
}

hyt_status hyt_candidate_neighbour(const hyt_candidate *candidate, size_t index, hyt_candidate **out)
{
    hyti_level levels[HYTI_MAX_GENES];
    HYTI_NEED(candidate);
    HYTI_NEED(out);
    if (!hyti_space_neighbour(candidate->space, candidate->levels, index, levels))
        return hyti_fail(HYT_ERR_NOT_FOUND,
                         "this candidate has %zu neighbours, numbered from 0; there is no number %zu",
                         hyt_candidate_neighbours(candidate), index);
    return hyti_candidate_from(candidate->space, levels, out);
}

size_t hyt_candidate_level(const hyt_candidate *candidate, size_t gene)
{
    return gene < candidate->space->n_genes ? candidate->levels[gene] : 0;
}

double hyt_candidate_value(const hyt_candidate *candidate, size_t gene)
{
    return hyt_space_gene_value(candidate->space, gene, hyt_candidate_level(candidate, gene));
}

int hyt_candidate_active(const hyt_candidate *candidate, size_t gene)
{
    return gene < candidate->space->n_genes && hyti_space_active(candidate->space, candidate->levels, gene);
}

int hyt_candidate_equal(const hyt_candidate *a, const hyt_candidate *b)
{
    return a->space == b->space && memcmp(a->levels, b->levels, a->space->n_genes * sizeof *a->levels) == 0;
}

hyt_status hyt_candidate_copy(const hyt_candidate *candidate, hyt_candidate **out)
{
    HYTI_NEED(candidate);
    HYTI_NEED(out);
    hyt_candidate *shared = (hyt_candidate *)(uintptr_t)candidate;
    hyti_ref_retain(&shared->ref);
    *out = shared;
    return HYT_OK;
}

void hyt_candidate_destroy(hyt_candidate *candidate)
{
    if (!candidate || !hyti_ref_release(&candidate->ref)) return;
    hyt_space *space = candidate->space;
    hyti_free(space->context, candidate);
    hyt_space_destroy(space);
}
