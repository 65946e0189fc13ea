/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a store needs of a search beyond the public calls. */
#ifndef HYTI_SEARCH_SEARCH_H
#define HYTI_SEARCH_SEARCH_H

#include "base/text.h"
#include <hytnas/search.h>

#define HYTI_SEARCH_OBJECTIVES 4 /* at most */

/* What decides the proposals, as lines "key=value\n" in this order: "objective.<i>=max accuracy",
 * "exact.<i>=<name>" for objectives that are not told, "constraint.<name>=<limit>", "limit.<objective>=<limit>",
 * "reference=<v> <v>" (only if the caller set it), "option.<key>=<value>" for every option. Numbers as
 * hyti_text_number writes them. */
void hyti_search_describe(const hyt_search *search, hyti_text *out);
/* Takes back what was restored, where the rest cannot be. */
void hyti_search_forget(hyt_search *search);

#endif
