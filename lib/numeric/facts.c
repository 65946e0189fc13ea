/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numeric/facts.h"
#include <gsl/gsl_version.h>

/* There when the BLAS that the loader found is OpenBLAS; a null address otherwise. */
extern char *openblas_get_config(void) __attribute__((weak));

const char *hyti_blas_text(void)
{
    return openblas_get_config ? openblas_get_config() : "a BLAS without a name";
}

const char *hyti_gsl_version(void)
{
    return gsl_version;
}
