/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PNG and JPEG files as square pictures: the one place that includes png.h and jpeglib.h. */
#ifndef DECODE_H
#define DECODE_H

#include <hytnas/hytnas.h>
#include <stdbool.h>

/* Whether the end of a name says that this is a picture of a kind that can be read here. */
bool is_picture_name(const char *name);
/* "PNG, JPEG", of what this program was built with. */
const char *picture_kinds(void);

/* The whole picture scaled to `side` by `side` by the area average, aspect not kept. Returns a status with its message
 * (hyt_fail): HYT_ERR_FORMAT of a damaged file, HYT_ERR_RANGE of one too large, HYT_ERR_UNSUPPORTED. The size that it
 * had goes to *width and *height, which may be NULL. */
hyt_status decode_picture(const void *bytes, size_t size, size_t side, uint8_t *out, size_t *width, size_t *height);
/* The same from a file, which the message names. */
hyt_status decode_file(const char *path, size_t side, uint8_t *out, size_t *width, size_t *height);

#endif
