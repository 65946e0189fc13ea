/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A training in a file. Numbers are little-endian; real ones as their IEEE bits.
 *
 *   8 bytes   "HYTFIT\r\n"
 *   u32       version
 *   text      name of the network, u32 hash of its operations and shapes
 *   options   u32 count; each a text, its key, and 8 bytes
 *   u32       checksum of the teacher, 0: none
 *   data      u64 fingerprint of the train part, u8 whether there is a validation part, u64 its fingerprint
 *   u64       epoch to go on with, steps that the optimiser made, steps in the mean of weights, epochs without a better
 *   f64       score of the epoch that is kept, -1: none
 *   f32       weights, statistics, both moments; where there is one, the mean and its statistics; what is kept and its
 *   u32       CRC-32 of all that is before
 *
 * A text is a byte of length and as many bytes. */
#include "base/zip.h"
#include "graph/graph.h"
#include "train/fit.h"
#include <math.h>
#include <string.h>

#define MAGIC "HYTFIT\r\n"
#define VERSION 1
#define NAME_MAX_BYTES 255 /* of a text */

static void put_number(hyti_text *to, uint64_t value, size_t bytes)
{
    unsigned char out[8];
    for (size_t i = 0; i < bytes; i++) out[i] = (unsigned char)(value >> 8 * i);
    hyti_text_append(to, out, bytes);
}

static void put_name(hyti_text *to, const char *name)
{
    size_t length = HYTI_MIN(strlen(name), (size_t)NAME_MAX_BYTES);
    put_number(to, length, 1);
    hyti_text_append(to, name, length);
}

static void put_real(hyti_text *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(to, bits, 8);
}

static void put_values(hyti_text *to, const float *values, size_t count)
{
    unsigned char out[4 * 256];
    for (size_t at = 0; at < count; at += 256) {
        size_t n = HYTI_MIN((size_t)256, count - at);
        for (size_t i = 0; i < n; i++) {
            uint32_t bits;
            memcpy(&bits, values + at + i, sizeof bits);
            for (size_t b = 0; b < 4; b++) out[4 * i + b] = (unsigned char)(bits >> 8 * b);
        }
        hyti_text_append(to, out, 4 * n);
    }
}

/* Where the bytes are read. */
typedef struct cursor {
    const unsigned char *bytes;
    size_t at, size;
} cursor;

static hyt_status need(const cursor *c, size_t bytes, const char *what)
{
    if (c->size - c->at >= bytes) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "checkpoint: ends within %s, at byte %zu of %zu", what, c->at, c->size);
}

static hyt_status get_number(cursor *c, size_t bytes, const char *what, uint64_t *value)
{
    HYTI_TRY(need(c, bytes, what));
    *value = 0;
    for (size_t i = 0; i < bytes; i++) *value |= (uint64_t)c->bytes[c->at + i] << 8 * i;
    c->at += bytes;
    return HYT_OK;
}

static hyt_status get_real(cursor *c, const char *what, double *value)
{
    uint64_t bits;
    HYTI_TRY(get_number(c, 8, what, &bits));
    memcpy(value, &bits, sizeof bits);
    return HYT_OK;
}

/* With its final zero; bytes that are no plain text become question marks, since they end in messages. */
static hyt_status get_name(cursor *c, const char *what, char name[NAME_MAX_BYTES + 1])
{
    uint64_t length;
    HYTI_TRY(get_number(c, 1, what, &length));
    HYTI_TRY(need(c, (size_t)length, what));
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = c->bytes[c->at + i];
        name[i] = byte >= 32 && byte < 127 ? (char)byte : '?';
    }
    name[length] = 0;
    c->at += (size_t)length;
    return HYT_OK;
}

static hyt_status get_values(cursor *c, size_t count, const char *what, float *values)
{
    size_t bytes;
    if (!hyti_mul(count, 4, &bytes)) return hyti_fail(HYT_ERR_RANGE, "checkpoint: %s are too many", what);
    HYTI_TRY(need(c, bytes, what));
    for (size_t i = 0; i < count && values; i++) {
        const unsigned char *at = c->bytes + c->at + 4 * i;
        uint32_t bits = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        memcpy(values + i, &bits, sizeof bits);
    }
    c->at += bytes;
    return HYT_OK;
}

static uint32_t crc_of(uint32_t crc, const size_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = values[i];
        unsigned char bytes[8];
        for (size_t b = 0; b < 8; b++) bytes[b] = (unsigned char)(value >> 8 * b);
        crc = hyti_crc32(crc, bytes, sizeof bytes);
    }
    return crc;
}

/* Of operations, operands and shapes: two networks of one hash have the same weights in the same places. */
static uint32_t network_hash(const hyt_graph *graph)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const hyti_node *n = &graph->nodes[i];
        const size_t attributes[] = { n->op, n->n_inputs, n->kernel[0], n->kernel[1], n->stride[0], n->stride[1],
                                      n->dilation[0], n->dilation[1], n->groups, n->heads, n->patch, n->windows_first,
                                      n->axis, n->begin, n->end, n->step, n->mode, n->transposed, n->trained };
        crc = crc_of(crc, attributes, HYTI_COUNT(attributes));
        crc = crc_of(crc, n->pad, HYTI_COUNT(n->pad));
        crc = crc_of(crc, n->order, HYTI_COUNT(n->order));
        crc = crc_of(crc, n->dims.size, n->dims.rank);
        for (size_t k = 0; k < n->n_inputs; k++) crc = crc_of(crc, &(size_t){ (size_t)n->inputs[k] }, 1);
    }
    return crc_of(crc, &(size_t){ (size_t)hyt_graph_output(graph) }, 1);
}

static uint32_t teacher_hash(const hyt_graph *teacher)
{
    if (!teacher) return 0;
    uint32_t crc = network_hash(teacher);
    for (size_t i = 0; i < teacher->n_parameters; i++)
        crc = hyti_crc32(crc, teacher->parameters[i].data, teacher->parameters[i].count * sizeof(float));
    return crc ? crc : 1;
}

/* Fingerprints of both parts, once a training. */
static hyt_status see_data(hyti_fit *fit)
{
    if (fit->printed) return HYT_OK;
    HYTI_TRY(hyt_dataset_fingerprint(fit->train, &fit->prints[0]));
    if (fit->validation) HYTI_TRY(hyt_dataset_fingerprint(fit->validation, &fit->prints[1]));
    fit->printed = true;
    return HYT_OK;
}

/* What a row of the table holds, or 0 for one that changes no result. */
static uint64_t option_bits(const hyti_train_params *params, const hyti_option *row)
{
    uint64_t bits;
    memcpy(&bits, (const char *)params + row->offset, sizeof bits);
    bool matters = strcmp(row->key, HYT_TRAIN_THREADS) != 0 && strcmp(row->key, HYT_TRAIN_MEMORY_BYTES) != 0;
    return matters ? bits : 0;
}

static void put_head(const hyti_fit *fit, hyti_text *to)
{
    const hyt_trainer *t = fit->trainer;
    hyti_text_append(to, MAGIC, 8);
    put_number(to, VERSION, 4);
    put_name(to, hyt_graph_name(t->graph));
    put_number(to, network_hash(t->graph), 4);
    put_number(to, hyti_train_table.count, 4);
    for (size_t i = 0; i < hyti_train_table.count; i++) {
        put_name(to, hyti_train_table.rows[i].key);
        put_number(to, option_bits(&t->params, &hyti_train_table.rows[i]), 8);
    }
    put_number(to, teacher_hash(t->teacher), 4);
    put_number(to, fit->prints[0], 8);
    put_number(to, fit->validation != NULL, 1);
    put_number(to, fit->prints[1], 8);
}

hyt_status hyti_checkpoint_write(hyti_fit *fit, hyti_text *to)
{
    const hyt_trainer *t = fit->trainer;
    size_t weights = t->tape.n_trained, running = t->tape.running, start = to->length;
    HYTI_TRY(see_data(fit));
    put_head(fit, to);
    put_number(to, fit->epoch + 1, 8);
    put_number(to, t->steps, 8);
    put_number(to, fit->averaged, 8);
    put_number(to, fit->since, 8);
    put_real(to, fit->accuracy);
    put_values(to, t->net.weights, weights);
    put_values(to, t->net.running, running);
    put_values(to, t->first, weights);
    put_values(to, t->second, weights);
    if (t->params.averaging > 0) {
        put_values(to, fit->mean.weights, weights);
        put_values(to, fit->mean.running, running);
    }
    if (fit->accuracy >= 0) {
        put_values(to, fit->best.weights, weights);
        put_values(to, fit->best.running, running);
    }
    if (!to->failed) put_number(to, hyti_crc32(0, to->data + start, to->length - start), 4);
    return to->failed ? hyti_fail_nomem() : HYT_OK;
}

size_t hyti_checkpoint_bound(const hyt_trainer *trainer)
{
    size_t head = 8 + 4 + 256 + 4 + 4 + hyti_train_table.count * (256 + 8) + 4 + 17 + 4 * 8 + 8 + 4;
    return head + 4 * (5 * trainer->tape.n_trained + 3 * trainer->tape.running);
}

/* The numbers of a checkpoint, before they become those of a training. */
typedef struct state {
    uint64_t epoch, steps, averaged, since;
    double accuracy;
} state;

static hyt_status check_network(const hyt_trainer *t, cursor *c)
{
    char name[NAME_MAX_BYTES + 1];
    uint64_t hash;
    HYTI_TRY(get_name(c, "the network's name", name));
    HYTI_TRY(get_number(c, 4, "the network's hash", &hash));
    if (hash == network_hash(t->graph)) return HYT_OK;
    return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: of network \"%s\", whose operations are not those of \"%s\"", name,
                     hyt_graph_name(t->graph));
}

static hyt_status refuse_option(const hyti_option *row, uint64_t theirs, uint64_t ours)
{
    double a, b;
    if (row->type != HYT_OPT_REAL)
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: option \"%s\" was %lld, is %lld", row->key, (long long)theirs,
                         (long long)ours);
    memcpy(&a, &theirs, sizeof a);
    memcpy(&b, &ours, sizeof b);
    return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: option \"%s\" was %.15g, is %.15g", row->key, a, b);
}

static hyt_status check_options(const hyt_trainer *t, cursor *c)
{
    char key[NAME_MAX_BYTES + 1];
    uint64_t count, theirs;
    HYTI_TRY(get_number(c, 4, "the options", &count));
    if (count != hyti_train_table.count)
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: %llu options, there are %zu: of another version",
                         (unsigned long long)count, hyti_train_table.count);
    for (size_t i = 0; i < count; i++) {
        const hyti_option *row = &hyti_train_table.rows[i];
        HYTI_TRY(get_name(c, "an option", key));
        HYTI_TRY(get_number(c, 8, row->key, &theirs));
        if (strcmp(key, row->key) != 0)
            return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: option \"%s\" in place of \"%s\": of another version", key,
                             row->key);
        uint64_t ours = option_bits(&t->params, row);
        if (theirs != ours) return refuse_option(row, theirs, ours);
    }
    return HYT_OK;
}

static hyt_status check_data(hyti_fit *fit, uint64_t train, bool validated, uint64_t validation)
{
    HYTI_TRY(see_data(fit));
    if (fit->prints[0] != train)
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: train: the pictures are not those that it was made with");
    if (validated != (fit->validation != NULL))
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: made with%s validation part", validated ? " a" : "out a");
    if (validated && fit->prints[1] != validation)
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: validation: the pictures are not those that it was made with");
    return HYT_OK;
}

static hyt_status get_head(const hyt_trainer *t, cursor *c, hyti_fit *fit)
{
    uint64_t version, teacher, train, validated, validation;
    if (c->size < 8 || memcmp(c->bytes, MAGIC, 8) != 0)
        return hyti_fail(HYT_ERR_FORMAT, "checkpoint: does not start as one");
    c->at = 8;
    HYTI_TRY(get_number(c, 4, "the version", &version));
    if (version != VERSION)
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: version %llu, this library reads %d",
                         (unsigned long long)version, VERSION);
    HYTI_TRY(check_network(t, c));
    HYTI_TRY(check_options(t, c));
    HYTI_TRY(get_number(c, 4, "the teacher", &teacher));
    HYTI_TRY(get_number(c, 8, "the data", &train));
    HYTI_TRY(get_number(c, 1, "the data", &validated));
    HYTI_TRY(get_number(c, 8, "the data", &validation));
    if (validated > 1) return hyti_fail(HYT_ERR_FORMAT, "checkpoint: %u in place of 0 or 1", (unsigned)validated);
    if (!fit) return HYT_OK;
    if (teacher != teacher_hash(t->teacher))
        return hyti_fail(HYT_ERR_CONFLICT, "checkpoint: made with %s", !teacher       ? "no teacher"
                                                                       : t->teacher ? "another teacher"
                                                                                    : "a teacher");
    return check_data(fit, train, validated, validation);
}

static hyt_status get_state(const hyt_trainer *t, cursor *c, state *s)
{
    HYTI_TRY(get_number(c, 8, "the epoch", &s->epoch));
    HYTI_TRY(get_number(c, 8, "the steps", &s->steps));
    HYTI_TRY(get_number(c, 8, "the mean's steps", &s->averaged));
    HYTI_TRY(get_number(c, 8, "the epochs since the best", &s->since));
    HYTI_TRY(get_real(c, "the score that is kept", &s->accuracy));
    if (s->epoch < 1 || s->epoch > (uint64_t)t->params.epochs || s->since > s->epoch)
        return hyti_fail(HYT_ERR_FORMAT, "checkpoint: after %llu of %lld epochs, %llu since the best",
                         (unsigned long long)s->epoch, (long long)t->params.epochs, (unsigned long long)s->since);
    if (s->steps > (uint64_t)1 << 53 || s->averaged > s->steps)
        return hyti_fail(HYT_ERR_FORMAT, "checkpoint: %llu steps, %llu of them in the mean",
                         (unsigned long long)s->steps, (unsigned long long)s->averaged);
    if (s->accuracy != -1 && !(s->accuracy >= 0 && s->accuracy <= 1))
        return hyti_fail(HYT_ERR_FORMAT, "checkpoint: score %g", s->accuracy);
    return HYT_OK;
}

/* With `fit` NULL: whether they are all there. */
static hyt_status get_weights(const hyt_trainer *t, cursor *c, const state *s, hyti_fit *fit)
{
    size_t weights = t->tape.n_trained, running = t->tape.running;
    HYTI_TRY(get_values(c, weights, "the weights", fit ? t->net.weights : NULL));
    HYTI_TRY(get_values(c, running, "the statistics", fit ? t->net.running : NULL));
    HYTI_TRY(get_values(c, weights, "the first moments", fit ? t->first : NULL));
    HYTI_TRY(get_values(c, weights, "the second moments", fit ? t->second : NULL));
    if (t->params.averaging > 0) {
        HYTI_TRY(get_values(c, weights, "the mean of weights", fit ? fit->mean.weights : NULL));
        HYTI_TRY(get_values(c, running, "the mean of statistics", fit ? fit->mean.running : NULL));
    }
    if (s->accuracy >= 0) {
        HYTI_TRY(get_values(c, weights, "the weights that are kept", fit ? fit->best.weights : NULL));
        HYTI_TRY(get_values(c, running, "the statistics that are kept", fit ? fit->best.running : NULL));
    }
    if (c->at != c->size)
        return hyti_fail(HYT_ERR_FORMAT, "checkpoint: %zu bytes after its end", c->size - c->at);
    return HYT_OK;
}

hyt_status hyti_checkpoint_read(const hyt_trainer *trainer, const void *bytes, size_t size, hyti_fit *fit)
{
    cursor c = { .bytes = bytes, .size = size };
    uint64_t crc;
    state s;
    HYTI_TRY(get_head(trainer, &c, fit));
    cursor last = { .bytes = bytes, .at = size - 4, .size = size };
    HYTI_TRY(get_number(&last, 4, "the checksum", &crc));
    if (hyti_crc32(0, bytes, size - 4) != crc) return hyti_fail(HYT_ERR_FORMAT, "checkpoint: its checksum differs");
    c.size -= 4;
    HYTI_TRY(get_state(trainer, &c, &s));
    cursor again = c;
    HYTI_TRY(get_weights(trainer, &again, &s, NULL));
    if (!fit) return HYT_OK;
    HYTI_TRY(get_weights(trainer, &c, &s, fit));
    fit->epoch = (size_t)s.epoch;
    fit->trainer->steps = (size_t)s.steps;
    fit->averaged = (size_t)s.averaged;
    fit->since = (size_t)s.since;
    fit->accuracy = s.accuracy;
    return HYT_OK;
}
