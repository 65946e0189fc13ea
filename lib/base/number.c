/* SPDX-License-Identifier: MIT */
#include "base/number.h"
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* This thread's locale gives way to "C" (which costs no memory) for the call and comes back:
 * other threads never see it. */
static locale_t enter(locale_t *plain)
{
    *plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return *plain ? uselocale(*plain) : (locale_t)0;
}

static void leave(locale_t plain, locale_t host)
{
    if (!plain) return;
    uselocale(host);
    freelocale(plain);
}

void hyti_number_print(double value, char text[HYTI_NUMBER_SIZE])
{
    if (!isfinite(value)) {
        snprintf(text, HYTI_NUMBER_SIZE, "null");
        return;
    }
    locale_t plain, host = enter(&plain);
    bool whole = value == floor(value) && fabs(value) < 1e15; /* 100, not 1e+02 */
    for (int precision = whole ? 15 : 1; precision <= 17; precision++) {
        snprintf(text, HYTI_NUMBER_SIZE, "%.*g", precision, value);
        if (strtod(text, NULL) == value) break;
    }
    if (value == 0 && signbit(value)) snprintf(text, HYTI_NUMBER_SIZE, "-0.0"); /* to JSON "-0" is a whole number: 0 */
    leave(plain, host);
}

double hyti_number_read(const char *text, char **end)
{
    locale_t plain, host = enter(&plain);
    double value = strtod(text, end);
    leave(plain, host);
    return value;
}
