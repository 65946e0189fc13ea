/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pictures.h"
#include "decode.h"
#include "gather.h"
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 32, SHAPES_SIDE = 48, FILES_SIDE = 96, PATH_ROOM = 4096 };
#define MEMORY ((size_t)1 << 30) /* of picture files, a part */
enum { TRAIN, VALIDATION, TEST, PARTS };
static const char *const part_files[PARTS] = { "train.npz", "val.npz", "test.npz" };

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

/* The pictures at the size asked for; `side` 0: as they are, which must be square then. Takes the data set over. */
static int fit_side(const char *name, size_t side, hyt_dataset *dataset, hyt_dataset **out)
{
    size_t height = hyt_dataset_height(dataset), width = hyt_dataset_width(dataset);
    int result = GOOD;
    if (side == 0 && height != width) {
        result =
            complain("%s: its pictures are %zu x %zu, not square: choose a side with --input", name, height, width);
    } else if (side != 0 && (height != side || width != side)) {
        result = check(hyt_dataset_resize(dataset, side, side, out));
    } else {
        *out = dataset;
        return GOOD;
    }
    hyt_dataset_destroy(dataset);
    return result;
}

static int load_part(const char *folder, const char *file, size_t side, hyt_dataset **out)
{
    char path[PATH_ROOM];
    hyt_dataset *dataset = NULL;
    if (join_path(path, sizeof path, folder, file) != GOOD) return BAD;
    if (check(hyt_dataset_load_npz(NULL, path, &dataset)) != GOOD) return BAD;
    return fit_side(path, side, dataset, out);
}

/* A folder with train.npz, val.npz and test.npz. */
static int load_npz_parts(const pictures_wanted *wanted, picture_parts *out)
{
    const char *folder = wanted->source;
    if (load_part(folder, part_files[TRAIN], wanted->input, &out->train) != GOOD) return BAD;
    size_t side = hyt_dataset_height(out->train);
    if (load_part(folder, part_files[VALIDATION], side, &out->validation) != GOOD) return BAD;
    return load_part(folder, part_files[TEST], side, &out->test);
}

/* Parts are drawn once and for all, so that a study finds the same ones again. Takes the data set over. */
static int split_in_two(hyt_dataset *all, double share, uint64_t seed, hyt_dataset **first, hyt_dataset **second)
{
    int result = check(hyt_dataset_split(all, share, seed, first, second));
    hyt_dataset_destroy(all);
    return result;
}

static int split_in_three(hyt_dataset *all, picture_parts *out)
{
    hyt_dataset *rest = NULL;
    if (split_in_two(all, 0.7, 0, &out->train, &rest) != GOOD) return BAD;
    return split_in_two(rest, 0.5, 1, &out->validation, &out->test);
}

static int load_npz(const pictures_wanted *wanted, picture_parts *out)
{
    hyt_dataset *all = NULL, *fitting = NULL;
    if (check(hyt_dataset_load_npz(NULL, wanted->source, &all)) != GOOD) return BAD;
    if (fit_side(wanted->source, wanted->input, all, &fitting) != GOOD) return BAD;
    return split_in_three(fitting, out);
}

/* The file of this name in a folder, or its .gz. */
static bool find_packed(const char *folder, const char *name, char path[PATH_ROOM])
{
    if (snprintf(path, PATH_ROOM, "%s/%s", folder, name) < PATH_ROOM && is_file(path)) return true;
    return snprintf(path, PATH_ROOM, "%s/%s.gz", folder, name) < PATH_ROOM && is_file(path);
}

static int load_idx_part(const char *folder, const char *part, size_t side, hyt_dataset **out)
{
    char pictures[PATH_ROOM], labels[PATH_ROOM], name[64];
    hyt_dataset *dataset = NULL;
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    if (!find_packed(folder, name, pictures)) return complain("%s: has no %s or %s.gz", folder, name, name);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    if (!find_packed(folder, name, labels)) return complain("%s: has no %s or %s.gz", folder, name, name);
    if (check(hyt_dataset_load_idx(NULL, pictures, labels, &dataset)) != GOOD) return BAD;
    return fit_side(pictures, side, dataset, out);
}

/* The four files of MNIST and its like: a part of those to train on validates. */
static int load_idx(const pictures_wanted *wanted, picture_parts *out)
{
    hyt_dataset *all = NULL;
    if (load_idx_part(wanted->source, "train", wanted->input, &all) != GOOD) return BAD;
    size_t side = hyt_dataset_height(all);
    if (split_in_two(all, 0.85, 0, &out->train, &out->validation) != GOOD) return BAD;
    return load_idx_part(wanted->source, "t10k", side, &out->test);
}

static size_t files_side(const pictures_wanted *wanted)
{
    return wanted->input ? wanted->input : FILES_SIDE;
}

/* How the files of one part are found. */
typedef int (*gather_fn)(const char *source, int part, const file_list *classes, file_list *out);

/* All parts of a source; one that has no test part tests on what would validate, and validates on a part of train. */
static int load_files(const pictures_wanted *wanted, gather_fn gather, bool has_test, picture_parts *out)
{
    file_list files[PARTS] = { { 0 } };
    hyt_dataset *data[PARTS] = { NULL };
    int parts = has_test ? PARTS : TEST, result = GOOD;
    for (int i = 0; i < parts && result == GOOD; i++)
        result = gather(wanted->source, i, i ? &files[TRAIN] : NULL, &files[i]);
    for (int i = 0; i < parts && result == GOOD; i++)
        result = read_files(&files[i], files_side(wanted), MEMORY, &data[i]);
    for (int i = 0; i < PARTS; i++) free_files(&files[i]);
    out->train = data[TRAIN];
    out->validation = data[VALIDATION];
    out->test = data[TEST];
    if (result != GOOD || has_test) return result;
    out->test = data[VALIDATION];
    out->train = out->validation = NULL;
    return split_in_two(data[TRAIN], 0.85, 0, &out->train, &out->validation);
}

static int load_one_list(const pictures_wanted *wanted, file_list *files, int gathered, picture_parts *out)
{
    hyt_dataset *all = NULL;
    int result = gathered == GOOD ? read_files(files, files_side(wanted), MEMORY, &all) : BAD;
    free_files(files);
    return result == GOOD ? split_in_three(all, out) : BAD;
}

static const char *const part_folders[PARTS] = { "train", "val", "test" };

static int gather_class_part(const char *source, int part, const file_list *classes, file_list *out)
{
    char folder[PATH_ROOM];
    if (join_path(folder, sizeof folder, source, part_folders[part]) != GOOD) return BAD;
    return gather_classes(folder, classes, out);
}

/* Folders train, val and, unless val is to be the test, test, each with a folder for each class. */
static int load_class_parts(const pictures_wanted *wanted, picture_parts *out)
{
    char test[PATH_ROOM];
    if (join_path(test, sizeof test, wanted->source, "test") != GOOD) return BAD;
    return load_files(wanted, gather_class_part, has_classes(test), out);
}

static int load_classes(const pictures_wanted *wanted, picture_parts *out)
{
    file_list files = { 0 };
    return load_one_list(wanted, &files, gather_classes(wanted->source, NULL, &files), out);
}

/* The year of "instances_train2017.json": what stands after the word. */
static bool is_instances(const char *name, const char *part)
{
    size_t length = strlen(name), word = strlen("instances_") + strlen(part);
    return length >= word + 5 && strncmp(name, "instances_", 10) == 0 && strncmp(name + 10, part, strlen(part)) == 0 &&
           strcmp(name + length - 5, ".json") == 0;
}

static bool any_instances(const char *folder, const char *name)
{
    (void)folder;
    return is_instances(name, "");
}

/* Of a COCO folder: the annotations of a part, and the folder of its pictures, which has its name. */
static bool find_coco(const char *source, const char *part, char file[PATH_ROOM], char folder[PATH_ROOM])
{
    char lists[PATH_ROOM], **names = NULL;
    size_t count = 0;
    bool found = false;
    if (snprintf(lists, sizeof lists, "%s/annotations", source) >= PATH_ROOM || !is_folder(lists)) return false;
    if (list_folder(lists, any_instances, &names, &count) != GOOD) return false;
    for (size_t i = 0; i < count && !found; i++) {
        if (!is_instances(names[i], part)) continue;
        int room = (int)strlen(names[i]) - 15; /* without "instances_" and ".json" */
        found = snprintf(file, PATH_ROOM, "%s/%s", lists, names[i]) < PATH_ROOM &&
                snprintf(folder, PATH_ROOM, "%s/%.*s", source, room, names[i] + 10) < PATH_ROOM;
    }
    free_names(names, count);
    return found;
}

static int gather_coco_part(const char *source, int part, const file_list *classes, file_list *out)
{
    char file[PATH_ROOM], folder[PATH_ROOM];
    if (!find_coco(source, part_folders[part], file, folder))
        return complain("%s/annotations: has no instances_%s*.json", source, part_folders[part]);
    return gather_coco(file, folder, classes, out);
}

static int load_coco(const pictures_wanted *wanted, picture_parts *out)
{
    char file[PATH_ROOM], folder[PATH_ROOM];
    return load_files(wanted, gather_coco_part, find_coco(wanted->source, "test", file, folder), out);
}

/* The folder that a file is in. */
static int folder_of(const char *file, char folder[PATH_ROOM])
{
    const char *slash = strrchr(file, '/');
    int length = slash ? (int)(slash - file) : 1;
    if (length >= PATH_ROOM) return complain("%s: the path is too long", file);
    snprintf(folder, PATH_ROOM, "%.*s", slash == file ? 1 : length, slash ? file : ".");
    return GOOD;
}

/* One file of COCO, the pictures beside it. */
static int load_coco_file(const pictures_wanted *wanted, picture_parts *out)
{
    char folder[PATH_ROOM];
    file_list files = { 0 };
    if (folder_of(wanted->source, folder) != GOOD) return BAD;
    return load_one_list(wanted, &files, gather_coco(wanted->source, folder, NULL, &files), out);
}

static bool find_set(const char *source, const char *part, char path[PATH_ROOM])
{
    return snprintf(path, PATH_ROOM, "%s/ImageSets/Main/%s.txt", source, part) < PATH_ROOM && is_file(path);
}

static int gather_voc_part(const char *source, int part, const file_list *classes, file_list *out)
{
    char names[PATH_ROOM];
    if (!find_set(source, part_folders[part], names))
        return complain("%s/ImageSets/Main: has no %s.txt", source, part_folders[part]);
    return gather_voc(source, names, classes, out);
}

static int load_voc(const pictures_wanted *wanted, picture_parts *out)
{
    char path[PATH_ROOM];
    file_list files = { 0 };
    if (find_set(wanted->source, "train", path))
        return load_files(wanted, gather_voc_part, find_set(wanted->source, "test", path), out);
    return load_one_list(wanted, &files, gather_voc(wanted->source, NULL, NULL, &files), out);
}

static bool has_end(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcmp(name + length - tail, end) == 0;
}

static bool is_shapes(const char *source) { return strcmp(source, "shapes") == 0; }
static bool is_npz(const char *source) { return has_end(source, ".npz") && is_file(source); }
static bool is_coco_file(const char *source) { return has_end(source, ".json") && is_file(source); }

static bool has_npz(const char *source)
{
    char path[PATH_ROOM];
    return snprintf(path, sizeof path, "%s/%s", source, part_files[TRAIN]) < PATH_ROOM && is_file(path);
}

static bool has_idx(const char *source)
{
    char path[PATH_ROOM];
    return find_packed(source, "train-images-idx3-ubyte", path);
}

static bool has_coco(const char *source)
{
    char file[PATH_ROOM], folder[PATH_ROOM];
    return find_coco(source, "train", file, folder);
}

static bool has_voc(const char *source)
{
    char path[PATH_ROOM];
    return snprintf(path, sizeof path, "%s/Annotations", source) < PATH_ROOM && is_folder(path);
}

static bool has_class_parts(const char *source)
{
    char path[PATH_ROOM];
    return snprintf(path, sizeof path, "%s/train", source) < PATH_ROOM && has_classes(path);
}

/* What a source may be, in the order in which it is asked. */
static const struct kind {
    bool (*is)(const char *source);
    int (*load)(const pictures_wanted *wanted, picture_parts *out);
} kinds[] = {
    { is_shapes, generate }, { is_npz, load_npz }, { is_coco_file, load_coco_file }, { has_npz, load_npz_parts },
    { has_idx, load_idx }, { has_coco, load_coco }, { has_voc, load_voc }, { has_class_parts, load_class_parts },
    { has_classes, load_classes },
};

static int load(const pictures_wanted *wanted, picture_parts *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].is(wanted->source)) return kinds[i].load(wanted, out);
    if (!is_folder(wanted->source) && !is_file(wanted->source))
        return complain("%s: there is no such folder or file", wanted->source);
    return complain("%s: has neither train.npz, train-images-idx3-ubyte, annotations/instances_train*.json, "
                    "Annotations, nor folders of pictures (%s)", wanted->source, picture_kinds());
}

/* A part as messages name it. */
static void name_part(const pictures_wanted *wanted, int part, char name[PATH_ROOM])
{
    if (has_npz(wanted->source)) snprintf(name, PATH_ROOM, "%s/%s", wanted->source, part_files[part]);
    else snprintf(name, PATH_ROOM, "%s, part %s", wanted->source, part_folders[part]);
}

/* That a task tells apart: of pictures, of boxes, of pixels. */
static size_t classes_of(const hyt_dataset *dataset, const char *task)
{
    if (strcmp(task, "detection") == 0) return hyt_dataset_box_classes(dataset);
    return strcmp(task, "segmentation") == 0 ? hyt_dataset_mask_classes(dataset) : hyt_dataset_classes(dataset);
}

static int check_part(const pictures_wanted *wanted, int index, const hyt_dataset *part, const picture_parts *pictures)
{
    char name[PATH_ROOM], train[PATH_ROOM];
    name_part(wanted, index, name);
    name_part(wanted, TRAIN, train);
    size_t classes = classes_of(part, wanted->task);
    if (classes == 0)
        return complain("%s: has no %s to learn %s from", name,
                        strcmp(wanted->task, "detection") == 0 ? "boxes" : "masks", wanted->task);
    if (classes > pictures->classes)
        return complain("%s: has a label %zu, beyond the %zu classes of %s", name, classes - 1,
                        pictures->classes, train);
    if (strcmp(wanted->task, "classification") != 0) return GOOD;
    return check(hyt_dataset_check(part, name, pictures->classes));
}

static int check_parts(const pictures_wanted *wanted, const picture_parts *pictures)
{
    char train[PATH_ROOM];
    name_part(wanted, TRAIN, train);
    if (pictures->input < SMALLEST)
        return complain("pictures of %zu x %zu are too small for the networks: enlarge them with --input %d",
                        pictures->input, pictures->input, SMALLEST);
    if (pictures->classes == 1 && strcmp(wanted->task, "classification") == 0)
        return complain("%s: all pictures are of one class", train);
    if (check_part(wanted, TRAIN, pictures->train, pictures) != GOOD) return BAD;
    if (check_part(wanted, VALIDATION, pictures->validation, pictures) != GOOD) return BAD;
    return check_part(wanted, TEST, pictures->test, pictures);
}

int load_pictures(const pictures_wanted *wanted, picture_parts *out)
{
    if (load(wanted, out) != GOOD) return BAD;
    out->input = hyt_dataset_height(out->train);
    out->classes = classes_of(out->train, wanted->task);
    if (check_parts(wanted, out) != GOOD) return BAD;
    hyt_status status = hyt_dataset_fingerprint(out->train, &out->train_print);
    if (status == HYT_OK) status = hyt_dataset_fingerprint(out->validation, &out->validation_print);
    return check(status);
}

void free_pictures(picture_parts *pictures)
{
    hyt_dataset_destroy(pictures->train);
    hyt_dataset_destroy(pictures->validation);
    hyt_dataset_destroy(pictures->test);
}
