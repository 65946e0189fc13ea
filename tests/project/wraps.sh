#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The wraps of zlib and cmocka, tried with Debian's source packages. Skipped (77) where those can't be fetched.
# usage: wraps.sh SOURCE
set -eu
source=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/apt/parts" "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/tree"
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$folder/apt/parts/$(basename "$list")"
done
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$list" ] || sed 's/^deb /deb-src /' "$list" >"$folder/apt/parts/$(basename "$list" .list).list"
done
apt="-qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$folder/apt/parts
     -o Dir::State::lists=$folder/apt/lists -o Dir::Cache=$folder/apt/cache -o APT::Sandbox::User=
     -o Acquire::Retries=0 -o Acquire::http::Timeout=20"
# shellcheck disable=SC2086
if ! { cd "$folder/apt" && apt-get $apt update &&
    apt-get $apt source --download-only zlib cmocka; } >"$folder/log" 2>&1; then
    echo "Debian's source packages of zlib and cmocka could not be fetched: $(tail -n 1 "$folder/log")"
    exit 77
fi
(cd "$source" && tar cf - --exclude='./build*' --exclude=./.git .) | tar xf - -C "$folder/tree"
for wrap in zlib cmocka; do
    archive=$(sed -n 's/^source_filename = //p' "$folder/tree/subprojects/$wrap.wrap")
    [ -f "$folder/apt/$archive" ] || { echo "Debian's archive is no longer $archive"; exit 77; }
    cp "$folder/apt/$archive" "$folder/tree/subprojects/packagefiles/"
done
meson setup "$folder/build" "$folder/tree" -Dbuildtype=plain -Ddefault_library=shared --wrap-mode=forcefallback \
    --force-fallback-for=zlib,cmocka >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
{ ninja -C "$folder/build" tests/test-base-base && "$folder/build/tests/test-base-base"; } >"$folder/log" 2>&1 ||
    { tail -n 40 "$folder/log"; exit 1; }
echo "zlib and cmocka built from Debian's sources, base layer tested with them"
