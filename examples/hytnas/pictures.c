/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pictures.h"
#include <string.h>

enum { SMALLEST = 32, SHAPES_SIDE = 48 };

/* Parts of the generated set start far apart, so that a larger part changes no other. */
static int generate(const pictures_wanted *wanted, picture_parts *out)
{
    size_t side = wanted->input ? wanted->input : SHAPES_SIDE;
    hyt_status status = hyt_dataset_create_shapes(NULL, wanted->train, side, 0, 0, &out->train);
    if (status == HYT_OK)
        status = hyt_dataset_create_shapes(NULL, wanted->val, side, 0, UINT64_C(1) << 32, &out->validation);
    if (status == HYT_OK)
        status = hyt_dataset_create_shapes(NULL, wanted->test, side, 0, UINT64_C(2) << 32, &out->test);
    return check(status);
}

/* The part at the size asked for; `side` 0: as it is, which must be square then. */
static int load_part(const char *folder, const char *file, size_t side, hyt_dataset **out)
{
    char path[4096];
    hyt_dataset *dataset = NULL;
    if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path)
        return complain("%s: the path is too long", folder);
    if (check(hyt_dataset_load_npz(NULL, path, &dataset)) != GOOD) return BAD;
    size_t height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    int result = GOOD;
    if (side == 0 && height != width) {
        result =
            complain("%s: its pictures are %zu x %zu, not square: choose a side with --input", path, height, width);
    } else if (side != 0 && (height != side || width != side)) {
        result = check(hyt_dataset_resize(dataset, side, side, out));
    } else {
        *out = dataset;
        return GOOD;
    }
    hyt_dataset_destroy(dataset);
    return result;
}

static int check_part(const char *folder, const char *file, const hyt_dataset *part, const picture_parts *pictures)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (hyt_dataset_classes(part) > pictures->classes)
        return complain("%s: has a label %zu, beyond the %zu classes of train.npz", path, hyt_dataset_classes(part) - 1,
                        pictures->classes);
    return check(hyt_dataset_check(part, path, pictures->classes));
}

static int load(const pictures_wanted *wanted, picture_parts *out)
{
    const char *folder = wanted->source;
    if (load_part(folder, "train.npz", wanted->input, &out->train) != GOOD) return BAD;
    size_t side = hyt_dataset_height(out->train);
    if (load_part(folder, "val.npz", side, &out->validation) != GOOD) return BAD;
    if (load_part(folder, "test.npz", side, &out->test) != GOOD) return BAD;
    return GOOD;
}

static int check_parts(const pictures_wanted *wanted, const picture_parts *pictures)
{
    if (pictures->input < SMALLEST)
        return complain("pictures of %zu x %zu are too small for the networks: enlarge them with --input %d",
                        pictures->input, pictures->input, SMALLEST);
    if (pictures->classes < 2) return complain("%s/train.npz: all pictures are of one class", wanted->source);
    if (check_part(wanted->source, "train.npz", pictures->train, pictures) != GOOD) return BAD;
    if (check_part(wanted->source, "val.npz", pictures->validation, pictures) != GOOD) return BAD;
    return check_part(wanted->source, "test.npz", pictures->test, pictures);
}

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t hash, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t mix_part(uint64_t hash, const hyt_dataset *part)
{
    size_t size = hyt_dataset_height(part) * hyt_dataset_width(part) * 3;
    for (size_t i = 0; i < hyt_dataset_count(part); i++) {
        uint32_t label = hyt_dataset_label(part, i);
        unsigned char bytes[4] = { (unsigned char)label, (unsigned char)(label >> 8), (unsigned char)(label >> 16),
                                   (unsigned char)(label >> 24) };
        hash = mix(mix(hash, bytes, sizeof bytes), hyt_dataset_picture(part, i), size);
    }
    return hash;
}

int load_pictures(const pictures_wanted *wanted, picture_parts *out)
{
    int result = strcmp(wanted->source, "shapes") == 0 ? generate(wanted, out) : load(wanted, out);
    if (result != GOOD) return result;
    out->input = hyt_dataset_height(out->train);
    out->classes = hyt_dataset_classes(out->train);
    if (check_parts(wanted, out) != GOOD) return BAD;
    out->fingerprint = mix_part(mix_part(UINT64_C(0xcbf29ce484222325), out->train), out->validation);
    return GOOD;
}

void free_pictures(picture_parts *pictures)
{
    hyt_dataset_destroy(pictures->train);
    hyt_dataset_destroy(pictures->validation);
    hyt_dataset_destroy(pictures->test);
}
