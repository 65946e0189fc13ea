/* SPDX-License-Identifier: MIT */
/* Whole numbers out of bytes, least significant first. */
#ifndef HYTI_DATA_BYTES_H
#define HYTI_DATA_BYTES_H

#include <stdint.h>

static inline uint32_t hyti_get16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static inline uint32_t hyti_get32(const uint8_t *p) { return hyti_get16(p) | hyti_get16(p + 2) << 16; }
static inline uint64_t hyti_get64(const uint8_t *p) { return hyti_get32(p) | (uint64_t)hyti_get32(p + 4) << 32; }

#endif
