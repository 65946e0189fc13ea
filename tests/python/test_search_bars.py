# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/bench/search_bars.py says of runs whose answers are known."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.environ["HYTNAS_SOURCE"], "tests", "bench"))
import search_bars  # noqa: E402


def write(folder, method, problem, seed, curve, seconds, initial=2):
    run = {"method": method, "problem": problem, "seed": seed, "n_init": initial, "n_total": 300, "hv": curve,
           "cpu_per_proposal": seconds, "version": method + " 1"}
    with open(os.path.join(folder, f"{method}__{problem}__{seed}.json"), "w", encoding="utf-8") as file:
        json.dump(run, file)


@pytest.fixture
def results(tmp_path):
    for seed, top in enumerate((.96, .98, .97)):
        write(tmp_path, "hytnas", "vww", seed, [.5] * 40 + [.9] * 60 + [top] * 200, .02)
    write(tmp_path, "nsga2", "vww", 0, [.5] * 100 + [.84] * 200, .001)
    write(tmp_path, "tsemo", "vww", 0, [.5] * 100 + [.91] * 100, .25)
    return tmp_path


def test_medians_and_ends(results):
    methods = search_bars.load(results)["vww"]
    assert methods["hytnas"].at(300) == methods["hytnas"].share(1) == .97
    assert methods["hytnas"].to(.95) == 101 and methods["nsga2"].to(.95) == search_bars.NEVER
    assert methods["tsemo"].share(1) is None and methods["tsemo"].share(.5) == .91


def test_the_table_says_what_was_met(results, tmp_path):
    out = tmp_path / "bars.md"
    search_bars.report(results, out)
    lines = out.read_text().splitlines()
    assert "| vww at 100 | at least 0.86 | 0.9000 | yes |" in lines
    assert "| vww at 300 | at least 0.95 | 0.9700 | yes |" in lines
    assert next(line for line in lines if "NSGA-II" in line).endswith("| at most 50 | 39 | yes |")
    assert next(line for line in lines if "TSEMO" in line).endswith("| at most 0.1 | 0.080 (vww) | yes |")
    assert "| **hytnas** | 3 | 0.9000 | 0.9700 | 0.9700 | 0.9700 | 101 | 0.0200 |" in lines
    assert "| tsemo | 1 | 0.5000 | 0.9100 | - | - | - | 0.2500 |" in lines
