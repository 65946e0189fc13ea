/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "base/number.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void hyti_text_append(hyti_text *text, const void *bytes, size_t size)
{
    size_t need;
    if (text->failed) return;
    if (!hyti_add(text->length, size, &need) || !hyti_add(need, 1, &need) ||
        hyti_grow(text->context, &text->data, &text->capacity, need, 1) != HYT_OK) {
        text->failed = true;
        return;
    }
    if (size) memcpy(text->data + text->length, bytes, size);
    text->length += size;
    text->data[text->length] = 0;
}

void hyti_text_add(hyti_text *text, const char *format, ...)
{
    char small[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    if (length < (int)sizeof small) {
        hyti_text_append(text, small, (size_t)length);
        return;
    }
    char *large = hyti_alloc(text->context, (size_t)length + 1);
    if (!large) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(large, (size_t)length + 1, format, arguments);
    va_end(arguments);
    hyti_text_append(text, large, (size_t)length);
    hyti_free(text->context, large);
}

void hyti_text_json(hyti_text *text, const char *value)
{
    hyti_text_append(text, "\"", 1);
    for (const char *c = value ? value : ""; *c; c++) {
        if (*c == '"' || *c == '\\') hyti_text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < 0x20) hyti_text_add(text, "\\u%04x", (unsigned)*c);
        else hyti_text_append(text, c, 1);
    }
    hyti_text_append(text, "\"", 1);
}

void hyti_text_number(hyti_text *text, double value)
{
    char digits[HYTI_NUMBER_SIZE];
    hyti_number_print(value, digits);
    hyti_text_append(text, digits, strlen(digits));
}

void hyti_text_clear(hyti_text *text)
{
    hyti_free(text->context, text->data);
    *text = (hyti_text){ .context = text->context };
}

static hyt_status fail_file(const char *verb, const char *path)
{
    return hyti_fail(HYT_ERR_IO, "%s: could not be %s: %s", path, verb, strerror(errno));
}

static hyt_status read_open(hyt_context *context, const char *path, FILE *file, size_t limit, void **bytes,
                            size_t *size)
{
    struct stat facts;
    if (fstat(fileno(file), &facts) != 0) return fail_file("read", path);
    if (!S_ISREG(facts.st_mode)) return hyti_fail(HYT_ERR_IO, "%s: is not a file", path);
    if ((uint64_t)facts.st_size > limit)
        return hyti_fail(HYT_ERR_RANGE, "%s: %lld bytes are more than the %zu that are read", path,
                         (long long)facts.st_size, limit);
    size_t length = (size_t)facts.st_size;
    unsigned char *data = hyti_alloc_aligned(context, length + 1);
    if (!data) return hyti_fail_nomem();
    hyti_prefault(data, length);
    size_t got = fread(data, 1, length, file);
    if (got != length) {
        hyt_status status = ferror(file) ? fail_file("read", path)
                                         : hyti_fail(HYT_ERR_IO, "%s: ended after %zu of %zu bytes", path, got, length);
        hyti_free_aligned(context, data);
        return status;
    }
    *bytes = data;
    *size = length;
    return HYT_OK;
}

hyt_status hyti_file_read(hyt_context *context, const char *path, size_t limit, void **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return fail_file("opened", path);
    hyt_status status = read_open(context, path, file, limit, bytes, size);
    fclose(file);
    return status;
}

static bool write_all(int descriptor, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        size -= (size_t)written;
    }
    return fsync(descriptor) == 0;
}

/* A new file of a name that nobody has; not mkstemp, whose file only its owner may read. */
static int create_beside(const char *path, char *beside, size_t room)
{
    for (unsigned number = 0; number < 10000; number++) {
        int length = snprintf(beside, room, "%s.%ld-%u", path, (long)getpid(), number);
        if (length < 0 || (size_t)length >= room) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

hyt_status hyti_file_write(const char *path, const void *bytes, size_t size)
{
    char beside[4096];
    int descriptor = create_beside(path, beside, sizeof beside);
    if (descriptor < 0) return fail_file("written", path);
    bool good = write_all(descriptor, bytes, size);
    int reason = errno;
    if (close(descriptor) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (good && rename(beside, path) != 0) {
        good = false;
        reason = errno;
    }
    if (good) return HYT_OK;
    unlink(beside);
    errno = reason;
    return fail_file("written", path);
}
