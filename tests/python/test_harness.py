# SPDX-License-Identifier: GPL-3.0-or-later
"""The method of tests/bench/peers_search.py on problems of its own: every kind of variable, tables, failures."""
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, os.path.join(os.environ["HYTNAS_SOURCE"], "tests", "bench"))
from peers_search import HytNas  # noqa: E402


def variable(kind, values=()):
    return SimpleNamespace(kind=kind, values=values, k=len(values),
                           levels=None if kind == "real" else np.arange(len(values)) / max(1, len(values) - 1))


VARIABLES = {
    "real": [variable("real")] * 3,
    "mixed": [variable("real"), variable("ord", [16, 32, 64, 128]), variable("cat", ["a", "b", "c"])],
    "odd": [variable("ord", ["small", "large"]), variable("ord", [3, 2, 1]), variable("ord", [7]),
            variable("cat", [None, 1.5]), variable("ord", [-1, 0.5, 2])],
}


def evaluate(x):
    x = np.asarray(x)
    return [x[0] + np.sum(x[1:] ** 2), 1 - x[0] + np.sum((x[1:] - 1) ** 2)]


def harness(variables, rounds, change=None, evaluate=evaluate, initial=8):
    """The points asked and told of one run."""
    rng, d = np.random.default_rng(3), len(variables)
    method = HytNas(SimpleNamespace(vars=variables, d=d, m=2, ref=np.array([4.0, 4.0]), n_init=initial, n_total=100), 1)

    def snap(u):
        return [a if v.levels is None else v.levels[np.abs(v.levels - a).argmin()] for v, a in zip(variables, u)]

    points = np.unique([snap(rng.random(d)) for _ in range(initial)], axis=0)
    method.tell(points, np.array([evaluate(x) for x in points]))
    asked, told = [], [tuple(x) for x in points]
    for _ in range(rounds):
        U = np.asarray(method.ask(5))
        assert U.ndim == 2 and U.shape[1] == d and len(U) <= 5
        if len(U) == 0:
            break
        X = np.array([snap(u) for u in U])
        assert (X == U).all()
        X = np.array([change(u) for u in U]) if change else X
        method.tell(X, np.array([evaluate(x) for x in X]))
        asked += [tuple(u) for u in U]
        told += [tuple(x) for x in X]
    return method, asked, told


@pytest.mark.parametrize("name", VARIABLES)
def test_what_is_asked_is_legal_and_new(name):
    method, asked, told = harness(VARIABLES[name], 8)
    assert len(set(told)) == len(told) and len(asked) >= 10
    assert method.search.hypervolume > 0


def test_an_exhausted_space_ends():
    _, _, told = harness(VARIABLES["odd"], 30)
    assert len(told) == 2 * 3 * 1 * 2 * 3


def test_points_that_do_not_exist_are_learnt():
    """Rows exist where the first two levels agree; another row stands in for the rest."""
    ladder, rows = [variable("ord", [1, 2, 4, 8, 16, 32])] * 3, set()

    def nearest(u):
        free = [(a, a, b) for a in ladder[0].levels for b in ladder[0].levels if (a, a, b) not in rows]
        row = min(free, key=lambda r: sum((p - q) ** 2 for p, q in zip(r, u)))
        rows.add(row)
        return list(row)

    method, asked, told = harness(ladder, 5, nearest, initial=1)
    assert len(set(asked)) == len(asked) and len(set(told[1:])) == len(told) - 1
    states = {result.candidate: result.state.name for result in method.search.results}
    for u in asked:
        assert states[method.candidate(u)] in (("FINISHED", "PENDING") if u in told else ("INFEASIBLE",))
    assert all(states[method.candidate(x)] == "FINISHED" for x in told[1:])


def test_values_that_are_not_finite_do_not_stop_it():
    _, _, told = harness(VARIABLES["mixed"], 6, evaluate=lambda x: evaluate(x) if x[0] < 0.5 else [np.nan, np.inf])
    assert len(told) > 30


def test_fewer_told_than_asked():
    method, _, _ = harness(VARIABLES["real"], 2)
    U = method.ask(5)
    method.tell(U[:2], np.array([evaluate(x) for x in U[:2]]))
    assert len(method.ask(5)) >= 1
