/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store runs on, for hyt_version_text(). */
#ifndef HYTI_STORE_FACTS_H
#define HYTI_STORE_FACTS_H

const char *hyti_sqlite_version(void);

#endif
