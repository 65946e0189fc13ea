/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/energy.h"
#include <errno.h>
#include <hytnas/runtime.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* -- the estimate -------------------------------------------------------------------------------------------------- */

/* An addition and a multiplication: int8 .03 and .2 pJ, float32 .9 and 3.7; 64 bits of an 8 KB SRAM 10 pJ, of DRAM 1.3
 * to 2.6 nJ, of which the middle is taken (Horowitz, "Computing's energy problem", ISSCC 2014, figure 1.1.9). */
static hyti_energy_table defaults(hyt_precision precision)
{
    double mac = precision == HYT_INT8 ? 0.03 + 0.2 : 0.9 + 3.7;
    return (hyti_energy_table){ mac, 10.0 / 8, (1300.0 + 2600) / 2 / 8 };
}

/* Norms and activations are done on the way by what comes before them. */
static bool is_fused(const hyti_node *node)
{
    return node->op == HYT_OP_BATCH_NORM || hyti_op_is_activation(node->op);
}

static double values_of(const hyt_graph *graph, hyt_value value)
{
    size_t count = 0;
    return hyti_dims_count(&graph->nodes[value].dims, &count) ? (double)count : 0;
}

double hyti_energy_estimate(const hyt_graph *graph, hyt_precision precision, const hyti_energy_table *table)
{
    hyti_energy_table own = defaults(precision);
    double moved = 0, bytes = precision == HYT_INT8 ? 1 : 4;
    if (table->mac > 0) own.mac = table->mac;
    if (table->near_byte > 0) own.near_byte = table->near_byte;
    if (table->far_byte > 0) own.far_byte = table->far_byte;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const hyti_node *node = &graph->nodes[i];
        if (is_fused(node) || node->op == HYT_OP_CONSTANT) continue;
        moved += values_of(graph, (hyt_value)i);
        for (size_t k = 0; k < node->n_inputs; k++) moved += values_of(graph, node->inputs[k]);
    }
    double picojoules = own.mac * (double)hyt_graph_macs(graph) + own.near_byte * bytes * moved +
                        own.far_byte * bytes * (double)hyt_graph_parameters(graph);
    return picojoules * 1e-6;
}

/* -- the counters -------------------------------------------------------------------------------------------------- */

enum { PACKAGES = 16 };

typedef struct counters {
    double joules[PACKAGES], range[PACKAGES]; /* microjoules */
    size_t count;
} counters;

static bool read_number(const char *folder, size_t package, const char *name, double *value)
{
    char path[512];
    snprintf(path, sizeof path, "%s/intel-rapl:%zu/%s", folder, package, name);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    bool good = fscanf(file, "%lf", value) == 1;
    int reason = errno;
    fclose(file);
    errno = reason;
    return good;
}

static hyt_status read_counters(const char *folder, counters *out)
{
    *out = (counters){ .count = 0 };
    while (out->count < PACKAGES && read_number(folder, out->count, "energy_uj", &out->joules[out->count])) {
        if (!read_number(folder, out->count, "max_energy_range_uj", &out->range[out->count]))
            out->range[out->count] = 0;
        out->count++;
    }
    if (out->count > 0) return HYT_OK;
    return hyti_fail(HYT_ERR_UNSUPPORTED, "energy_uj: %s/intel-rapl:0/energy_uj cannot be read: %s", folder,
                     strerror(errno ? errno : EINVAL));
}

double hyti_energy_between(double before, double after, double range)
{
    return after >= before ? after - before : after - before + range;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static hyt_status run_for(const hyt_runtime *runtime, double seconds, const float *input, float *output, size_t *runs)
{
    double end = seconds_now() + seconds;
    *runs = 0;
    do {
        HYTI_TRY(hyt_runtime_run((hyt_runtime *)runtime, input, output));
        ++*runs;
    } while (seconds_now() < end);
    return HYT_OK;
}

static hyt_status measure(hyt_runtime *runtime, const counters *before, double seconds, const char *folder,
                          float *input, double *microjoules)
{
    counters after;
    size_t runs;
    double sum = 0;
    HYTI_TRY(run_for(runtime, seconds, input, input + hyt_runtime_input_size(runtime), &runs));
    HYTI_TRY(read_counters(folder, &after));
    for (size_t i = 0; i < before->count && i < after.count; i++)
        sum += hyti_energy_between(before->joules[i], after.joules[i], before->range[i]);
    if (!(sum > 0))
        return hyti_fail(HYT_ERR_UNSUPPORTED, "energy_uj: the counters of %s stood still for %zu runs", folder, runs);
    *microjoules = sum / (double)runs;
    return HYT_OK;
}

hyt_status hyti_energy_measure(const hyt_graph *graph, double milliseconds, const char *folder, double *microjoules)
{
    hyt_runtime *runtime = NULL;
    counters before;
    HYTI_TRY(read_counters(folder, &before));
    HYTI_TRY(hyt_runtime_create(graph, NULL, &runtime));
    size_t values = hyt_runtime_input_size(runtime) + hyt_runtime_output_size(runtime);
    float *room = hyti_array(hyti_graph_context(graph), values, sizeof *room);
    hyt_status status = room ? read_counters(folder, &before) : hyti_fail_nomem();
    if (status == HYT_OK) status = measure(runtime, &before, milliseconds / 1000, folder, room, microjoules);
    hyti_free(hyti_graph_context(graph), room);
    hyt_runtime_destroy(runtime);
    return status;
}
