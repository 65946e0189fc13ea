#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The reference builds without a warning.  usage: docs.sh SOURCE
set -eu
command -v doxygen >/dev/null || { echo "no doxygen"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$1"
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $folder"; } | doxygen - >"$folder/log" 2>"$folder/warnings" ||
    { cat "$folder/warnings"; exit 1; }
if [ -s "$folder/warnings" ]; then cat "$folder/warnings"; exit 1; fi
echo "$(find "$folder/html" -name '*.html' | wc -l) pages, no warnings"
