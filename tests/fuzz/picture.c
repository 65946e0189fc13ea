/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture file is decoded as a whole or refused with a message; one that is has sides, and decodes alike again. */
#include "fuzz.h"
#include "decode.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SIDE = 9 };
    uint8_t first[SIDE * SIDE * 3] = { 0 }, second[SIDE * SIDE * 3] = { 0 };
    size_t width = 0, height = 0;
    if (!data) return 0;
    if (decode_picture(data, size, SIDE, first, &width, &height) != HYT_OK) {
        REQUIRE(hyt_message()[0] != 0 && width == 0);
        return 0;
    }
    REQUIRE(width > 0 && height > 0);
    MUST(decode_picture(data, size, SIDE, second, NULL, NULL));
    REQUIRE(memcmp(first, second, sizeof first) == 0);
    return 0;
}
