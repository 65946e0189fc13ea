#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, and runs all tests. BUILD names another build folder, BUILD_OPTIONS its options;
# arguments are handed to `meson test`.
set -eu
cd "$(dirname "$0")/.."
.ci/install
build=${BUILD:-build}
# shellcheck disable=SC2086
[ -f "$build/build.ninja" ] || meson setup "$build" ${BUILD_OPTIONS:-}
meson compile -C "$build"
rm -f "$build/meson-logs/testlog.json"
status=0
meson test -C "$build" --no-rebuild --no-suite bench --print-errorlogs "$@" || status=$?
python3 tests/summary.py "$build/meson-logs/testlog.json"
exit $status
