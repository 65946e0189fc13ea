/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/facts.h"
#include <sqlite3.h>

const char *hyti_sqlite_version(void)
{
    return sqlite3_libversion();
}
