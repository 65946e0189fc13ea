/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that are no ONNX model, or one that cannot be run: each gets an error that says what and where. */
#include "onnx_models.h"
#include <hytnas/format.h>

static void refuse(writer *w, int opset, hyt_status status, const char *part)
{
    hyt_graph *graph = NULL;
    hyti_text bytes = finish(w, opset);
    CHECK_STATUS(hyt_model_parse(NULL, bytes.data, bytes.length, &graph), status);
    CHECK_MESSAGE(part);
    assert_null(graph);
    hyti_text_clear(&bytes);
}

static void refuse_bytes(const void *bytes, size_t size, hyt_status status, const char *part)
{
    hyt_graph *graph = NULL;
    CHECK_STATUS(hyt_model_parse(NULL, bytes, size, &graph), status);
    CHECK_MESSAGE(part);
    assert_null(graph);
}

/* x -> one node -> y */
static writer one(const char *op, const char *inputs)
{
    writer w = { 0 };
    picture(&w, 4, 6);
    node(&w, op, inputs, "y");
    return w;
}

static void done(writer *w, hyt_status status, const char *part)
{
    output(w, "y");
    refuse(w, 13, status, part);
}

static void wire_format(void **state)
{
    (void)state;
    refuse_bytes("\x08\x08", 2, HYT_ERR_FORMAT, "no graph");
    refuse_bytes("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 12, HYT_ERR_FORMAT, "more than 64 bits");
    refuse_bytes("\x08\x80", 2, HYT_ERR_FORMAT, "without its end");
    refuse_bytes("\x3A\x7F\x00", 3, HYT_ERR_FORMAT, "claims 127 bytes");
    refuse_bytes("\x08\x08\x0B", 3, HYT_ERR_FORMAT, "wire type 3");
    refuse_bytes("\x08\x08\x07", 3, HYT_ERR_FORMAT, "no field number 0");
    refuse_bytes("\x08\x08\x0D\x01", 4, HYT_ERR_FORMAT, "needs 4 bytes");
    refuse_bytes("\x08\x08\x38\x01", 4, HYT_ERR_FORMAT, "wire type 0, not 2");
    refuse_bytes("\x08\x08\x3A\x00\x3A\x00", 6, HYT_ERR_FORMAT, "two graphs");
}

static void versions(void **state)
{
    (void)state;
    const int opsets[] = { 0, 6, 22, 1000 };
    for (size_t i = 0; i < 4; i++) {
        writer w = one("Relu", "x");
        output(&w, "y");
        refuse(&w, opsets[i], HYT_ERR_UNSUPPORTED, "not from 7 to 21");
    }
}

static void names(void **state)
{
    (void)state;
    writer w = one("Relu", "x");
    node(&w, "Relu", "x", "y");
    done(&w, HYT_ERR_FORMAT, "\"y\" is made twice");
    w = one("Relu", "later");
    node(&w, "Relu", "y", "later");
    done(&w, HYT_ERR_FORMAT, "node \"n0\" (Relu): reads \"later\", which nothing before it makes");
    w = one("Add", "x y");
    done(&w, HYT_ERR_FORMAT, "reads \"y\"");
    w = one("Relu", "x");
    output(&w, "z");
    refuse(&w, 13, HYT_ERR_FORMAT, "output \"z\" is made by no node");
    w = one("Relu", "x");
    output(&w, "y");
    output(&w, "x");
    refuse(&w, 13, HYT_ERR_UNSUPPORTED, "a second output");
    w = one("Relu", "x");
    refuse(&w, 13, HYT_ERR_FORMAT, "no output");
    w = one("Relu", "x\x1B[2J");
    done(&w, HYT_ERR_FORMAT, "reads \"x?[2J\"");
}

static void inputs(void **state)
{
    (void)state;
    writer w = { 0 };
    node(&w, "Relu", "x", "y");
    done(&w, HYT_ERR_FORMAT, "which nothing before it makes");
    w = one("Relu", "x");
    input(&w, "x2", DIMS(1, 3, 4, 4));
    done(&w, HYT_ERR_UNSUPPORTED, "two inputs, \"x\" and \"x2\"");
    const struct {
        int type;
        const int *dims;
        const char *part;
    } bad[] = { { INT64, DIMS(1, 3, 4, 4), "of type int64" },
                { FLOAT, DIMS(1, 3, 4, 4, 4), "rank 5" },
                { FLOAT, DIMS(2, 3, 4, 4), "a batch of 2" },
                { FLOAT, DIMS(1, 3, 0, 4), "axis 2 is N" },
                { FLOAT, DIMS(1), "rank 1" },
                { FLOAT, DIMS(1, 1, 1, 1, 1, 1, 1), "more than 6 axes" } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value_info(&w, 11, "x", bad[i].type, bad[i].dims);
        node(&w, "Relu", "x", "y");
        done(&w, HYT_ERR_UNSUPPORTED, bad[i].part);
    }
}

static void operators(void **state)
{
    (void)state;
    writer w = one("If", "x");
    done(&w, HYT_ERR_UNSUPPORTED, "node \"n0\": the operator If is not provided");
    w = one("Relu", "x");
    put_text(&w.node, 7, "com.example");
    done(&w, HYT_ERR_UNSUPPORTED, "com.example.Relu is not provided");
    w = one("Relu", "x");
    attribute_int(&w, "strange", 1);
    done(&w, HYT_ERR_UNSUPPORTED, "attribute \"strange\" is not known");
    w = one("Relu", "x x");
    done(&w, HYT_ERR_FORMAT, "2 operands");
    w = one("Relu", "-");
    done(&w, HYT_ERR_FORMAT, "operand 0 is left out");
    w = one("Tanh", "x");
    done(&w, HYT_ERR_UNSUPPORTED, "node \"n0\" (Tanh)");
    w = one("Softmax", "x");
    attribute_text(&w, "axis", "one");
    done(&w, HYT_ERR_FORMAT, "attribute \"axis\" is of type 3, not 2");
    w = one("Softmax", "x");
    attribute_int(&w, "axis", 4);
    done(&w, HYT_ERR_FORMAT, "axis 4 of 4");
    hyti_text subgraph = { 0 }, body = { 0 };
    w = one("Relu", "x");
    put_text(&subgraph, 1, "body");
    put_text(&body, 2, "inner");
    put_message(&subgraph, 6, &body);
    put_message(&w.node, 5, &subgraph);
    done(&w, HYT_ERR_UNSUPPORTED, "subgraphs");
}

static void tensor(writer *w, const int *dims, int type, unsigned field, const void *bytes, size_t size)
{
    hyti_text message = { 0 };
    put_dims(&message, dims);
    put_number(&message, 2, (uint64_t)type);
    put_text(&message, 8, "t");
    if (field) put_bytes(&message, field, bytes, size);
    put_message(&w->graph, 5, &message);
}

static void tensors(void **state)
{
    (void)state;
    const char bytes[64] = { 0 };
    const struct {
        const int *dims;
        int type;
        unsigned field;
        size_t size;
        hyt_status status;
        const char *part;
    } bad[] = {
        { DIMS(4), FLOAT, 9, 15, HYT_ERR_FORMAT, "15 bytes, its dims need 16" },
        { DIMS(4), FLOAT, 9, 17, HYT_ERR_FORMAT, "17 bytes" },
        { DIMS(4), FLOAT, 0, 0, HYT_ERR_FORMAT, "fewer values" },
        { DIMS(4), FLOAT, 4, 12, HYT_ERR_FORMAT, "fewer values" },
        { DIMS(4), FLOAT, 4, 20, HYT_ERR_FORMAT, "do not fit its dims" },
        { DIMS(4), INT64, 7, 5, HYT_ERR_FORMAT, "more values" },
        { DIMS(4), INT64, 7, 3, HYT_ERR_FORMAT, "fewer values" },
        { DIMS(1 << 30, 1 << 30, 1 << 30), FLOAT, 9, 4, HYT_ERR_RANGE, "above 2^36" },
        { DIMS(1 << 30), FLOAT, 4, 4, HYT_ERR_FORMAT, "fewer values" },
        { DIMS(1, 1, 1, 1, 1, 1, 1), FLOAT, 9, 4, HYT_ERR_RANGE, "more than 6 values" },
        { DIMS(1), 8, 9, 4, HYT_ERR_UNSUPPORTED, "type string" },
        { DIMS(1), 99, 9, 4, HYT_ERR_UNSUPPORTED, "number 99" },
        { DIMS(1), FLOAT, 13, 4, HYT_ERR_UNSUPPORTED, "in another file" },
        { DIMS(1), FLOAT, 3, 4, HYT_ERR_UNSUPPORTED, "segments" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        writer w = one("Relu", "x");
        tensor(&w, bad[i].dims, bad[i].type, bad[i].field, bytes, bad[i].size);
        done(&w, bad[i].status, bad[i].part);
    }
    hyti_text message = { 0 };
    writer w = one("Relu", "x");
    put_dims(&message, DIMS(1));
    put_number(&message, 2, FLOAT);
    put_number(&message, 14, 1);
    put_message(&w.graph, 5, &message);
    done(&w, HYT_ERR_UNSUPPORTED, "in another file");
}

static void shapes(void **state)
{
    (void)state;
    writer w = one("Conv", "x w");
    weights(&w, "w", DIMS(2, 3, 3, 3));
    done(&w, HYT_ERR_FORMAT, "do not fit its operand");
    w = one("Conv", "x w");
    weights(&w, "w", DIMS(2, 4, 3, 3));
    LIST(&w, "strides", 0, 1);
    done(&w, HYT_ERR_FORMAT, "stride or dilation of 0");
    w = one("Conv", "x w");
    weights(&w, "w", DIMS(2, 4, 7, 7));
    done(&w, HYT_ERR_FORMAT, "reaches over 7 of 6");
    w = one("Conv", "x w");
    weights(&w, "w", DIMS(2, 4, 3, 3));
    LIST(&w, "pads", 0, 0, 0, -1);
    done(&w, HYT_ERR_UNSUPPORTED, "a pad of -1");
    w = one("Conv", "x w");
    weights(&w, "w", DIMS(2, 4, 3, 3));
    LIST(&w, "dilations", INT64_MAX, 1);
    done(&w, HYT_ERR_RANGE, "not from 0 to 2^31");
    w = one("Conv", "x x");
    done(&w, HYT_ERR_UNSUPPORTED, "weights that are no constant");
    w = one("Reshape", "x s");
    INTS(&w, "s", 1, 145);
    done(&w, HYT_ERR_FORMAT, "144 values, asked for as 145");
    w = one("Reshape", "x s");
    INTS(&w, "s", -1, -1);
    done(&w, HYT_ERR_FORMAT, "a size of -1");
    w = one("Reshape", "x s");
    INTS(&w, "s", INT64_MAX, INT64_MAX);
    done(&w, HYT_ERR_FORMAT, "a size of");
    w = one("Gather", "x i");
    INTS(&w, "i", 6);
    attribute_int(&w, "axis", 3);
    done(&w, HYT_ERR_FORMAT, "index 6 of 6");
    w = one("Transpose", "x");
    LIST(&w, "perm", 0, 1, 1, 3);
    done(&w, HYT_ERR_FORMAT, "axis 1 twice");
    w = one("Concat", "x m");
    weights(&w, "m", DIMS(1, 4, 5, 5));
    attribute_int(&w, "axis", 1);
    done(&w, HYT_ERR_FORMAT, "operand 1 does not fit");
    w = one("Add", "x m");
    weights(&w, "m", DIMS(5));
    done(&w, HYT_ERR_FORMAT, "operand 1 does not fit");
    w = one("Slice", "x a a s s");
    INTS(&w, "a", 0);
    INTS(&w, "s", 0);
    done(&w, HYT_ERR_FORMAT, "a step of 0");
    w = one("Slice", "x a a");
    INTS(&w, "a", 3);
    done(&w, HYT_ERR_RANGE, "has size 0");
    w = one("Resize", "x - s");
    float scales[4] = { 1, 1, INFINITY, 1 };
    initializer(&w, "s", FLOAT, DIMS(4), scales, sizeof scales);
    done(&w, HYT_ERR_UNSUPPORTED, "a scale of inf");
    w = one("MatMul", "x m");
    weights(&w, "m", DIMS(5, 2));
    done(&w, HYT_ERR_FORMAT, "6 columns times 5 rows");
}

static void quantisation(void **state)
{
    (void)state;
    const float bad[] = { 0, -1, INFINITY, NAN };
    for (size_t i = 0; i < 4; i++) {
        writer w = { 0 };
        picture(&w, 4, 6);
        round_trip(&w, "x", "y", bad[i], 0);
        done(&w, HYT_ERR_RANGE, "not finite and above 0");
    }
    writer w = { 0 };
    picture(&w, 4, 6);
    round_trip(&w, "x", "a", 1, 0);
    round_trip(&w, "a", "y", 2, 0);
    done(&w, HYT_ERR_UNSUPPORTED, "a second quantisation");
    w = one("QuantizeLinear", "x s");
    scalar(&w, "s", 1);
    done(&w, HYT_ERR_UNSUPPORTED, "not float32");
    w = one("DequantizeLinear", "x s");
    scalar(&w, "s", 1);
    done(&w, HYT_ERR_UNSUPPORTED, "no QuantizeLinear");
    w = one("QuantizeLinear", "x s");
    weights(&w, "s", DIMS(2));
    done(&w, HYT_ERR_RANGE, "scale");
}

/* A few bytes that ask for much: of constants, of weights, of time. */
static void amplification(void **state)
{
    (void)state;
    writer w = { 0 };
    picture(&w, 4, 6);
    INTS(&w, "s", 1, 1 << 15, 1 << 15);
    node(&w, "ConstantOfShape", "s", "c");
    node(&w, "Mul", "x c", "y");
    done(&w, HYT_ERR_RANGE, "more bytes than a file of");
    picture(&w, 64, 6);
    weights(&w, "w", DIMS(64, 64, 3, 3));
    for (int i = 0; i < 64; i++) {
        char from[8], to[8], operands[16];
        snprintf(from, sizeof from, i ? "c%d" : "x", i);
        snprintf(to, sizeof to, i < 63 ? "c%d" : "y", i + 1);
        snprintf(operands, sizeof operands, "%s w", from);
        node(&w, "Conv", operands, to);
        LIST(&w, "pads", 1, 1, 1, 1);
    }
    done(&w, HYT_ERR_RANGE, "more bytes than a file of");
    picture(&w, 4, 6);
    for (int i = 0; i < 40; i++) {
        char from[8], to[8], operands[16];
        snprintf(from, sizeof from, i ? "c%d" : "x", i);
        snprintf(to, sizeof to, i < 39 ? "c%d" : "y", i + 1);
        snprintf(operands, sizeof operands, "%s %s", from, from);
        node(&w, "Concat", operands, to);
        attribute_int(&w, "axis", 1);
    }
    done(&w, HYT_ERR_RANGE, "more than 2^36 values");
}

/* Every prefix and every flipped bit: read, or refused with a message. */
static void damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < ONNX_CASES; i++) {
        writer w = { 0 };
        onnx_cases[i].write(&w);
        hyti_text bytes = finish(&w, onnx_cases[i].opset);
        for (size_t at = 0; at < 2 * bytes.length; at++) {
            size_t place = at / 2;
            hyt_graph *graph = NULL;
            char flip = (char)(1 << (at * 7) % 8);
            if (at % 2) bytes.data[place] = (char)(bytes.data[place] ^ flip);
            hyt_status status = hyt_model_parse(NULL, bytes.data, at % 2 ? bytes.length : place, &graph);
            if (at % 2) bytes.data[place] = (char)(bytes.data[place] ^ flip);
            assert_true((status == HYT_OK) == (graph != NULL));
            assert_true(status == HYT_OK || hyt_message()[0] != 0);
            assert_true(at % 2 || status != HYT_OK);
            hyt_graph_destroy(graph);
        }
        hyti_text_clear(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_format), cmocka_unit_test(versions),     cmocka_unit_test(names),
        cmocka_unit_test(inputs),      cmocka_unit_test(operators),    cmocka_unit_test(tensors),
        cmocka_unit_test(shapes),      cmocka_unit_test(quantisation), cmocka_unit_test(amplification),
        cmocka_unit_test(damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
