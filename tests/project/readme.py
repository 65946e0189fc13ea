# SPDX-License-Identifier: GPL-3.0-or-later
"""The C program of the README compiles without a warning, runs and prints a front.

usage: readme.py README INCLUDE LIBRARY CC"""
import os
import re
import subprocess
import sys
import tempfile

readme, include, library, cc = sys.argv[1:5]
with open(readme, encoding="utf-8") as file:
    program = re.search(r"^```c\n(.*?)^```", file.read(), re.M | re.S).group(1)
with tempfile.TemporaryDirectory() as folder:
    source, binary = os.path.join(folder, "readme.c"), os.path.join(folder, "readme")
    with open(source, "w", encoding="utf-8") as file:
        file.write(program)
    subprocess.run([cc, "-std=c99", "-Wall", "-Werror", "-I" + include, source, library, "-o", binary], check=True)
    environment = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(library))
    lines = subprocess.run([binary], check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
points = [tuple(map(float, line.split())) for line in lines]
print(f"{len(points)} points in the front")
assert len(points) > 3
assert not any(a[0] >= b[0] and a[1] <= b[1] for a in points for b in points if a != b), "not a front"
