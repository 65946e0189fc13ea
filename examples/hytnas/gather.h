/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of picture files, with classes or boxes, and the data sets that are read from them. */
#ifndef GATHER_H
#define GATHER_H

#include "program.h"

typedef struct file_list {
    char **paths;               /* owned */
    uint32_t *labels;
    size_t count, room;
    char **classes;             /* owned: names of classes of folders, sorted; of boxes none */
    size_t class_count, label_count; /* folders here, classes that are expected */
    hyt_annotations *boxes;     /* NULL: none; picture i of it is paths[i] */
} file_list;

/* The path "folder/name" in `path`; BAD if it is too long. */
int join_path(char *path, size_t room, const char *folder, const char *name);
bool is_folder(const char *path);
bool is_file(const char *path);
/* Names in a folder that `wanted` takes, sorted; owned by the caller. */
int list_folder(const char *folder, bool (*wanted)(const char *folder, const char *name), char ***names, size_t *count);
void free_names(char **names, size_t count);
/* Whether a folder has folders with pictures in them. */
bool has_classes(const char *folder);

/* The pictures of a folder that has a folder for each class. `classes` NULL: they are those that are there. */
int gather_classes(const char *folder, const file_list *classes, file_list *out);
/* The pictures that a COCO file names, below `folder`. */
int gather_coco(const char *file, const char *folder, const file_list *classes, file_list *out);
/* Those of a Pascal VOC folder (Annotations, JPEGImages), all or the ones that the file `names` lists. */
int gather_voc(const char *folder, const char *names, const file_list *classes, file_list *out);
void free_files(file_list *files);

/* Reads all pictures, scaled to `side`; all stay in memory if they take at most `memory` bytes, else so many of them do
 * and the others are read when they are needed. Takes the list over. */
int read_files(file_list *files, size_t side, size_t memory, hyt_dataset **out);

#endif
