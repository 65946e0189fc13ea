/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surrogate/gp_steps.h"
#include <math.h>

enum { MOST = 16 }; /* distinct values that are steps; a scale of more is as good as continuous */

void hyti_gp_steps_destroy(hyti_gp_steps *steps)
{
    if (!steps || !hyti_ref_release(&steps->ref)) return;
    hyt_context *context = steps->context;
    hyti_free(context, steps->source);
    hyti_free(context, steps->low);
    hyti_free(context, steps->types);
    hyti_free(context, steps);
    hyt_context_destroy(context);
}

static hyt_status take_room(hyti_gp_steps *s, size_t columns)
{
    s->source = hyti_array(s->context, columns, sizeof *s->source);
    s->low = hyti_array(s->context, columns, 4 * sizeof *s->low);
    s->types = hyti_array(s->context, columns, sizeof *s->types);
    if (!s->source || !s->low || !s->types) return hyti_fail_nomem();
    s->high = s->low + columns;
    s->least = s->high + columns;
    s->most = s->least + columns;
    return HYT_OK;
}

static void put_column(hyti_gp_steps *s, size_t source, int type, double low, double high)
{
    size_t c = s->columns++;
    s->source[c] = source;
    s->types[c] = type;
    s->low[c] = low;
    s->high[c] = high;
    s->least[c] = s->most[c] = 0;
}

/* Sorted distinct values of feature k, at most MOST + 1 of them; returns how many. */
static size_t find_values(const hyti_rows *rows, size_t k, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->n && count <= MOST; i++) {
        double x = rows->x[i * rows->d + k];
        size_t at = count;
        while (at > 0 && values[at - 1] > x) at--;
        if (at > 0 && values[at - 1] == x) continue;
        for (size_t j = count++; j > at; j--) values[j] = values[j - 1];
        values[at] = x;
    }
    return count;
}

static void put_steps(hyti_gp_steps *s, size_t source, const double *values, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        put_column(s, source, HYT_COLUMN_REAL, values[i], values[i + 1]);
        s->least[s->columns - 1] = i == 0 ? -INFINITY : 0;
        s->most[s->columns - 1] = i + 2 == count ? INFINITY : 1;
    }
}

hyt_status hyti_gp_steps_create(hyt_context *context, const hyti_rows *rows, hyti_gp_steps **out)
{
    hyti_gp_steps *s = hyti_alloc(context, sizeof *s);
    if (!s) return hyti_fail_nomem();
    hyti_ref_init(&s->ref);
    s->context = hyti_context_retain(context);
    s->d = rows->d;
    hyt_status status = rows->d > SIZE_MAX / MOST ? hyti_fail_nomem() : take_room(s, MOST * rows->d);
    for (size_t k = 0; status == HYT_OK && k < rows->d; k++) {
        double values[MOST + 2];
        int type = rows->columns ? rows->columns[k] : HYT_COLUMN_REAL;
        size_t count = type == HYT_COLUMN_ORDINAL ? find_values(rows, k, values) : 0;
        if (count < 2 || count > MOST) put_column(s, k, type, 0, 0);
        else put_steps(s, k, values, count);
    }
    if (status != HYT_OK) hyti_gp_steps_destroy(s);
    else *out = s;
    return status;
}

static double column_of(const hyti_gp_steps *s, size_t c, double x)
{
    if (s->low[c] == s->high[c]) return x;
    return fmin(fmax((x - s->low[c]) / (s->high[c] - s->low[c]), s->least[c]), s->most[c]);
}

void hyti_gp_steps_apply(const hyti_gp_steps *s, const double *x, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < s->columns; c++) *out++ = column_of(s, c, x[i * s->d + s->source[c]]);
}

void hyti_gp_steps_slope(const hyti_gp_steps *s, const double *x, const double *by_column, double *out)
{
    for (size_t k = 0; k < s->d; k++) out[k] = 0;
    for (size_t c = 0; c < s->columns; c++) {
        double width = s->high[c] - s->low[c], at = column_of(s, c, x[s->source[c]]);
        if (width == 0) out[s->source[c]] += by_column[c];
        else if (at > s->least[c] && at < s->most[c]) out[s->source[c]] += by_column[c] / width;
    }
}
