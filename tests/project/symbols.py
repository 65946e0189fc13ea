# SPDX-License-Identifier: GPL-3.0-or-later
"""The exported symbols are those of the golden list, and those that the public headers declare.
usage: symbols.py LIBRARY GOLDEN HEADER...   (with --write first, the list is made anew)"""
import re
import subprocess
import sys


def exported(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in lines.splitlines() if line.split()[-2] != "A"}


def declared(headers):
    names = set()
    for header in headers:
        with open(header, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        names |= set(re.findall(r"HYT_API\b[^;(]*?\b(hyt_\w+)\s*\(", text))
    return names


def main(arguments):
    write = arguments[0] == "--write"
    library, golden, *headers = arguments[write:]
    found = exported(library)
    if write:
        with open(golden, "w", encoding="utf-8") as file:
            file.write("\n".join(sorted(found)) + "\n")
    with open(golden, encoding="utf-8") as file:
        listed = set(file.read().split())
    problems = [f"{name}: exported, but not in {golden}" for name in sorted(found - listed)]
    problems += [f"{name}: in {golden}, but gone" for name in sorted(listed - found)]
    problems += [f"{name}: declared in a header, but not exported" for name in sorted(declared(headers) - found)]
    problems += [f"{name}: exported, but in no header" for name in sorted(found - declared(headers)) if headers]
    print("\n".join(problems) or f"{len(found)} symbols, as listed and as declared")
    return bool(problems)


sys.exit(main(sys.argv[1:]))
