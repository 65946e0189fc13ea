/* SPDX-License-Identifier: MIT */
/* Blocks that share large pages, packed one against another in a range of addresses of their own: where the first touch
 * of a small page costs as much as hundreds of lines, a network's file, weights and plan cost that of a page or two. */
#ifndef HYTI_BASE_LARGE_H
#define HYTI_BASE_LARGE_H

#include <stdbool.h>
#include <stddef.h>

/* A zeroed block at a multiple of 64 bytes; NULL where there is none to be had: from some size on it may take pages of
 * its own, below that only what is left of those of others. */
void *hyti_large_take(size_t size);
/* Whether a block came from there. */
bool hyti_large_owns(const void *block);
/* Gives back one that did. Pages without blocks go back to the system; the first stays where no block is left, for
 * those to come. */
void hyti_large_give(void *block);

#endif
