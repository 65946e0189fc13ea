/* SPDX-License-Identifier: MIT */
#include "data/mapping.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static hyt_status map_open(const char *path, int descriptor, hyti_mapping *out)
{
    struct stat facts;
    if (fstat(descriptor, &facts) != 0)
        return hyti_fail(HYT_ERR_IO, "%s: could not be read: %s", path, strerror(errno));
    if (!S_ISREG(facts.st_mode)) return hyti_fail(HYT_ERR_IO, "%s: is not a file", path);
    if (facts.st_size == 0) return hyti_fail(HYT_ERR_FORMAT, "%s: is empty", path);
    if ((uint64_t)facts.st_size > SIZE_MAX)
        return hyti_fail(HYT_ERR_RANGE, "%s: %lld bytes are more than memory can hold", path, (long long)facts.st_size);
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) return hyti_fail(HYT_ERR_IO, "%s: could not be mapped: %s", path, strerror(errno));
    *out = (hyti_mapping){ bytes, (size_t)facts.st_size };
    return HYT_OK;
}

hyt_status hyti_mapping_open(const char *path, hyti_mapping *out)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return hyti_fail(HYT_ERR_IO, "%s: could not be opened: %s", path, strerror(errno));
    hyt_status status = map_open(path, descriptor, out);
    close(descriptor);
    return status;
}

void hyti_mapping_close(hyti_mapping *mapping)
{
    if (mapping->bytes) munmap((void *)(uintptr_t)mapping->bytes, mapping->size);
    *mapping = (hyti_mapping){ 0 };
}
