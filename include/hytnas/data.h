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

/** Where something is in a picture. Frozen. Corners in pixels, x2 and y2 exclusive. */
typedef struct hyt_box {
    size_t picture;          /**< which one of the data set */
    uint32_t label;          /**< its class */
    float x1;
    float y1;
    float x2;
    float y2;
    int crowd;               /**< 1: not to be counted, neither as found nor as missed (COCO's iscrowd) */
} hyt_box;
/** The class of mask pixels that are not counted. */
#define HYT_MASK_IGNORED 255

/** A `.npz` file, as numpy.savez and savez_compressed write it, with these arrays; others are passed over.
 *  - X uint8 N,H,W,3: the pictures.
 *  - y, any integer type or bool, N: a class each, as many classes as the highest says. May be left out where there are
 *    boxes: all pictures are of class 0 then.
 *  - boxes, floating point, M,5 (picture, x1, y1, x2, y2; one class) or M,7 (picture, class, x1, y1, x2, y2, crowd).
 *  - mask uint8 N,H,W: a class each pixel, 255 not counted. With boxes M,5 the number of an instance: all of 1 to 254
 *    are class 1 then.
 *  - has_mask, as y, N: where it is 0 no pixel of the picture's mask is counted.
 *  - valid, as y, N,2: width and height of the part of the picture that is filled; outside no pixel is counted.
 *  @param path  named in the message of a failure
 *  @return HYT_ERR_IO; HYT_ERR_FORMAT says what is wrong in which array; HYT_ERR_RANGE (a label below 0 or above
 *          65535; a box that is empty or outside its picture); HYT_ERR_UNSUPPORTED (encrypted, another packing than
 *          deflate, Fortran order) */
HYT_API hyt_status hyt_dataset_load_npz(hyt_context *context, const char *path, hyt_dataset **out);
/** The same from bytes in memory. */
HYT_API hyt_status hyt_dataset_parse_npz(hyt_context *context, const void *bytes, size_t size, hyt_dataset **out);
/** Two IDX files of unsigned bytes, as Fashion-MNIST has them, plain or gzip'd: pictures N,H,W (grey, which becomes
 *  RGB) or N,H,W,3, and labels N. There are as many classes as the highest label says.
 *  @return HYT_ERR_IO; HYT_ERR_FORMAT and HYT_ERR_UNSUPPORTED say what is wrong in which file */
HYT_API hyt_status hyt_dataset_load_idx(hyt_context *context, const char *pictures, const char *labels,
                                        hyt_dataset **out);
/** The same from bytes in memory. */
HYT_API hyt_status hyt_dataset_parse_idx(hyt_context *context, const void *pictures, size_t pictures_size,
                                         const void *labels, size_t labels_size, hyt_dataset **out);
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
/** Rows that stay where they are. Frozen. */
typedef struct hyt_rows {
    hyt_row_fn row;          /**< called for a picture when it is needed, from any thread; answers the same each time */
    void *user;
    hyt_release_fn release;  /**< NULL: none; called when the data set and all that shares its pictures are gone */
    int reentrant;           /**< 0: the row is called once at a time; 1: by several threads together */
    size_t cache;            /**< bytes of pictures that stay in memory once they were read */
} hyt_rows;
/** A data set that may be larger than memory: its pictures are read when they are needed.
 *  @param labels  a class each, below `classes`; NULL: every row is read once, before this returns, to learn its label
 *  @return what the row answered; HYT_ERR_CONFLICT later on, by whatever reads a picture, if a row answers another
 *          label than it is known to have (`*label` holds that one before the call); where this
 *          fails, `release` is not called */
HYT_API hyt_status hyt_dataset_stream(hyt_context *context, const hyt_rows *rows, const uint32_t *labels, size_t count,
                                      size_t height, size_t width, size_t classes, hyt_dataset **out);
/** The pictures of these numbers in this order, shared, not copied; one may come twice. Labels, boxes and masks with
 *  them; the classes stay as many. */
HYT_API hyt_status hyt_dataset_subset(const hyt_dataset *dataset, const size_t *indices, size_t count,
                                      hyt_dataset **out);
/** Two parts without a picture in common, drawn from a seed: `share` of the pictures of each class, to the nearest
 *  whole number, in the first, the others in the second, both in the order of the data set.
 *  @param share  above 0, below 1; HYT_ERR_RANGE if one of the parts would be empty */
HYT_API hyt_status hyt_dataset_split(const hyt_dataset *dataset, double share, uint64_t seed, hyt_dataset **first,
                                     hyt_dataset **second);
/** A number that tells data sets apart: of sizes, labels, boxes, masks and every pixel. Not meant against forgery. */
HYT_API hyt_status hyt_dataset_fingerprint(const hyt_dataset *dataset, uint64_t *out);
/** The pictures and labels of a data set, which are shared, with boxes and masks, which are copied.
 *  @param boxes  in any order; those of one picture keep theirs. Up to a pixel outside is cut off
 *  @param n_boxes,box_classes  both 0: no boxes
 *  @param masks  N,H,W, a class below `mask_classes` each pixel or HYT_MASK_IGNORED; NULL: none
 *  @return HYT_ERR_RANGE names the box that is empty, outside its picture or beyond the classes, or the picture whose
 *          mask is beyond them */
HYT_API hyt_status hyt_dataset_annotate(const hyt_dataset *dataset, const hyt_box *boxes, size_t n_boxes,
                                        size_t box_classes, const uint8_t *masks, size_t mask_classes,
                                        hyt_dataset **out);
/** The built-in set: textured scenes with clutter; class 1 where a person-like figure is present. The picture of
 *  (seed, first + i) is always the same (with one C library: its sine is used); parts with disjoint ranges share no
 *  picture. Of the pictures 2k and 2k + 1 one has a figure. Has boxes (of what is visible of figures) and masks (1
 *  where a pixel shows one).
 *  @param size  side in pixels, 16 to 512 */
HYT_API hyt_status hyt_dataset_create_shapes(hyt_context *context, size_t count, size_t size, uint64_t seed,
                                             uint64_t first, hyt_dataset **out);
/** The pictures at another size (area average down, bilinear up), boxes and masks with them; all in memory. */
HYT_API hyt_status hyt_dataset_resize(const hyt_dataset *dataset, size_t height, size_t width, hyt_dataset **out);
HYT_API void hyt_dataset_destroy(hyt_dataset *dataset);

HYT_API size_t hyt_dataset_count(const hyt_dataset *dataset);
HYT_API size_t hyt_dataset_height(const hyt_dataset *dataset);
HYT_API size_t hyt_dataset_width(const hyt_dataset *dataset);
HYT_API size_t hyt_dataset_classes(const hyt_dataset *dataset);
/** Pictures of one class. */
HYT_API size_t hyt_dataset_class_count(const hyt_dataset *dataset, size_t label);
/** Lent, H,W,3; NULL where pictures are read when they are needed (::hyt_dataset_stream). */
HYT_API const uint8_t *hyt_dataset_picture(const hyt_dataset *dataset, size_t index);
/** Copies H*W*3 bytes, reading them if need be. @return HYT_ERR_RANGE, or what the row answered */
HYT_API hyt_status hyt_dataset_copy_picture(const hyt_dataset *dataset, size_t index, uint8_t *out);
HYT_API uint32_t hyt_dataset_label(const hyt_dataset *dataset, size_t index);
/** Boxes of one picture as x1, y1, x2, y2 in pixels, x2 and y2 exclusive; lent; NULL where there are none. */
HYT_API const float *hyt_dataset_boxes(const hyt_dataset *dataset, size_t index, size_t *count);
/** The class of each of these boxes, and 1 for each that is not to be counted; lent; NULL where there are none. */
HYT_API const uint32_t *hyt_dataset_box_labels(const hyt_dataset *dataset, size_t index);
HYT_API const uint8_t *hyt_dataset_box_crowds(const hyt_dataset *dataset, size_t index);
HYT_API size_t hyt_dataset_box_classes(const hyt_dataset *dataset);   /**< 0: the source has no boxes */
/** Lent, H,W: a class each pixel, HYT_MASK_IGNORED where it is not counted; NULL: the source has no masks. */
HYT_API const uint8_t *hyt_dataset_mask(const hyt_dataset *dataset, size_t index);
HYT_API size_t hyt_dataset_mask_classes(const hyt_dataset *dataset);  /**< 0: the source has no masks */
/** Mean and standard deviation of each channel over all pixels, of values 0 to 1. Worked out once.
 *  @return what the row of a stream answered */
HYT_API hyt_status hyt_dataset_statistics(const hyt_dataset *dataset, double mean[3], double deviation[3]);
/** HYT_ERR_FORMAT naming the class if one of 0..classes-1 has no picture; `name` says which part in the message. */
HYT_API hyt_status hyt_dataset_check(const hyt_dataset *dataset, const char *name, size_t classes);

/** Lists of pictures with boxes, as COCO and Pascal VOC keep them beside the pictures. The files of the pictures are
 *  the caller's to read: their names are relative paths that do not lead upwards. A call that fails adds nothing. */
typedef struct hyt_annotations hyt_annotations;
/** @param classes  NULL: classes are numbered as they come; else they are those of that list, and another class is
 *                  HYT_ERR_RANGE (so that the parts of a data set number them alike) */
HYT_API hyt_status hyt_annotations_create(hyt_context *context, const hyt_annotations *classes, hyt_annotations **out);
HYT_API void hyt_annotations_destroy(hyt_annotations *list);
/** Adds an "instances" file of COCO (JSON): images, categories, annotations with a bbox.
 *  @return HYT_ERR_FORMAT, HYT_ERR_RANGE: say what is wrong with which number of which array */
HYT_API hyt_status hyt_annotations_parse_coco(hyt_annotations *list, const void *text, size_t size);
/** Adds the one picture of an annotation of Pascal VOC (XML); what is difficult is a crowd box.
 *  @return HYT_ERR_FORMAT, HYT_ERR_RANGE: say what is wrong at which byte or with which element */
HYT_API hyt_status hyt_annotations_parse_voc(hyt_annotations *list, const void *text, size_t size);
HYT_API size_t hyt_annotations_count(const hyt_annotations *list);                        /**< pictures */
HYT_API const char *hyt_annotations_file(const hyt_annotations *list, size_t index);      /**< lent; NULL: no such */
HYT_API size_t hyt_annotations_width(const hyt_annotations *list, size_t index);
HYT_API size_t hyt_annotations_height(const hyt_annotations *list, size_t index);
HYT_API size_t hyt_annotations_classes(const hyt_annotations *list);
HYT_API const char *hyt_annotations_class(const hyt_annotations *list, size_t label);     /**< lent; NULL: no such */
/** All boxes, lent until the next call that adds some: corners in pixels of the sizes above. */
HYT_API const hyt_box *hyt_annotations_boxes(const hyt_annotations *list, size_t *count);

#ifdef __cplusplus
}
#endif
#endif
