# SPDX-License-Identifier: GPL-3.0-or-later
"""libhytnas-rt and its tests, built for AArch64 by Meson and run by an emulator: run.py SOURCE BUILD SWEEP...
The kernels named sweep over random shapes on every table of the processor; the other tests of kernels run as they are,
those of the runtime with a share of their cases. Skipped (exit 77) without compiler or emulator."""
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", "-cpu", "max"]
OPTIONS = ["-Druntime_only=true", "-Dlibraries=false", "-Dwerror=true", "-Ddefault_library=shared"]
SHAPES, SEED, SHARE = "12", "1", "20"
WHOLE = ["kernels-formats", "kernels-quant", "runtime-int8", "runtime-networks", "runtime-plan", "runtime-precisions",
         "runtime-runtime"]


def run(command, **more):
    command = [str(word) for word in command]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{result.stdout}")
    return result.stdout


def main():
    missing = [tool for tool in (COMPILER, EMULATOR[0]) if not shutil.which(tool)]
    if missing:
        print("skipped: no", " and no ".join(missing))
        return 77
    source, out, sweeps = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    environment = {name: value for name, value in os.environ.items() if name not in ("CC", "CFLAGS", "LDFLAGS")}
    if not (out / "build.ninja").exists():
        run(["meson", "setup", out, source, "--cross-file", source / "tests/cross/aarch64.txt", *OPTIONS],
            env=environment)
    runs = [["kernels-" + name, SHAPES, SEED] for name in sweeps] + [[name] for name in WHOLE]
    run(["ninja", "-C", out, "lib/libhytnas-rt.so.0.1.0", *[f"tests/test-{words[0]}" for words in runs]],
        env=environment)
    environment["HYTNAS_TEST_SHARE"] = SHARE
    with ThreadPoolExecutor(2) as pool:
        outputs = pool.map(lambda words: run([*EMULATOR, out / f"tests/test-{words[0]}", *words[1:]], env=environment),
                           runs)
        for words, output in zip(runs, outputs):
            print(f"{words[0]}:\n{output}", end="", flush=True)
    return 0


sys.exit(main())
