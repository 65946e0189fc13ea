/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training on pictures that are read when they are needed: as from memory, and ended by one that cannot be read. */
#include "small.h"
#include <stdatomic.h>

/* Rows that are those of another data set, until the `fails`-th call. */
typedef struct source {
    const hyt_dataset *from;
    atomic_size_t calls;
    size_t fails; /* 0: never */
} source;

static int row(void *user, size_t index, uint8_t *picture, uint32_t *label)
{
    source *s = user;
    *label = hyt_dataset_label(s->from, index);
    if (atomic_fetch_add(&s->calls, 1) + 1 >= s->fails && s->fails)
        return hyt_fail(HYT_ERR_FORMAT, "cat/7.jpg: ends too early");
    return hyt_dataset_copy_picture(s->from, index, picture);
}

static hyt_dataset *stream_of(source *s, size_t cache)
{
    const hyt_dataset *from = s->from;
    const hyt_rows rows = { row, s, NULL, 1, cache };
    hyt_dataset *data = NULL;
    MUST(hyt_dataset_stream(NULL, &rows, NULL, hyt_dataset_count(from), hyt_dataset_height(from),
                            hyt_dataset_width(from), hyt_dataset_classes(from), &data));
    return data;
}

static const char *const one[] = { "epochs", "2", "threads", "1", "crop", "0.1", NULL };
static const char *const two[] = { "epochs", "2", "threads", "2", "crop", "0.1", NULL };

static void a_stream_trains_as_memory_does(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *networks[3] = { NULL };
    hyt_dataset *memory = toy(33, 1);
    source s = { .from = memory };
    for (int i = 0; i < 3; i++) {
        hyt_trainer *trainer = trainer_of(graph, i == 2 ? two : one);
        hyt_dataset *data = i ? stream_of(&s, 2000) : NULL;
        MUST(hyt_trainer_fit(trainer, data ? data : memory, NULL, NULL, NULL, NULL));
        MUST(hyt_trainer_network(trainer, &networks[i]));
        if (i) check_same_weights(networks[0], networks[i]);
        hyt_trainer_destroy(trainer);
        hyt_dataset_destroy(data);
    }
    for (int i = 0; i < 3; i++) hyt_graph_destroy(networks[i]);
    hyt_dataset_destroy(memory);
    hyt_graph_destroy(graph);
}

/* In the statistics, in the first epoch, in the validation; the trainer is as it was and goes on. */
static void a_picture_that_cannot_be_read_ends_it(void **state)
{
    (void)state;
    hyt_graph *graph = small_graph(), *before = NULL, *after = NULL;
    hyt_dataset *memory = toy(33, 1);
    source s = { .from = memory };
    hyt_dataset *data = stream_of(&s, 0);
    hyt_trainer *trainer = trainer_of(graph, two);
    MUST(hyt_trainer_network(trainer, &before));
    for (size_t calls = 1; calls < 90; calls += 13) {
        atomic_store(&s.calls, 0);
        s.fails = calls;
        CHECK_STATUS(hyt_trainer_fit(trainer, data, calls > 60 ? data : NULL, NULL, NULL, NULL), HYT_ERR_FORMAT);
        CHECK_MESSAGE("cat/7.jpg: ends too early");
    }
    MUST(hyt_trainer_network(trainer, &after));
    check_same_weights(before, after);
    s.fails = 0;
    MUST(hyt_trainer_fit(trainer, data, NULL, NULL, NULL, NULL));
    hyt_graph_destroy(before);
    hyt_graph_destroy(after);
    hyt_trainer_destroy(trainer);
    hyt_dataset_destroy(data);
    hyt_dataset_destroy(memory);
    hyt_graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_trains_as_memory_does),
        cmocka_unit_test(a_picture_that_cannot_be_read_ends_it),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
