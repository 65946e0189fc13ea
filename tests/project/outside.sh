#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libhytnas as a subproject of another project, and as an installed library found by pkg-config.
# usage: outside.sh SOURCE BUILD
set -eu
source=$1 build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/outside/subprojects"
cp "$source"/tests/project/outside/* "$folder/outside/"
ln -s "$source" "$folder/outside/subprojects/libhytnas"
# One library, not both, and without optimisation: it is the wiring that is tried here.
meson setup "$folder/build" "$folder/outside" -Dbuildtype=plain -Dlibhytnas:default_library=shared \
    >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
meson test -C "$folder/build" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
echo "as a subproject: good"

DESTDIR="$folder/root" meson install -C "$build" --no-rebuild --quiet
pc=$(find "$folder/root" -name hytnas.pc)
prefix=$(sed -n 's/^prefix=//p' "$pc")
flags="-I$folder/root$prefix/include"
libraries=$(dirname "$(find "$folder/root" -name libhytnas.so)")
PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs hytnas | grep -q -- -lhytnas
cc -std=c99 $flags "$source/tests/project/outside/outside.c" -o "$folder/shared" "-L$libraries" -lhytnas
LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$folder/shared"
# Our archive, with the shared libraries that its .pc file names.
needed=$(sed -n 's/^Requires.private: //p' "$pc" | tr -d ,)
# shellcheck disable=SC2046,SC2086
cc -std=c99 $flags "$source/tests/project/outside/outside.c" -o "$folder/static" "$libraries/libhytnas.a" \
    $(pkg-config --libs $needed) -lm -pthread
"$folder/static"
echo "as an installed library, shared and static: good"
