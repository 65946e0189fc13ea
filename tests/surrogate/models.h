/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surrogates of a kind from "key=value key=value", in one line. */
#ifndef TEST_SURROGATE_MODELS_H
#define TEST_SURROGATE_MODELS_H

#include "test.h"
#include <hytnas/surrogate.h>

static inline hyt_surrogate *made(hyt_context *context, const char *kind, const char *settings, size_t d)
{
    char text[256];
    hyt_options *options = NULL;
    hyt_surrogate *model = NULL;
    snprintf(text, sizeof text, "%s", settings);
    MUST(hyt_surrogate_options_create(context, kind, &options));
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = 0;
        MUST(hyt_options_set_text(options, word, value));
    }
    MUST(hyt_surrogate_create(context, kind, d, options, &model));
    hyt_options_destroy(options);
    return model;
}

static inline hyt_surrogate *taught(const char *kind, const char *settings, const double *x, const double *y, size_t n,
                                    size_t d)
{
    hyt_surrogate *model = made(NULL, kind, settings, d);
    MUST(hyt_surrogate_fit(model, x, y, n));
    return model;
}

/* The same model written and read again. */
static inline hyt_surrogate *reread(const hyt_surrogate *model)
{
    char *bytes = NULL;
    size_t size = 0;
    hyt_surrogate *again = NULL;
    MUST(hyt_surrogate_write(model, &bytes, &size));
    MUST(hyt_surrogate_parse(NULL, bytes, size, &again));
    hyt_text_destroy(bytes);
    return again;
}

/* Whether a model answers to the last bit as another at n points. */
static inline void must_answer_alike(const hyt_surrogate *a, const hyt_surrogate *b, const double *x, size_t n)
{
    double *answers = calloc(4 * n, sizeof *answers);
    MUST(hyt_surrogate_predict(a, x, n, answers, answers + n));
    MUST(hyt_surrogate_predict(b, x, n, answers + 2 * n, answers + 3 * n));
    assert_memory_equal(answers, answers + 2 * n, 2 * n * sizeof *answers);
    free(answers);
}

#endif
