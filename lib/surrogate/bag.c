/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/bag.h"
#include "base/rng.h"
#include <math.h>

/* Below this variance, in standardised units, members agree but for rounding. */
#define LEAST_VARIANCE 1e-16
/* Of what bytes from outside may say: no scale is near it, and products with it are numbers. */
#define LARGEST 1e40
/* Fewer rows make no line. */
#define LEAST_ROWS 4

hyt_status hyti_bag_create(hyt_context *context, size_t n, size_t members, uint64_t seed, hyti_bag *out)
{
    hyti_bag bag = { .context = context, .n = n, .members = members, .seed = seed };
    bag.weights = hyti_array(context, n, sizeof *bag.weights);
    bag.out = hyti_array(context, n, sizeof *bag.out);
    bag.sum = hyti_array(context, n, sizeof *bag.sum);
    bag.squares = hyti_array(context, n, sizeof *bag.squares);
    if (!bag.weights || !bag.out || !bag.sum || !bag.squares) {
        hyti_bag_clear(&bag);
        return hyti_fail_nomem();
    }
    *out = bag;
    return HYT_OK;
}

void hyti_bag_clear(hyti_bag *bag)
{
    void *all[] = { bag->weights, bag->out, bag->sum, bag->squares };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyti_free(bag->context, all[i]);
    *bag = (hyti_bag){ .context = bag->context };
}

void hyti_bag_draw(hyti_bag *bag, size_t member)
{
    bool all = bag->members == 1;
    for (size_t i = 0; i < bag->n; i++) bag->weights[i] = all;
    hyti_rng rng = hyti_rng_start(bag->seed, HYTI_PURPOSE_SURROGATE, HYTI_BAG_STREAM(member, 0));
    for (size_t i = 0; !all && i < bag->n; i++) bag->weights[hyti_rng_below(&rng, bag->n)]++;
}

/* Sums of squares as they come: Welford, Technometrics 4(3), 1962. */
void hyti_bag_tell(hyti_bag *bag, const double *answers)
{
    for (size_t i = 0; i < bag->n; i++) {
        if (bag->weights[i] > 0) continue;
        double count = ++bag->out[i];
        bag->sum[i] += answers[i];
        double away = answers[i] - bag->sum[i] / count;
        if (count > 1) bag->squares[i] += away * away * count / (count - 1);
    }
}

hyti_line hyti_bag_line(const hyti_bag *bag, const double *answers, const double *y)
{
    double count = 0, mean_a = 0, mean_y = 0, squares = 0, products = 0;
    size_t rows = 0;
    for (size_t i = 0; i < bag->n; i++) rows += bag->out[i] > 0;
    bool seen = rows < LEAST_ROWS;
    for (size_t i = 0; i < bag->n; i++) {
        if (!seen && bag->out[i] == 0) continue;
        double a = seen ? answers[i] : bag->sum[i] / bag->out[i], step_a = a - mean_a, step_y = y[i] - mean_y;
        count++;
        mean_a += step_a / count;
        mean_y += step_y / count;
        squares += step_a * (a - mean_a);
        products += step_a * (y[i] - mean_y);
    }
    if (squares < LEAST_VARIANCE * count || products < 0) return (hyti_line){ mean_y, 0 };
    double slope = products / squares;
    return (hyti_line){ mean_y - slope * mean_a, slope };
}

/* Of the squared error of k members that had not seen the row, spread^2 / k is chance that all members would halve,
 * third, ...: spread^2 / members of it stays. The mean of what is left over the mean of spread^2 is how much too
 * narrow members are. A spread from few members is itself chance, and is drawn half way (more members: less) to the
 * mean one: Smyth, Stat. Appl. Genet. Mol. Biol. 3(1), 2004, with as many prior degrees of freedom as five members
 * have. */
hyti_spread hyti_bag_spread(const hyti_bag *bag, const hyti_line *line, const double *y)
{
    static const double prior = 4;
    double members = (double)bag->members, errors = 0, spreads = 0, rows = 0, slope2 = line->slope * line->slope;
    for (size_t i = 0; i < bag->n; i++) {
        double out = bag->out[i];
        if (out < 2) continue;
        double error = y[i] - line->offset - line->slope * bag->sum[i] / out;
        double spread = slope2 * bag->squares[i] / (out - 1);
        errors += error * error - spread * (1 / out - 1 / members);
        spreads += spread;
        rows++;
    }
    if (rows < 1) return (hyti_spread){ 0, 1 };
    errors = fmax(errors / rows, 0);
    spreads /= rows;
    if (spreads < LEAST_VARIANCE) return (hyti_spread){ errors, 1 };
    double own = (members - 1) / (members - 1 + prior);
    return (hyti_spread){ (1 - own) * errors, own * errors / spreads };
}

void hyti_bag_save(const hyti_spread *spread, const hyti_line *line, hyti_text *to)
{
    hyti_put_real(to, spread->floor);
    hyti_put_real(to, spread->scale);
    hyti_put_real(to, line->offset);
    hyti_put_real(to, line->slope);
}

hyt_status hyti_bag_load(hyti_payload *from, hyti_spread *spread, hyti_line *line)
{
    HYTI_TRY(hyti_get_real(from, "least variance", 0, LARGEST, &spread->floor));
    HYTI_TRY(hyti_get_real(from, "scale of the spread", 0, LARGEST, &spread->scale));
    HYTI_TRY(hyti_get_real(from, "offset of answers", -LARGEST, LARGEST, &line->offset));
    return hyti_get_real(from, "slope of answers", 0, LARGEST, &line->slope);
}

void hyti_bag_combine(const hyti_spread *spread, const hyti_line *line, const double *answers, size_t stride,
                      size_t members, size_t count, double *mean, double *deviation)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0, squares = 0;
        for (size_t k = 0; k < members; k++) sum += answers[k * stride + i];
        double middle = sum / (double)members;
        mean[i] = line->offset + line->slope * middle;
        if (!deviation) continue;
        for (size_t k = 0; k < members; k++)
            squares += (answers[k * stride + i] - middle) * (answers[k * stride + i] - middle);
        double variance = members > 1 ? line->slope * line->slope * squares / (double)(members - 1) : 0;
        deviation[i] = sqrt(spread->floor + spread->scale * variance);
    }
}
