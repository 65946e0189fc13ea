/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TensorFlow Lite files: what is written here reads as a graph that does what the file says; what is damaged or not
 * provided is refused by name. */
#include "../runtime/int8_oracle.h"
#include "tflite_models.h"
#include "tflite_reference.h"
#include <hytnas/format.h>

/* Small whole numbers, N,H,W,C, and the same in planes. */
static double *draw_input(maker *m, float **planes)
{
    const tfl_tensor *tensor = &m->model.tensors[m->model.input];
    size_t count = ref_count(tensor), channels = (size_t)tensor->dims[3], pixels = count / channels;
    double *input = malloc(count * sizeof *input);
    *planes = malloc(count * sizeof **planes);
    for (size_t i = 0; i < count; i++) {
        input[i] = draw(m, -5, 5);
        (*planes)[i % channels * pixels + i / channels] = (float)input[i];
    }
    return input;
}

/* The file's place N,H,W,C of place `i` of a value of the graph. */
static size_t file_place(const hyti_node *node, size_t i)
{
    size_t pixels = node->dims.size[2] * node->dims.size[3];
    return node->picture ? i % pixels * node->dims.size[1] + i / pixels : i;
}

static hyt_graph *parse(const tfl_model *model, hyt_status expected)
{
    hyt_graph *graph = NULL;
    hyti_text bytes = { 0 };
    tfl_write(model, &bytes);
    CHECK_STATUS(hyt_model_parse(NULL, bytes.data, bytes.length, &graph), expected);
    hyti_text_clear(&bytes);
    return graph;
}

static void describe(const maker *m, uint64_t seed)
{
    print_message("model %llu:", (unsigned long long)seed);
    for (int i = 0; i < m->model.n_operators; i++) {
        const tfl_tensor *out = &m->model.tensors[m->model.operators[i].output];
        print_message(" op %d ->", m->model.operators[i].code);
        for (int j = 0; j < out->rank; j++) print_message(" %d", out->dims[j]);
        print_message(";");
    }
    print_message("\n");
}

static void int8_chains(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        maker m;
        float *planes;
        make_model(&m, seed, true, 8);
        double *input = draw_input(&m, &planes);
        reference r = ref_run(&m.model, input);
        hyt_graph *graph = parse(&m.model, HYT_OK);
        oracle o = oracle_run(graph, planes);
        hyt_value last = hyt_graph_output(graph);
        const hyti_node *node = &graph->nodes[last];
        assert_int_equal(oracle_count(graph, last), ref_count(&m.model.tensors[m.last]));
        for (size_t i = 0; i < oracle_count(graph, last); i++) {
            double got = node->scale * (double)(o.values[last][i] - node->zero), want = r.values[m.last][file_place(node, i)];
            if (got == want) continue;
            describe(&m, seed);
            fail_msg("place %zu: %g, not %g", i, got, want);
        }
        oracle_clear(&o);
        hyt_graph_destroy(graph);
        ref_clear(&r);
        free(input);
        free(planes);
        drop_model(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int8_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
