/* SPDX-License-Identifier: MIT */
#include "formats/mapped.h"
#include "base/text.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* All pages at once: one by one they cost more than what is read from them. */
#ifdef MAP_POPULATE
#define FLAGS (MAP_PRIVATE | MAP_POPULATE)
#else
#define FLAGS MAP_PRIVATE
#endif

/* false: no file that can be mapped, or none of a size up to the limit. */
static bool map(const char *path, size_t limit, hyti_mapped *out)
{
    struct stat facts;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    void *bytes = MAP_FAILED;
    if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0 && (uint64_t)facts.st_size <= limit)
        bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, FLAGS, file, 0);
    close(file);
    if (bytes == MAP_FAILED) return false;
    *out = (hyti_mapped){ .bytes = bytes, .size = (size_t)facts.st_size };
    return true;
}

hyt_status hyti_mapped_open(hyt_context *context, const char *path, size_t limit, hyti_mapped *out)
{
    if (map(path, limit, out)) return HYT_OK;
    *out = (hyti_mapped){ .read = true };
    return hyti_file_read(context, path, limit, &out->bytes, &out->size);
}

void hyti_mapped_close(hyt_context *context, hyti_mapped *mapped)
{
    if (mapped->read) hyti_free(context, mapped->bytes);
    else munmap(mapped->bytes, mapped->size);
}
