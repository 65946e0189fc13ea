/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trainings that are kept and gone on with. */
#include "train/fit.h"

/* Takes the text's bytes. */
static void set_image(hyt_trainer *trainer, hyti_text *bytes, bool resumes)
{
    hyti_free(trainer->context, trainer->image);
    trainer->image = bytes->data;
    trainer->image_size = bytes->length;
    trainer->resumes = resumes;
}

hyt_status hyti_trainer_keep(hyti_fit *fit)
{
    hyti_text image = { .context = fit->trainer->context };
    hyt_status status = hyti_checkpoint_write(fit, &image);
    if (status == HYT_OK) set_image(fit->trainer, &image, fit->trainer->resumes);
    else hyti_text_clear(&image);
    return status;
}

void hyti_trainer_forget(hyt_trainer *trainer, bool stopped)
{
    trainer->resumes = false;
    if (stopped) return;
    hyti_free(trainer->context, trainer->image);
    trainer->image = NULL;
    trainer->image_size = 0;
}

hyt_status hyt_trainer_save(const hyt_trainer *trainer, const char *path)
{
    HYTI_NEED(trainer);
    HYTI_NEED(path);
    if (!trainer->fit && !trainer->image)
        return hyti_fail(HYT_ERR_STATE, "there is no training that goes on or was stopped");
    if (!trainer->fit) return hyti_file_write(path, trainer->image, trainer->image_size);
    hyti_text bytes = { .context = trainer->context };
    hyt_status status = hyti_checkpoint_write(trainer->fit, &bytes);
    if (status == HYT_OK) status = hyti_file_write(path, bytes.data, bytes.length);
    hyti_text_clear(&bytes);
    return status;
}

hyt_status hyt_trainer_parse(hyt_trainer *trainer, const void *bytes, size_t size)
{
    HYTI_NEED(trainer);
    HYTI_NEED(bytes);
    HYTI_TRY(hyti_trainer_idle(trainer));
    HYTI_TRY(hyti_checkpoint_read(trainer, bytes, size, NULL));
    hyti_text image = { .context = trainer->context };
    hyti_text_append(&image, bytes, size);
    if (image.failed) {
        hyti_text_clear(&image);
        return hyti_fail_nomem();
    }
    set_image(trainer, &image, true);
    return HYT_OK;
}

hyt_status hyt_trainer_load(hyt_trainer *trainer, const char *path)
{
    void *bytes = NULL;
    size_t size = 0;
    HYTI_NEED(trainer);
    HYTI_NEED(path);
    HYTI_TRY(hyti_file_read(trainer->context, path, hyti_checkpoint_bound(trainer), &bytes, &size));
    hyt_status status = hyt_trainer_parse(trainer, bytes, size);
    hyti_free_aligned(trainer->context, bytes);
    return status == HYT_OK || status == HYT_ERR_NOMEM ? status : hyti_fail_within(status, "%s", path);
}
