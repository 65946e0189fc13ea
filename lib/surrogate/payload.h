/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models as bytes: whole numbers little-endian, reals as IEEE 754 doubles. Writers append to a text whose `failed` says
 * in the end whether the heap gave out; readers never pass the end, and what they read is finite. */
#ifndef HYTI_SURROGATE_PAYLOAD_H
#define HYTI_SURROGATE_PAYLOAD_H

#include "base/text.h"

void hyti_put_number(hyti_text *to, uint64_t value, size_t bytes);
void hyti_put_real(hyti_text *to, double value);
void hyti_put_reals(hyti_text *to, const double *values, size_t count);
void hyti_put_word(hyti_text *to, const char *text); /* u32 length, the bytes without a final zero */

/* A sealed file: 8 bytes of magic, u32 version, u32 CRC-32 of the rest. It is begun before and ended after the rest. */
enum { HYTI_SEAL = 16 };
void hyti_seal_begin(hyti_text *to, const char *magic, uint32_t version);
void hyti_seal_end(hyti_text *to);

/* Bytes that are read from front to back; messages name the part and the byte. */
typedef struct hyti_payload {
    const char *part;
    const unsigned char *bytes;
    size_t size, at;
} hyti_payload;

/* All answer HYT_ERR_FORMAT, `what` in the message. low <= *out <= high. */
hyt_status hyti_get_number(hyti_payload *from, size_t bytes, const char *what, uint64_t low, uint64_t high,
                           uint64_t *out);
/* A u64 number of things of which each takes at least `bytes` of what is still there: safe to allocate by. */
hyt_status hyti_get_count(hyti_payload *from, size_t bytes, const char *what, size_t *out);
/* Between low and high. */
hyt_status hyti_get_real(hyti_payload *from, const char *what, double low, double high, double *out);
/* `count` finite values. */
hyt_status hyti_get_reals(hyti_payload *from, const char *what, size_t count, double *out);
/* With its final zero, of at most size - 1 bytes, printable. */
hyt_status hyti_get_word(hyti_payload *from, const char *what, char *out, size_t size);
/* Whether the file begins with this magic. */
bool hyti_has_seal(const hyti_payload *from, const char *magic);
/* Past the seal of a file that has it. HYT_ERR_CONFLICT for another version, HYT_ERR_FORMAT for another checksum. */
hyt_status hyti_get_seal(hyti_payload *from, uint32_t version);
/* Whether `count` more bytes are there. */
hyt_status hyti_get_room(const hyti_payload *from, uint64_t count, const char *what);
/* Nothing is left over. */
hyt_status hyti_get_end(const hyti_payload *from);

#endif
