/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be chosen of a training: schedules, optimisers, bounds, what is done to pictures and targets, teachers. */
#include "base/text.h"
#include "small.h"
#include "train/mix.h"

static void schedules(void **state)
{
    (void)state;
    hyti_train_params params = { .rate = 2, .warmup = 0.1, .schedule = HYTI_SCHEDULE_STEP, .steps = 2, .drop = 0.1 };
    CHECK_NEAR(hyti_train_rate(&params, 0, 300), 2.0 / 30, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 29, 300), 2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 99, 300), 2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 100, 300), 0.2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 199, 300), 0.2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 200, 300), 0.02, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 299, 300), 0.02, 1e-12);
    params.steps = 0;
    CHECK_NEAR(hyti_train_rate(&params, 299, 300), 2, 1e-12);
    params.schedule = HYTI_SCHEDULE_ONE_CYCLE;
    params.warmup = 0.3;
    params.momentum = 0.95;
    assert_true(hyti_train_rate(&params, 0, 100) > 0.08 && hyti_train_rate(&params, 0, 100) < 0.09);
    CHECK_NEAR(hyti_train_rate(&params, 14, 100), 1.04, 1e-12); /* half way up, from 0.08 */
    CHECK_NEAR(hyti_train_rate(&params, 29, 100), 2, 1e-12);
    CHECK_NEAR(hyti_train_rate(&params, 65, 100), 1 + 2 * 2e-6, 1e-9);
    for (size_t i = 1; i < 30; i++)
        assert_true(hyti_train_rate(&params, i, 100) > hyti_train_rate(&params, i - 1, 100));
    for (size_t i = 31; i < 100; i++)
        assert_true(hyti_train_rate(&params, i, 100) < hyti_train_rate(&params, i - 1, 100));
    assert_true(hyti_train_rate(&params, 99, 100) > 0);
    CHECK_NEAR(hyti_train_momentum(&params, 14, 100), 0.9, 1e-12);
    CHECK_NEAR(hyti_train_momentum(&params, 29, 100), 0.85, 1e-12);
    CHECK_NEAR(hyti_train_momentum(&params, 65, 100), 0.9, 1e-12);
    params.schedule = HYTI_SCHEDULE_COSINE;
    CHECK_NEAR(hyti_train_momentum(&params, 29, 100), 0.95, 0);
}

/* Distance of the trained weights of two networks. */
static double distance(const hyt_graph *a, const hyt_graph *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->n_parameters; i++)
        for (size_t k = 0; k < a->parameters[i].count && hyti_role_is_trained(a->parameters[i].role); k++)
            sum += pow((double)a->parameters[i].data[k] - b->parameters[i].data[k], 2);
    return sqrt(sum);
}

/* A first step of sgd is rate times the gradient: no longer than rate times the bound, and along the same line. */
static void gradients_are_clipped(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    MUST(hyt_graph_initialise(graph, 3));
#define SGD "optimiser", "sgd", "rate", "0.01", "weight-decay", "0", "momentum", "0"
    hyt_graph *free_one = stepped(graph, 1, SET(SGD)), *wide = stepped(graph, 1, SET(SGD, "clip", "1000"));
    double length = distance(free_one, graph), bound = length / 0.01 / 4;
    char text[40];
    snprintf(text, sizeof text, "%.17g", bound);
    hyt_graph *short_one = stepped(graph, 1, SET(SGD, "clip", text));
    hyt_graph *threads = stepped(graph, 1, SET(SGD, "clip", text, "threads", "2"));
    assert_true(length > 0);
    CHECK_NEAR(distance(wide, free_one), 0, 1e-6 * length);
    CHECK_NEAR(distance(short_one, graph), length / 4, 1e-4 * length);
    CHECK_NEAR(distance(short_one, free_one), length * 3 / 4, 1e-4 * length);
    check_same_weights(short_one, threads);
    hyt_graph *all[] = { graph, free_one, wide, short_one, threads };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyt_graph_destroy(all[i]);
}

/* Nesterov's first step is (1 + momentum) times the plain one. */
static void nesterov_looks_ahead(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    MUST(hyt_graph_initialise(graph, 3));
    hyt_graph *plain = stepped(graph, 1, SET("optimiser", "sgd", "momentum", "0.5"));
    hyt_graph *ahead = stepped(graph, 1, SET("optimiser", "sgd", "momentum", "0.5", "nesterov", "1"));
    for (size_t i = 0; i < graph->n_parameters; i++)
        for (size_t k = 0; k < graph->parameters[i].count && hyti_role_is_trained(graph->parameters[i].role); k++) {
            double start = graph->parameters[i].data[k], step = plain->parameters[i].data[k] - start;
            CHECK_NEAR(ahead->parameters[i].data[k], start + 1.5 * step, 1e-6 * (1 + fabs(start)));
        }
    hyt_graph_destroy(plain);
    hyt_graph_destroy(ahead);
    hyt_graph_destroy(graph);
}

#define PIXELS (SIDE * SIDE * 3)

/* Pictures of two values, so that each pixel says where it comes from. */
static void two_pictures(float *a, float *b, float *targets)
{
    for (size_t i = 0; i < PIXELS; i++) {
        a[i] = 1;
        b[i] = 3;
    }
    targets[0] = targets[3] = 1;
    targets[1] = targets[2] = 0;
}

/* In many draws: every pixel keeps its sum, the shares are those of the pixels, and they are Beta's. */
static void pictures_are_blended(void **state)
{
    (void)state;
    const hyti_frame frame = { SIDE, SIDE };
    static float a[PIXELS], b[PIXELS];
    float targets[4];
    for (int cuts = 0; cuts < 2; cuts++) {
        hyti_train_params params = { .seed = 5 };
        double mean = 0, square = 0, *alpha = cuts ? &params.cutmix : &params.mixup;
        *alpha = 1;
        for (size_t k = 0; k < 2000; k++) {
            hyti_blend blend = hyti_blend_draw(&params, 3, k, frame), again = hyti_blend_draw(&params, 3, k, frame);
            double own = 0;
            assert_true(blend.share == again.share && blend.patch.x == again.patch.x);
            two_pictures(a, b, targets);
            hyti_blend_pictures(&blend, frame, a, b);
            hyti_blend_targets(&blend, 2, targets, targets + 2);
            for (size_t i = 0; i < PIXELS; i++) {
                CHECK_NEAR(a[i] + b[i], 4, 1e-5);
                if (cuts) assert_true(a[i] == 1 || a[i] == 3);
                own += (3 - a[i]) / 2 / PIXELS;
            }
            CHECK_NEAR(targets[0], own, 1e-5);
            CHECK_NEAR(targets[3], own, 1e-5);
            CHECK_NEAR(targets[1] + targets[0], 1, 1e-6);
            mean += own / 2000;
            square += own * own / 2000;
        }
        if (cuts) continue; /* boxes are cut at the edges */
        CHECK_NEAR(mean, 0.5, 0.03); /* even: deviation 0.29 / sqrt(2000) = 0.0065 */
        CHECK_NEAR(square - mean * mean, 1.0 / 12, 0.01);
    }
}

/* Of Beta(a, a) the variance is 1 / (8 a + 4): of a small alpha almost 1 / 4, of a large one almost none. */
static void shares_follow_alpha(void **state)
{
    (void)state;
    const double alphas[] = { 0.01, 0.2, 1, 8 };
    for (size_t k = 0; k < HYTI_COUNT(alphas); k++) {
        hyti_train_params params = { .mixup = alphas[k], .seed = 1 };
        double mean = 0, square = 0;
        for (size_t i = 0; i < 4000; i++) {
            double share = hyti_blend_draw(&params, 0, i, (hyti_frame){ 4, 4 }).share;
            assert_true(share >= 0 && share <= 1);
            mean += share / 4000;
            square += share * share / 4000;
        }
        CHECK_NEAR(mean, 0.5, 0.04); /* five deviations of the mean of alpha 0.01 */
        CHECK_NEAR(square - mean * mean, 1 / (8 * alphas[k] + 4), 0.01);
    }
    hyti_train_params both = { .mixup = 1, .cutmix = 1 };
    size_t cut = 0;
    for (size_t i = 0; i < 1000; i++) cut += hyti_blend_draw(&both, 0, i, (hyti_frame){ 64, 64 }).patch.width > 0;
    assert_true(cut > 400 && cut < 600);
}

/* One picture in two; one box of noise, of 2 to 40 %, the rest untouched. */
static void boxes_are_erased(void **state)
{
    (void)state;
    static float picture[PIXELS];
    const hyti_train_params params = { .erasing = 0.5, .seed = 2 };
    size_t erased = 0;
    double sum = 0, squares = 0, values = 0;
    for (size_t k = 0; k < 1000; k++) {
        size_t changed = 0, left = SIDE, right = 0, top = SIDE, bottom = 0;
        for (size_t i = 0; i < PIXELS; i++) picture[i] = 9;
        hyti_erase(&params, 1, k, (hyti_frame){ SIDE, SIDE }, picture);
        for (size_t i = 0; i < PIXELS; i++) {
            size_t x = i / 3 % SIDE, y = i / 3 / SIDE;
            if (picture[i] == 9) continue;
            changed++;
            sum += picture[i];
            squares += picture[i] * picture[i];
            left = HYTI_MIN(left, x);
            right = HYTI_MAX(right, x + 1);
            top = HYTI_MIN(top, y);
            bottom = HYTI_MAX(bottom, y + 1);
        }
        if (changed == 0) continue;
        erased++;
        values += (double)changed;
        assert_int_equal(changed, 3 * (right - left) * (bottom - top));
        assert_true(changed >= 0.01 * PIXELS && changed <= 0.45 * PIXELS); /* sides are rounded */
    }
    assert_true(erased > 430 && erased < 570);
    CHECK_NEAR(sum / values, 0, 0.02);
    CHECK_NEAR(squares / values, 1, 0.03);
}

/* Twice as many pictures of class 0 as of class 1. */
static hyt_dataset *uneven(void)
{
    hyt_dataset *dataset = NULL;
    uint8_t *pictures = calloc(12, PIXELS);
    uint32_t labels[12] = { 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0 };
    for (size_t i = 0; i < 12 * PIXELS; i++) pictures[i] = (uint8_t)(i * 2654435761u >> 24);
    MUST(hyt_dataset_create(NULL, pictures, labels, 12, SIDE, SIDE, CLASSES, &dataset));
    free(pictures);
    return dataset;
}

static void classes_may_weigh_the_same(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_dataset *train = uneven();
    for (int balanced = 0; balanced < 2; balanced++) {
        const char *weights = balanced ? "balanced" : "none";
        hyt_trainer *trainer = trainer_of(graph, SET("class-weights", weights, "smoothing", "0"));
        const hyti_goal *goal = &trainer->goal;
        double mass[2] = { 0, 0 };
        MUST(goal->task->begin(&trainer->goal, train));
        for (size_t i = 0; i < 12; i++) {
            float target[CLASSES];
            goal->task->aim(goal, train, i, NULL, target);
            mass[hyt_dataset_label(train, i)] += target[hyt_dataset_label(train, i)];
            assert_true(target[1 - hyt_dataset_label(train, i)] == 0);
        }
        CHECK_NEAR(mass[0], balanced ? 6 : 8, 1e-5);
        CHECK_NEAR(mass[1], balanced ? 6 : 4, 1e-5);
        MUST(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL));
        hyt_trainer_destroy(trainer);
    }
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

static void one_class_is_refused(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    hyt_dataset *train = NULL;
    uint8_t *pictures = calloc(3, PIXELS);
    const uint32_t labels[3] = { 1, 1, 1 };
    MUST(hyt_dataset_create(NULL, pictures, labels, 3, SIDE, SIDE, CLASSES, &train));
    hyt_trainer *trainer = trainer_of(graph, NULL);
    CHECK_STATUS(hyt_trainer_fit(trainer, train, NULL, NULL, NULL, NULL), HYT_ERR_FORMAT);
    CHECK_MESSAGE("all 3 pictures are of class 1");
    free(pictures);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(train);
    hyt_graph_destroy(graph);
}

/* Loss against a teacher's outputs, its gradient by differences in double. */
static void imitation_has_its_gradient(void **state)
{
    (void)state;
    hyti_train_params params = { .temperature = 3 };
    const hyti_goal goal = { .task = &hyti_task_classification, .params = &params, .classes = 4 };
    const float teacher[4] = { 1, -2, 0.5f, 4 };
    float output[4] = { 0.25f, 1, -1, 2 }, gradient[4] = { 1, 1, 1, 1 }, none[4] = { 0 };
    CHECK_NEAR(goal.task->imitate(&goal, teacher, teacher, 1, none), 0, 1e-12);
    double at = goal.task->imitate(&goal, teacher, output, 2, gradient);
    assert_true(at > 0);
    for (size_t i = 0; i < 4; i++) {
        CHECK_NEAR(none[i], 0, 1e-7);
        float kept = output[i], step = 1.0f / 64;
        output[i] = kept + step;
        double up = goal.task->imitate(&goal, teacher, output, 0, none);
        output[i] = kept - step;
        double down = goal.task->imitate(&goal, teacher, output, 0, none);
        output[i] = kept;
        CHECK_NEAR(gradient[i] - 1, 2 * (up - down) / (2 * step), 1e-4);
    }
}

/* The classes of a blended and weighed picture, by differences too. */
static void soft_loss_has_its_gradient(void **state)
{
    (void)state;
    hyti_train_params params = { .temperature = 1 };
    const hyti_goal goal = { .task = &hyti_task_classification, .params = &params, .classes = 3 };
    float shares[3] = { 0.5f, 1.25f, 0 }, output[3] = { 0.5f, -1, 2 }, gradient[3], none[3];
    goal.task->loss(&goal, shares, output, 3, gradient);
    for (size_t i = 0; i < 3; i++) {
        float kept = output[i], step = 1.0f / 64;
        output[i] = kept + step;
        double up = goal.task->loss(&goal, shares, output, 0, none);
        output[i] = kept - step;
        double down = goal.task->loss(&goal, shares, output, 0, none);
        output[i] = kept;
        CHECK_NEAR(gradient[i], 3 * (up - down) / (2 * step), 1e-3);
    }
}

typedef struct losses { double first, last; } losses;

static int note_loss(void *user, size_t epoch, double loss, double accuracy)
{
    losses *l = user;
    (void)accuracy;
    if (epoch == 0) l->first = loss;
    l->last = loss;
    return 0;
}

static void a_teacher_is_imitated(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *teacher = NULL, *learner = NULL;
    hyt_dataset *train = toy(40, 1), *validation = toy(40, 2);
    losses l = { 0 };
    double accuracy, exact;
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "10", "rate", "0.01", "flip", "0", "threads", "2"));
    MUST(hyt_trainer_fit(trainer, train, validation, NULL, NULL, &accuracy));
    teacher = network_of(trainer);
    assert_true(accuracy > 0.9);
    /* All of the loss from the teacher: no label is needed. */
    uint8_t *pictures = malloc(40 * PIXELS);
    uint32_t wrong[40];
    hyt_dataset *unlabelled = NULL;
    for (size_t i = 0; i < 40; i++) {
        memcpy(pictures + i * PIXELS, hyt_dataset_picture(train, i), PIXELS);
        wrong[i] = 1 - hyt_dataset_label(train, i);
    }
    MUST(hyt_dataset_create(NULL, pictures, wrong, 40, SIDE, SIDE, CLASSES, &unlabelled));
    trainer = trainer_of(graph, SET("epochs", "10", "rate", "0.01", "flip", "0", "seed", "7", "teacher-share", "1"));
    MUST(hyt_trainer_set_teacher(trainer, teacher));
    MUST(hyt_trainer_fit(trainer, unlabelled, NULL, note_loss, &l, NULL));
    learner = network_of(trainer);
    MUST(hyt_train_accuracy(learner, validation, 1, &exact));
    assert_true(l.last < 0.2 * l.first);
    assert_true(exact > 0.9);
    /* It sees normalised pictures as the trainer does: the same results. */
    trainer = trainer_of(teacher, SET("epochs", "1", "rate", "0", "batch", "40", "teacher-share", "1", "mixup", "1"));
    hyti_net_f32 *net = &trainer->net;
    MUST(hyti_teacher_start(trainer, (float[]){ 0.25f, 0.25f, 0.25f }, (float[]){ 0.5f, 0.5f, 0.5f }));
    assert_null(trainer->taught); /* none so far */
    MUST(hyt_trainer_set_teacher(trainer, teacher));
    MUST(hyti_teacher_start(trainer, hyt_graph_mean(teacher), hyt_graph_deviation(teacher)));
    static float batch[40 * PIXELS];
    random_batch(batch, wrong, 40, 6);
    memcpy(trainer->input, batch, sizeof batch);
    MUST(hyti_teacher_run(trainer));
    hyti_net_forward_f32(net, batch, 40, false);
    hyti_net_output_f32(net, trainer->output);
    for (size_t i = 0; i < 40 * CLASSES; i++)
        CHECK_NEAR(trainer->taught[i], trainer->output[i], 1e-3 * (1 + fabs(trainer->output[i])));
    hyti_teacher_stop(trainer);
    hyt_trainer_destroy(trainer);
    free(pictures);
    hyt_dataset_destroy(unlabelled);
    hyt_dataset_destroy(train);
    hyt_dataset_destroy(validation);
    hyt_graph_destroy(learner);
    hyt_graph_destroy(teacher);
    hyt_graph_destroy(graph);
}

static void teachers_that_do_not_fit(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *bare = small_graph(), *other = NULL;
    hyt_trainer *trainer = trainer_of(graph, NULL);
    CHECK_STATUS(hyt_trainer_set_teacher(trainer, bare), HYT_ERR_STATE);
    CHECK_MESSAGE("is not set");
    MUST(hyt_graph_build(NULL, "mobilenetv1-0.25", 32, 2, &other));
    MUST(hyt_graph_initialise(other, 1));
    CHECK_STATUS(hyt_trainer_set_teacher(trainer, other), HYT_ERR_SHAPE);
    CHECK_MESSAGE("takes other pictures");
    hyt_graph_destroy(other);
    MUST(hyt_graph_build(NULL, "mobilenetv1-0.25", 32, 3, &other));
    hyt_graph *three = NULL;
    MUST(hyt_graph_build(NULL, "mobilenetv1-0.25", 32, 2, &three));
    hyt_trainer *of_two = trainer_of(three, NULL);
    MUST(hyt_graph_initialise(other, 1));
    CHECK_STATUS(hyt_trainer_set_teacher(of_two, other), HYT_ERR_SHAPE);
    CHECK_MESSAGE("gives other results");
    CHECK_STATUS(hyt_trainer_set_teacher(NULL, other), HYT_ERR_ARGUMENT);
    MUST(hyt_trainer_set_teacher(trainer, NULL));
    hyt_trainer_destroy(of_two);
    hyt_trainer_destroy(trainer);
    hyt_graph *all[] = { graph, bare, other, three };
    for (size_t i = 0; i < HYTI_COUNT(all); i++) hyt_graph_destroy(all[i]);
}

static void check_unsupported(const hyt_graph *graph, const char *task, const char *key, const char *value,
                              const char *message)
{
    hyt_trainer *none = NULL;
    hyt_options *options = options_of(SET("task", task, key, value));
    CHECK_STATUS(hyt_trainer_create(graph, options, &none), HYT_ERR_UNSUPPORTED);
    CHECK_MESSAGE(message);
    CHECK_MESSAGE(task);
    assert_null(none);
    hyt_options_destroy(options);
}

/* What only rows of shares can have. */
static void other_tasks_refuse_by_name(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph();
    const char *const tasks[] = { "detection", "segmentation" };
    for (size_t i = 0; i < 2; i++) {
        check_unsupported(graph, tasks[i], "mixup", "0.5", "cannot be blended");
        check_unsupported(graph, tasks[i], "cutmix", "0.5", "cannot be blended");
        check_unsupported(graph, tasks[i], "class-weights", "balanced", "cannot be weighed");
    }
    hyt_graph_destroy(graph);
}

/* Everything at once, for one and for three threads. */
static hyt_graph *trained_with(const hyt_graph *graph, const hyt_dataset *train, const hyt_graph *teacher,
                               const char *threads, const char *optimiser)
{
    hyt_trainer *trainer = trainer_of(graph, SET("epochs", "3", "batch", "7", "threads", threads, "clip", "0.5",
                                                 "mixup", "0.4", "cutmix", "1", "erasing", "0.5", "class-weights",
                                                 "balanced", "schedule", "one-cycle", "optimiser", optimiser,
                                                 "nesterov", "1"));
    MUST(hyt_trainer_set_teacher(trainer, teacher));
    MUST(hyt_trainer_fit(trainer, train, train, NULL, NULL, NULL));
    return network_of(trainer);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *teacher = small_graph();
    hyt_dataset *train = toy(31, 1);
    MUST(hyt_graph_initialise(graph, 1));
    MUST(hyt_graph_initialise(teacher, 2));
    const char *const optimisers[] = { "adamw", "sgd" };
    for (size_t i = 0; i < 2; i++) {
        hyt_graph *one = trained_with(graph, train, teacher, "1", optimisers[i]);
        hyt_graph *three = trained_with(graph, train, teacher, "3", optimisers[i]);
        check_same_weights(one, three);
        assert_true(distance(one, graph) > 0.01);
        hyt_graph_destroy(one);
        hyt_graph_destroy(three);
    }
    hyt_dataset_destroy(train);
    hyt_graph_destroy(teacher);
    hyt_graph_destroy(graph);
}

static hyt_status fit_with_all(hyt_context *context)
{
    small_training s;
    hyt_status status = small_training_open(context, SET("epochs", "1", "mixup", "1", "clip", "1"), &s);
    if (status == HYT_OK) status = hyt_trainer_set_teacher(s.trainer, s.graph);
    if (status == HYT_OK) status = hyt_trainer_fit(s.trainer, s.train, s.train, NULL, NULL, NULL);
    small_training_close(&s);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    test_each_allocation(fit_with_all);
}

/* The page on training has a word about every option. */
static void options_are_documented(void **state)
{
    (void)state;
    char path[4096], word[128];
    hyt_options *options = NULL;
    void *text = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/docs/training.md", getenv("HYTNAS_SOURCE") ? getenv("HYTNAS_SOURCE") : ".");
    MUST(hyti_file_read(NULL, path, 1 << 20, &text, &size));
    ((char *)text)[size] = 0; /* it has room for it */
    MUST(hyt_train_options_create(NULL, &options));
    for (size_t i = 0; i < hyt_options_count(options); i++) {
        snprintf(word, sizeof word, "`%s`", hyt_options_key(options, i));
        if (!strstr(text, word)) fail_msg("docs/training.md: nothing of option %s", word);
    }
    hyt_options_destroy(options);
    hyti_free_aligned(NULL, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules), cmocka_unit_test(gradients_are_clipped), cmocka_unit_test(nesterov_looks_ahead),
        cmocka_unit_test(pictures_are_blended), cmocka_unit_test(shares_follow_alpha),
        cmocka_unit_test(boxes_are_erased), cmocka_unit_test(classes_may_weigh_the_same),
        cmocka_unit_test(one_class_is_refused), cmocka_unit_test(imitation_has_its_gradient),
        cmocka_unit_test(soft_loss_has_its_gradient), cmocka_unit_test(a_teacher_is_imitated),
        cmocka_unit_test(teachers_that_do_not_fit), cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(other_tasks_refuse_by_name), cmocka_unit_test(options_are_documented),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
