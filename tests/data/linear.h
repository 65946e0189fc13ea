/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A logistic regression, for asking how much of a task is linear in the pixels or in a few statistics of a picture. */
#ifndef HYTNAS_TESTS_LINEAR_H
#define HYTNAS_TESTS_LINEAR_H

#include "base/rng.h"
#include <hytnas/data.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct linear_rows {
    size_t count, length;
    float *values;      /* count, length; each column of mean 0 and deviation 1 over the rows it was scaled by */
    float *targets;     /* -1 or 1 */
} linear_rows;

static inline linear_rows linear_rows_new(size_t count, size_t length)
{
    linear_rows rows = { count, length, calloc(count * length, sizeof(float)), calloc(count, sizeof(float)) };
    if (!rows.values || !rows.targets) abort();
    return rows;
}

static inline void linear_rows_clear(linear_rows *rows)
{
    free(rows->values);
    free(rows->targets);
}

static inline linear_rows linear_pixels(const hyt_dataset *data)
{
    linear_rows rows = linear_rows_new(hyt_dataset_count(data), hyt_dataset_height(data) * hyt_dataset_width(data) * 3);
    for (size_t i = 0; i < rows.count; i++) {
        const uint8_t *picture = hyt_dataset_picture(data, i);
        for (size_t j = 0; j < rows.length; j++) rows.values[i * rows.length + j] = picture[j];
        rows.targets[i] = hyt_dataset_label(data, i) ? 1 : -1;
    }
    return rows;
}

/* First, second and third moment of each channel, and how much neighbours differ: what a leak would show in. */
static inline linear_rows linear_statistics(const hyt_dataset *data)
{
    size_t height = hyt_dataset_height(data), width = hyt_dataset_width(data);
    linear_rows rows = linear_rows_new(hyt_dataset_count(data), 12);
    for (size_t i = 0; i < rows.count; i++) {
        const uint8_t *picture = hyt_dataset_picture(data, i);
        float *row = rows.values + i * rows.length;
        for (size_t j = 3; j < height * width * 3; j++) {
            float value = (float)picture[j] / 255, before = (float)picture[j - 3] / 255;
            row[j % 3] += value;
            row[3 + j % 3] += value * value;
            row[6 + j % 3] += value * value * value;
            row[9 + j % 3] += fabsf(value - before);
        }
        rows.targets[i] = hyt_dataset_label(data, i) ? 1 : -1;
    }
    return rows;
}

static inline void linear_scale_column(linear_rows *rows, size_t column, double mean, double scale)
{
    for (size_t i = 0; i < rows->count; i++) {
        float *value = &rows->values[i * rows->length + column];
        *value = (float)((*value - mean) * scale);
    }
}

/* Both sets by the mean and the deviation of the first. */
static inline void linear_scale(linear_rows *train, linear_rows *test)
{
    for (size_t j = 0; j < train->length; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < train->count; i++) {
            double value = train->values[i * train->length + j];
            sum += value;
            squares += value * value;
        }
        double mean = sum / (double)train->count, variance = squares / (double)train->count - mean * mean;
        double scale = 1 / sqrt(fmax(variance, 1e-12));
        linear_scale_column(train, j, mean, scale);
        linear_scale_column(test, j, mean, scale);
    }
}

static inline float linear_value(const float *weights, const float *row, size_t length)
{
    float parts[8] = { 0 }, sum = weights[length];
    size_t j = 0;
    for (; j + 8 <= length; j += 8)
        for (size_t k = 0; k < 8; k++) parts[k] += weights[j + k] * row[j + k];
    for (; j < length; j++) sum += weights[j] * row[j];
    for (size_t k = 0; k < 8; k++) sum += parts[k];
    return sum;
}

static inline double linear_accuracy(const float *weights, const linear_rows *rows)
{
    size_t right = 0;
    for (size_t i = 0; i < rows->count; i++)
        right += (linear_value(weights, rows->values + i * rows->length, rows->length) > 0) == (rows->targets[i] > 0);
    return (double)right / (double)rows->count;
}

/* Stochastic gradient with a weight decay; the best accuracy on `test` seen after any epoch: more than can be known. */
static inline double linear_fit(const linear_rows *train, const linear_rows *test, float rate, float decay,
                                size_t epochs)
{
    float *weights = calloc(train->length + 1, sizeof *weights);
    double best = 0;
    if (!weights) abort();
    hyti_rng rng = hyti_rng_start(1, HYTI_PURPOSE_TEST, 0);
    for (size_t step = 0; step < epochs * train->count; step++) {
        size_t i = (size_t)hyti_rng_below(&rng, train->count);
        const float *row = train->values + i * train->length;
        float target = train->targets[i], value = linear_value(weights, row, train->length);
        float pull = rate * target / (1 + expf(target * value));
        for (size_t j = 0; j < train->length; j++) weights[j] += pull * row[j] - rate * decay * weights[j];
        weights[train->length] += pull;
        if ((step + 1) % train->count == 0) best = fmax(best, linear_accuracy(weights, test));
    }
    free(weights);
    return best;
}

#endif
