/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pixels show a figure: a network of the space hytnas-segment, trained on the masks of the built-in pictures,
 * made int8 on the way, then one picture drawn as text. Fails if the mean intersection over union stays below 0.55.
 *
 *   segment [EPOCHS]        10 unless it is given */
#include <hytnas/hytnas.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 48, TRAIN = 200, TEST = 60 };

static hyt_status evaluator_of(const hyt_dataset *pictures, const hyt_dataset *validation, hyt_evaluator **out)
{
    hyt_options *options = NULL;
    hyt_status status = hyt_evaluator_options_create(NULL, &options);
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_TRAIN_TASK, "segmentation");
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_TRAIN_RATE, "0.01");
    if (status == HYT_OK) status = hyt_options_set_text(options, HYT_EVALUATE_PRECISION, "int8");
    if (status == HYT_OK) status = hyt_evaluator_create(pictures, validation, options, out);
    hyt_options_destroy(options);
    return status;
}

/* A random candidate, trained and quantised. */
static hyt_status train(const hyt_dataset *pictures, const hyt_dataset *validation, size_t epochs, hyt_graph **out)
{
    hyt_space *space = NULL;
    hyt_candidate *candidate = NULL;
    hyt_evaluator *evaluator = NULL;
    hyt_status status = hyt_space_preset(NULL, "hytnas-segment", &space);
    if (status == HYT_OK) status = hyt_candidate_sample(space, 0, 10, &candidate);
    if (status == HYT_OK) status = evaluator_of(pictures, validation, &evaluator);
    if (status == HYT_OK) status = hyt_evaluator_train(evaluator, candidate, epochs, out, NULL);
    hyt_evaluator_destroy(evaluator);
    hyt_candidate_destroy(candidate);
    hyt_space_destroy(space);
    return status;
}

/* The network takes planes from 0 to 1 and gives a plane of logits a class: background, figure. */
static hyt_status draw(const hyt_graph *network, const uint8_t *picture)
{
    static float planes[3 * SIDE * SIDE];
    float *logits = NULL;
    hyt_runtime *runtime = NULL;
    hyt_dims dims;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        for (size_t c = 0; c < 3; c++) planes[c * SIDE * SIDE + i] = (float)picture[3 * i + c] / 255.0f;
    hyt_status status = hyt_graph_dims(network, hyt_graph_output(network), &dims);
    if (status == HYT_OK) status = hyt_runtime_create(network, NULL, &runtime);
    if (status == HYT_OK && !(logits = malloc(hyt_runtime_output_size(runtime) * sizeof *logits)))
        status = HYT_ERR_NOMEM;
    if (status == HYT_OK) status = hyt_runtime_run(runtime, planes, logits);
    for (size_t y = 0; status == HYT_OK && y < dims.size[2]; y++) {
        for (size_t x = 0; x < dims.size[3]; x++) {
            size_t at = y * dims.size[3] + x;
            putchar(logits[dims.size[2] * dims.size[3] + at] > logits[at] ? '#' : '.');
        }
        putchar('\n');
    }
    free(logits);
    hyt_runtime_destroy(runtime);
    return status;
}

int main(int argc, char **argv)
{
    hyt_dataset *pictures = NULL, *validation = NULL, *test = NULL;
    hyt_graph *network = NULL;
    double miou = 0;
    size_t epochs = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    hyt_status status = hyt_dataset_create_shapes(NULL, TRAIN, SIDE, 1, 0, &pictures);
    if (status == HYT_OK) status = hyt_dataset_create_shapes(NULL, TEST, SIDE, 1, TRAIN, &validation);
    if (status == HYT_OK) status = hyt_dataset_create_shapes(NULL, TEST, SIDE, 1, TRAIN + TEST, &test);
    if (status == HYT_OK) status = train(pictures, validation, epochs, &network);
    if (status == HYT_OK) status = hyt_train_score(network, test, "miou", 1, &miou);
    if (status == HYT_OK) status = draw(network, hyt_dataset_picture(test, 0));
    if (status == HYT_OK) printf("mean IoU on %d new pictures, in int8: %.3f\n", TEST, miou);
    else fprintf(stderr, "%s\n", hyt_message());
    hyt_graph_destroy(network);
    hyt_dataset_destroy(pictures);
    hyt_dataset_destroy(validation);
    hyt_dataset_destroy(test);
    return status == HYT_OK && miou >= 0.55 ? 0 : 1;
}
