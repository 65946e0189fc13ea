# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents and examples show works as it stands."""
import glob
import os
import re
import subprocess
import sys

import hytnas
import pytest

SOURCE = os.environ["HYTNAS_SOURCE"]
DOCUMENTS = ["README.md", os.path.join("bindings", "python", "README.md")]
EXAMPLES = sorted(glob.glob(os.path.join(SOURCE, "bindings", "python", "examples", "*.py")))


def snippets():
    for name in DOCUMENTS:
        with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
            for place, code in enumerate(re.findall(r"```python\n(.*?)```", file.read(), re.S)):
                yield pytest.param(code, id=f"{name}-{place}")
    code = [line[4:] for line in hytnas.__doc__.splitlines() if line.startswith("    ")]
    yield pytest.param("\n".join(code), id="package")


@pytest.mark.parametrize("code", snippets())
def test_snippets_run(code, capsys):
    exec(compile(code, "snippet", "exec"), {})
    assert capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=os.path.basename)
def test_examples_run(path):
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout, done.stderr


def test_docs_name_only_options_and_choices_that_exist():
    kinds = [hytnas.search_options(), *(hytnas.surrogate_options(kind) for kind in hytnas.Surrogate.kinds())]
    rows = [row for options in kinds for row in options.table]
    known = {row.key for row in rows} | {word for row in rows for word in row.choices} | set(hytnas.Surrogate.kinds())
    with open(os.path.join(SOURCE, "docs", "search.md"), encoding="utf-8") as file:
        text = file.read()
    named = set(re.findall(r"`([a-z0-9-]+)`", text))
    assert named and not named - known
    calls = set(re.findall(r"\b(hyt_\w+)\(\)", text))
    assert calls and not calls - set(hytnas._prototypes.FUNCTIONS)
