# SPDX-License-Identifier: GPL-3.0-or-later
"""hytnas tabular: replayed tables, whole and with holes, and bad ones.
usage: tabular.py PROGRAM"""
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
BOTH = ("--objective", "gain:max", "--objective", "cost:min")
FAST = ("--population", 16, "--generations", 4, "--surrogate", "gp")


def run(*arguments):
    return subprocess.run([PROGRAM, "tabular", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def replay(*arguments):
    result = run(*arguments)
    assert result.returncode == 0, (arguments, result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


def refused(*arguments, says):
    result = run(*arguments)
    assert result.returncode == 2 and result.stdout == "", (arguments, result)
    assert result.stderr.startswith("hytnas: ") and len(result.stderr.splitlines()) == 1, result.stderr
    for word in says:
        assert word in result.stderr, (arguments, result.stderr, word)


def write(path, *lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("".join(line + "\n" for line in lines))


def objectives(a, b, kind):
    gain = a ** 0.5 + {"red (1)": 0, "gr,een": 1, "blue": 0.5}[kind] + 0.1 * b
    return gain, a * (1 + b / 10)


def make_tables():
    """full: every configuration; holes: three of four, shuffled; copies: rows twice, the second off by a little."""
    draw = random.Random(3)
    head = "row,a,twice_a,b,only,kind,gain,cost"
    full = []
    for i, (a, b, kind) in enumerate(itertools.product([1, 2, 4, 8, 16], [-1, 0, 2.5], ["red (1)", "gr,een", "blue"])):
        gain, cost = objectives(a, b, kind)
        full.append(f'{i},{a},{2 * a},{b},7,"{kind}",{gain!r},{cost!r}')
    holes = [line for i, line in enumerate(full) if i % 4]
    draw.shuffle(holes)
    write("full.csv", head, *full)
    write("holes.csv", head, *holes)
    write("copies.csv", head, *(line for line in full for _ in range(2)))
    write("big.csv", "a,b,c,gain,cost", *(f"{a},{b},{c},{a + b * 0.3!r},{abs(a - 12) + c * c!r}"
                                          for a in range(25) for b in range(20) for c in range(20)))


def front_is_found():
    methods = "hytnas,nsga2,random,sobol,evolution"
    for table, rows in ("full.csv", 45), ("holes.csv", 33), ("copies.csv", 45):
        drop = ("--drop", "twice_a")
        runs = replay(table, *BOTH, *drop, *FAST, "--method", methods, "--seeds", 2, "--trials", 1000, "--initial", 6)
        assert len(runs) == 10
        for answer in runs:
            curve = answer["curve"]
            assert answer["rows"] == rows and answer["genes"] == 4, answer
            assert len(curve) == answer["evaluations"] == rows, answer
            assert all(x <= y for x, y in zip(curve, curve[1:])) and abs(curve[-1] - 1) < 1e-12
            first = next(i for i, share in enumerate(curve) if share >= 0.99) + 1
            assert answer["to99"] == first and answer["to95"] <= first
            assert answer["merged"] == (45 if table == "copies.csv" else 0)
            assert (answer["repaired"] > 0) == (table == "holes.csv"), answer
        assert [answer["seed"] for answer in runs] == [0, 1] * 5
        assert [answer["method"] for answer in runs[::2]] == methods.split(",")


def same_seed_same_run():
    arguments = ("holes.csv", *BOTH, *FAST, "--seed", 4, "--seeds", 2, "--trials", 20)
    first, again = replay(*arguments), replay(*arguments)
    for answer in first + again:
        del answer["seconds"]
    assert first == again and first[0]["curve"] != first[1]["curve"]
    assert replay(*arguments, "--seed", 5, "--seeds", 1)[0]["curve"] == first[1]["curve"]


def columns_that_say_the_same():
    """twice_a is a again: most of the grid is missing, and the search still gets through."""
    answer = replay("full.csv", *BOTH, *FAST, "--method", "hytnas", "--trials", 45, "--gene", "a,twice_a,b,kind")[0]
    assert answer["evaluations"] == 45 and answer["genes"] == 4 and answer["repaired"] > 0
    answer = replay("full.csv", *BOTH, "--method", "random", "--gene", "row", "--trials", 9)[0]
    assert answer["genes"] == 1 and answer["evaluations"] == 9 and answer["rows"] == 45


def rows_can_be_repeated():
    """No more evaluations than rows, also where a round would hold more."""
    write("seven.csv", "a,gain,loss", *(f"{a},{a},{a * a}" for a in range(7)))
    answer = replay("seven.csv", "--objective", "gain:max", "--objective", "loss:min", *FAST, "--initial", 5,
                    "--repeats", 3, "--trials", 100)[0]
    assert answer["evaluations"] == len(answer["curve"]) == 7, answer


def what_is_missing_can_fail():
    for method in "hytnas", "nsga2", "random":
        answer = replay("holes.csv", *BOTH, *FAST, "--drop", "twice_a", "--missing", "infeasible", "--method", method,
                        "--trials", 40)[0]
        assert answer["infeasible"] > 0 and len(answer["curve"]) == 40, answer
    answer = replay("holes.csv", *BOTH, "--drop", "twice_a", "--missing", "infeasible", "--method", "random",
                    "--trials", 100)[0]
    assert answer["evaluations"] == 45 and answer["infeasible"] == 12 and abs(answer["hypervolume"] - 1) < 1e-12


def one_row_and_one_objective():
    write("one.csv", "a,gain", "3,5")
    answer = replay("one.csv", "--objective", "gain:max", "--method", "hytnas,random,sobol,evolution")[0]
    assert answer["evaluations"] == 1 and answer["curve"] == [1] and answer["to99"] == 1
    write("flat.csv", "a,gain", *(f"{a},5" for a in range(9)))
    answer = replay("flat.csv", "--objective", "gain:min", "--initial", 3, *FAST)[0]
    assert answer["evaluations"] == 9 and answer["curve"] == [1] * 9


def large_tables():
    """10,000 rows, all evaluated, by what needs no model."""
    for method in "random", "sobol", "evolution", "nsga2":
        answer = replay("big.csv", *BOTH, "--method", method, "--trials", 10000, "--batch", 500)[0]
        assert answer["evaluations"] == 10000 and abs(answer["hypervolume"] - 1) < 1e-12


def bad_input():
    good = ("full.csv", *BOTH)
    refused(says=["needs a table"])
    refused("full.csv", says=["needs an --objective"])
    refused("none.csv", *BOTH, says=["none.csv"])
    refused("full.csv", "--objective", "gain", says=["gain", ":max"])
    refused("full.csv", "--objective", "gain:most", says=["gain:most"])
    refused("full.csv", "--objective", ":max", says=[":max"])
    refused("full.csv", "--objective", "gian:max", says=["gian", "gain"])
    refused("full.csv", "--objective", "kind:max", says=["kind", "line"])
    refused(*good, "--objective", "gain:min", says=["gain", "twice"])
    refused(*good, *(("--objective", "a:min") * 3), says=["4"])
    refused(*good, "--gene", "a,,b", says=["--gene"])
    refused(*good, "--gene", "a,c", says=["\"c\""])
    refused(*good, "--drop", "d", says=["\"d\""])
    refused(*good, "--gene", "gain", says=["no column is left"])
    refused(*good, "--method", "hytnas,nsga3", says=["nsga3", "nsga2"])
    refused(*good, "--missing", "far", says=["far", "nearest"])
    refused(*good, "--seeds", "0", says=["--seeds"])
    refused(*good, "--trials", "0", says=["trials"])
    refused(*good, "--stall", "3", says=["--stall"])
    refused(*good, "other.csv", says=["other.csv"])
    write("empty.csv", "a,gain")
    refused("empty.csv", "--objective", "gain:max", says=["without rows"])
    write("hole.csv", "a,gain", "1,2", ",3")
    refused("hole.csv", "--objective", "gain:max", says=["line 3", "a", "empty"])
    write("many.csv", "a,gain", *(f"{i},{i}" for i in range(5000)))
    refused("many.csv", "--objective", "gain:max", says=["5000 levels"])


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    make_tables()
    for test in (front_is_found, same_seed_same_run, columns_that_say_the_same, rows_can_be_repeated,
                 what_is_missing_can_fail, one_row_and_one_objective, large_tables, bad_input):
        test()
        print(test.__name__, "passed", flush=True)
