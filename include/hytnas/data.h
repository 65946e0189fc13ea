/* SPDX-License-Identifier: MIT */
/** @file data.h
 *  Labelled pictures: 8-bit RGB, rows of H,W,3; a class each; boxes and masks where the source has them. */
#ifndef HYTNAS_DATA_H
#define HYTNAS_DATA_H

#include <hytnas/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hyt_dataset hyt_dataset;

/** A `.npz` file, as numpy.savez and savez_compressed write it, with arrays X uint8 N,H,W,3 and y, any integer type or
 *  bool, N. There are as many classes as the highest label says. Other arrays are passed over.
 *  @param path  named in the message of a failure
 *  @return HYT_ERR_IO; HYT_ERR_FORMAT says what is wrong in which array; HYT_ERR_RANGE (a label below 0 or above
 *          65535); HYT_ERR_UNSUPPORTED (encrypted, another packing than deflate, Fortran order) */
HYT_API hyt_status hyt_dataset_load_npz(hyt_context *context, const char *path, hyt_dataset **out);
/** The same from bytes in memory. */
HYT_API hyt_status hyt_dataset_parse_npz(hyt_context *context, const void *bytes, size_t size, hyt_dataset **out);
/** Copies `count` pictures. `labels` has a class each, below `classes`. */
HYT_API hyt_status hyt_dataset_create(hyt_context *context, const uint8_t *pictures, const uint32_t *labels,
                                      size_t count, size_t height, size_t width, size_t classes,
                                      hyt_dataset **out);
/** Fills one row; 0 is good, negative ends the loading and travels unchanged. `picture` has H*W*3 bytes, all 0, and
 *  `*label` is 0, before. */
typedef int (*hyt_row_fn)(void *user, size_t index, uint8_t *picture, uint32_t *label);
/** Rows from anywhere else: called once a row, in order, before this returns. */
HYT_API hyt_status hyt_dataset_read(hyt_context *context, hyt_row_fn row, void *user, size_t count, size_t height,
                                    size_t width, size_t classes, hyt_dataset **out);
/** The built-in set: textured scenes with clutter; class 1 where a person-like figure is present. The picture of
 *  (seed, first + i) is always the same (with one C library: its sine is used); parts with disjoint ranges share no picture.
 *  Of the pictures 2k and 2k + 1 one has a figure. Has boxes (of what is visible of figures) and masks (1 where a pixel
 *  shows one).
 *  @param size  side in pixels, 16 to 512 */
HYT_API hyt_status hyt_dataset_create_shapes(hyt_context *context, size_t count, size_t size, uint64_t seed,
                                             uint64_t first, hyt_dataset **out);
/** The pictures at another size (area average down, bilinear up), boxes and masks with them. */
HYT_API hyt_status hyt_dataset_resize(const hyt_dataset *dataset, size_t height, size_t width, hyt_dataset **out);
HYT_API void hyt_dataset_destroy(hyt_dataset *dataset);

HYT_API size_t hyt_dataset_count(const hyt_dataset *dataset);
HYT_API size_t hyt_dataset_height(const hyt_dataset *dataset);
HYT_API size_t hyt_dataset_width(const hyt_dataset *dataset);
HYT_API size_t hyt_dataset_classes(const hyt_dataset *dataset);
/** Pictures of one class. */
HYT_API size_t hyt_dataset_class_count(const hyt_dataset *dataset, size_t label);
HYT_API const uint8_t *hyt_dataset_picture(const hyt_dataset *dataset, size_t index); /**< lent, H,W,3 */
HYT_API uint32_t hyt_dataset_label(const hyt_dataset *dataset, size_t index);
/** Boxes of one picture as x1, y1, x2, y2 in pixels, x2 and y2 exclusive; lent; NULL where there are none. */
HYT_API const float *hyt_dataset_boxes(const hyt_dataset *dataset, size_t index, size_t *count);
HYT_API const uint8_t *hyt_dataset_mask(const hyt_dataset *dataset, size_t index);    /**< lent, H,W; NULL: none */
/** Mean and standard deviation of each channel over all pixels, of values 0 to 1. */
HYT_API void hyt_dataset_statistics(const hyt_dataset *dataset, double mean[3], double deviation[3]);
/** HYT_ERR_FORMAT naming the class if one of 0..classes-1 has no picture; `name` says which part in the message. */
HYT_API hyt_status hyt_dataset_check(const hyt_dataset *dataset, const char *name, size_t classes);

#ifdef __cplusplus
}
#endif
#endif
