/* SPDX-License-Identifier: MIT */
#include "data/npy.h"
#include "data/bytes.h"
#include <stdio.h>
#include <string.h>

/* The header is a Python dictionary, of which exactly this much is read:
 * {'descr': '<u1', 'fortran_order': False, 'shape': (2, 3), } in any order, with spaces anywhere. */
typedef struct cursor { const char *at, *end; } cursor;

static void skip_spaces(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t')) c->at++;
}

static bool take(cursor *c, const char *word)
{
    size_t length = strlen(word);
    skip_spaces(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return false;
    c->at += length;
    return true;
}

static bool take_quoted(cursor *c, char *text, size_t size)
{
    skip_spaces(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"')) return false;
    char quote = *c->at++;
    const char *close = memchr(c->at, quote, (size_t)(c->end - c->at));
    size_t length = close ? (size_t)(close - c->at) : size;
    if (length >= size) return false;
    memcpy(text, c->at, length);
    text[length] = 0;
    c->at = close + 1;
    return true;
}

static bool take_number(cursor *c, size_t *value)
{
    skip_spaces(c);
    const char *start = c->at;
    for (*value = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (!hyti_mul(*value, 10, value) || !hyti_add(*value, (size_t)(*c->at - '0'), value)) return false;
    return c->at > start;
}

static bool take_shape(cursor *c, hyt_dims *dims)
{
    dims->rank = 0;
    if (!take(c, "(")) return false;
    while (!take(c, ")")) {
        if (dims->rank == HYT_MAX_RANK || !take_number(c, &dims->size[dims->rank++])) return false;
        if (take(c, ",")) continue;
        return take(c, ")");
    }
    return true;
}

/* A list of fields, as structured types have it, up to the bracket that closes it. */
static bool take_fields(cursor *c)
{
    size_t depth = 0;
    do {
        if (c->at == c->end) return false;
        if (*c->at == '[') depth++;
        if (*c->at == ']') depth--;
        c->at++;
    } while (depth > 0);
    return true;
}

static bool take_dtype(cursor *c, hyti_npy *npy)
{
    skip_spaces(c);
    if (c->at == c->end || *c->at != '[') return take_quoted(c, npy->dtype, sizeof npy->dtype);
    strcpy(npy->dtype, "(structured)");
    return take_fields(c);
}

static bool take_flag(cursor *c, bool *flag)
{
    *flag = take(c, "True");
    return *flag || take(c, "False");
}

/* One key and its value; which of the three it was as a bit, 0 for anything else. */
static unsigned take_member(cursor *c, hyti_npy *npy)
{
    char key[16];
    if (!take_quoted(c, key, sizeof key) || !take(c, ":")) return 0;
    if (strcmp(key, "descr") == 0) return take_dtype(c, npy) ? 1 : 0;
    if (strcmp(key, "fortran_order") == 0) return take_flag(c, &npy->fortran) ? 2 : 0;
    if (strcmp(key, "shape") == 0) return take_shape(c, &npy->dims) ? 4 : 0;
    return 0;
}

/* Each of the three keys once, nothing else. */
static bool take_header(cursor *c, hyti_npy *npy)
{
    unsigned seen = 0;
    if (!take(c, "{")) return false;
    while (!take(c, "}")) {
        unsigned bit = take_member(c, npy);
        if (bit == 0 || (seen & bit)) return false;
        seen |= bit;
        if (take(c, ",")) continue;
        if (!take(c, "}")) return false;
        break;
    }
    skip_spaces(c);
    return seen == 7 && c->at == c->end;
}

hyt_status hyti_npy_parse(const uint8_t *bytes, size_t size, hyti_npy *out)
{
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return hyti_fail(HYT_ERR_FORMAT, "not an array of numpy (.npy)");
    unsigned version = bytes[6];
    if (version < 1 || version > 3 || bytes[7] != 0)
        return hyti_fail(HYT_ERR_UNSUPPORTED, ".npy version %u.%u; 1.0, 2.0 and 3.0 can be read", version, bytes[7]);
    size_t start = version == 1 ? 10 : 12, length = version == 1 ? hyti_get16(bytes + 8) : hyti_get32(bytes + 8);
    if (length > size - start)
        return hyti_fail(HYT_ERR_FORMAT, "a .npy header of %zu bytes, but only %zu follow", length, size - start);
    cursor c = { (const char *)bytes + start, (const char *)bytes + start + length };
    hyti_npy npy = { .offset = start + length, .length = size - start - length };
    if (!take_header(&c, &npy))
        return hyti_fail(HYT_ERR_FORMAT, "the .npy header is not understood from byte %zu on",
                         (size_t)(c.at - (const char *)bytes));
    *out = npy;
    return HYT_OK;
}

void hyti_npy_shape(const hyt_dims *dims, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t i = 0; i < dims->rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", i ? ", " : "", dims->size[i]);
    if (used < size) snprintf(text + used, size - used, dims->rank == 1 ? ",)" : ")");
}
