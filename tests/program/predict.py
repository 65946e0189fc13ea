# SPDX-License-Identifier: GPL-3.0-or-later
"""hytnas predict: what it says of tables, and of bad ones.
usage: predict.py PROGRAM"""
import json
import os
import random
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
DATA = os.environ.get("HYTNAS_DATA") or os.path.join(os.environ.get("HYTNAS_SOURCE", "."), "..", "shared", "data")


def run(*arguments):
    return subprocess.run([PROGRAM, "predict", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def predict(*arguments):
    result = run(*arguments, "--json")
    assert result.returncode == 0, (arguments, result.stderr)
    answer = json.loads(result.stdout.splitlines()[-1])
    assert list(answer) == ["surrogate", "tau", "rho", "r2", "rmse"], answer
    return answer


def refused(*arguments, says):
    result = run(*arguments)
    assert result.returncode == 2 and result.stdout == "", (arguments, result)
    assert result.stderr.startswith("hytnas: ") and len(result.stderr.splitlines()) == 1, result.stderr
    for word in says:
        assert word in result.stderr, (arguments, result.stderr, word)


def write(path, *lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("".join(line + "\n" for line in lines))


def make_tables():
    """y depends on a, which is multiplied, and on the words of b; z is y itself, bad is 1 where y is nonsense."""
    draw = random.Random(5)
    rows, folds = [], []
    for i in range(80):
        a, b, bad = 2 ** draw.randrange(6), draw.choice(["red", "green", '"deep, blue"']), int(i % 10 == 0)
        y = 1000 * draw.random() if bad else a.bit_length() + {"r": 3, "g": 0, '"': -2}[b[0]] + 0.05 * draw.gauss(0, 1)
        rows.append(f"{i},{a},{b},{y!r},{y!r},{bad}")
        folds.append(f"{i},{draw.randrange(4)}")
    write("t.csv", "row,a,b,y,z,bad", *rows)
    write("f.csv", "row,fold", *reversed(folds))
    write("short.csv", "row,fold", *folds[:-1])
    write("twice.csv", "row,fold", *folds, folds[3])
    write("half.csv", "row,fold", *folds[:-1], "79,0.5")


def tables():
    good = ["t.csv", "--target", "y", "--where", "bad=0", "--drop", "z"]
    for kind in "gp", "trees", "auto":
        answer = predict(*good, "--surrogate", kind, "--folds", "f.csv")
        assert answer["surrogate"] == kind and answer["tau"] > 0.85 and answer["r2"] > 0.95, answer
        assert answer == predict(*good, "--surrogate", kind, "--folds", "f.csv"), "twice the same"
    assert predict(*good)["tau"] > 0.8
    assert predict(*good, "--seed", 1, "--split", 5) != predict(*good, "--seed", 2, "--split", 5)
    assert predict("t.csv", "--target", "y", "--drop", "z")["r2"] < 0.5, "nonsense is predicted"
    fewer = predict(*good, "--surrogate", "trees", "--option", "rounds=5", "--option", "members=1")
    assert fewer["rmse"] > predict(*good, "--surrogate", "trees")["rmse"], fewer
    table = run(*good)
    assert table.returncode == 0 and "CRPS" in table.stdout and "within 95 %" in table.stdout, table


def bad_words():
    refused("--target", "y", says=["needs a table"])
    refused("t.csv", says=["--target"])
    refused("none.csv", "--target", "y", says=["none.csv"])
    refused("t.csv", "--target", "w", says=["t.csv", '"w"'])
    refused("t.csv", "--target", "b", says=["line 2", "not a number"])
    refused("t.csv", "--target", "y", "--drop", "q", says=['"q"'])
    refused("t.csv", "--target", "y", "--drop", "a,,b", says=["empty name"])
    refused("t.csv", "--target", "y", "--drop", "a,b,z,bad", says=["no column is left"])
    refused("t.csv", "--target", "y", "--where", "bad", says=["NAME=VALUE"])
    refused("t.csv", "--target", "y", "--where", "bad=7", says=["0 of 80 rows"])
    refused("t.csv", "--target", "y", "--surrogate", "tree", says=['"trees"'])
    refused("t.csv", "--target", "y", "--surrogate", "gp", "--option", "start=3", says=["starts"])
    refused("t.csv", "--target", "y", "--split", "1", says=["split"])
    refused("t.csv", "--target", "y", "--folds", "short.csv", says=["row 79", "0 times"])
    refused("t.csv", "--target", "y", "--folds", "twice.csv", says=["row 3", "2 times"])
    refused("t.csv", "--target", "y", "--folds", "half.csv", says=["line 81", "0.5"])
    refused("t.csv", "t.csv", "--target", "y", says=["one table"])


def measured():
    folder = os.path.join(DATA, "hytnas-vww")
    if not os.path.isdir(folder):
        print("skipped: no", folder)
        return
    answer = predict(os.path.join(folder, "accuracy.csv"), "--target", "accuracy_percent", "--where", "suspect=0",
                     "--drop", "source_id,l5_channels", "--folds", os.path.join(folder, "folds_accuracy.csv"))
    print(answer)
    assert answer["tau"] >= 0.81 and answer["rmse"] <= 0.675, answer


def main():
    with tempfile.TemporaryDirectory(prefix="hytnas-") as folder:
        global DATA
        DATA = os.path.abspath(DATA)
        os.chdir(folder)
        assert max(map(len, run("--help").stdout.splitlines())) <= 100
        make_tables()
        for step in tables, bad_words, measured:
            step()
            print("good:", step.__name__, flush=True)


main()
