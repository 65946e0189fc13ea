/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lock is flock(2) on a file of its own: the kernel drops it with the process, however that ends, and no lock of
 * SQLite on the study itself is touched (closing any descriptor of a file drops a process's POSIX locks on it). */
#include "store/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The last owner removes the file: what was locked must still be what the path names. */
static bool still_there(const char *path, int descriptor)
{
    struct stat held, named;
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

static hyt_status take(const char *study, const char *path, int *descriptor)
{
    for (;;) {
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0) return hyti_fail(HYT_ERR_IO, "%s: could not be locked: %s: %s", study, path, strerror(errno));
        if (flock(file, LOCK_EX | LOCK_NB) != 0) {
            int reason = errno;
            close(file);
            if (reason == EINTR) continue;
            if (reason == EWOULDBLOCK) return hyti_fail(HYT_ERR_CONFLICT, "%s: in use by another search", study);
            return hyti_fail(HYT_ERR_IO, "%s: could not be locked: %s: %s", study, path, strerror(reason));
        }
        if (still_there(path, file)) {
            *descriptor = file;
            return HYT_OK;
        }
        close(file);
    }
}

hyt_status hyti_lock_take(hyt_context *context, const char *path, hyti_lock *lock)
{
    size_t size = strlen(path) + sizeof "-lock";
    char *name = hyti_alloc(context, size);
    if (!name) return hyti_fail_nomem();
    snprintf(name, size, "%s-lock", path);
    hyt_status status = take(path, name, &lock->descriptor);
    if (status == HYT_OK) lock->path = name;
    else hyti_free(context, name);
    return status;
}

void hyti_lock_release(hyt_context *context, hyti_lock *lock)
{
    if (!lock->path) return;
    unlink(lock->path);
    close(lock->descriptor);
    hyti_free(context, lock->path);
    lock->path = NULL;
}
