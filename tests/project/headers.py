# SPDX-License-Identifier: GPL-3.0-or-later
"""Every public header compiles alone, as C99 and as C++11, with all warnings.  usage: headers.py INCLUDE_DIR CC CXX"""
import glob
import os
import subprocess
import sys

include, cc, cxx = sys.argv[1:4]
failures = 0
headers = sorted(glob.glob(os.path.join(include, "hytnas", "*.h")))
for header in headers:
    for compiler, language, standard in ((cc, "c", "c99"), (cxx, "c++", "c++11")):
        command = [compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror",
                   "-fsyntax-only", "-I" + include, "-include", header, os.devnull]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            failures += 1
            print(f"{header} as {standard}:\n{result.stderr}")
print(f"{len(headers)} headers, {failures} failures")
sys.exit(failures > 0 or not headers)
