/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HYTI_EVALUATE_PREDICTOR_H
#define HYTI_EVALUATE_PREDICTOR_H

#include "space/space.h"
#include <hytnas/evaluate.h>
#include <math.h>

/* What it learnt, without the rows. */
hyt_status hyti_predictor_copy(const hyt_predictor *predictor, hyt_predictor **out);

#endif
