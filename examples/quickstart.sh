#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, and runs the main job: a search on the built-in pictures, a few minutes long.
# The result is in quickstart/: report.html, front.csv, the networks of the front. Arguments are handed to the search.
set -eu
cd "$(dirname "$0")/.."
.ci/install
[ -f build/build.ninja ] || meson setup build
meson compile -C build
out=quickstart
mkdir -p "$out"
build/examples/hytnas/hytnas search --data shapes --input 48 --shapes-train 2000 --limit macs:4e6 \
    --trials 24 --epochs 6 --final-epochs 16 --seed 1 --study "$out/study.db" --resume --out "$out" "$@"
echo "open $PWD/$out/report.html"
