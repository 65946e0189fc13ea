/* SPDX-License-Identifier: MIT */
/* As much of XML as annotations need: elements, attributes that are passed over, text with the five named entities,
 * comments, a prolog. Nothing is expanded, nothing else is opened: a document type with content is refused. */
#ifndef HYTI_DATA_XML_H
#define HYTI_DATA_XML_H

#include "base/heap.h"

enum { HYTI_XML_DEPTH = 32, HYTI_XML_NAME = 64 };

typedef struct hyti_xml {
    const char *start, *at, *end;
    struct { const char *name; size_t length; } open[HYTI_XML_DEPTH]; /* the elements that are not closed yet */
    size_t depth;
    bool empty;             /* the innermost is <a/>: it closes at once */
} hyti_xml;

/* Up to the first child of the document, its one element; its name. */
hyt_status hyti_xml_open(const char *text, size_t size, hyti_xml *xml, char name[HYTI_XML_NAME]);
/* Enters the next child of the innermost open element, or leaves that element: *there is false then. Text between
 * children is passed over. */
hyt_status hyti_xml_child(hyti_xml *xml, char name[HYTI_XML_NAME], bool *there);
/* Reads the text of the innermost element, which has no children, without the spaces around it, and leaves it.
 * HYT_ERR_RANGE if it is longer than the room. */
hyt_status hyti_xml_text(hyti_xml *xml, char *text, size_t room);
/* Leaves the innermost element and all that it holds. */
hyt_status hyti_xml_skip(hyti_xml *xml);
/* After the document's element: nothing but spaces and comments. */
hyt_status hyti_xml_end(hyti_xml *xml);

#endif
