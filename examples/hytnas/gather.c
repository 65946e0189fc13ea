/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather.h"
#include "decode.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

int join_path(char *path, size_t room, const char *folder, const char *name)
{
    if (snprintf(path, room, "%s/%s", folder, name) < (int)room) return GOOD;
    return complain("%s: the path is too long", folder);
}

bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool is_file(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends a copy to a list that doubles. */
static bool add_name(char ***names, size_t *count, const char *name)
{
    if ((*count & (*count - 1)) == 0) {
        char **grown = realloc(*names, (*count ? 2 * *count : 1) * sizeof *grown);
        if (!grown) return false;
        *names = grown;
    }
    (*names)[*count] = strdup(name);
    return (*names)[*count] && ++*count;
}

void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

int list_folder(const char *folder, bool (*wanted)(const char *folder, const char *name), char ***names, size_t *count)
{
    DIR *entries = opendir(folder);
    bool room = true;
    *names = NULL;
    *count = 0;
    if (!entries) return complain("%s: %s", folder, strerror(errno));
    for (struct dirent *entry = readdir(entries); entry && room; entry = readdir(entries))
        if (wanted(folder, entry->d_name)) room = add_name(names, count, entry->d_name);
    closedir(entries);
    if (!room) {
        free_names(*names, *count);
        return complain("out of memory");
    }
    if (*count) qsort(*names, *count, sizeof **names, compare_names);
    return GOOD;
}

static bool picture_here(const char *folder, const char *name)
{
    (void)folder;
    return is_picture_name(name);
}

static bool folder_here(const char *folder, const char *name)
{
    char path[PATH_ROOM];
    return name[0] != '.' && snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_ROOM && is_folder(path);
}

static bool annotation_here(const char *folder, const char *name)
{
    size_t length = strlen(name);
    (void)folder;
    return name[0] != '.' && length > 4 && strcmp(name + length - 4, ".xml") == 0;
}

bool has_classes(const char *folder)
{
    char **folders = NULL, **pictures = NULL, path[PATH_ROOM];
    size_t count = 0, found = 0;
    if (!is_folder(folder) || list_folder(folder, folder_here, &folders, &count) != GOOD) return false;
    for (size_t i = 0; i < count && found == 0; i++) {
        if (join_path(path, sizeof path, folder, folders[i]) != GOOD) break;
        if (list_folder(path, picture_here, &pictures, &found) == GOOD) free_names(pictures, found);
    }
    free_names(folders, count);
    return found > 0;
}

void free_files(file_list *files)
{
    free_names(files->paths, files->count);
    free_names(files->classes, files->class_count);
    free(files->labels);
    hyt_annotations_destroy(files->boxes);
    *files = (file_list){ 0 };
}

/* A file of the list; its label comes later or is 0. */
static int add_file(file_list *files, const char *folder, const char *name, uint32_t label)
{
    char path[PATH_ROOM];
    if (join_path(path, sizeof path, folder, name) != GOOD) return BAD;
    if (files->count == files->room) {
        size_t room = files->room ? 2 * files->room : 256;
        uint32_t *labels = realloc(files->labels, room * sizeof *labels);
        if (!labels) return complain("out of memory");
        files->labels = labels;
        files->room = room;
    }
    files->labels[files->count] = label;
    return add_name(&files->paths, &files->count, path) ? GOOD : complain("out of memory");
}

static int gather_class(const char *folder, const char *name, uint32_t label, file_list *out)
{
    char path[PATH_ROOM], **pictures = NULL;
    size_t count = 0;
    if (join_path(path, sizeof path, folder, name) != GOOD) return BAD;
    if (list_folder(path, picture_here, &pictures, &count) != GOOD) return BAD;
    int result = count > 0 ? GOOD : complain("%s: has no picture (%s)", path, picture_kinds());
    for (size_t i = 0; i < count && result == GOOD; i++) result = add_file(out, path, pictures[i], label);
    free_names(pictures, count);
    return result;
}

/* The place of a name among the classes that are expected. */
static int find_class(const char *folder, const char *name, const file_list *classes, uint32_t *label)
{
    for (size_t i = 0; i < classes->class_count; i++) {
        if (strcmp(classes->classes[i], name) != 0) continue;
        *label = (uint32_t)i;
        return GOOD;
    }
    return complain("%s/%s: there is no such class among the %zu of the training pictures", folder, name,
                    classes->class_count);
}

int gather_classes(const char *folder, const file_list *classes, file_list *out)
{
    if (list_folder(folder, folder_here, &out->classes, &out->class_count) != GOOD) return BAD;
    if (out->class_count == 0) return complain("%s: has no folders, one for each class", folder);
    int result = GOOD;
    out->label_count = classes ? classes->label_count : out->class_count;
    for (size_t i = 0; i < out->class_count && result == GOOD; i++) {
        uint32_t label = (uint32_t)i;
        if (classes) result = find_class(folder, out->classes[i], classes, &label);
        if (result == GOOD) result = gather_class(folder, out->classes[i], label, out);
    }
    return result;
}

/* A file as a text of its own; what is larger than `most` is refused. */
static int read_text(const char *path, size_t most, char **text, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return complain("%s: %s", path, strerror(errno));
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    int result = GOOD;
    if (length < 0 || fseek(file, 0, SEEK_SET) != 0) result = complain("%s: could not be read", path);
    else if ((size_t)length > most) result = complain("%s: larger than the %zu bytes that are read", path, most);
    else if (!(*text = malloc((size_t)length + 1))) result = complain("out of memory");
    else if (fread(*text, 1, (size_t)length, file) != (size_t)length) result = complain("%s: could not be read", path);
    fclose(file);
    if (result == GOOD) (*text)[*size = (size_t)length] = 0;
    return result;
}

static int parse_list(const char *path, size_t most, hyt_status (*parse)(hyt_annotations *, const void *, size_t),
                      hyt_annotations *list)
{
    char *text = NULL;
    size_t size = 0;
    int result = read_text(path, most, &text, &size);
    if (result == GOOD && parse(list, text, size) != HYT_OK) result = complain("%s: %s", path, hyt_message());
    free(text);
    return result;
}

/* Every picture of the annotations as a file below `folder`. */
static int add_annotated(const char *folder, file_list *out)
{
    for (size_t i = 0; i < hyt_annotations_count(out->boxes); i++)
        if (add_file(out, folder, hyt_annotations_file(out->boxes, i), 0) != GOOD) return BAD;
    return out->count > 0 ? GOOD : complain("%s: no picture is annotated", folder);
}

int gather_coco(const char *file, const char *folder, const file_list *classes, file_list *out)
{
    if (check(hyt_annotations_create(NULL, classes ? classes->boxes : NULL, &out->boxes)) != GOOD) return BAD;
    if (parse_list(file, (size_t)1 << 30, hyt_annotations_parse_coco, out->boxes) != GOOD) return BAD;
    return add_annotated(folder, out);
}

/* The names of an image set of VOC: the first word of each line. */
static int read_names(const char *path, char ***names, size_t *count)
{
    char *text = NULL, *rest = NULL;
    size_t size = 0;
    int result = read_text(path, (size_t)1 << 26, &text, &size);
    for (char *line = result == GOOD ? strtok_r(text, "\r\n", &rest) : NULL; line && result == GOOD;
         line = strtok_r(NULL, "\r\n", &rest)) {
        char name[300];
        line[strcspn(line, " \t")] = 0;
        if (line[0] == 0) continue;
        if (strchr(line, '/') || snprintf(name, sizeof name, "%s.xml", line) >= (int)sizeof name)
            result = complain("%s: \"%.80s\" is no name of a picture", path, line);
        else if (!add_name(names, count, name)) result = complain("out of memory");
    }
    free(text);
    return result;
}

int gather_voc(const char *folder, const char *names, const file_list *classes, file_list *out)
{
    char annotations[PATH_ROOM], path[PATH_ROOM], **files = NULL;
    size_t count = 0;
    if (check(hyt_annotations_create(NULL, classes ? classes->boxes : NULL, &out->boxes)) != GOOD) return BAD;
    if (join_path(annotations, sizeof annotations, folder, "Annotations") != GOOD) return BAD;
    int result = names ? read_names(names, &files, &count) : list_folder(annotations, annotation_here, &files, &count);
    for (size_t i = 0; i < count && result == GOOD; i++) {
        result = join_path(path, sizeof path, annotations, files[i]);
        if (result == GOOD) result = parse_list(path, (size_t)1 << 24, hyt_annotations_parse_voc, out->boxes);
    }
    free_names(files, count);
    if (result == GOOD) result = join_path(path, sizeof path, folder, "JPEGImages");
    return result == GOOD ? add_annotated(path, out) : BAD;
}

/* A row source: the list, kept as long as rows may be asked for. */
typedef struct picture_rows {
    file_list files;
    size_t side;
} picture_rows;

/* That the size is the one that its annotation was made for. */
static hyt_status check_size(const picture_rows *rows, size_t index, size_t width, size_t height)
{
    const hyt_annotations *boxes = rows->files.boxes;
    char text[1024];
    if (!boxes || (width == hyt_annotations_width(boxes, index) && height == hyt_annotations_height(boxes, index)))
        return HYT_OK;
    snprintf(text, sizeof text, "%.700s: is %zu by %zu pixels, its annotation says %zu by %zu",
             rows->files.paths[index], width, height, hyt_annotations_width(boxes, index),
             hyt_annotations_height(boxes, index));
    return hyt_fail(HYT_ERR_FORMAT, text);
}

static int read_row(void *user, size_t index, uint8_t *picture, uint32_t *label)
{
    const picture_rows *rows = user;
    size_t width = 0, height = 0;
    hyt_status status = decode_file(rows->files.paths[index], rows->side, picture, &width, &height);
    *label = rows->files.labels[index];
    return status == HYT_OK ? check_size(rows, index, width, height) : status;
}

static void free_rows(void *user)
{
    picture_rows *rows = user;
    free_files(&rows->files);
    free(rows);
}

/* Boxes as the pictures were scaled. */
static int add_boxes(const picture_rows *rows, hyt_dataset **data)
{
    size_t count;
    const hyt_annotations *list = rows->files.boxes;
    const hyt_box *boxes = hyt_annotations_boxes(list, &count);
    hyt_box *scaled = malloc((count + 1) * sizeof *scaled);
    if (!scaled) return complain("out of memory");
    for (size_t i = 0; i < count; i++) {
        float x = (float)rows->side / (float)hyt_annotations_width(list, boxes[i].picture);
        float y = (float)rows->side / (float)hyt_annotations_height(list, boxes[i].picture);
        scaled[i] = boxes[i];
        scaled[i].x1 *= x, scaled[i].x2 *= x;
        scaled[i].y1 *= y, scaled[i].y2 *= y;
    }
    hyt_dataset *marked = NULL;
    int result = check(hyt_dataset_annotate(*data, scaled, count, hyt_annotations_classes(list), NULL, 0, &marked));
    free(scaled);
    if (result != GOOD) return BAD;
    hyt_dataset_destroy(*data); /* the other one keeps the pictures */
    *data = marked;
    return GOOD;
}

/* Small sets into memory; `*kept` says whether the rows went with the data set. */
static hyt_status create_data(picture_rows *rows, size_t classes, size_t memory, bool *kept, hyt_dataset **out)
{
    size_t count = rows->files.count, side = rows->side;
    const hyt_rows source = { read_row, rows, free_rows, 1, memory };
    *kept = count > memory / (side * side * 3);
    if (!*kept) return hyt_dataset_read(NULL, read_row, rows, count, side, side, classes, out);
    hyt_status status = hyt_dataset_stream(NULL, &source, NULL, count, side, side, classes, out);
    *kept = status == HYT_OK;
    return status;
}

int read_files(file_list *files, size_t side, size_t memory, hyt_dataset **out)
{
    picture_rows *rows = malloc(sizeof *rows);
    hyt_dataset *data = NULL;
    bool kept = false;
    if (!rows) return complain("out of memory");
    *rows = (picture_rows){ *files, side };
    *files = (file_list){ 0 };
    size_t classes = rows->files.label_count ? rows->files.label_count : 1;
    int result = check(create_data(rows, classes, memory, &kept, &data));
    if (result == GOOD && rows->files.boxes) result = add_boxes(rows, &data);
    if (!kept) free_rows(rows);
    if (result == GOOD) *out = data;
    else hyt_dataset_destroy(data);
    return result;
}
