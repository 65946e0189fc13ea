# SPDX-License-Identifier: GPL-3.0-or-later
"""The package's types are right, strictly.  usage: types_check.py CACHE   (in bindings/python)"""
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("mypy") is None:
    print("no mypy")
    sys.exit(77)
sys.exit(subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", sys.argv[1], "hytnas"]).returncode)
