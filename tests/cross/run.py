# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels and their tests alone, built for AArch64 and run by an emulator: run.py SOURCE BUILD [TEST...].
They need no library but C's; tests/cross/cmocka.h stands for cmocka. Skipped (exit 77) without compiler or emulator."""
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

COMPILER, EMULATOR, ROOT = "aarch64-linux-gnu-gcc", "qemu-aarch64", "/usr/aarch64-linux-gnu"
FLAGS = ["-O2", "-std=gnu11", "-DNDEBUG", "-Wall", "-Wextra", "-Wshadow", "-Wno-missing-field-initializers", "-Werror",
         "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
# By the first part of a file's name, as in lib/kernels/meson.build.
ARM_FLAGS = {"neon": [], "neondot": ["-march=armv8.2-a+dotprod"], "neonfhm": ["-march=armv8.2-a+fp16fml"],
             "neonbf16": ["-march=armv8.2-a+bf16"]}


def run(command):
    command = [str(word) for word in command]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{result.stdout}")
    return result.stdout


def build(source, out, include, tests):
    kernels = source / "lib/kernels"
    jobs = [(path, []) for path in [*kernels.glob("*.c"), *kernels.glob("c/*.c")]]
    jobs += [(path, ARM_FLAGS[path.stem.split("_")[0]]) for path in kernels.glob("arm/*.c")]

    def compile_one(job):
        path, flags = job
        target = out / (f"{path.parent.name}-{path.stem}.o")
        run([COMPILER, *FLAGS, *flags, *include, "-c", path, "-o", target])
        return target

    with ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(compile_one, jobs))
        list(pool.map(lambda name: run([COMPILER, *FLAGS, *include, source / f"tests/kernels/{name}.c", *objects, "-lm",
                                        "-o", out / name]), tests))


def main():
    missing = [tool for tool in (COMPILER, EMULATOR) if not shutil.which(tool)]
    if missing:
        print("skipped: no", " and no ".join(missing))
        return 77
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    include = [f"-I{source / part}" for part in ("lib", "include", "tests/cross", "tests")]
    tests = sys.argv[3:]
    build(source, out, include, tests)
    with ThreadPoolExecutor(2) as pool:
        outputs = pool.map(lambda name: run([EMULATOR, "-L", ROOT, "-cpu", "max", out / name]), tests)
        for name, output in zip(tests, outputs):
            print(f"{name}:\n{output}", end="", flush=True)
    return 0


sys.exit(main())
