/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boxes, their losses, who learns which, against definitions worked out slowly; gradients against differences. */
#include "base/rng.h"
#include "test.h"
#include "train/detect.h"
#include "train/losses.h"
#include <hytnas/runtime.h>
#include <pthread.h>

static hyti_box random_box(hyti_rng *rng, double side)
{
    double x = hyti_rng_uniform(rng) * side, y = hyti_rng_uniform(rng) * side;
    return (hyti_box){ x, y, x + 1 + hyti_rng_uniform(rng) * side / 2, y + 1 + hyti_rng_uniform(rng) * side / 2 };
}

/* Counts cells of a fine grid. */
static double counted_iou(const hyti_box *a, const hyti_box *b)
{
    size_t both = 0, either = 0;
    for (size_t i = 0; i < 400; i++)
        for (size_t k = 0; k < 400; k++) {
            double x = ((double)i + 0.5) / 20, y = ((double)k + 0.5) / 20;
            bool in_a = x > a->x1 && x < a->x2 && y > a->y1 && y < a->y2;
            bool in_b = x > b->x1 && x < b->x2 && y > b->y1 && y < b->y2;
            both += in_a && in_b;
            either += in_a || in_b;
        }
    return either ? (double)both / (double)either : 0;
}

static void overlaps(void **state)
{
    (void)state;
    const hyti_box a = { 0, 0, 4, 4 }, b = { 2, 2, 6, 6 }, away = { 5, 5, 7, 7 }, turned = { 4, 4, 0, 0 };
    CHECK_NEAR(hyti_box_iou(&a, &b), 4.0 / 28, 1e-15);
    CHECK_NEAR(hyti_box_share(&a, &b), 0.25, 1e-15);
    CHECK_NEAR(hyti_box_iou(&a, &away), 0, 0);
    CHECK_NEAR(hyti_box_iou(&turned, &turned), 0, 0);
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 1);
    for (size_t i = 0; i < 50; i++) {
        hyti_box p = random_box(&rng, 12), q = random_box(&rng, 12);
        CHECK_NEAR(hyti_box_iou(&p, &q), counted_iou(&p, &q), 0.03);
    }
}

static void giou(void **state)
{
    (void)state;
    double gradient[4], unused[4];
    const hyti_box a = { 0, 0, 2, 2 }, b = { 1, 1, 3, 3 }, c = { 3, 0, 5, 2 };
    CHECK_NEAR(hyti_giou_loss(&a, &a, unused), 0, 1e-15);
    CHECK_NEAR(hyti_giou_loss(&a, &b, unused), 1 - (1.0 / 7 - 2.0 / 9), 1e-15);   /* 9 cover, 7 are of either */
    CHECK_NEAR(hyti_giou_loss(&a, &c, unused), 1 + 2.0 / 10, 1e-15);              /* 10 cover, 8 are of either */
    hyti_rng rng = hyti_rng_start(2, HYTI_PURPOSE_TEST, 1);
    for (size_t i = 0; i < 200; i++) {
        hyti_box box = random_box(&rng, 10), target = random_box(&rng, 10);
        hyti_giou_loss(&box, &target, gradient);
        double *const sides[4] = { &box.x1, &box.y1, &box.x2, &box.y2 };
        for (size_t k = 0; k < 4; k++) {
            double at = *sides[k], h = 1e-6;
            *sides[k] = at + h;
            double above = hyti_giou_loss(&box, &target, unused);
            *sides[k] = at - h;
            double below = hyti_giou_loss(&box, &target, unused);
            *sides[k] = at;
            CHECK_NEAR(gradient[k], (above - below) / (2 * h), 1e-6);
        }
    }
}

static void focal(void **state)
{
    (void)state;
    double slope, unused;
    CHECK_NEAR(hyti_focal_loss(0, 1, 2, &slope), 0.25 * log(2), 1e-15);
    CHECK_NEAR(hyti_focal_loss(log(9), 0, 2, &slope), -0.81 * log(0.1), 1e-12);  /* p = 0.9: 0.9^2 ln 10 */
    CHECK_NEAR(hyti_focal_loss(log(9), 1, 0, &slope), -log(0.9), 1e-12);
    CHECK_NEAR(hyti_focal_loss(-800, 0, 2, &slope), 0, 0);
    assert_true(isfinite(hyti_focal_loss(-800, 1, 2, &slope)) && isfinite(slope));
    for (double gamma = 0; gamma <= 3; gamma += gamma == 0 ? 1 : 0.5)
        for (double target = 0; target <= 1; target += 0.25)
            for (double z = -4.03; z < 4; z += 0.37) {
                hyti_focal_loss(z, target, gamma, &slope);
                double above = hyti_focal_loss(z + 1e-6, target, gamma, &unused);
                double below = hyti_focal_loss(z - 1e-6, target, gamma, &unused);
                CHECK_NEAR(slope, (above - below) / 2e-6, 1e-7);
            }
}

static void entropy(void **state)
{
    (void)state;
    const float logits[3] = { 1, 2, 100 };
    float gradient[3];
    CHECK_NEAR(hyti_cross_entropy(logits, 2, 0, 3, gradient), log(1 + exp(1)), 1e-12);
    CHECK_NEAR(gradient[0], -3 * exp(1) / (1 + exp(1)), 1e-6);
    CHECK_NEAR(gradient[1], 3 * exp(1) / (1 + exp(1)), 1e-6);
    CHECK_NEAR(hyti_cross_entropy(logits, 3, 0, 1, gradient), 99, 1e-12);
}

/* Whether each that is kept overlaps none better, and each that is not does: that fixes the answer. */
static void suppression(void **state)
{
    (void)state;
    hyti_rng rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 1);
    for (size_t round = 0; round < 50; round++) {
        hyti_detection all[40], kept[40];
        for (size_t i = 0; i < 40; i++) /* scores of few values, so that there are ties */
            all[i] = (hyti_detection){ random_box(&rng, 8), (double)hyti_rng_below(&rng, 5) / 4,
                                       (uint32_t)hyti_rng_below(&rng, 2), i };
        memcpy(kept, all, sizeof all);
        size_t n = hyti_detections_suppress(kept, 40, 0.3, 40);
        for (size_t i = 0; i < 40; i++) {
            bool found = false, beaten = false;
            for (size_t k = 0; k < n; k++) {
                found |= kept[k].place == all[i].place;
                bool better = kept[k].score > all[i].score ||
                              (kept[k].score == all[i].score && kept[k].place < all[i].place);
                beaten |= better && kept[k].label == all[i].label && hyti_box_iou(&kept[k].box, &all[i].box) > 0.3;
            }
            assert_true(found != beaten);
        }
        for (size_t k = 1; k < n; k++) assert_true(kept[k - 1].score >= kept[k].score);
        memcpy(all, kept, n * sizeof *kept);
        assert_int_equal(hyti_detections_suppress(kept, n, 0.3, 3), HYTI_MIN(n, (size_t)3));
        for (size_t k = 0; k < HYTI_MIN(n, (size_t)3); k++) assert_int_equal(kept[k].place, all[k].place);
    }
}

typedef struct table { double cost[6][8]; } table;

static double cost_of(const void *user, size_t row, size_t column)
{
    return ((const table *)user)->cost[row][column];
}

static double cheapest(const table *t, size_t row, size_t rows, size_t columns, unsigned used)
{
    double best = row == rows ? 0 : INFINITY;
    for (size_t c = 0; c < columns && row < rows; c++)
        if (!(used >> c & 1)) best = fmin(best, t->cost[row][c] + cheapest(t, row + 1, rows, columns, used | 1u << c));
    return best;
}

static void hungarian(void **state)
{
    (void)state;
    hyti_rng rng = hyti_rng_start(4, HYTI_PURPOSE_TEST, 1);
    for (size_t round = 0; round < 200; round++) {
        table t;
        size_t rows = 1 + hyti_rng_below(&rng, 6), columns = rows + hyti_rng_below(&rng, 3), column_of[6];
        for (size_t i = 0; i < 48; i++)
            t.cost[i / 8][i % 8] = round % 2 ? hyti_rng_normal(&rng) : (double)hyti_rng_below(&rng, 4); /* ties */
        hyti_match_cheapest(cost_of, &t, rows, columns, column_of);
        double sum = 0;
        unsigned used = 0;
        for (size_t i = 0; i < rows; i++) {
            assert_true(column_of[i] < columns && !(used >> column_of[i] & 1));
            used |= 1u << column_of[i];
            sum += t.cost[i][column_of[i]];
        }
        CHECK_NEAR(sum, cheapest(&t, 0, rows, columns, 0), 1e-12);
    }
}

#define CLASSES 2
#define COLUMNS (4 + CLASSES)
static const hyti_head points = { HYTI_HEAD_POINTS, 20, COLUMNS, CLASSES, 64, 64, 1, 2, { { 4, 4 }, { 2, 2 } } };
static const hyti_head anchors = { HYTI_HEAD_ANCHORS, 60, COLUMNS, CLASSES, 64, 64, 3, 2, { { 4, 4 }, { 2, 2 } } };
static const hyti_head queries = { HYTI_HEAD_QUERIES, 7, COLUMNS, CLASSES - 1, 64, 64, 1, 0, { { 0, 0 } } };
#define MOST (60 * COLUMNS)

static void random_output(const hyti_head *head, uint64_t seed, float *output)
{
    hyti_rng rng = hyti_rng_start(seed, HYTI_PURPOSE_TEST, 5);
    for (size_t i = 0; i < head->places * head->columns; i++) {
        output[i] = (float)hyti_rng_normal(&rng);
        if (head->kind == HYTI_HEAD_QUERIES && i % head->columns < 4) output[i] = 1 / (1 + expf(-output[i]));
    }
}

static const hyti_truth truths[] = { { { 3, 5, 30, 60 }, 0, false }, { { 20, 10, 50, 40 }, 1, false },
                                     { { 40, 40, 64, 64 }, 0, true }, { { 33, 1, 36, 4 }, 1, false } };

static void priors(void **state)
{
    (void)state;
    hyti_prior p = hyti_head_prior(&points, 5);
    CHECK_NEAR(p.x, 24, 0);
    CHECK_NEAR(p.y, 24, 0);
    CHECK_NEAR(p.width, 16, 0);
    p = hyti_head_prior(&points, 18);
    CHECK_NEAR(p.x, 16, 0);
    CHECK_NEAR(p.y, 48, 0);
    CHECK_NEAR(p.height, 32, 0);
    const float numbers[4] = { 0, logf(0.5f), logf(2), 0 };
    hyti_box box = hyti_head_box(&points, &p, numbers, NULL);
    CHECK_NEAR(box.x1, -16, 1e-5);
    CHECK_NEAR(box.y1, 32, 1e-5);
    CHECK_NEAR(box.x2, 80, 1e-5);
    CHECK_NEAR(box.y2, 80, 1e-5);
    /* Second map, second pixel, third anchor: scale 0.95, twice as wide as high. */
    p = hyti_head_prior(&anchors, 48 + 5);
    CHECK_NEAR(p.x, 48, 0);
    CHECK_NEAR(p.y, 16, 0);
    CHECK_NEAR(p.width, 0.95 * 64 * sqrt(2), 1e-9);
    CHECK_NEAR(p.height, 0.95 * 64 / sqrt(2), 1e-9);
    const float offsets[4] = { 1, -2, 5 * logf(2), 0 };
    box = hyti_head_box(&anchors, &p, offsets, NULL);
    CHECK_NEAR(box.x2 - box.x1, 2 * p.width, 1e-4);
    CHECK_NEAR((box.x1 + box.x2) / 2, 48 + 0.1 * p.width, 1e-4);
    CHECK_NEAR((box.y1 + box.y2) / 2, 16 - 0.2 * p.height, 1e-4);
    p = hyti_head_prior(&queries, 3);
    const float centre[4] = { 0.5f, 0.25f, 0.5f, 0.25f };
    box = hyti_head_box(&queries, &p, centre, NULL);
    CHECK_NEAR(box.x1, 16, 0);
    CHECK_NEAR(box.y2, 24, 0);
}

/* The slopes of a box against differences. */
static void slopes(void **state)
{
    (void)state;
    const hyti_head *const heads[] = { &points, &anchors, &queries };
    for (size_t h = 0; h < 3; h++) {
        float output[MOST];
        random_output(heads[h], 7, output);
        hyti_prior prior = hyti_head_prior(heads[h], 4);
        double slope[4][4];
        hyti_head_box(heads[h], &prior, output, slope);
        for (size_t k = 0; k < 4; k++) {
            float at = output[k], above = at + 1e-2f, below = at - 1e-2f;
            output[k] = above;
            hyti_box a = hyti_head_box(heads[h], &prior, output, NULL);
            output[k] = below;
            hyti_box b = hyti_head_box(heads[h], &prior, output, NULL);
            output[k] = at;
            const double apart[4] = { a.x1 - b.x1, a.y1 - b.y1, a.x2 - b.x2, a.y2 - b.y2 };
            for (size_t i = 0; i < 4; i++)
                CHECK_NEAR(slope[i][k], apart[i] / ((double)above - below), 1e-3 * (1 + fabs(slope[i][k])));
        }
    }
}

/* What a box makes of every place. */
typedef struct opinion { double measure[60], overlap[60], quality[60]; bool chosen[60]; } opinion;

static void choose(const hyti_head *head, const float *output, const hyti_truth *truth, opinion *o)
{
    double nearest = INFINITY, best = 0, widest = 0;
    size_t close = 0, inside = 0;
    const hyti_box *b = &truth->box;
    for (size_t i = 0; i < head->places; i++) {
        const float *row = output + i * head->columns;
        hyti_prior p = hyti_head_prior(head, i);
        hyti_box box = hyti_head_box(head, &p, row, NULL);
        double far = hypot(p.x - (b->x1 + b->x2) / 2, p.y - (b->y1 + b->y2) / 2);
        o->overlap[i] = hyti_box_iou(&box, b);
        o->measure[i] = sqrt(1 / (1 + exp(-row[4 + truth->label]))) * pow(o->overlap[i], 6);
        o->chosen[i] = p.x > b->x1 && p.x < b->x2 && p.y > b->y1 && p.y < b->y2;
        inside += o->chosen[i];
        if (far < nearest) close = i;
        nearest = fmin(far, nearest);
    }
    if (inside == 0) o->chosen[close] = true;
    for (; inside > HYTI_CLOSEST; inside--) { /* the worst goes, of equals the last */
        size_t worst = SIZE_MAX;
        for (size_t i = 0; i < head->places; i++)
            if (o->chosen[i] && (worst == SIZE_MAX || o->measure[i] <= o->measure[worst])) worst = i;
        o->chosen[worst] = false;
    }
    for (size_t i = 0; i < head->places; i++) {
        if (!o->chosen[i]) continue;
        best = fmax(best, o->measure[i]);
        widest = fmax(widest, o->overlap[i]);
    }
    for (size_t i = 0; i < head->places; i++) o->quality[i] = best > 0 ? o->measure[i] / best * widest : 0;
}

static void alignment(void **state)
{
    (void)state;
    const hyti_head *const heads[] = { &points, &anchors };
    for (size_t round = 0; round < 20; round++) {
        const hyti_head *head = heads[round % 2];
        opinion opinions[HYTI_COUNT(truths)];
        float output[MOST];
        hyti_claim claims[HYTI_COUNT(truths) * HYTI_CLOSEST];
        random_output(head, 100 + round, output);
        size_t n = hyti_match_aligned(head, output, truths, HYTI_COUNT(truths), claims), next = 0;
        for (size_t t = 0; t < HYTI_COUNT(truths); t++) choose(head, output, &truths[t], &opinions[t]);
        for (size_t place = 0; place < head->places; place++) {
            size_t owner = SIZE_MAX;
            for (size_t t = 0; t < HYTI_COUNT(truths); t++) {
                if (truths[t].crowd || !opinions[t].chosen[place]) continue;
                if (owner == SIZE_MAX || opinions[t].overlap[place] > opinions[owner].overlap[place]) owner = t;
            }
            if (owner == SIZE_MAX) continue;
            assert_true(next < n);
            assert_int_equal(claims[next].place, place);
            assert_int_equal(claims[next].truth, owner);
            CHECK_NEAR(claims[next].quality, opinions[owner].quality[place], 1e-12);
            next++;
        }
        assert_int_equal(next, n);
    }
}

typedef double (*loss_fn)(const hyti_head *head, const void *match, size_t n, const float *output, double weight,
                          float *gradient);

static double dense(const hyti_head *head, const void *match, size_t n, const float *output, double weight,
                    float *gradient)
{
    return hyti_dense_loss(head, truths, HYTI_COUNT(truths), match, n, output, weight, gradient);
}

static double of_queries(const hyti_head *head, const void *match, size_t n, const float *output, double weight,
                         float *gradient)
{
    (void)n;
    return hyti_query_loss(head, truths, HYTI_COUNT(truths), match, output, weight, gradient);
}

static void check_gradient(const hyti_head *head, loss_fn loss, const void *match, size_t n, float *output)
{
    float gradient[MOST], unused[MOST];
    loss(head, match, n, output, 3, gradient);
    for (size_t i = 0; i < head->places * head->columns; i++) {
        float at = output[i], above = at + 1e-3f, below = at - 1e-3f;
        output[i] = above;
        double high = loss(head, match, n, output, 1, unused);
        output[i] = below;
        double low = loss(head, match, n, output, 1, unused);
        output[i] = at;
        CHECK_NEAR(gradient[i] / 3, (high - low) / ((double)above - below), 2e-5 + 2e-3 * fabs(gradient[i]));
    }
}

static void gradients(void **state)
{
    (void)state;
    float output[MOST], gradient[MOST];
    const hyti_head *const heads[] = { &points, &anchors };
    for (size_t h = 0; h < 2; h++) {
        hyti_claim claims[HYTI_COUNT(truths) * HYTI_CLOSEST];
        random_output(heads[h], 21 + h, output);
        size_t n = hyti_match_aligned(heads[h], output, truths, HYTI_COUNT(truths), claims);
        assert_true(n >= 3);
        check_gradient(heads[h], dense, claims, n, output);
        CHECK_NEAR(hyti_detect_loss(heads[h], truths, HYTI_COUNT(truths), output, 1, gradient),
                   dense(heads[h], claims, n, output, 1, gradient), 0);
    }
    const hyti_truth own[] = { { { 3, 5, 30, 60 }, 0, false } };
    size_t query_of[HYTI_MAX_TRUTHS];
    hyti_head two = queries;
    two.classes = CLASSES;
    two.columns = COLUMNS + 1;
    random_output(&two, 31, output);
    hyti_query_match(&two, truths, HYTI_COUNT(truths), output, query_of);
    check_gradient(&two, of_queries, query_of, 0, output);
    random_output(&queries, 32, output);
    assert_true(isfinite(hyti_detect_loss(&queries, own, 1, output, 1, gradient)));
    assert_true(isfinite(hyti_detect_loss(&queries, NULL, 0, output, 1, gradient)));
    output[9] = NAN;
    assert_true(isnan(hyti_detect_loss(&queries, own, 1, output, 1, gradient)));
}

/* A perfect answer costs nearly nothing in any head, and each matched query is the one that is right. */
static void perfect_queries(void **state)
{
    (void)state;
    float output[7 * COLUMNS], gradient[7 * COLUMNS];
    size_t query_of[HYTI_MAX_TRUTHS];
    const hyti_truth own[] = { { { 3, 5, 30, 60 }, 0, false }, { { 20, 10, 50, 40 }, 0, false } };
    for (size_t q = 0; q < 7; q++) {
        const float row[COLUMNS] = { 0.1f * (float)q, 0.2f, 0.1f, 0.1f, -20, 20 };
        memcpy(output + q * COLUMNS, row, sizeof row);
    }
    for (size_t i = 0; i < 2; i++) {
        const hyti_box *b = &own[i].box;
        const float row[COLUMNS] = { (float)((b->x1 + b->x2) / 128), (float)((b->y1 + b->y2) / 128),
                                     (float)((b->x2 - b->x1) / 64), (float)((b->y2 - b->y1) / 64), 20, -20 };
        memcpy(output + (5 - 2 * i) * COLUMNS, row, sizeof row);
    }
    hyti_query_match(&queries, own, 2, output, query_of);
    assert_int_equal(query_of[0], 5);
    assert_int_equal(query_of[1], 3);
    CHECK_NEAR(hyti_detect_loss(&queries, own, 2, output, 1, gradient), 0, 1e-5);
}

static void heads_of_graphs(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyti_head head;
    MUST(hyt_graph_build(NULL, "ssdlite-mobilenetv3", 192, 3, &graph));
    MUST(hyti_head_of(graph, &head));
    assert_int_equal(head.kind, HYTI_HEAD_ANCHORS);
    assert_int_equal(head.n_maps, 6);
    assert_int_equal(head.per_pixel, 6);
    assert_int_equal(head.maps[0].height, 12);
    assert_int_equal(head.classes, 3);
    hyt_graph_destroy(graph);
    MUST(hyt_graph_build(NULL, "detr-tiny", 64, 3, &graph));
    MUST(hyti_head_of(graph, &head));
    assert_int_equal(head.kind, HYTI_HEAD_QUERIES);
    assert_int_equal(head.classes, 2);
    hyt_graph_destroy(graph);
    MUST(hyt_graph_build(NULL, "yolo-nano", 64, 3, &graph));
    CHECK_STATUS(hyti_head_of(graph, &head), HYT_ERR_UNSUPPORTED);
    hyt_graph_destroy(graph);
    MUST(hyt_graph_build(NULL, "resnet-18", 64, 3, &graph));
    CHECK_STATUS(hyti_head_of(graph, &head), HYT_ERR_SHAPE);
    CHECK_MESSAGE("resnet-18");
    hyt_graph_destroy(graph);
}

static void *find_head(void *user)
{
    static hyti_head head;
    return hyti_head_of(user, &head) == HYT_OK ? &head : NULL;
}

/* A graph as deep as graphs may be, on a stack that is as small as a device's. */
static void heads_of_deep_graphs(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_value x, parts[2];
    pthread_attr_t small;
    pthread_t thread;
    void *found = NULL;
    MUST(hyt_graph_create(NULL, "deep", &graph));
    MUST(hyt_graph_input(graph, 5, 2, 2, &x));
    MUST(hyt_graph_unfold(graph, x, 1, &parts[0]));
    MUST(hyt_graph_unfold(graph, x, 1, &parts[1]));
    MUST(hyt_graph_concat(graph, parts, 2, 2, &x));
    while (graph->n_nodes < HYTI_MAX_NODES) MUST(hyt_graph_concat(graph, &x, 1, 2, &x));
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 256 << 10), 0);
    assert_int_equal(pthread_create(&thread, &small, find_head, graph), 0);
    assert_int_equal(pthread_join(thread, &found), 0);
    pthread_attr_destroy(&small);
    assert_non_null(found);
    assert_int_equal(((hyti_head *)found)->n_maps, 2);
    assert_int_equal(((hyti_head *)found)->places, 8);
    hyt_graph_destroy(graph);
}

/* Two maps' pixels as rows of the input's own values: what comes out is known. */
static void detect(void **state)
{
    (void)state;
    hyt_graph *graph = NULL;
    hyt_value x;
    float boxes[8], scores[2], output[16 * 5];
    uint32_t labels[2];
    size_t count = 9;
    MUST(hyt_graph_create(NULL, "points", &graph));
    MUST(hyt_graph_input(graph, 3, 64, 64, &x));
    MUST(hyt_graph_conv(graph, x, 5, 15, 16, 1, &x));
    MUST(hyt_graph_unfold(graph, x, 1, &x));
    for (size_t i = 0; i < 16; i++) {
        const float row[5] = { 0, 0, 0, 0, -9 };
        memcpy(output + 5 * i, row, sizeof row);
    }
    output[5 * 5 + 4] = 2;
    output[6 * 5 + 4] = 1;   /* overlaps its neighbour by a third */
    output[0 * 5 + 4] = 0.5f;
    MUST(hyt_detect(graph, output, 0.5, 0.3, 2, boxes, scores, labels, &count));
    assert_int_equal(count, 2);
    CHECK_NEAR(boxes[0], 8, 1e-5);
    CHECK_NEAR(boxes[3], 40, 1e-5);
    CHECK_NEAR(boxes[4], 0, 0);  /* cut to the picture */
    CHECK_NEAR(boxes[6], 24, 1e-5);
    CHECK_NEAR(scores[0], 1 / (1 + exp(-2)), 1e-6);
    MUST(hyt_detect(graph, output, 0.5, 0.4, 2, boxes, scores, labels, &count));
    CHECK_NEAR(boxes[4], 24, 1e-5);
    CHECK_STATUS(hyt_detect(graph, output, 2, 0.4, 2, boxes, scores, labels, &count), HYT_ERR_RANGE);
    hyt_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlaps),     cmocka_unit_test(giou),       cmocka_unit_test(focal),
        cmocka_unit_test(entropy),      cmocka_unit_test(suppression), cmocka_unit_test(hungarian),
        cmocka_unit_test(priors),       cmocka_unit_test(slopes),     cmocka_unit_test(alignment),
        cmocka_unit_test(gradients),    cmocka_unit_test(perfect_queries), cmocka_unit_test(heads_of_graphs),
        cmocka_unit_test(heads_of_deep_graphs),
        cmocka_unit_test(detect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
