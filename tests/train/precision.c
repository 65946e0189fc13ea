/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average precision against the definition, and pixels against counts by hand. */
#include "base/rng.h"
#include "test.h"
#include "train/precision.h"
#include "train/segment.h"

#define CLASSES 3
#define PICTURES 12
#define BOXES 6
#define FOUND 15

typedef struct scene {
    hyti_truth truths[BOXES];
    hyti_detection found[FOUND];
    size_t n_truths, n_found;
} scene;

static hyti_box random_box(hyti_rng *rng)
{
    double x = hyti_rng_uniform(rng) * 20, y = hyti_rng_uniform(rng) * 20;
    return (hyti_box){ x, y, x + 4 + hyti_rng_uniform(rng) * 8, y + 4 + hyti_rng_uniform(rng) * 8 };
}

/* Detections near boxes and elsewhere; scores of few values, so that there are ties. */
static void fill_scene(scene *s, hyti_rng *rng)
{
    *s = (scene){ .n_truths = hyti_rng_below(rng, BOXES + 1), .n_found = hyti_rng_below(rng, FOUND + 1) };
    for (size_t i = 0; i < s->n_truths; i++)
        s->truths[i] = (hyti_truth){ random_box(rng), (uint32_t)hyti_rng_below(rng, CLASSES),
                                     hyti_rng_below(rng, 5) == 0 };
    for (size_t i = 0; i < s->n_found; i++) {
        hyti_detection *d = &s->found[i];
        *d = (hyti_detection){ random_box(rng), (double)hyti_rng_below(rng, 9) / 8,
                               (uint32_t)hyti_rng_below(rng, CLASSES), i };
        if (s->n_truths == 0 || hyti_rng_below(rng, 3) == 0) continue;
        const hyti_truth *near = &s->truths[hyti_rng_below(rng, s->n_truths)];
        d->box = near->box;
        d->box.x1 += hyti_rng_normal(rng);
        d->box.y2 += hyti_rng_normal(rng);
        d->label = near->label;
    }
}

/* 1: right, 0: wrong, -1: not counted, for the detections of one class of a picture, best first. */
typedef struct verdict { double score; size_t picture, place; int right; } verdict;

static int later(const void *left, const void *right)
{
    const verdict *a = left, *b = right;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    if (a->picture != b->picture) return a->picture < b->picture ? -1 : 1;
    return a->place < b->place ? -1 : 1;
}

static size_t judge_slowly(const scene *s, size_t picture, size_t label, double least, verdict *out)
{
    bool used[BOXES] = { false };
    size_t n = 0;
    for (size_t i = 0; i < s->n_found; i++)
        if (s->found[i].label == label) out[n++] = (verdict){ s->found[i].score, picture, i, 0 };
    qsort(out, n, sizeof *out, later);
    for (size_t i = 0; i < n; i++) {
        const hyti_box *box = &s->found[out[i].place].box;
        size_t best = SIZE_MAX;
        for (size_t t = 0; t < s->n_truths; t++) {
            if (s->truths[t].label != label || s->truths[t].crowd || used[t]) continue;
            double iou = hyti_box_iou(box, &s->truths[t].box);
            if (iou >= least && (best == SIZE_MAX || iou >= hyti_box_iou(box, &s->truths[best].box))) best = t;
        }
        if (best != SIZE_MAX) {
            used[best] = true;
            out[i].right = 1;
            continue;
        }
        for (size_t t = 0; t < s->n_truths; t++)
            if (s->truths[t].label == label && s->truths[t].crowd && hyti_box_share(box, &s->truths[t].box) >= least)
                out[i].right = -1;
    }
    return n;
}

/* Over pictures[0..n): for each of 101 recalls the best precision of any cut of the list that reaches it. */
static double average_slowly(const scene *scenes, const size_t *pictures, size_t n, size_t label, double least)
{
    static verdict all[4 * PICTURES * FOUND];
    size_t count = 0, total = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const scene *s = &scenes[pictures[i]];
        for (size_t t = 0; t < s->n_truths; t++) total += s->truths[t].label == label && !s->truths[t].crowd;
        count += judge_slowly(s, pictures[i], label, least, all + count);
    }
    if (total == 0) return NAN;
    qsort(all, count, sizeof *all, later);
    for (size_t k = 0; k <= 100; k++) {
        double best = 0, right = 0, wrong = 0;
        for (size_t i = 0; i < count; i++) {
            right += all[i].right == 1;
            wrong += all[i].right == 0;
            /* a picture that counts twice has its detections side by side: a cut never lies between the two */
            bool twin = i + 1 < count && all[i + 1].picture == all[i].picture && all[i + 1].place == all[i].place;
            if (!twin && right + wrong > 0 && right / (double)total >= (double)k / 100)
                best = fmax(best, right / (right + wrong));
        }
        sum += best;
    }
    return sum / 101;
}

static double mean_slowly(const scene *scenes, const size_t *pictures, size_t n, size_t overlaps)
{
    double sum = 0;
    size_t terms = 0;
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t k = 0; k < overlaps; k++) {
            double one = average_slowly(scenes, pictures, n, c, 0.5 + 0.05 * (double)k);
            sum += isnan(one) ? 0 : one;
            terms += !isnan(one);
        }
    return terms ? sum / (double)terms : 0;
}

static void is_that_of_the_definition(void **state)
{
    (void)state;
    static scene scenes[PICTURES];
    hyti_rng rng = hyti_rng_start(5, HYTI_PURPOSE_TEST, 1);
    for (size_t round = 0; round < 30; round++) {
        hyti_precision precision;
        size_t once[PICTURES], some[4 * PICTURES], n_some = 0;
        uint32_t times[PICTURES];
        double half, all, again;
        hyti_precision_begin(&precision, NULL, CLASSES);
        for (size_t i = 0; i < PICTURES; i++) {
            fill_scene(&scenes[i], &rng);
            hyti_detection found[FOUND];
            memcpy(found, scenes[i].found, sizeof found);
            MUST(hyti_precision_add(&precision, found, scenes[i].n_found, scenes[i].truths, scenes[i].n_truths));
            once[i] = i;
            times[i] = (uint32_t)hyti_rng_below(&rng, 4);
            for (size_t k = 0; k < times[i]; k++) some[n_some++] = i;
        }
        MUST(hyti_precision_mean(&precision, 1, NULL, &half));
        MUST(hyti_precision_mean(&precision, HYTI_OVERLAPS, NULL, &all));
        MUST(hyti_precision_mean(&precision, HYTI_OVERLAPS, times, &again));
        CHECK_NEAR(half, mean_slowly(scenes, once, PICTURES, 1), 1e-12);
        CHECK_NEAR(all, mean_slowly(scenes, once, PICTURES, HYTI_OVERLAPS), 1e-12);
        CHECK_NEAR(again, mean_slowly(scenes, some, n_some, HYTI_OVERLAPS), 1e-12);
        assert_true(half > 0 && half >= all);
        hyti_precision_clear(&precision);
    }
}

/* Two boxes; right, wrong, right: recall 1/2 at precision 1, then 1 at 2/3. */
static void by_hand(void **state)
{
    (void)state;
    const hyti_truth truths[] = { { { 0, 0, 10, 10 }, 0, false }, { { 20, 0, 30, 10 }, 0, false },
                                  { { 50, 50, 90, 90 }, 0, true } };
    hyti_detection found[] = { { { 20, 0, 30, 10 }, 0.5, 0, 0 },
                               { { 40, 0, 48, 8 }, 0.7, 0, 1 },
                               { { 0, 0, 10, 10 }, 0.9, 0, 2 },
                               { { 60, 60, 70, 70 }, 0.95, 0, 3 } }; /* in the crowd */
    hyti_precision precision;
    double mean;
    hyti_precision_begin(&precision, NULL, 2);
    MUST(hyti_precision_mean(&precision, 1, NULL, &mean));
    CHECK_NEAR(mean, 0, 0);
    MUST(hyti_precision_add(&precision, found, 4, truths, 3));
    MUST(hyti_precision_mean(&precision, 1, NULL, &mean)); /* class 1 has no boxes: not in the mean */
    CHECK_NEAR(mean, (51 + 50 * 2.0 / 3) / 101, 1e-12);
    MUST(hyti_precision_add(&precision, NULL, 0, truths, 2)); /* two more boxes, missed */
    MUST(hyti_precision_mean(&precision, HYTI_OVERLAPS, NULL, &mean));
    CHECK_NEAR(mean, (26 + 25 * 2.0 / 3) / 101, 1e-12);
    hyti_precision_clear(&precision);
}

/* The hundred best of a class in a picture count: the box is found by the hundred and first. */
static void a_hundred_count(void **state)
{
    (void)state;
    const hyti_truth truth = { { 0, 0, 10, 10 }, 0, false };
    for (size_t before = 99; before <= 100; before++) {
        hyti_detection found[101];
        hyti_precision precision;
        double mean;
        for (size_t i = 0; i <= before; i++) found[i] = (hyti_detection){ { 50, 50, 60, 60 }, 0.9, 0, i };
        found[before] = (hyti_detection){ truth.box, 0.1, 0, before };
        hyti_precision_begin(&precision, NULL, 1);
        MUST(hyti_precision_add(&precision, found, before + 1, &truth, 1));
        MUST(hyti_precision_mean(&precision, 1, NULL, &mean));
        CHECK_NEAR(mean, before == 99 ? 0.01 : 0, 1e-12);
        hyti_precision_clear(&precision);
    }
}

static hyt_status score_once(hyt_context *context)
{
    const hyti_truth truth = { { 0, 0, 10, 10 }, 0, false };
    hyti_detection found = { { 0, 0, 10, 10 }, 0.9, 0, 0 };
    hyti_precision precision;
    double mean;
    hyti_precision_begin(&precision, context, 1);
    hyt_status status = hyti_precision_add(&precision, &found, 1, &truth, 1);
    if (status == HYT_OK) status = hyti_precision_mean(&precision, 1, NULL, &mean);
    hyti_precision_clear(&precision);
    return status;
}

static void survives_no_memory(void **state)
{
    (void)state;
    test_each_allocation(score_once);
}

static void pixel_gradients(void **state)
{
    (void)state;
    hyti_rng rng = hyti_rng_start(6, HYTI_PURPOSE_TEST, 1);
    float logits[4 * 3 * CLASSES], gradient[4 * 3 * CLASSES], unused[4 * 3 * CLASSES];
    uint8_t mask[9 * 7];
    for (size_t i = 0; i < HYTI_COUNT(mask); i++) mask[i] = (uint8_t)hyti_rng_below(&rng, CLASSES + 1);
    for (size_t i = 0; i < HYTI_COUNT(mask); i++) mask[i] = mask[i] == CLASSES ? HYTI_UNCOUNTED : mask[i];
    for (size_t i = 0; i < HYTI_COUNT(logits); i++) logits[i] = (float)hyti_rng_normal(&rng);
    const hyti_pixels pixels = { CLASSES, 4, 3, 9, 7 };
    hyti_segment_loss(&pixels, mask, logits, 2, gradient);
    for (size_t i = 0; i < HYTI_COUNT(logits); i++) {
        float at = logits[i], above = at + 1e-3f, below = at - 1e-3f;
        logits[i] = above;
        double high = hyti_segment_loss(&pixels, mask, logits, 1, unused);
        logits[i] = below;
        double low = hyti_segment_loss(&pixels, mask, logits, 1, unused);
        logits[i] = at;
        CHECK_NEAR(gradient[i] / 2, (high - low) / ((double)above - below), 1e-6);
    }
}

/* One row of three pixels, one of which does not count. */
static void pixels_by_hand(void **state)
{
    (void)state;
    const hyti_pixels pixels = { 2, 1, 3, 1, 3 };
    const float logits[6] = { 0, 0, 0, (float)1.0986122886681098 /* ln 3 */, 5, -5 };
    const uint8_t mask[3] = { 0, 1, 255 }, none[3] = { 255, 255, 255 };
    float gradient[6];
    double cross = (log(2) - log(0.75)) / 2;
    double dice = (1 - (2 * 0.5 + 1) / (0.75 + 1 + 1)) + (1 - (2 * 0.75 + 1) / (1.25 + 1 + 1));
    CHECK_NEAR(hyti_segment_loss(&pixels, mask, logits, 1, gradient), cross + dice / 2, 1e-6);
    CHECK_NEAR(gradient[4], 0, 0);
    CHECK_NEAR(gradient[5], 0, 0);
    CHECK_NEAR(hyti_segment_loss(&pixels, none, logits, 1, gradient), 0, 0);
    CHECK_NEAR(gradient[0], 0, 0);
    static hyti_pixel_counts counts;
    assert_true(isnan(hyti_pixel_iou(&counts, 1)));
    CHECK_NEAR(hyti_pixel_miou(&counts, 2), 0, 0);
    const uint8_t wrong[3] = { 1, 1, 1 };
    hyti_pixel_counts_add(&counts, &pixels, mask, logits);  /* both right; of equal logits the first class */
    hyti_pixel_counts_add(&counts, &pixels, wrong, logits); /* said 0, 1, 0 */
    CHECK_NEAR(hyti_pixel_iou(&counts, 0), 1.0 / 3, 1e-15);
    CHECK_NEAR(hyti_pixel_iou(&counts, 1), 2.0 / 4, 1e-15);
    CHECK_NEAR(hyti_pixel_miou(&counts, 2), (1.0 / 3 + 0.5) / 2, 1e-15);
}

/* Enlarging: twice as wide, half-pixel centres; 1 3 becomes 1 1.5 2.5 3. */
static void enlarges_bilinearly(void **state)
{
    (void)state;
    const hyti_pixels pixels = { 2, 1, 2, 1, 4 };
    for (size_t k = 0; k < 4; k++) {
        static const double expected[4] = { 1, 1.5, 2.5, 3 };
        const float below[4] = { 1, (float)expected[k] - 0.01f, 3, (float)expected[k] - 0.01f };
        const float above[4] = { 1, (float)expected[k] + 0.01f, 3, (float)expected[k] + 0.01f };
        hyti_pixel_counts counts = { .meant = { 0 } };
        uint8_t mask[4] = { 255, 255, 255, 255 };
        mask[k] = 0;
        hyti_pixel_counts_add(&counts, &pixels, mask, below);
        assert_int_equal(counts.both[0], 1);
        hyti_pixel_counts_add(&counts, &pixels, mask, above);
        assert_int_equal(counts.both[0], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_that_of_the_definition), cmocka_unit_test(by_hand), cmocka_unit_test(a_hundred_count),
        cmocka_unit_test(survives_no_memory),        cmocka_unit_test(pixel_gradients),
        cmocka_unit_test(pixels_by_hand),            cmocka_unit_test(enlarges_bilinearly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
