# SPDX-License-Identifier: GPL-3.0-or-later
"""hytnas profile: builders, genomes and files measured, what is written of them, and what is refused.
usage: profile.py PROGRAM"""
import csv
import html.parser
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
CORPUS = os.path.join(os.path.abspath(os.environ.get("HYTNAS_SOURCE", ".")), "tests", "fuzz", "corpus")
NETWORK = "mobilenetv1-0.25"
SMALL = (NETWORK, "--input", 32, "--classes", 2, "--ms", 2)
GENOME = "1:1:1:1:1:1:1:1:1:8:1:1:1:1:1:1:1:1:1:1:2:2:2"
FIELDS = ["network", "input", "precision", "threads", "latency_ms", "low_ms", "high_ms", "per_second", "arena_bytes",
          "weight_bytes", "macs", "parameters"]
EXACT = ["network", "input", "precision", "threads", "arena_bytes", "weight_bytes", "macs", "parameters"]


def run(*arguments):
    return subprocess.run([PROGRAM, "profile", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def good(*arguments):
    result = run(*arguments)
    assert result.returncode == 0, (arguments, result.stderr)
    return result.stdout


def profile(*arguments):
    rows = json.loads(good(*arguments, "--json", "-"))
    for row in rows:
        assert [key for key in row if key not in ("fits", "steps")] == FIELDS, row
        assert 0 < row["low_ms"] <= row["latency_ms"] <= row["high_ms"], row
        assert abs(row["per_second"] * row["latency_ms"] / 1000 - 1) < 1e-6, row
        assert row["arena_bytes"] % 64 == 0 and row["arena_bytes"] > 0, row
        assert row["steps"] and all(step["ms"] >= 0 and step["kind"] and step["text"] for step in row["steps"]), row
    return rows


def refused(*arguments, says):
    result = run(*arguments)
    assert result.returncode == 2 and result.stdout == "", (arguments, result)
    assert result.stderr.startswith("hytnas: ") and len(result.stderr.splitlines()) == 1, result.stderr
    for word in says:
        assert word in result.stderr, (arguments, result.stderr, word)


def builders():
    """By default three precisions on one thread; narrower formats take fewer bytes, and do the same work."""
    rows = profile(*SMALL)
    assert [(row["precision"], row["threads"]) for row in rows] == [("fp32", 1), ("bf16", 1), ("int8", 1)], rows
    wide, half, narrow = rows
    for field in "arena_bytes", "weight_bytes":
        assert wide[field] > half[field] > narrow[field], rows
    assert wide["weight_bytes"] == 2 * half["weight_bytes"], rows
    for field in "macs", "parameters", "input":
        assert len({row[field] for row in rows}) == 1, rows
    assert wide["input"] == 32, wide
    for row in rows:
        assert row["macs"] == sum(step["macs"] for step in row["steps"] if step["kind"] != "output"), row
        assert {step["precision"] for step in row["steps"]} == {row["precision"]}, row["steps"]
    genome = profile(GENOME, "--precision", "fp32", "--ms", 1)[0]
    assert genome["network"] == GENOME and genome["input"] == 96, genome
    threads = profile(*SMALL, "--precision", "fp16,fp32", "--threads", "1,2")
    assert [(row["precision"], row["threads"]) for row in threads] == [("fp16", 1), ("fp16", 2), ("fp32", 1),
                                                                      ("fp32", 2)], threads


def files():
    """Each of the formats that are read; in "graph" an int8 file runs in int8, though a float one does not."""
    for name, stored in [("model/block.hyt", "fp32"), ("onnx/classifier.onnx", "fp32"), ("onnx/quantised.onnx", "int8"),
                         ("tflite/float-141.tflite", "fp32"), ("tflite/int8-52.tflite", "int8")]:
        path = os.path.join(CORPUS, name)
        rows = profile(path, "--precision", "graph,fp32,bf16,fp16,int8", "--ms", 1)
        assert [row["precision"] for row in rows] == ["graph", "fp32", "bf16", "fp16", "int8"], rows
        assert {row["network"] for row in rows} == {path}, rows
        assert any(step["precision"] == stored for step in rows[0]["steps"]), (name, rows[0])
        assert {step["precision"] for step in rows[1]["steps"]} == {"fp32"}, (name, rows[1])
        side = profile(path, "--input", 224, "--precision", "fp32", "--ms", 1)[0]["input"]
        assert side == rows[0]["input"], "--input changes what a file says"


def tables():
    """Table, CSV and JSON say the same of what is exact; a name is quoted where it has to be."""
    name = 'a, "b".hyt'
    shutil.copy(os.path.join(CORPUS, "model", "block.hyt"), name)
    asked = (name, *SMALL, "--precision", "fp32,int8")
    text = good(*asked, "--json", "t.json", "--csv", "t.csv").splitlines()
    with open("t.json", encoding="utf-8") as file:
        rows = json.load(file)
    with open("t.csv", encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    assert len(text) == 5 and len(rows) == len(cells) == 4, (text, rows, cells)
    assert text[0].split() == ["network", "input", "threads", "ms", "95", "%", "per", "s", "arena", "bytes", "weights",
                               "MACs"], text[0]
    for line, row, cell in zip(text[1:], rows, cells):
        assert list(cell) == FIELDS, cell
        for field in EXACT:
            assert cell[field] == str(row[field]), (field, cell, row)
        assert abs(float(cell["latency_ms"]) / row["latency_ms"] - 1) < 1e-5, (cell, row)
        assert line.startswith(row["network"]) and f"{row['arena_bytes']:,}" in line, (line, row)
    assert list(csv.DictReader(io.StringIO(good(*asked, "--csv", "-")))) != [], "CSV to standard output"
    steps = good(*SMALL, "--precision", "int8", "--steps").splitlines()
    assert f"{NETWORK}, int8, 1 thread: operations" in steps, steps
    assert sum(" depthwise " in line and " int8 " in line for line in steps) == 13, steps


def fits():
    """To the byte, of both limits."""
    row = profile(*SMALL, "--precision", "int8")[0]
    assert "fits" not in row, row
    ram, flash = row["arena_bytes"], row["weight_bytes"]
    for limits, fit in [(("--ram", ram), True), (("--ram", ram - 1), False), (("--flash", flash), True),
                        (("--flash", flash - 1), False), (("--ram", ram, "--flash", flash), True),
                        (("--ram", ram - 1, "--flash", flash), False), (("--ram", ram, "--flash", flash - 1), False)]:
        asked = (*SMALL, "--precision", "int8", *limits)
        assert profile(*asked)[0]["fits"] is fit, (limits, fit)
        word = "yes" if fit else "no"
        lines = good(*asked, "--csv", "t.csv").splitlines()
        assert lines[0].endswith("  fits") and lines[1].endswith("  " + word), lines
        with open("t.csv", encoding="utf-8", newline="") as file:
            assert [cell["fits"] for cell in csv.DictReader(file)] == [word]


class Page(html.parser.HTMLParser):
    """Every element is closed, in order; the plots and rows are counted."""
    VOID = {"meta", "link", "br", "input", "img", "hr"}

    def __init__(self, text):
        super().__init__()
        self.open, self.count, self.text = [], {}, ""
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()

    def handle_data(self, data):
        self.text += data


def report():
    name = "<b>&.hyt"
    shutil.copy(os.path.join(CORPUS, "model", "block.hyt"), name)
    good(name, *SMALL, "--precision", "fp32,int8", "--ram", 20000, "--report", "page.html")
    with open("page.html", encoding="utf-8") as file:
        page = Page(file.read())
    assert page.count["svg"] == 4 and page.count["tr"] == 5, page.count
    assert name in page.text and "at most 20,000 bytes of RAM" in page.text and "b" not in page.count, page.count
    assert "nan" not in page.text and "inf" not in page.text


def bad_words():
    refused(says=["needs a network"])
    refused("nosuch", says=["nosuch", "nearest"])
    refused("none/none.onnx", says=["none/none.onnx", "could not be opened"])
    refused(".", says=["not a file"])
    refused("1:2:3", says=["genome"])
    refused("mobilevit-xxs", "--input", 2, says=["mobilevit-xxs", "2", "32"])
    refused(*SMALL, "--precision", "fp64", says=["fp64", "bf16"])
    refused(*SMALL, "--precision", "fp32,,int8", says=["precision"])
    refused(*SMALL, "--precision", "", says=["precision"])
    refused(*SMALL, "--precision", ",".join(["fp32"] * 17), says=["precision", "16"])
    for flag, values in [("threads", ["0", "257", "1,x", "1;2", ""]), ("ms", ["0", "-1", "2.5", "1e3"]),
                         ("input", ["0", "9999999", "x"]), ("classes", ["0", "65537"]), ("ram", ["0", "-1", "64k"]),
                         ("flash", ["0", "nan", "99999999999999999999"])]:
        for value in values:
            refused(*SMALL, "--" + flag, value, says=["--" + flag])
    refused(*SMALL, "--colour", says=["--colour"])
    refused(NETWORK, "--json", says=["--json", "value"])
    refused(*SMALL, "--json", "-", "--csv", "-", says=["standard output"])


def bad_files():
    """Cut short, damaged, of another kind: one line that names the file."""
    with open("text.tflite", "w", encoding="utf-8") as file:
        file.write("no network at all\n" * 9)
    open("empty.onnx", "wb").close()
    for name in "text.tflite", "empty.onnx":
        refused(name, says=[name])
    for source in "model/block.hyt", "onnx/classifier.onnx", "tflite/int8-52.tflite":
        with open(os.path.join(CORPUS, source), "rb") as file:
            content = file.read()
        with open("cut", "wb") as file:
            file.write(content[:len(content) // 2])
        refused("cut", says=["cut"])


def failures():
    """What was measured before a fault is still written; what cannot be written is said, and is the exit code."""
    result = run(*SMALL, "nosuch", "--precision", "fp32", "--csv", "-")
    assert result.returncode == 2 and "nosuch" in result.stderr, result
    assert [row["network"] for row in csv.DictReader(io.StringIO(result.stdout))] == [NETWORK], result.stdout
    for flag in "--json", "--csv", "--report":
        for path in ["none/out"] + (["/dev/full"] if os.path.exists("/dev/full") else []):
            result = run(*SMALL, "--precision", "fp32", flag, path)
            assert result.returncode == 2 and path in result.stderr, result
            assert NETWORK in result.stdout, "the table is there all the same"


def main():
    with tempfile.TemporaryDirectory(prefix="hytnas-") as folder:
        os.chdir(folder)
        assert max(map(len, run("--help").stdout.splitlines())) <= 100
        for step in builders, files, tables, fits, report, bad_words, bad_files, failures:
            step()
            print("good:", step.__name__, flush=True)


main()
