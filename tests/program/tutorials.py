# SPDX-License-Identifier: GPL-3.0-or-later
"""A tutorial of docs/ does what it says. Its fenced blocks are the test: `c` and `python` ones are saved under the name
that the page gives them, `sh` ones run in order in one shell, all as they stand; only the sizes are those that the page
names as its test's.
usage: tutorials.py PAGE BUILD PROGRAM"""
import csv
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

page, build, program = sys.argv[1:4]
with open(page, encoding="utf-8") as file:
    text = file.read()
blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)


def check(condition, *facts):
    if not condition:
        raise AssertionError(" ".join(map(str, facts)))


def png(path, side, level, bright):
    """A grey picture, darker or brighter at its left."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes(level + bright * (x < side // 2) for x in range(side))
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
                  chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b""))


def reader_has_pictures(folder):
    """What the page takes for granted in its part on pictures of one's own."""
    for name, bright in (("none", 0), ("person", 90)):
        os.makedirs(f"{folder}/my-pictures/{name}")
        for i in range(40):
            png(f"{folder}/my-pictures/{name}/{i}.png", 40 + i, 20 + 3 * i, bright)


def save_files(folder):
    names = re.findall(r"[Ss]ave it as\s+`([\w.]+)`", text)
    sources = [code for kind, code in blocks if kind in ("c", "python")]
    check(len(names) == len(sources), "files named:", names, "there are", len(sources))
    for name, code in zip(names, sources):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as out:
            out.write(code)
        check(code.startswith("/* " + name) or name.endswith(".py"), name, "starts as another file")
    return names


def sizes():
    short = dict(item.split("=") for item in re.search(r"`(TRIALS=[^`]*)`", text).group(1).split())
    for name in short:
        check(f"{name}=${{{name}:-" in text, name, "has no default in the page")
    return short


def run(folder, work):
    os.mkdir(f"{work}/bin")
    os.symlink(sys.executable, f"{work}/bin/python3")
    os.symlink(os.path.abspath(program), f"{work}/bin/hytnas")
    environment = dict(os.environ, BUILD=os.path.abspath(build), **sizes())
    script = "".join(code for kind, code in blocks if kind == "sh")
    # python3 and, should the build lay the program elsewhere, hytnas: found first, as the reader has them
    script = script.replace("mkdir -p", f"PATH={work}/bin:$PATH\nmkdir -p", 1)
    result = subprocess.run(["sh", "-euc", script], cwd=work, env=environment, capture_output=True, text=True)
    print(result.stdout)
    check(result.returncode == 0, "ended with", result.returncode, result.stderr)
    check("warning" not in result.stderr, result.stderr)
    return result.stdout


def front(folder, study, metric, judged):
    """Rows with scores and networks that exist."""
    results = f"{folder}/{study}-results"
    with open(f"{results}/front.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check(rows, study, "has an empty front")
    for row in rows:
        check(0 <= float(row[metric]) <= 1 and 0 <= float(row[f"test_{metric}"]) <= 1, row)
        check(not judged or 0 <= float(row[f"final_{metric}"]) <= 1, row)
        check(os.path.getsize(f"{folder}/{row['model']}") > 1000, row["model"])
        check(int(row["network_weight_bytes"]) < 2 * int(row["network_parameters"]), "not the bytes of int8", row)
    check(os.path.getsize(f"{results}/report.html") > 1000 and os.path.getsize(f"{folder}/{study}.db") > 1000, results)


def figures(folder):
    with open(f"{folder}/figures.csv", encoding="utf-8", newline="") as file:
        rows = {row["precision"]: row for row in csv.DictReader(file)}
    for name in ("weight_bytes", "arena_bytes"):
        check(0 < int(rows["graph"][name]) < int(rows["fp32"][name]), name, rows)


with tempfile.TemporaryDirectory() as work:
    folder = work + "/" + re.search(r"^mkdir -p ([\w-]+)$", text, re.M).group(1)
    os.mkdir(folder)
    reader_has_pictures(folder)
    files = save_files(folder)
    said = run(folder, work)
    metric = re.search(r"The column `(\w+)`", text).group(1)
    studies = re.findall(r"--study (\w+)\.db", text)
    check(len(studies) == 2, studies)
    front(folder, studies[0], metric, True)
    front(folder, studies[1], metric, False)
    figures(folder)
    score = re.search(rf"^test {metric} (\d\.\d+), \d+\.\d+ ms, \d+ bytes of weights", said, re.M)
    check(score and 0 <= float(score.group(1)) <= 1, "the C program printed no score")
    check(os.path.getsize(f"{folder}/{files[0][:-2]}.hyt") > 1000, "the C program kept no network")
