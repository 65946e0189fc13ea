# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrogate, acquisition and selection are worth: the combinations that `hytnas tabular` offers, its default
recipe and other methods, on six tables of translation models (Zhang and Duh, TACL 8, 2020). One JSON line a run is
appended to a file; runs that are there are not made again. Seeds come one after the other, so that what is there so far
can be compared.

usage: translation_study.py PROGRAM --out FILE [--seeds N] [--minutes M]
                            [--surrogates A,B] [--acquisitions ...] [--selections ...]
       translation_study.py PROGRAM --out FILE --report DOCS.md
Tables come from HYTNAS_DATA/hpo_nmt."""
import argparse
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import time

TABLES = ["zh-en", "ru-en", "ja-en", "en-ja", "sw-en", "so-en"]
GENES = "bpe_symbols,num_layers,num_embed,ffn_num_hidden,attention_heads,initial_learning_rate"
METHODS = ["parego", "random", "sobol", "evolution", "nsga2"]  # beside the recipe
DEFAULT = "hytnas by default"
# Left out unless asked for: what is made of others, and what differs from another by how noise is treated.
LEFT_OUT = {"surrogate": ["auto"], "acquisition": ["nehvi", "thompson"], "selection": ["fantasies"]}
FACTORS = ["surrogate", "acquisition", "selection"]
ROUNDS, BATCH = 6, 5  # after the initial design
INNER = {"population": 32, "generations": 16}  # small, so that all of it takes minutes
DATA = os.environ.get("HYTNAS_DATA") or os.path.join(os.environ.get("HYTNAS_SOURCE", "."), "..", "shared", "data")


def choices(program, option):
    """The words that the program's help lists for an option; [] where there is no such option."""
    text = subprocess.run([program, "tabular", "--help"], capture_output=True, text=True, check=True).stdout
    found = re.search(rf"^  --{option} WORD\s(.*?)(?=^  --|^\S)", text, re.M | re.S)
    if not found:
        return []
    listed = re.search(r".*: (.*) \(default", " ".join(found.group(1).split())).group(1)
    return re.split(r", | or ", listed)


def combinations(program, wanted):
    lists = [wanted[f].split(",") if wanted[f] else [w for w in choices(program, f) if w not in LEFT_OUT[f]] or [None]
             for f in FACTORS]
    # What looks at all of a small space leaves nothing to the acquisition: the selection would decide alone.
    solver = {"solver": "nsga2"} if "nsga2" in choices(program, "solver") else {}
    yield {"method": "hytnas"}
    for words in itertools.product(*lists):
        yield {"method": "hytnas", **solver, **{f: w for f, w in zip(FACTORS, words) if w}}
    for method in METHODS:
        yield {"method": method}


def read(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("}\n")]


def name_of(setup):
    if setup["method"] != "hytnas":
        return setup["method"]
    return " ".join(setup[f] for f in FACTORS if f in setup) or DEFAULT


def rows_of(table):
    with open(os.path.join(DATA, "hpo_nmt", table + ".csv"), encoding="utf-8") as file:
        return sum(1 for _ in file) - 1


def run(program, table, setup, seed):
    initial = min(30, max(10, rows_of(table) // 10))
    flags = {**INNER, **setup, "seed": seed, "batch": BATCH, "initial": initial, "trials": initial + ROUNDS * BATCH}
    command = [program, "tabular", os.path.join(DATA, "hpo_nmt", table + ".csv"), "--objective", "dev_bleu:max",
               "--objective", "dev_gpu_time:min", "--gene", GENES]
    result = subprocess.run(command + [f"--{key}={value}" for key, value in flags.items()], capture_output=True,
                            text=True)
    if result.returncode != 0:
        print(f"{name_of(setup)} on {table}, seed {seed}: {result.stderr.strip()}", file=sys.stderr)
        return None
    answer = json.loads(result.stdout)
    return {"table": table, "setup": name_of(setup), "seed": seed, "seconds": answer["seconds"], "initial": initial,
            "curve": answer["curve"]}


def search(arguments):
    done = {(r["table"], r["setup"], r["seed"]) for r in read(arguments.out)}
    end = time.monotonic() + 60 * arguments.minutes
    wanted = {"surrogate": arguments.surrogates, "acquisition": arguments.acquisitions,
              "selection": arguments.selections}
    setups = list(combinations(arguments.program, wanted))
    for seed, setup, table in itertools.product(range(arguments.first, arguments.seeds), setups, TABLES):
        if (table, name_of(setup), seed) in done:
            continue
        if time.monotonic() > end:
            print("time is up; the next run goes on from here", file=sys.stderr)
            return
        answer = run(arguments.program, table, setup, seed)
        if answer:
            with open(arguments.out, "a", encoding="utf-8") as file:
                file.write(json.dumps(answer) + "\n")


def summarise(runs):
    """By setup: the median final share of each table, their mean, the mean of the medians half-way, seconds a round."""
    by = {}
    for r in runs:
        by.setdefault(r["setup"], {}).setdefault(r["table"], []).append(r)
    rows = []
    for setup, tables in by.items():
        if set(tables) != set(TABLES):
            continue
        final = [statistics.median(r["curve"][-1] for r in tables[t]) for t in TABLES]
        half = [statistics.median(r["curve"][(r["initial"] + len(r["curve"])) // 2 - 1] for r in tables[t])
                for t in TABLES]
        seconds = statistics.median(r["seconds"] for t in TABLES for r in tables[t]) / ROUNDS
        rows.append((statistics.mean(final), statistics.mean(half), setup, final, min(map(len, tables.values())),
                     seconds))
    return sorted(rows, reverse=True)


def factor_tables(rows):
    """The mean of each word over all that it was combined with."""
    models = [row for row in rows if row[2] not in METHODS + [DEFAULT]]
    for place, factor in enumerate(FACTORS):
        words = {}
        for row in models:
            if place < len(row[2].split()):
                words.setdefault(row[2].split()[place], []).append(row)
        if len(words) < 2:
            continue
        yield f"\n| {factor} | mean | half-way | best |\n|---|---|---|---|"
        for word, at in sorted(words.items(), key=lambda item: -statistics.mean(row[0] for row in item[1])):
            yield (f"| {word} | {statistics.mean(row[0] for row in at):.3f} | "
                   f"{statistics.mean(row[1] for row in at):.3f} | {max(row[0] for row in at):.3f} |")


def report(arguments):
    rows = summarise(read(arguments.out))
    if not rows:
        sys.exit(f"{arguments.out}: no setup has runs of all tables yet")
    lines = ["# Surrogate, acquisition, selection", "",
             "Six tables of translation models (Zhang and Duh, TACL 8, 2020): maximise BLEU on the development set,",
             "minimise the time to train. Each search starts from a tenth of the table (10 to 30 configurations, a",
             f"Latin hypercube) and asks for {ROUNDS} rounds of {BATCH}; a configuration that the table does not have",
             "is replaced by the nearest that was not evaluated yet. Figures are the hypervolume as a share of that of",
             "the table's front, against its nadir and 10 % of its range beyond: medians over seeds, then the mean of",
             "the six tables, at the end and half-way. Combinations are searched by a small NSGA-II on the",
             "acquisitions; `hytnas by default` is the recipe as it comes.", "",
             "Made by `tests/bench/translation_study.py PROGRAM --out FILE`, then",
             "`... --out FILE --report docs/translation_study.md`.", *factor_tables(rows), "",
             "| surrogate, acquisition, selection | mean | half-way | " + " | ".join(TABLES) +
             " | seeds | seconds a round |",
             "|---|---|---|" + "---|" * len(TABLES) + "---|---|"]
    for mean, half, setup, final, seeds, seconds in rows:
        lines.append(f"| {setup} | {mean:.3f} | {half:.3f} | " + " | ".join(f"{v:.3f}" for v in final) +
                     f" | {seeds} | {seconds:.3f} |")
    with open(arguments.report, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="first seed, so that two may share the work")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--surrogates")
    parser.add_argument("--acquisitions")
    parser.add_argument("--selections")
    parser.add_argument("--report")
    arguments = parser.parse_args()
    if not os.path.isdir(os.path.join(DATA, "hpo_nmt")):
        sys.exit("translation_study: HYTNAS_DATA has no hpo_nmt")
    if arguments.report:
        report(arguments)
    else:
        search(arguments)


if __name__ == "__main__":
    main()
