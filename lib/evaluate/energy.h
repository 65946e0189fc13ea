/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one picture costs in energy: measured by the processor's own counters, or estimated from a table. */
#ifndef HYTI_EVALUATE_ENERGY_H
#define HYTI_EVALUATE_ENERGY_H

#include "graph/graph.h"

#define HYTI_ENERGY_COUNTERS "/sys/class/powercap"

/* Picojoules of a multiply-accumulate, of a byte of activations that is read or written, of a byte of weights that is
 * read once a picture. 0: that of the precision (Horowitz, ISSCC 2014, 45 nm). */
typedef struct hyti_energy_table {
    double mac, near_byte, far_byte;
} hyti_energy_table;

/* Microjoules by the table: an estimate. */
double hyti_energy_estimate(const hyt_graph *graph, hyt_precision precision, const hyti_energy_table *table);
/* Microjoules of one picture by the counters intel-rapl:N of a folder, which count whole packages: the network runs for
 * so long, alone. HYT_ERR_UNSUPPORTED where there is no counter or it cannot be read, or where it stood still. */
hyt_status hyti_energy_measure(const hyt_graph *graph, double milliseconds, const char *folder, double *microjoules);
/* From one reading of a counter to the next; `range`: where it starts again at 0 (0: never). */
double hyti_energy_between(double before, double after, double range);

#endif
