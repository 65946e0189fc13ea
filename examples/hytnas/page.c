/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page.h"
#include "svg.h"

static const char style[] =
    ":root{color-scheme:light "
    "dark;--page:#f6f6f3;--card:#fff;--ink:#1b1e24;--soft:#666c76;--line:#e4e4df;--grid:#eeeeea;"
    "--accent:#3257c8;--dot:#b9bdc4;--bad:#c8463c;--halo:#fff;"
    "--r0:#86d3b9;--r1:#4fb9b3;--r2:#2f9bb0;--r3:#2b7ca9;--r4:#345c9e;--r5:#3d418b;--r6:#372863}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#14161a;--card:#1c1f25;--ink:#e9eaec;--soft:#99a0ab;--line:#2e323a;"
    "--grid:#282c33;--accent:#7f9dff;--dot:#565c67;--bad:#ff8a7d;--halo:#1c1f25;"
    "--r0:#d2f5e3;--r1:#9de6d1;--r2:#68cfcb;--r3:#4bb2c6;--r4:#5694c4;--r5:#7079c0;--r6:#8a63b8}}\n"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Liberation Sans\",\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}"
    "main{max-width:1160px;margin:0 auto;padding:40px 24px 64px}"
    "h1{font-size:30px;line-height:1.2;letter-spacing:-.02em;margin:0 0 6px;font-weight:650}"
    "h2{font-size:17px;letter-spacing:-.005em;margin:0;font-weight:650}"
    "p{margin:0}.soft{color:var(--soft)}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:16px;margin:28px 0 20px}"
    ".card,.tile{background:var(--card);border:1px solid var(--line);border-radius:12px}"
    ".tile{padding:14px 18px 16px}.tile "
    "b{display:block;font-size:27px;line-height:1.25;font-weight:620;letter-spacing:-.02em}"
    ".tile span{color:var(--soft);font-size:13.5px}"
    ".cards{display:grid;grid-template-columns:1fr 1fr;gap:20px}.card{padding:20px "
    "22px;min-width:0}.wide{grid-column:1/-1}"
    "@media(max-width:820px){.cards{grid-template-columns:1fr}}"
    ".card>p{font-size:13.5px;color:var(--soft);margin:2px 0 12px}"
    "svg{display:block;width:100%;height:auto;overflow:visible}"
    "svg text{font-size:12.5px;fill:var(--soft)}.grid{stroke:var(--grid);fill:none}.axis{stroke:var(--dot);fill:none}"
    ".tick{text-anchor:middle}.tick.y{text-anchor:end}svg .axis-title{fill:var(--ink);font-weight:550;font-size:13px}"
    ".dominated{fill:var(--dot);fill-opacity:.55}.front{stroke:var(--halo);stroke-width:1.75}"
    ".edge{fill:none;stroke:var(--accent);stroke-opacity:.45;stroke-width:1.75;stroke-linejoin:round}"
    ".front:hover,.dominated:hover{stroke:var(--ink);stroke-width:2}svg "
    ".label{fill:var(--ink);font-size:12px;text-anchor:middle}"
    ".volume-line{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}"
    ".volume-area{fill:var(--accent);fill-opacity:.09}.failed{stroke:var(--bad);stroke-width:2}"
    ".cell{fill:var(--accent)}svg .value{text-anchor:middle;fill:var(--ink);font-size:12px}svg "
    ".strong{fill:var(--halo)}"
    "svg .gene{text-anchor:end}svg .head{font-weight:600;fill:var(--ink)}"
    ".r0{fill:var(--r0)}.r1{fill:var(--r1)}.r2{fill:var(--r2)}.r3{fill:var(--r3)}.r4{fill:var(--r4)}.r5{fill:var(--r5)}"
    ".r6{fill:var(--r6)}"
    ".legend{display:inline-flex;align-items:center;gap:8px;white-space:nowrap}"
    ".legend i{display:inline-block;width:16px;height:10px}.legend i:first-of-type{border-radius:5px 0 0 5px}"
    ".legend i:last-of-type{border-radius:0 5px 5px 0}.legend u{display:inline-flex;text-decoration:none}"
    ".b0{background:var(--r0)}.b1{background:var(--r1)}.b2{background:var(--r2)}.b3{background:var(--r3)}.b4{"
    "background:var(--r4)}"
    ".b5{background:var(--r5)}.b6{background:var(--r6)}"
    ".scroll{overflow-x:auto;margin:10px -22px -8px;padding:0 22px 8px}"
    "table{border-collapse:collapse;width:100%;font-size:14px;white-space:nowrap}"
    "th{font-weight:550;color:var(--soft);text-align:right;padding:6px 0 8px 22px;border-bottom:1px solid "
    "var(--line);font-size:13px}"
    "td{text-align:right;padding:7px 0 7px 22px;border-bottom:1px solid var(--grid)}tr:last-child td{border:0}"
    "th:first-child,td:first-child{padding-left:0;text-align:left}.left{text-align:left}"
    "code{font:12px/1.4 ui-monospace,\"SF Mono\",Menlo,\"Liberation Mono\",\"DejaVu Sans "
    "Mono\",monospace;color:var(--soft)}"
    "a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:4px 28px;margin:12px 0 "
    "0;font-size:14px}"
    "dl div{display:flex;justify-content:space-between;gap:12px;border-bottom:1px solid var(--grid);padding:4px 0}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;text-align:right}"
    "@media print{body{background:#fff}.card,.tile{break-inside:avoid}}";

void page_begin(FILE *out, const char *title, const char *summary)
{
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    html_text(out, title);
    fprintf(out, "</title>\n<style>%s</style></head>\n<body><main>\n<h1>", style);
    html_text(out, title);
    fprintf(out, "</h1><p class=\"soft\">");
    html_text(out, summary);
    fprintf(out, "</p>\n");
}

void page_end(FILE *out)
{
    fprintf(out, "</main></body></html>\n");
}
