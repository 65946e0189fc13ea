/* SPDX-License-Identifier: MIT */
/* What the library is made of. Compiled once for each of the two libraries:
 * the full one (HYTI_FULL) has more to say. */
#include "base/zip.h"
#include "kernels/kernels.h"
#include <hytnas/base.h>
#include <stdio.h>
#ifdef HYTI_FULL
#include "numeric/facts.h"
#include "store/facts.h"
#endif

int hyt_version(void)
{
    return HYT_VERSION_MAJOR * 10000 + HYT_VERSION_MINOR * 100 + HYT_VERSION_PATCH;
}

const char *hyt_version_text(void)
{
    static _Thread_local char text[512];
    unsigned isa = hyti_isa_detect();
    const char *features = isa & HYTI_ISA_AVX512 ? "AVX-512" : isa & HYTI_ISA_AVX2 ? "AVX2" : "plain C";
    int length = snprintf(text, sizeof text, "libhytnas %d.%d.%d, %s kernels, zlib %s", HYT_VERSION_MAJOR,
                          HYT_VERSION_MINOR, HYT_VERSION_PATCH, features, hyti_zlib_version());
#ifdef HYTI_FULL
    snprintf(text + length, sizeof text - (size_t)length, ", GSL %s, SQLite %s, BLAS: %s", hyti_gsl_version(),
             hyti_sqlite_version(), hyti_blas_text());
#else
    (void)length;
#endif
    return text;
}
