/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages that need nothing else, light or dark as their reader's system is. */
#ifndef PAGE_H
#define PAGE_H

#include <stdio.h>

/* Up to the summary under the title; and the end. */
void page_begin(FILE *out, const char *title, const char *summary);
void page_end(FILE *out);

#endif
