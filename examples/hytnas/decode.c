/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode.h"
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#ifdef WITH_PNG
#include <png.h>
#endif
#ifdef WITH_JPEG
#include <jpeglib.h>
#include <jerror.h>
#endif

enum { SIDE_MAX = 32768, PIXELS_MAX = 1 << 26, SCANS_MAX = 100 };
#define FILE_MAX ((size_t)1 << 28)

/* A picture as it was decoded. */
typedef struct raw { uint8_t *pixels; size_t width, height; } raw;

static hyt_status fail(hyt_status status, const char *kind, const char *fault)
{
    char text[256];
    snprintf(text, sizeof text, "%s: %s", kind, fault);
    return hyt_fail(status, text);
}

#if defined(WITH_PNG) || defined(WITH_JPEG)
/* Room for the pixels, if there are not too many of them. */
static hyt_status reserve(raw *picture, const char *kind)
{
    if (picture->width == 0 || picture->height == 0 || picture->width > SIDE_MAX || picture->height > SIDE_MAX ||
        picture->width * picture->height > PIXELS_MAX)
        return fail(HYT_ERR_RANGE, kind, "a side of 0 or above 32768, or more than 64 Mi pixels");
    picture->pixels = malloc(picture->width * picture->height * 3);
    return picture->pixels ? HYT_OK : hyt_fail(HYT_ERR_NOMEM, "out of memory");
}
#endif

#ifdef WITH_PNG
/* Whatever the file holds becomes 8-bit RGB; what is transparent shows black. */
static hyt_status read_png(const void *bytes, size_t size, raw *picture)
{
    static const png_color black = { 0, 0, 0 };
    png_image image = { .version = PNG_IMAGE_VERSION };
    if (!png_image_begin_read_from_memory(&image, bytes, size)) return fail(HYT_ERR_FORMAT, "PNG", image.message);
    picture->width = image.width;
    picture->height = image.height;
    hyt_status status = reserve(picture, "PNG");
    image.format = PNG_FORMAT_RGB;
    if (status == HYT_OK && !png_image_finish_read(&image, &black, picture->pixels, 0, NULL))
        status = fail(HYT_ERR_FORMAT, "PNG", image.message);
    png_image_free(&image);
    return status;
}
#endif

#ifdef WITH_JPEG
typedef struct jpeg_reader {
    struct jpeg_error_mgr errors;       /* first, so that the library's pointer to it leads here */
    struct jpeg_progress_mgr progress;
    jmp_buf back;
    char message[JMSG_LENGTH_MAX];
} jpeg_reader;

static void leave_jpeg(j_common_ptr info)
{
    jpeg_reader *reader = (jpeg_reader *)info->err;
    info->err->format_message(info, reader->message);
    longjmp(reader->back, 1);
}

/* A warning says that pixels were made up, but for bytes that are passed over between markers. */
static void warn_jpeg(j_common_ptr info, int level)
{
    if (level < 0 && info->err->msg_code != JWRN_EXTRANEOUS_DATA) leave_jpeg(info);
}

/* A small progressive file may ask for the whole picture again and again. */
static void count_scans(j_common_ptr info)
{
    jpeg_reader *reader = (jpeg_reader *)info->err;
    if (!info->is_decompressor || ((j_decompress_ptr)info)->input_scan_number <= SCANS_MAX) return;
    snprintf(reader->message, sizeof reader->message, "more than %d scans", SCANS_MAX);
    longjmp(reader->back, 1);
}

static hyt_status read_rows(struct jpeg_decompress_struct *info, raw *picture)
{
    jpeg_read_header(info, TRUE);
    if (info->num_components != 1 && info->num_components != 3)
        return fail(HYT_ERR_UNSUPPORTED, "JPEG", "neither grey nor of three colours");
    info->out_color_space = JCS_RGB;
    picture->width = info->image_width;
    picture->height = info->image_height;
    hyt_status status = reserve(picture, "JPEG");
    if (status != HYT_OK) return status;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = picture->pixels + (size_t)info->output_scanline * picture->width * 3;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return HYT_OK;
}

static hyt_status read_jpeg(const void *bytes, size_t size, raw *picture)
{
    struct jpeg_decompress_struct info;
    jpeg_reader reader = { .message = "" };
    info.err = jpeg_std_error(&reader.errors);
    reader.errors.error_exit = leave_jpeg;
    reader.errors.emit_message = warn_jpeg;
    reader.progress.progress_monitor = count_scans;
    if (setjmp(reader.back)) {
        jpeg_destroy_decompress(&info);
        return fail(HYT_ERR_FORMAT, "JPEG", reader.message);
    }
    jpeg_create_decompress(&info);
    info.progress = &reader.progress;
    jpeg_mem_src(&info, bytes, (unsigned long)size);
    hyt_status status = read_rows(&info, picture);
    jpeg_destroy_decompress(&info);
    return status;
}
#endif

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcasecmp(name + length - tail, end) == 0;
}

bool is_picture_name(const char *name)
{
    if (name[0] == '.') return false;
    return ends_with(name, ".png") || ends_with(name, ".jpg") || ends_with(name, ".jpeg");
}

const char *picture_kinds(void)
{
#if defined(WITH_PNG) && defined(WITH_JPEG)
    return "PNG, JPEG";
#elif defined(WITH_PNG)
    return "PNG, but not JPEG";
#elif defined(WITH_JPEG)
    return "JPEG, but not PNG";
#else
    return "neither PNG nor JPEG";
#endif
}

static hyt_status read_raw(const void *bytes, size_t size, raw *picture)
{
    static const uint8_t png[4] = { 0x89, 'P', 'N', 'G' }, jpeg[3] = { 0xff, 0xd8, 0xff };
    bool is_png = size >= sizeof png && memcmp(bytes, png, sizeof png) == 0;
    bool is_jpeg = size >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0;
#ifdef WITH_PNG
    if (is_png) return read_png(bytes, size, picture);
#endif
#ifdef WITH_JPEG
    if (is_jpeg) return read_jpeg(bytes, size, picture);
#endif
    (void)picture;
    if (!is_png && !is_jpeg) return hyt_fail(HYT_ERR_FORMAT, "neither PNG nor JPEG");
    return fail(HYT_ERR_UNSUPPORTED, "this program was built to read", picture_kinds());
}

/* As a data set of one picture, which knows how to be scaled. */
static hyt_status scale(const raw *picture, size_t side, uint8_t *out)
{
    const uint32_t label = 0;
    hyt_dataset *whole = NULL, *scaled = NULL;
    hyt_status status =
        hyt_dataset_create(NULL, picture->pixels, &label, 1, picture->height, picture->width, 1, &whole);
    if (status == HYT_OK) status = hyt_dataset_resize(whole, side, side, &scaled);
    if (status == HYT_OK) status = hyt_dataset_copy_picture(scaled, 0, out);
    hyt_dataset_destroy(whole);
    hyt_dataset_destroy(scaled);
    return status;
}

hyt_status decode_picture(const void *bytes, size_t size, size_t side, uint8_t *out, size_t *width, size_t *height)
{
    raw picture = { NULL, 0, 0 };
    hyt_status status = read_raw(bytes, size, &picture);
    if (status == HYT_OK) status = scale(&picture, side, out);
    if (status == HYT_OK && width) *width = picture.width;
    if (status == HYT_OK && height) *height = picture.height;
    free(picture.pixels);
    return status;
}

/* Puts the path before the message. */
static hyt_status fail_file(hyt_status status, const char *path, const char *fault)
{
    char text[1024];
    snprintf(text, sizeof text, "%.500s: %.500s", path, fault);
    return hyt_fail(status, text);
}

/* All bytes of a file. */
static hyt_status read_bytes(FILE *file, const char *path, uint8_t **bytes, size_t *size)
{
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (length < 0 || fseek(file, 0, SEEK_SET) != 0) return fail_file(HYT_ERR_IO, path, strerror(errno));
    if ((size_t)length > FILE_MAX) return fail_file(HYT_ERR_RANGE, path, "a picture of more than 256 MiB");
    uint8_t *content = malloc((size_t)length + 1);
    if (!content) return fail_file(HYT_ERR_NOMEM, path, "out of memory");
    if (fread(content, 1, (size_t)length, file) != (size_t)length) {
        free(content);
        return fail_file(HYT_ERR_IO, path, "could not be read");
    }
    *bytes = content;
    *size = (size_t)length;
    return HYT_OK;
}

hyt_status decode_file(const char *path, size_t side, uint8_t *out, size_t *width, size_t *height)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return fail_file(HYT_ERR_IO, path, strerror(errno));
    hyt_status status = read_bytes(file, path, &bytes, &size);
    fclose(file);
    if (status != HYT_OK) return status;
    char fault[512];
    status = decode_picture(bytes, size, side, out, width, height);
    if (status != HYT_OK) {
        snprintf(fault, sizeof fault, "%s", hyt_message());
        fail_file(status, path, fault);
    }
    free(bytes);
    return status;
}
