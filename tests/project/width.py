# SPDX-License-Identifier: GPL-3.0-or-later
"""No line of a source file is longer than .clang-format has it.  usage: width.py SOURCE"""
import os
import re
import sys

from sources import sources


def main(root):
    with open(os.path.join(root, ".clang-format"), encoding="utf-8") as file:
        limit = int(re.search(r"^ColumnLimit: (\d+)$", file.read(), re.M).group(1))
    long, checked = [], 0
    for path, text in sources(root):
        checked += 1
        long += [f"{os.path.relpath(path, root)}:{number}: {len(line)} columns"
                 for number, line in enumerate(text.split("\n"), 1) if len(line) > limit]
    print("\n".join(long) or f"{checked} files, no line beyond {limit} columns")
    return bool(long)


sys.exit(main(sys.argv[1]))
