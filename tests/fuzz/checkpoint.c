/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as a checkpoint; and as changes to a good one, whose checksum is then set, so that what it would hide is
 * reached: three bytes each, place (from the start or, above 32767, from the end) and value. What is accepted can be
 * trained on. */
#include "fuzz.h"
#include "base/zip.h"
#include "graph/graph.h"
#include "train/trainer.h"
#include <string.h>

enum { SIDE = 8, PICTURES = 4 };

typedef struct fixture {
    hyt_graph *graph;
    hyt_dataset *train;
    hyt_options *options;
    uint8_t *good;      /* a checkpoint after the first of two epochs */
    size_t size;
} fixture;

static int stop(void *user, size_t epoch, double loss, double score)
{
    (void)user, (void)epoch, (void)loss, (void)score;
    return HYT_STOP;
}

static hyt_trainer *make_trainer(const fixture *f)
{
    hyt_trainer *trainer = NULL;
    MUST(hyt_trainer_create(f->graph, f->options, &trainer));
    return trainer;
}

static void make_good(fixture *f)
{
    hyt_trainer *trainer = make_trainer(f);
    MUST(hyt_trainer_fit(trainer, f->train, f->train, stop, NULL, NULL));
    REQUIRE(trainer->image);
    f->size = trainer->image_size;
    f->good = malloc(f->size);
    REQUIRE(f->good);
    memcpy(f->good, trainer->image, f->size);
    hyt_trainer_destroy(trainer);
}

static const fixture *set_up(void)
{
    static fixture f;
    if (f.good) return &f;
    uint8_t pictures[PICTURES * SIDE * SIDE * 3];
    const uint32_t labels[PICTURES] = { 0, 1, 0, 1 };
    hyt_value x;
    for (size_t i = 0; i < sizeof pictures; i++) pictures[i] = (uint8_t)(i * 2654435761u >> 24);
    MUST(hyt_graph_create(NULL, "tiny", &f.graph));
    MUST(hyt_graph_input(f.graph, 3, SIDE, SIDE, &x));
    MUST(hyti_graph_conv_norm(f.graph, x, 4, 3, 2, 1, HYT_OP_RELU, &x));
    MUST(hyt_graph_global_pool(f.graph, x, &x));
    MUST(hyt_graph_linear(f.graph, x, 2, 1, &x));
    MUST(hyt_dataset_create(NULL, pictures, labels, PICTURES, SIDE, SIDE, 2, &f.train));
    MUST(hyt_train_options_create(NULL, &f.options));
    MUST(hyt_options_set_int(f.options, HYT_TRAIN_EPOCHS, 2));
    make_good(&f);
    return &f;
}

static void read(const fixture *f, const uint8_t *data, size_t size)
{
    hyt_trainer *trainer = make_trainer(f);
    hyt_status status = hyt_trainer_parse(trainer, data, size);
    if (status == HYT_OK) {
        REQUIRE(trainer->image_size == size && memcmp(trainer->image, data, size) == 0);
        status = hyt_trainer_fit(trainer, f->train, f->train, NULL, NULL, NULL);
        REQUIRE(status == HYT_OK || status == HYT_ERR_CONFLICT || status == HYT_ERR_NUMERIC);
    } else {
        REQUIRE(status == HYT_ERR_FORMAT || status == HYT_ERR_CONFLICT);
        REQUIRE(hyt_message()[0] != 0 && !trainer->image);
    }
    hyt_trainer_destroy(trainer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const fixture *f = set_up();
    if (size) read(f, data, size);
    uint8_t *bytes = malloc(f->size);
    REQUIRE(bytes);
    memcpy(bytes, f->good, f->size);
    for (size_t i = 0; i + 3 <= size; i += 3) {
        size_t place = data[i] | (size_t)data[i + 1] << 8;
        bytes[(place < 32768 ? place : f->size * 32768 - (65536 - place)) % f->size] = data[i + 2];
    }
    uint32_t crc = hyti_crc32(0, bytes, f->size - 4);
    for (size_t i = 0; i < 4; i++) bytes[f->size - 4 + i] = (uint8_t)(crc >> 8 * i);
    read(f, bytes, f->size);
    free(bytes);
    return 0;
}
