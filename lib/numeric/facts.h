/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the numeric layer runs on, for hyt_version_text(). */
#ifndef HYTI_NUMERIC_FACTS_H
#define HYTI_NUMERIC_FACTS_H

const char *hyti_blas_text(void);
const char *hyti_gsl_version(void);

#endif
