/* SPDX-License-Identifier: MIT */
#include "data/xml.h"
#include <string.h>

static hyt_status fail_at(const hyti_xml *xml, const char *fault)
{
    return hyti_fail(HYT_ERR_FORMAT, "XML, byte %zu: %s", (size_t)(xml->at - xml->start), fault);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
}

static bool starts(const hyti_xml *xml, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(xml->end - xml->at) >= length && memcmp(xml->at, word, length) == 0;
}

static void skip_spaces(hyti_xml *xml)
{
    while (xml->at < xml->end && is_space(*xml->at)) xml->at++;
}

/* Past the next `word`. */
static hyt_status skip_past(hyti_xml *xml, const char *word)
{
    while (xml->at < xml->end && !starts(xml, word)) xml->at++;
    if (xml->at == xml->end) return fail_at(xml, "the document ends within a comment or an instruction");
    xml->at += strlen(word);
    return HYT_OK;
}

/* Comments and instructions at the cursor; *skipped says whether there was one. */
static hyt_status skip_aside(hyti_xml *xml, bool *skipped)
{
    *skipped = true;
    if (starts(xml, "<!--")) {
        xml->at += 4;
        return skip_past(xml, "-->");
    }
    if (starts(xml, "<?")) return skip_past(xml, "?>");
    *skipped = false;
    return starts(xml, "<!") ? fail_at(xml, "a declaration or CDATA, which is not read") : HYT_OK;
}

static hyt_status skip_asides(hyti_xml *xml)
{
    bool skipped = true;
    while (skipped) {
        skip_spaces(xml);
        HYTI_TRY(skip_aside(xml, &skipped));
    }
    return HYT_OK;
}

static size_t name_length(const hyti_xml *xml)
{
    size_t length = 0, left = (size_t)(xml->end - xml->at);
    while (length < left && is_name(xml->at[length])) length++;
    return length;
}

/* One ' name = "value"'. */
static hyt_status skip_attribute(hyti_xml *xml)
{
    size_t length = name_length(xml);
    if (length == 0) return fail_at(xml, "a tag without its end");
    xml->at += length;
    skip_spaces(xml);
    if (xml->at == xml->end || *xml->at != '=') return fail_at(xml, "an attribute without a value");
    xml->at++;
    skip_spaces(xml);
    if (xml->at == xml->end || (*xml->at != '"' && *xml->at != '\'')) return fail_at(xml, "a value without quotes");
    const char *close = memchr(xml->at + 1, *xml->at, (size_t)(xml->end - xml->at - 1));
    if (!close) return fail_at(xml, "a value that does not end");
    xml->at = close + 1;
    return HYT_OK;
}

/* A start tag at the cursor: its element is the innermost then. */
static hyt_status enter(hyti_xml *xml, char name[HYTI_XML_NAME])
{
    if (xml->at == xml->end || *xml->at != '<') return fail_at(xml, "expected a tag");
    xml->at++;
    size_t length = name_length(xml);
    if (length == 0 || length >= HYTI_XML_NAME) return fail_at(xml, "a tag without a name, or with one too long");
    if (xml->depth == HYTI_XML_DEPTH) return fail_at(xml, "elements nested too deep");
    memcpy(name, xml->at, length);
    name[length] = 0;
    xml->open[xml->depth].name = xml->at;
    xml->open[xml->depth++].length = length;
    xml->at += length;
    skip_spaces(xml);
    while (xml->at < xml->end && *xml->at != '>' && *xml->at != '/') {
        HYTI_TRY(skip_attribute(xml));
        skip_spaces(xml);
    }
    xml->empty = xml->at < xml->end && *xml->at == '/';
    if (xml->empty) xml->at++;
    if (xml->at == xml->end || *xml->at != '>') return fail_at(xml, "a tag without its end");
    xml->at++;
    return HYT_OK;
}

/* The end tag at the cursor, which must be that of the innermost element. */
static hyt_status leave(hyti_xml *xml)
{
    size_t length = xml->open[xml->depth - 1].length;
    xml->at += 2;
    if (name_length(xml) != length || memcmp(xml->at, xml->open[xml->depth - 1].name, length) != 0)
        return fail_at(xml, "the end tag of another element");
    xml->at += length;
    skip_spaces(xml);
    if (xml->at == xml->end || *xml->at != '>') return fail_at(xml, "a tag without its end");
    xml->at++;
    xml->depth--;
    return HYT_OK;
}

hyt_status hyti_xml_open(const char *text, size_t size, hyti_xml *xml, char name[HYTI_XML_NAME])
{
    *xml = (hyti_xml){ .start = text, .at = text, .end = text + size };
    if (starts(xml, "\xef\xbb\xbf")) xml->at += 3; /* a mark that says UTF-8 */
    HYTI_TRY(skip_asides(xml));
    return enter(xml, name);
}

hyt_status hyti_xml_child(hyti_xml *xml, char name[HYTI_XML_NAME], bool *there)
{
    *there = false;
    if (xml->empty) {
        xml->empty = false;
        xml->depth--;
        return HYT_OK;
    }
    for (bool skipped = true; skipped;) {
        while (xml->at < xml->end && *xml->at != '<') xml->at++;
        if (xml->at == xml->end) return fail_at(xml, "the document ends within an element");
        if (starts(xml, "</")) return leave(xml);
        HYTI_TRY(skip_aside(xml, &skipped));
    }
    *there = true;
    return enter(xml, name);
}

/* The character that an entity at the cursor stands for; past it. */
static hyt_status take_entity(hyti_xml *xml, char *out)
{
    static const struct { const char *text; char value; } entities[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' },
    };
    for (size_t i = 0; i < HYTI_COUNT(entities); i++) {
        if (!starts(xml, entities[i].text)) continue;
        xml->at += strlen(entities[i].text);
        *out = entities[i].value;
        return HYT_OK;
    }
    return fail_at(xml, "an entity other than amp, lt, gt, quot and apos");
}

hyt_status hyti_xml_text(hyti_xml *xml, char *text, size_t room)
{
    size_t length = 0;
    bool there = false;
    char name[HYTI_XML_NAME];
    if (!xml->empty) skip_spaces(xml);
    while (!xml->empty && xml->at < xml->end && *xml->at != '<') {
        char c = *xml->at;
        if (c == 0) return fail_at(xml, "a zero in a text");
        if (c == '&') HYTI_TRY(take_entity(xml, &c));
        else xml->at++;
        if (length + 1 >= room) return hyti_fail(HYT_ERR_RANGE, "XML: a text of more than %zu bytes", room - 1);
        text[length++] = c;
    }
    while (length > 0 && is_space(text[length - 1])) length--;
    text[length] = 0;
    HYTI_TRY(hyti_xml_child(xml, name, &there));
    return there ? fail_at(xml, "an element where a text was expected") : HYT_OK;
}

hyt_status hyti_xml_skip(hyti_xml *xml)
{
    size_t depth = xml->depth - 1;
    char name[HYTI_XML_NAME];
    bool there;
    while (xml->depth > depth) HYTI_TRY(hyti_xml_child(xml, name, &there));
    return HYT_OK;
}

hyt_status hyti_xml_end(hyti_xml *xml)
{
    HYTI_TRY(skip_asides(xml));
    return xml->at == xml->end ? HYT_OK : fail_at(xml, "something after the end of the document");
}
