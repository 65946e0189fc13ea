# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the default search on the problems of a harness that holds its peers' results, and writes the table.

The harness (or the environment's HYTNAS_BARS) is copied to the scratch folder once; runs that are there are not
repeated, so that the command goes on where it stopped. Runs of another build of the library are thrown away. --report
only writes the table. The library is the one that HYTNAS_LIB names."""
import argparse
import glob
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OURS, NEVER = "hytnas", math.inf
TABLES = ("nmt-zh-en", "nmt-ru-en", "nmt-ja-en", "nmt-en-ja", "nmt-sw-en", "nmt-so-en")
# What is asked of a problem: hypervolume after so many evaluations.
VALUES = (("vww", 100, .86), ("vww", 300, .95), ("zdt1", 60, .95), ("zdt1", 150, .993), ("zdt2", 150, .985),
          ("zdt3", 150, .93), ("dtlz2", 150, .90), ("re21", 60, .98), ("re21", 90, .99), ("re24", 75, .99))


def evaluations_to(curve, level):
    return next((index + 1 for index, value in enumerate(curve) if value >= level), NEVER)


class Method:
    """The runs of one method on one problem; what it says are medians over seeds."""

    def __init__(self, runs):
        self.runs, first = runs, runs[0]
        self.name, self.version = first["method"], first["version"]
        self.initial, self.total = first["n_init"], first["n_total"]

    def at(self, evaluations):
        """Hypervolume, as a share of the best known front's; None where a run ended earlier."""
        if any(len(run["hv"]) < evaluations for run in self.runs):
            return None
        return statistics.median(run["hv"][evaluations - 1] for run in self.runs)

    def share(self, share):
        return self.at(max(1, round(self.total * share)))

    def to(self, level):
        return statistics.median(evaluations_to(run["hv"], level) for run in self.runs)

    @property
    def seconds(self):
        """Of one proposal, ask and tell, on the processor: the clock on the wall knows of other programs too."""
        return statistics.median(run["cpu_per_proposal"] if "cpu_per_proposal" in run else run["overhead_per_proposal"]
                                 for run in self.runs)  # some old runs of peers have only the wall's


def load(folder):
    """problem -> method -> Method"""
    runs = {}
    for path in sorted(glob.glob(os.path.join(folder, "*__*__*.json"))):
        with open(path, encoding="utf-8") as file:
            run = json.load(file)
        runs.setdefault(run["problem"], {}).setdefault(run["method"], []).append(run)
    return {problem: {name: Method(some) for name, some in methods.items()} for problem, methods in runs.items()}


def number(value, digits=4):
    return "-" if value is None or value == NEVER else f"{value:.{digits}f}"


def problem_table(problem, methods):
    first = next(iter(methods.values()))
    lines = [f"### {problem} ({first.initial} initial + {first.total - first.initial})", "",
             "| method | seeds | 25 % | 50 % | 75 % | 100 % | to 95 % | s a proposal |",
             "|---|---|---|---|---|---|---|---|"]
    for method in sorted(methods.values(), key=lambda one: -(one.share(1) or 0)):
        name = f"**{method.name}**" if method.name == OURS else method.name
        values = " | ".join(number(method.share(share)) for share in (.25, .5, .75, 1))
        lines.append(f"| {name} | {len(method.runs)} | {values} | {number(method.to(.95), 0)} | "
                     f"{method.seconds:.4f} |")
    return lines + [""]


def peers(methods):
    return [method for name, method in methods.items() if name != OURS]


class Bars:
    """Rows of the table of what was asked; a bar whose runs are missing is left out."""

    def __init__(self, results):
        self.results, self.rows = results, []

    def ours(self, problem):
        return self.results.get(problem, {}).get(OURS)

    def add(self, what, asked, seen, met):
        self.rows.append(f"| {what} | {asked} | {seen} | {'yes' if met else 'no'} |")

    def tables(self):
        present = [problem for problem in TABLES if self.ours(problem)]
        for share, asked in ((.5, .90), (1, .99)) if len(present) == len(TABLES) else ():
            mean = statistics.mean(self.ours(problem).share(share) for problem in present)
            self.add(f"mean of the six tables at {share:.0%} of the budget", f"at least {asked}", number(mean),
                     mean >= asked)
        for problem in present:
            ours = self.ours(problem)
            best = max(peer.share(1) or 0 for peer in peers(self.results[problem]))
            self.add(f"{problem} at the full budget", f"at least {best - .01:.4f}", number(ours.share(1)),
                     ours.share(1) >= best - .01)
            fewest = min(peer.to(.95) for peer in peers(self.results[problem]))
            if fewest < NEVER:
                self.add(f"{problem}, evaluations to 95 %", f"at most {fewest:.0f}", number(ours.to(.95), 0),
                         ours.to(.95) <= fewest)

    def values(self):
        for problem, evaluations, asked in VALUES:
            if self.ours(problem):
                seen = self.ours(problem).at(evaluations)
                self.add(f"{problem} at {evaluations}", f"at least {asked}", number(seen), (seen or 0) >= asked)

    def factor(self):
        methods = self.results.get("vww", {})
        if OURS in methods and "nsga2" in methods:
            level = methods["nsga2"].share(1)
            beyond = methods[OURS].to(level) - methods[OURS].initial
            self.add(f"vww, evaluations beyond the initial ones to {level:.4f}, what NSGA-II has at the end",
                     "at most 50", number(beyond, 0), beyond <= 50)

    def time(self):
        shares = {problem: methods[OURS].seconds / methods["tsemo"].seconds
                  for problem, methods in self.results.items() if OURS in methods and "tsemo" in methods}
        if shares:
            worst = max(shares, key=shares.get)
            self.add("time of a proposal as a share of TSEMO's, at worst", "at most 0.1",
                     f"{shares[worst]:.3f} ({worst})", shares[worst] <= .1)

    def lines(self):
        self.tables()
        self.values()
        self.factor()
        self.time()
        return ["| what | asked | seen | met |", "|---|---|---|---|", *self.rows, ""]


INTRODUCTION = """# The search beside its peers

The default recipe (no option but the seed, the reference point and rounds of 5) on six tables of measured translation
models, the 23 genes of HyT-NAS with predictors fitted to the published measurements (`vww`), and six continuous
problems. Every method starts from the same initial points of a Latin hypercube and has the same budget of evaluations;
where a proposal is not a row of a table, the nearest row that was not yet evaluated takes its place. The figures are
hypervolumes as a share of the best known front's, after a share of the budget (initial points among it), and the
evaluations until 95 % of it; medians over the seeds. A proposal's time is that of ask and tell, in seconds of one
processor. The peers' runs are stored ones: their times were taken at another hour. Written by
`tests/bench/search_bars.py`.
"""


def report(folder, out):
    results = load(folder)
    order = [*TABLES, *dict.fromkeys(problem for problem, _, _ in VALUES)]
    problems = [problem for problem in order if problem in results] + sorted(set(results) - set(order))
    lines = [INTRODUCTION, "## What was asked", "", *Bars(results).lines(), "## Problem by problem", ""]
    for problem in problems:
        lines += problem_table(problem, results[problem])
    versions = sorted({(method.name, method.version) for methods in results.values() for method in methods.values()})
    lines += ["## Versions", "", *(f"- {name}: {version}" for name, version in versions if version != "harness"), ""]
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def library():
    place = os.environ.get("HYTNAS_LIB", "")
    return os.path.join(place, "lib", "libhytnas.so") if os.path.isdir(place) else place


def prepare(harness, scratch):
    """A copy of the harness, without our runs of another build."""
    if not os.path.exists(os.path.join(scratch, "run.py")):
        shutil.copytree(harness, scratch, copy_function=shutil.copyfile, dirs_exist_ok=True)
        for folder, _, _ in os.walk(scratch):
            os.chmod(folder, 0o755)
    with open(library(), "rb") as file:
        build = hashlib.sha256(file.read()).hexdigest()
    stamp = os.path.join(scratch, "library")
    if not os.path.exists(stamp) or open(stamp, encoding="utf-8").read() != build:
        for path in glob.glob(os.path.join(scratch, "results", f"{OURS}__*")):
            os.remove(path)
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(build)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", default=os.environ.get("HYTNAS_BARS"))
    parser.add_argument("--scratch", default=os.path.join(ROOT, "build", "search-bars"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problems", default="all")
    parser.add_argument("--out", default=os.path.join(ROOT, "docs", "search_bars.md"))
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    if not options.report:
        if not options.harness or not os.path.isfile(library()):
            parser.error("--harness (or HYTNAS_BARS) and HYTNAS_LIB are needed to run")
        prepare(options.harness, options.scratch)
        plugin = os.path.join(HERE, "peers_search.py") + ":HytNas"
        environment = dict(os.environ, HYTNAS_LIB=os.path.abspath(library()), PYTHONDONTWRITEBYTECODE="1")
        subprocess.run([sys.executable, "run.py", "--plugin", plugin, "--methods", OURS, "--problems", options.problems,
                        "--seeds", str(options.seeds)], cwd=options.scratch, check=True, env=environment)
    report(os.path.join(options.scratch, "results"), options.out)


if __name__ == "__main__":
    main()
