/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "space/parts.h"
#include <stdio.h>
#include <string.h>

static const hyti_preset *const presets[] = { &hyti_preset_hytnas, &hyti_preset_hytnas_wide, &hyti_preset_hytnas_detect,
                                            &hyti_preset_hytnas_detr, &hyti_preset_hytnas_segment };

/* The names, as "a, b, c". */
static void list_names(char *text, size_t size)
{
    size_t length = 0;
    text[0] = 0;
    for (size_t i = 0; i < HYTI_COUNT(presets) && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s\"%s\"", i ? ", " : "", presets[i]->name);
}

static hyt_status find(const char *name, const hyti_preset **out)
{
    char names[256];
    for (size_t i = 0; i < HYTI_COUNT(presets); i++) {
        if (strcmp(presets[i]->name, name) != 0) continue;
        *out = presets[i];
        return HYT_OK;
    }
    list_names(names, sizeof names);
    return hyti_fail(HYT_ERR_NOT_FOUND, "there is no preset \"%.80s\"; there is %s", name, names);
}

hyt_status hyt_space_preset(hyt_context *context, const char *name, hyt_space **out)
{
    const hyti_preset *preset;
    hyt_space *space = NULL;
    HYTI_NEED(name);
    HYTI_NEED(out);
    HYTI_TRY(find(name, &preset));
    HYTI_TRY(hyt_space_create(context, preset->name, &space));
    space->preset = preset;
    space->draft = true;
    hyt_status status = preset->build(space);
    if (status == HYT_OK) status = hyti_space_finish(space);
    if (status != HYT_OK) {
        hyt_space_destroy(space);
        return status;
    }
    space->closed = true;
    *out = space;
    return HYT_OK;
}
