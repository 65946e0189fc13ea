# SPDX-License-Identifier: GPL-3.0-or-later
"""The source files of the project, for the checks that read them all."""
import os

ENDINGS = (".c", ".h", ".inc", ".cpp", ".py", ".sh", "meson.build", "meson_options.txt")
SKIPPED = ("corpus", "LICENSES")


def is_source(parts):
    if parts[0] == "subprojects" and len(parts) > 2 and parts[1] != "packagefiles":
        return False  # what a wrap unpacked
    return parts[-1].endswith(ENDINGS) or parts[0] == ".ci" and parts[1] in ("run", "install")


def sources(root):
    """Path and text of each file, in a fixed order; builds and what is not ours are left out."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith((".git", "build")) and f not in SKIPPED)
        for name in sorted(files):
            path = os.path.join(folder, name)
            if is_source(os.path.relpath(path, root).split(os.sep)):
                with open(path, encoding="utf-8") as file:
                    yield path, file.read()
