# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask and tell with worker processes: rounds of four evaluations at once, stored in a study.

Here an evaluation chooses how a polynomial is fitted to noisy points: its degree and ridge, for a small error on other
points and few terms. Kill it and start it again with the same file: it goes on where it was."""
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from hytnas import ExhaustedError, Search, Space, StateError, Study


def evaluate(trial):
    """Runs in another process: trials can be pickled."""
    x = np.linspace(-1, 1, 60)
    y = np.sin(3 * x) + 0.1 * np.random.default_rng(7).standard_normal(60)
    powers = np.vander(x, trial["degree"] + 1)
    train, test = powers[::2], powers[1::2]
    weights = np.linalg.solve(train.T @ train + trial["ridge"] * np.eye(train.shape[1]), train.T @ y[::2])
    return {"error": float(np.sqrt(np.mean((test @ weights - y[1::2]) ** 2))), "terms": trial["degree"] + 1}


def main(path):
    space = Space("polynomial").add_integer("degree", 1, 15).add_ordinal("ridge", [1e-6, 1e-4, 1e-2, 1])
    with Study(path) as study, ProcessPoolExecutor(2) as workers:
        search = Search(space, {"error": "min", "terms": "min"}, trials=24, batch=4, seed=1, study=study)
        while len(search) < 24:
            try:
                trials = search.ask(4)
            except (ExhaustedError, StateError):
                break
            for trial, objectives in zip(trials, workers.map(evaluate, trials)):
                search.tell(trial, objectives)
    for result in sorted(search.front, key=lambda result: result.objectives[1]):
        print(f"{result.candidate['degree']:2} {result.candidate['ridge']:8g}  error {result.objectives[0]:.4f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder + "/polynomial.db")
