/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TensorFlow Lite files: what is written here reads as a graph that does what the file says; what is damaged or not
 * provided is refused by name. */
#include "../runtime/int8_oracle.h"
#include "tflite_models.h"
#include "tflite_reference.h"
#include <hytnas/format.h>
#include <hytnas/runtime.h>

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
            double got = node->scale * (double)(o.values[last][i] - node->zero);
            double want = r.values[m.last][file_place(node, i)];
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

/* The largest of all values of a model: what the rounding of float32 is measured by. */
static double largest(const reference *r)
{
    double most = 1;
    for (int i = 0; i < r->model->n_tensors; i++)
        for (size_t j = 0; j < ref_count(&r->model->tensors[i]); j++) most = fmax(most, fabs(r->values[i][j]));
    return most;
}

/* The runtime on a chain: exactly the whole numbers of the reference, as long as float32 holds them. */
static void run_chain(const maker *m, uint64_t seed, const reference *r, const float *planes)
{
    hyt_runtime *runtime = NULL;
    hyt_graph *graph = parse(&m->model, HYT_OK);
    MUST(hyt_runtime_create(graph, NULL, &runtime));
    size_t count = hyt_runtime_output_size(runtime);
    float *got = malloc(count * sizeof *got);
    double most = largest(r), slack = most < 0x1p24 ? 0 : most * 1e-5;
    const hyti_node *node = &graph->nodes[hyt_graph_output(graph)];
    assert_int_equal(count, ref_count(&m->model.tensors[m->last]));
    MUST(hyt_runtime_run(runtime, planes, got));
    for (size_t i = 0; i < count; i++) {
        double want = r->values[m->last][file_place(node, i)];
        if (fabs(got[i] - want) <= slack) continue;
        describe(m, seed);
        fail_msg("place %zu: %g, not %g", i, (double)got[i], want);
    }
    free(got);
    hyt_runtime_destroy(runtime);
    hyt_graph_destroy(graph);
}

static void chains_that_run(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        maker m;
        float *planes;
        make_model(&m, seed, seed % 2, 8);
        double *input = draw_input(&m, &planes);
        reference r = ref_run(&m.model, input);
        run_chain(&m, seed, &r, planes);
        ref_clear(&r);
        free(input);
        free(planes);
        drop_model(&m);
    }
}

/* One operator on a picture, its result of another scale. */
static void one_operator(maker *m, bool int8, int code, const int *dims, const float *scale, const int64_t *zero)
{
    static const float fine = 0.04f;
    memset(m, 0, sizeof *m);
    m->int8 = int8;
    m->zero[0] = 3;
    m->rng = hyti_rng_start((uint64_t)code, HYTI_PURPOSE_TEST, 0);
    m->last = m->model.input = add_activation(m, 4, (const int[]){ 1, 3, 5, 4 });
    m->model.tensors[m->last].scale = &fine;
    add_operator(m, code, 1, &m->last, 4, dims);
    m->model.tensors[m->last].scale = scale;
    m->model.tensors[m->last].zero = zero;
    m->model.output = m->last;
}

/* The graph's int8 result against the reference, at most `slack` steps apart. */
static void check_int8(maker *m, int slack)
{
    float *planes;
    double *input = draw_input(m, &planes);
    reference r = ref_run(&m->model, input);
    hyt_graph *graph = parse(&m->model, HYT_OK);
    oracle o = oracle_run(graph, planes);
    hyt_value last = hyt_graph_output(graph);
    const hyti_node *node = &graph->nodes[last];
    for (size_t i = 0; i < oracle_count(graph, last); i++) {
        double want = r.values[m->last][file_place(node, i)] / node->scale + node->zero;
        if (fabs(o.values[last][i] - want) > slack + 1e-6)
            fail_msg("operator %d, place %zu: %d, not %g", m->model.operators[0].code, i, o.values[last][i], want);
    }
    oracle_clear(&o);
    hyt_graph_destroy(graph);
    ref_clear(&r);
    free(input);
    free(planes);
    drop_model(m);
}

static void int8_functions(void **state)
{
    static const float share = 1 / 256.0f, wide = 0.05f, fine = 0.04f;
    static const int64_t lowest = -128, other = -7, alike = 3;
    static const int same[4] = { 1, 3, 5, 4 }, larger[4] = { 1, 7, 6, 4 };
    static const struct { int code, slack; const int *dims; const float *scale; const int64_t *zero; } rows[] = {
        { TFL_LOGISTIC, 0, same, &share, &lowest }, { TFL_HARD_SWISH, 0, same, &wide, &other },
        { TFL_GELU, 0, same, &wide, &other },       { TFL_ACT_RELU, 0, same, &wide, &other },
        { TFL_ACT_RELU6, 0, same, &wide, &lowest }, { TFL_QUANTIZE, 0, same, &wide, &other },
        { TFL_SOFTMAX, 1, same, &share, &lowest },  { TFL_RESIZE_BILINEAR, 1, larger, &fine, &alike },
    };
    (void)state;
    for (size_t i = 0; i < HYTI_COUNT(rows); i++) {
        maker m;
        one_operator(&m, true, rows[i].code, rows[i].dims, rows[i].scale, rows[i].zero);
        tfl_operator *op = &m.model.operators[0];
        if (rows[i].code == TFL_SOFTMAX) set_option(op, 0, 4, 0x3f800000); /* beta 1 */
        if (rows[i].code == TFL_RESIZE_BILINEAR) {
            op->inputs[op->n_inputs++] = add_numbers(&m, 2, larger + 1);
            set_option(op, 3, 1, 1);
        }
        check_int8(&m, rows[i].slack);
    }
}

/* A float input that is quantised at once is the graph's input in int8; what is dequantised at the end stays as it is.
 * */
static void float_ends(void **state)
{
    (void)state;
    maker m;
    float *planes, scale;
    int32_t zero;
    memset(&m, 0, sizeof m);
    m.rng = hyti_rng_start(3, HYTI_PURPOSE_TEST, 0);
    m.zero[0] = -4;
    const int dims[4] = { 1, 3, 3, 2 };
    m.last = m.model.input = add_activation(&m, 4, dims);
    m.int8 = true;
    add_operator(&m, TFL_QUANTIZE, 1, &m.last, 4, dims);
    add_operator(&m, TFL_ACT_RELU, 1, &m.last, 4, dims);
    m.int8 = false;
    add_operator(&m, TFL_DEQUANTIZE, 1, &m.last, 4, dims);
    m.model.output = m.last;
    hyt_graph *graph = parse(&m.model, HYT_OK);
    assert_int_equal(hyt_graph_size(graph), 2);
    assert_int_equal(hyt_graph_precision(graph, 0), HYT_INT8);
    MUST(hyt_graph_quantisation(graph, 0, &scale, &zero));
    assert_true(scale == 1 && zero == -4);
    double *input = draw_input(&m, &planes);
    oracle o = oracle_run(graph, planes);
    for (size_t i = 0; i < 18; i++) assert_int_equal(o.values[1][i], planes[i] < 0 ? -4 : (int)planes[i] - 4);
    oracle_clear(&o);
    free(input);
    free(planes);
    hyt_graph_destroy(graph);
    drop_model(&m);
}

/* Weights in half precision or in int8, dequantised in the file, for a layer in float32. */
static void dequantised_weights(void **state)
{
    static const uint16_t half[6] = { 0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000 };
    static const int8_t whole[6] = { 1, -2, 127, -128, 0, 5 };
    static const float halves[6] = { 1, -2, 0.333251953125f, 0x1p-24f, 65504, -0.0f }, scales[2] = { 0.5f, 0.25f };
    static const int64_t zeros[2] = { 0, 1 };
    (void)state;
    for (int int8 = 0; int8 < 2; int8++) {
        maker m;
        memset(&m, 0, sizeof m);
        m.last = m.model.input = add_activation(&m, 4, (const int[]){ 1, 1, 1, 3 });
        int stored = add_tensor(&m, int8 ? TFL_INT8 : TFL_HALF, 2, (const int[]){ 2, 3 });
        tfl_tensor *tensor = &m.model.tensors[stored];
        tensor->data = int8 ? (const void *)whole : half;
        tensor->bytes = int8 ? 6 : 12;
        tensor->scales = int8 ? 2 : 0;
        tensor->scale = scales;
        tensor->zero = zeros;
        int inputs[2] = { m.last };
        add_operator(&m, TFL_DEQUANTIZE, 1, &stored, 2, (const int[]){ 2, 3 });
        inputs[1] = m.last;
        add_operator(&m, TFL_FULLY_CONNECTED, 2, inputs, 2, (const int[]){ 1, 2 });
        m.model.output = m.last;
        hyt_graph *graph = parse(&m.model, HYT_OK);
        const float *got = hyt_graph_parameter(graph, 0);
        for (int i = 0; i < 6; i++)
            assert_true(got[i] == (int8 ? scales[i / 3] * (float)(whole[i] - zeros[i / 3]) : halves[i]));
        assert_int_equal(hyt_graph_precision(graph, hyt_graph_output(graph)), HYT_FP32);
        assert_null(hyt_graph_scales(graph, 0));
        hyt_graph_destroy(graph);
        drop_model(&m);
    }
}

/* Operators that are known, in a form that is not provided or that contradicts itself: `field` of the options. */
static void refused_forms(void **state)
{
    static const int same[4] = { 1, 3, 5, 4 };
    static const float unit = 1, share = 1 / 256.0f;
    static const int64_t zero = 3;
    static const struct { int code, field, width; int64_t value; const float *scale; const char *says; } rows[] = {
        { TFL_GELU, 0, 1, 1, &unit, "operator 0 (GELU): the approximation" },
        { TFL_SOFTMAX, 0, 4, 0x40000000, &share, "operator 0 (SOFTMAX): a softmax with beta 2" },
        { TFL_SOFTMAX, 0, 4, 0x3f800000, &unit, "scale 1 and zero point 3 of a softmax" },
        { TFL_RESHAPE, 0, 0, 0, &unit, "operator 0 (RESHAPE): scales 0.04 and 1" },
        { TFL_MAX_POOL_2D, 0, 0, 0, &unit, "operator 0 (MAX_POOL_2D): scales 0.04 and 1" },
    };
    (void)state;
    for (size_t i = 0; i < HYTI_COUNT(rows); i++) {
        maker m;
        one_operator(&m, true, rows[i].code, same, rows[i].scale, &zero);
        set_option(&m.model.operators[0], rows[i].field, rows[i].width, rows[i].value);
        assert_null(parse(&m.model, HYT_ERR_UNSUPPORTED));
        CHECK_MESSAGE(rows[i].says);
        drop_model(&m);
    }
}

/* The same of operators whose further inputs are lists of whole numbers. */
static void refused_lists(void **state)
{
    static const struct {
        int code, rank, dims[4], count, list[8];
        hyt_status status;
        const char *says;
    } rows[] = {
        { TFL_TRANSPOSE, 4, { 3, 5, 4, 1 }, 4, { 1, 2, 3, 0 }, HYT_ERR_FORMAT, "operator 0 (TRANSPOSE)" },
        { TFL_TRANSPOSE, 4, { 1, 3, 5, 4 }, 4, { 0, 1, 2, 2 }, HYT_ERR_FORMAT, "axis" },
        { TFL_TRANSPOSE, 4, { 1, 3, 5, 4 }, 4, { 0, 1, 2, 4 }, HYT_ERR_FORMAT, "there is no axis 4" },
        { TFL_TRANSPOSE, 4, { 1, 3, 5, 4 }, 3, { 0, 1, 2 }, HYT_ERR_FORMAT, "an order of 3 axes for 4" },
        { TFL_MEAN, 2, { 1, 5 }, 2, { 1, 3 }, HYT_ERR_UNSUPPORTED, "not side by side" },
        { TFL_MEAN, 3, { 1, 5, 4 }, 2, { 1, 1 }, HYT_ERR_FORMAT, "axis 1 is listed twice" },
        { TFL_MEAN, 3, { 1, 5, 4 }, 1, { -5 }, HYT_ERR_FORMAT, "there is no axis -5" },
        { TFL_MEAN, 3, { 1, 5, 3 }, 1, { 1 }, HYT_ERR_FORMAT, "shape of tensor" },
        { TFL_RESHAPE, 2, { 1, 59 }, 2, { 1, 59 }, HYT_ERR_FORMAT, "of 60 values does not become" },
        { TFL_RESHAPE, 2, { 1, 60 }, 2, { 2, 30 }, HYT_ERR_FORMAT, "the shape that is asked for" },
        { TFL_PAD, 4, { 1, 3, 5, 5 }, 8, { 0, 0, 0, 0, 0, 0, 0, 1 }, HYT_ERR_UNSUPPORTED, "of channels" },
        { TFL_PAD, 4, { 1, 2, 5, 4 }, 8, { 0, 0, -1, 0, 0, 0, 0, 0 }, HYT_ERR_FORMAT, "padding is -1 at place 2" },
        { TFL_PAD, 4, { 1, 3, 5, 4 }, 6, { 0 }, HYT_ERR_FORMAT, "padding of 6 numbers" },
        { TFL_RESIZE_BILINEAR, 4, { 1, 6, 5, 4 }, 2, { 6, 5 }, HYT_ERR_UNSUPPORTED, "align_corners 0" },
        { TFL_RESIZE_NEAREST_NEIGHBOR, 4, { 1, 6, 5, 4 }, 2, { 5, 6 }, HYT_ERR_FORMAT, "the size that is asked for" },
    };
    (void)state;
    for (size_t i = 0; i < HYTI_COUNT(rows); i++) {
        maker m;
        one_operator(&m, false, rows[i].code, (const int[]){ 1, 3, 5, 4 }, NULL, NULL);
        m.model.tensors[m.last].rank = rows[i].rank;
        memcpy(m.model.tensors[m.last].dims, rows[i].dims, sizeof rows[i].dims);
        m.model.operators[0].inputs[m.model.operators[0].n_inputs++] = add_numbers(&m, rows[i].count, rows[i].list);
        assert_null(parse(&m.model, rows[i].status));
        CHECK_MESSAGE(rows[i].says);
        drop_model(&m);
    }
}

/* A convolution of a picture, an activation and a fully connected layer, in int8: tensors input 0, weights 1, bias 2,
 * result 3; result 4; weights 5, result 6. */
static void small_model(maker *m)
{
    memset(m, 0, sizeof *m);
    m->int8 = true;
    m->rng = hyti_rng_start(7, HYTI_PURPOSE_TEST, 0);
    m->zero[0] = 3;
    m->last = m->model.input = add_activation(m, 4, (const int[]){ 1, 4, 4, 2 });
    int inputs[3] = { 0, add_constant(m, 4, (const int[]){ 3, 3, 3, 2 }, 0, false), add_bias(m, 3) };
    tfl_operator *conv = add_operator(m, TFL_CONV_2D, 3, inputs, 4, (const int[]){ 1, 4, 4, 3 });
    set_option(conv, 0, 1, TFL_SAME);
    set_option(conv, 1, 4, 1);
    set_option(conv, 2, 4, 1);
    add_operator(m, TFL_ACT_RELU, 1, &m->last, 4, (const int[]){ 1, 4, 4, 3 });
    inputs[0] = m->last;
    inputs[1] = add_constant(m, 2, (const int[]){ 2, 48 }, -1, false);
    add_operator(m, TFL_FULLY_CONNECTED, 2, inputs, 2, (const int[]){ 1, 2 });
    m->model.output = m->last;
}

static float bad_scale;
static int64_t bad_zero[3];
static int8_t bad_weights[54];

static void zero_size(tfl_model *m) { m->tensors[0].dims[1] = 0; }
static void negative_size(tfl_model *m) { m->tensors[3].dims[2] = -4; }
static void huge_sizes(tfl_model *m)
{
    m->tensors[0].rank = 6;
    for (int i = 1; i < 6; i++) m->tensors[0].dims[i] = INT32_MAX;
}
static void wide_input(tfl_model *m) { m->tensors[0].dims[1] = INT32_MAX; }
static void two_pictures(tfl_model *m) { m->tensors[0].dims[0] = 2; }
static void input_is_constant(tfl_model *m) { m->input = 1; }
static void output_is_constant(tfl_model *m) { m->output = 5; }
static void output_beyond(tfl_model *m) { m->output = 7; }
static void no_output(tfl_model *m) { m->output = -1; }
static void input_beyond(tfl_model *m) { m->operators[1].inputs[0] = 7; }
static void input_below(tfl_model *m) { m->operators[1].inputs[0] = -2; }
static void input_absent(tfl_model *m) { m->operators[1].inputs[0] = -1; }
static void cycle(tfl_model *m) { m->operators[0].inputs[0] = 4; }
static void reads_itself(tfl_model *m) { m->operators[1].inputs[0] = 4; }
static void written_twice(tfl_model *m) { m->operators[1].output = 3; }
static void writes_input(tfl_model *m) { m->operators[1].output = 0; }
static void writes_constant(tfl_model *m) { m->operators[1].output = 1; }
static void too_few(tfl_model *m) { m->operators[0].n_inputs = 1; }
static void too_many(tfl_model *m) { m->operators[1].n_inputs = 2; }
static void not_provided(tfl_model *m) { m->operators[1].code = 28; }
static void leaky(tfl_model *m) { m->operators[1].code = TFL_LEAKY_RELU; }
static void custom(tfl_model *m) { m->operators[1].code = TFL_CUSTOM; }
static void unknown(tfl_model *m) { m->operators[1].code = 4000; }
static void below_zero(tfl_model *m) { m->operators[1].code = -3; }
static void other_options(tfl_model *m) { m->operators[1].code = TFL_SOFTMAX; }
static void no_stride(tfl_model *m) { m->operators[0].options[1].value = 0; }
static void bad_stride(tfl_model *m) { m->operators[0].options[2].value = -1; }
static void bad_padding(tfl_model *m) { m->operators[0].options[0].value = 2; }
static void bad_dilation(tfl_model *m) { m->operators[0].options[4] = (tfl_field){ 4, 0 }; }
static void huge_dilation(tfl_model *m)
{
    m->operators[0].options[0].value = TFL_VALID;
    m->operators[0].options[4] = (tfl_field){ 4, INT32_MAX };
}
static void fused_tanh(tfl_model *m) { m->operators[0].options[3] = (tfl_field){ 1, 4 }; }
static void fused_unknown(tfl_model *m) { m->operators[0].options[3] = (tfl_field){ 1, 99 }; }
static void strings(tfl_model *m) { m->tensors[3].type = 5; }
static void unsigned_type(tfl_model *m) { m->tensors[0].type = TFL_UINT8; }
static void no_such_type(tfl_model *m) { m->tensors[1].type = 200; }
static void mixed_types(tfl_model *m) { m->tensors[3].type = TFL_FLOAT; }
static void no_scale(tfl_model *m) { m->tensors[3].scales = 0; }
static void set_scale(tfl_model *m, float scale)
{
    bad_scale = scale;
    m->tensors[0].scale = &bad_scale;
}
static void scale_of_zero(tfl_model *m) { set_scale(m, 0); }
static void scale_below_zero(tfl_model *m) { set_scale(m, -1); }
static void scale_nan(tfl_model *m) { set_scale(m, NAN); }
static void scale_infinite(tfl_model *m) { set_scale(m, INFINITY); }
static void zero_beyond(tfl_model *m)
{
    bad_zero[0] = 128;
    m->tensors[0].zero = bad_zero;
}
static void two_scales(tfl_model *m) { m->tensors[1].scales = 2; }
static void axis_beyond(tfl_model *m) { m->tensors[1].axis = 4; }
static void axis_below(tfl_model *m) { m->tensors[1].axis = -1; }
static void axis_of_others(tfl_model *m) { m->tensors[1].axis = 1; }
static void weights_with_zero(tfl_model *m)
{
    bad_zero[0] = 0, bad_zero[1] = 1, bad_zero[2] = 0;
    m->tensors[1].zero = bad_zero;
}
static void weights_too_low(tfl_model *m)
{
    bad_weights[17] = -128;
    m->tensors[1].data = bad_weights;
}
static void weights_lack_bytes(tfl_model *m) { m->tensors[1].bytes = 53; }
static void weights_absent(tfl_model *m) { m->tensors[1].data = NULL; }
static void weights_of_rank_3(tfl_model *m)
{
    m->tensors[1].rank = 3;
    m->tensors[1].dims[2] = 6;
}
static void weights_of_other_shape(tfl_model *m)
{
    m->tensors[1].dims[2] = 2;
    m->tensors[1].dims[3] = 3;
}
static void bias_of_floats(tfl_model *m) { m->tensors[2].type = TFL_FLOAT; }
static void bias_too_long(tfl_model *m)
{
    m->tensors[2].dims[0] = 2;
    m->tensors[2].bytes = 8;
}
static void other_shape(tfl_model *m) { m->tensors[3].dims[1] = 5; }
static void rows_of_others(tfl_model *m)
{
    m->tensors[5].dims[0] = 3;
    m->tensors[5].dims[1] = 32;
}

static const struct {
    void (*spoil)(tfl_model *model);
    hyt_status status;
    const char *says;
} faults[] = {
    { zero_size, HYT_ERR_FORMAT, "size 0 along axis 1" },
    { negative_size, HYT_ERR_FORMAT, "size -4 along axis 2" },
    { huge_sizes, HYT_ERR_FORMAT, "more than 2^36 values" },
    { wide_input, HYT_ERR_FORMAT, "operator 0 (CONV_2D)" },
    { two_pictures, HYT_ERR_UNSUPPORTED, "not one picture" },
    { input_is_constant, HYT_ERR_FORMAT, "tensor 1, is a constant" },
    { output_is_constant, HYT_ERR_FORMAT, "tensor 5, is a constant" },
    { output_beyond, HYT_ERR_FORMAT, "no tensor 7 of 7" },
    { no_output, HYT_ERR_FORMAT, "no tensor -1 of 7" },
    { input_beyond, HYT_ERR_FORMAT, "no tensor 7 of 7" },
    { input_below, HYT_ERR_FORMAT, "no tensor -2 of 7" },
    { input_absent, HYT_ERR_FORMAT, "input 0 is left out" },
    { cycle, HYT_ERR_FORMAT, "tensor 4 is read before anything writes it" },
    { reads_itself, HYT_ERR_FORMAT, "tensor 4 is read before anything writes it" },
    { written_twice, HYT_ERR_FORMAT, "tensor 3 is written a second time" },
    { writes_input, HYT_ERR_FORMAT, "tensor 0 is written a second time" },
    { writes_constant, HYT_ERR_FORMAT, "tensor 1 is written, but it is a constant" },
    { too_few, HYT_ERR_FORMAT, "1 inputs and 1 outputs, not 2 to 3" },
    { too_many, HYT_ERR_FORMAT, "2 inputs and 1 outputs, not 1 to 1" },
    { not_provided, HYT_ERR_UNSUPPORTED, "operator 1 (TANH)" },
    { leaky, HYT_ERR_UNSUPPORTED, "operator 1 (LEAKY_RELU)" },
    { custom, HYT_ERR_UNSUPPORTED, "operator 1 (CUSTOM)" },
    { unknown, HYT_ERR_UNSUPPORTED, "operator 1 (number 4000)" },
    { below_zero, HYT_ERR_UNSUPPORTED, "operator 1 (number -3)" },
    { other_options, HYT_ERR_UNSUPPORTED, "operator 1 (SOFTMAX)" },
    { no_stride, HYT_ERR_FORMAT, "width of a stride is 0" },
    { bad_stride, HYT_ERR_FORMAT, "height of a stride is -1" },
    { bad_padding, HYT_ERR_FORMAT, "padding is 2" },
    { bad_dilation, HYT_ERR_FORMAT, "width of a dilation is 0" },
    { huge_dilation, HYT_ERR_FORMAT, "operator 0 (CONV_2D)" },
    { fused_tanh, HYT_ERR_UNSUPPORTED, "fused activation TANH" },
    { fused_unknown, HYT_ERR_FORMAT, "fused activation is 99" },
    { strings, HYT_ERR_UNSUPPORTED, "tensor 3 is of type 5" },
    { unsigned_type, HYT_ERR_UNSUPPORTED, "tensor 0 is of type 3" },
    { no_such_type, HYT_ERR_UNSUPPORTED, "tensor 1 is of type 200" },
    { mixed_types, HYT_ERR_UNSUPPORTED, "of two types" },
    { no_scale, HYT_ERR_FORMAT, "tensor 3 is neither FLOAT32 nor INT8 with one scale" },
    { scale_of_zero, HYT_ERR_FORMAT, "tensor 0: scale 0 is 0" },
    { scale_below_zero, HYT_ERR_FORMAT, "tensor 0: scale 0 is -1" },
    { scale_nan, HYT_ERR_FORMAT, "tensor 0: scale 0 is" },
    { scale_infinite, HYT_ERR_FORMAT, "tensor 0: scale 0 is inf" },
    { zero_beyond, HYT_ERR_FORMAT, "zero point 0 is 128" },
    { two_scales, HYT_ERR_FORMAT, "2 scales and 2 zero points along axis 0" },
    { axis_beyond, HYT_ERR_FORMAT, "along axis 4" },
    { axis_below, HYT_ERR_FORMAT, "along axis -1" },
    { axis_of_others, HYT_ERR_FORMAT, "scales along axis 1, not 0" },
    { weights_with_zero, HYT_ERR_UNSUPPORTED, "zero point 1 at place 1" },
    { weights_too_low, HYT_ERR_UNSUPPORTED, "-128 at place 17" },
    { weights_lack_bytes, HYT_ERR_FORMAT, "tensor 1 of 54 values has 53 bytes" },
    { weights_absent, HYT_ERR_UNSUPPORTED, "tensor 1, are not a constant" },
    { weights_of_rank_3, HYT_ERR_FORMAT, "tensor 1, have 3 axes, not 4" },
    { weights_of_other_shape, HYT_ERR_FORMAT, "weights for 3 of 2 channels" },
    { bias_of_floats, HYT_ERR_UNSUPPORTED, "bias, tensor 2, is not of INT32" },
    { bias_too_long, HYT_ERR_UNSUPPORTED, "tensor 2, is not 3 constants" },
    { other_shape, HYT_ERR_FORMAT, "shape of tensor 3" },
    { rows_of_others, HYT_ERR_FORMAT, "no rows of 32" },
};

static void bad_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < HYTI_COUNT(faults); i++) {
        maker m;
        hyt_graph *graph = NULL;
        hyti_text bytes = { 0 };
        small_model(&m);
        faults[i].spoil(&m.model);
        tfl_write(&m.model, &bytes);
        hyt_status status = hyt_model_parse(NULL, bytes.data, bytes.length, &graph);
        if (status != faults[i].status || !strstr(hyt_message(), faults[i].says))
            fail_msg("%s: %s (%s)", faults[i].says, hyt_status_name(status), hyt_message());
        assert_null(graph);
        hyti_text_clear(&bytes);
        drop_model(&m);
    }
}

/* Answers of a file whose bytes from `at` on are a number of another value. */
static void check_number(const hyti_text *bytes, size_t at, uint64_t value, size_t width, hyt_status expected,
                         const char *says)
{
    hyt_graph *graph = NULL;
    char *copy = hyti_copy(NULL, bytes->data, bytes->length);
    for (size_t i = 0; i < width; i++) copy[at + i] = (char)(value >> 8 * i);
    CHECK_STATUS(hyt_model_parse(NULL, copy, bytes->length, &graph), expected);
    CHECK_MESSAGE(says);
    hyti_free(NULL, copy);
}

static size_t number_at(const hyti_text *bytes, size_t at)
{
    uint32_t value;
    memcpy(&value, bytes->data + at, sizeof value);
    return value;
}

/* Where field `field` of the root table lies. */
static size_t root_field(const hyti_text *bytes, size_t field)
{
    size_t root = number_at(bytes, 0), vtable = root - number_at(bytes, root);
    return root + (number_at(bytes, vtable + 4 + 2 * field) & 0xffff);
}

static void bad_structure(void **state)
{
    (void)state;
    maker m;
    hyti_text bytes = { 0 };
    small_model(&m);
    tfl_write(&m.model, &bytes);
    size_t root = number_at(&bytes, 0), vtable = root - number_at(&bytes, root), codes = root_field(&bytes, 1);
    check_number(&bytes, 4, 0x334c4658, 4, HYT_ERR_FORMAT, "no model file");
    check_number(&bytes, 0, 0, 4, HYT_ERR_FORMAT, "refers to itself");
    check_number(&bytes, 0, bytes.length, 4, HYT_ERR_FORMAT, "the file ends");
    check_number(&bytes, 0, UINT32_MAX, 4, HYT_ERR_FORMAT, "the file ends");
    check_number(&bytes, root, (uint64_t)(int64_t)-(1 << 20), 4, HYT_ERR_FORMAT, "vtable would be at byte");
    check_number(&bytes, root, 1 << 20, 4, HYT_ERR_FORMAT, "vtable would be at byte -");
    check_number(&bytes, vtable, 3, 2, HYT_ERR_FORMAT, "a vtable of 3 bytes");
    check_number(&bytes, vtable, 65534, 2, HYT_ERR_FORMAT, "the file ends");
    check_number(&bytes, vtable + 2, 65535, 2, HYT_ERR_FORMAT, "the file ends");
    check_number(&bytes, vtable + 4, 65535, 2, HYT_ERR_FORMAT, "version would be at byte 65535");
    check_number(&bytes, root_field(&bytes, 0), 2, 4, HYT_ERR_CONFLICT, "of version 2");
    check_number(&bytes, codes, 0, 4, HYT_ERR_FORMAT, "refers to itself");
    check_number(&bytes, codes, INT32_MAX, 4, HYT_ERR_FORMAT, "the file ends");
    check_number(&bytes, codes + number_at(&bytes, codes), UINT32_MAX, 4, HYT_ERR_FORMAT, "needs 17179869180 bytes");
    check_number(&bytes, codes + number_at(&bytes, codes), 1, 4, HYT_ERR_FORMAT, "no operator code 1 of 1");
    size_t graphs = root_field(&bytes, 2);
    check_number(&bytes, graphs + number_at(&bytes, graphs), 0, 4, HYT_ERR_FORMAT, "0 subgraphs");
    check_number(&bytes, graphs + number_at(&bytes, graphs), 2, 4, HYT_ERR_UNSUPPORTED, "2 subgraphs");
    size_t buffers = root_field(&bytes, 4);
    check_number(&bytes, buffers + number_at(&bytes, buffers), 2, 4, HYT_ERR_FORMAT, "there is no buffer 2 of 2");
    hyti_text_clear(&bytes);
    drop_model(&m);
}

/* Every prefix is refused; whatever a flipped bit makes is refused with a message or is a graph. */
static void damage(void **state)
{
    (void)state;
    maker m;
    hyti_text bytes = { 0 };
    small_model(&m);
    tfl_write(&m.model, &bytes);
    for (size_t size = 0; size < bytes.length; size++) {
        hyt_graph *graph = NULL;
        void *copy = hyti_copy(NULL, bytes.data, size);
        hyt_status status = hyt_model_parse(NULL, copy ? copy : "", size, &graph);
        if (status == HYT_OK) fail_msg("a file cut at %zu of %zu is read", size, bytes.length);
        hyti_free(NULL, copy);
    }
    for (size_t bit = 0; bit < 8 * bytes.length; bit++) {
        hyt_graph *graph = NULL;
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ (1 << bit % 8));
        hyt_status status = hyt_model_parse(NULL, bytes.data, bytes.length, &graph);
        assert_true(status == HYT_OK ? graph != NULL : graph == NULL && hyt_message()[0]);
        hyt_graph_destroy(graph);
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ (1 << bit % 8));
    }
    hyti_text_clear(&bytes);
    drop_model(&m);
}

/* Many operators that share one buffer of weights: what they come to is held against the size of the file. */
static void shared_weights(void **state)
{
    (void)state;
    maker m;
    memset(&m, 0, sizeof m);
    m.rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    m.last = m.model.input = add_activation(&m, 4, (const int[]){ 1, 1, 1, 90 });
    int inputs[2] = { m.last, add_constant(&m, 2, (const int[]){ 90, 90 }, -1, false) };
    for (int count = 1; count < TFL_OPERATORS; count++) {
        add_operator(&m, TFL_FULLY_CONNECTED, 2, inputs, 2, (const int[]){ 1, 90 });
        inputs[0] = m.model.output = m.last;
        hyt_graph *graph = NULL;
        hyti_text bytes = { 0 };
        tfl_write(&m.model, &bytes);
        hyt_status status = hyt_model_parse(NULL, bytes.data, bytes.length, &graph);
        size_t values = (size_t)count * 8100;
        assert_int_equal(status, values <= 8 * bytes.length ? HYT_OK : HYT_ERR_FORMAT);
        hyt_graph_destroy(graph);
        hyti_text_clear(&bytes);
    }
    drop_model(&m);
}

static hyt_status parse_in(hyt_context *context)
{
    maker m;
    hyt_graph *graph = NULL;
    hyti_text bytes = { 0 };
    small_model(&m);
    tfl_write(&m.model, &bytes);
    hyt_status status = hyt_model_parse(context, bytes.data, bytes.length, &graph);
    hyt_graph_destroy(graph);
    hyti_text_clear(&bytes);
    drop_model(&m);
    return status;
}

static void each_allocation(void **state)
{
    (void)state;
    test_each_allocation(parse_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int8_chains),
        cmocka_unit_test(chains_that_run),
        cmocka_unit_test(int8_functions),
        cmocka_unit_test(float_ends),
        cmocka_unit_test(dequantised_weights),
        cmocka_unit_test(refused_forms),
        cmocka_unit_test(refused_lists),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(bad_structure),
        cmocka_unit_test(damage),
        cmocka_unit_test(shared_weights),
        cmocka_unit_test(each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
