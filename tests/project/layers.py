# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may include whom (docs/design.md), where foreign headers may be used, and the licence of each file."""
import os
import re
import sys

from sources import sources

ALLOWED = {
    "base": "",
    "numeric": "base",
    "kernels": "base",
    "graph": "base",
    "runtime": "base graph kernels",
    "data": "base",
    "train": "base graph kernels runtime data",
    "space": "base graph",
    "surrogate": "base numeric",
    "pareto": "base",
    "search": "base numeric space surrogate pareto",
    "evaluate": "base numeric kernels graph runtime data train space surrogate pareto",
    "store": "base pareto space search",
    "formats": "base graph runtime",
}
# A public header belongs to the layer that owns its noun.
HEADERS = {
    "base.h": "base", "options.h": "base", "graph.h": "graph", "quantiser.h": "runtime", "runtime.h": "runtime",
    "data.h": "data", "train.h": "train", "space.h": "space", "surrogate.h": "surrogate", "pareto.h": "pareto",
    "search.h": "search", "evaluate.h": "evaluate", "study.h": "store", "format.h": "formats", "hytnas.h": None,
}
FOREIGN = [
    (re.compile(r"gsl/|lapacke\.h|cblas\.h"), "numeric"),
    (re.compile(r"zlib\.h|jansson\.h"), "base"),
    (re.compile(r"sqlite3\.h"), "store"),
    (re.compile(r"protobuf-c|\.pb-c\.h"), "formats"),
]
MIT = {"base", "graph", "kernels", "runtime", "data", "formats"}
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.M)


def check_include(path, layer, name):
    allowed = set(ALLOWED[layer].split()) | {layer}
    if name.startswith("hytnas/"):
        owner = HEADERS.get(name[len("hytnas/"):])
    else:
        owner = next((home for pattern, home in FOREIGN if pattern.search(name)), None)
        if owner is None and name.split("/")[0] in ALLOWED:
            owner = name.split("/")[0]
        elif owner is not None and owner != layer:
            return f"{path}: {name} is included by {owner} alone"
        elif owner is None:
            return None
    if name.startswith("hytnas/") and owner is None:
        return f"{path}: {name} is for callers, not for the library"
    if owner not in allowed:
        return f"{path}: {layer} may not include {owner} ({name})"
    return None


def expected_licence(parts):
    if parts[0] == "lib" and len(parts) > 2:
        return "MIT" if parts[1] in MIT else "GPL-3.0-or-later"
    if parts[0] == "include" and parts[-1].endswith(".h"):
        return "MIT" if HEADERS.get(parts[-1]) in MIT else "GPL-3.0-or-later"
    return None


def main(root):
    problems, checked = [], 0
    for path, text in sources(root):
        parts = os.path.relpath(path, root).split(os.sep)
        checked += 1
        licence = re.search(r"SPDX-License-Identifier: (\S+)", "\n".join(text.splitlines()[:3]))
        if not licence:
            problems.append(f"{path}: no SPDX line at its top")
        elif expected_licence(parts) not in (None, licence.group(1)):
            problems.append(f"{path}: {licence.group(1)}, expected {expected_licence(parts)}")
        layer = HEADERS.get(parts[-1]) if parts[0] == "include" else None
        if parts[0] == "lib" and len(parts) > 2:
            layer = parts[1]
        if layer is None or path.endswith("meson.build"):
            continue
        problems += filter(None, (check_include(path, layer, name) for name in INCLUDE.findall(text)))
    if os.path.exists(os.path.join(root, "lib")):
        known = set(ALLOWED) | {"meson.build", "hytnas.map", "version.c"}
        unknown = sorted(set(os.listdir(os.path.join(root, "lib"))) - known)
        problems += [f"lib/{name}: not in the table of layers" for name in unknown]
    print("\n".join(problems) or f"{checked} files keep to the table")
    return bool(problems)


sys.exit(main(sys.argv[1]))
