# SPDX-License-Identifier: GPL-3.0-or-later
"""The library's default search as a method of a harness that compares optimisers, by ask and tell in the unit cube.

A variable has `kind` ("real", "ord", "cat"), `levels` (its places from 0 to 1; None for a real one) and `values` (what
they mean). What is told may differ from what was asked: where a proposal does not exist, the harness evaluates another
point instead. The search learns both."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bindings", "python"))
import hytnas  # noqa: E402


def add_gene(space, name, variable):
    """The gene of a variable; returns the number of each of its levels, None for a real one."""
    if variable.kind == "real":
        space.add_real(name, 0.0, 1.0)
        return None
    places = range(len(variable.levels))
    if variable.kind == "cat":
        space.add_categorical(name, [f"c{place}" for place in places])
        return list(places)
    numbers = rising(variable.values, len(places)) or [float(place) for place in places]
    space.add_ordinal(name, numbers)
    return numbers


def rising(values, count):
    """What ordered levels mean, if they are numbers that rise."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        return None
    good = len(numbers) == count and np.isfinite(numbers).all() and (np.diff(numbers) > 0).all()
    return numbers if good else None


class HytNas:
    name, batch, paths = "hytnas", 5, ()

    def __init__(self, space, seed):
        self.variables = space.vars
        self.space = hytnas.Space("harness")
        self.numbers = [add_gene(self.space, f"v{gene}", variable) for gene, variable in enumerate(space.vars)]
        self.search = hytnas.Search(self.space, [f"f{k}" for k in range(space.m)], reference=space.ref, seed=seed,
                                    trials=space.n_total, batch=self.batch)
        self.asked, self.known = [], set()

    def tell(self, X, Y):
        told = {self.candidate(x): y for x, y in zip(np.atleast_2d(X), np.atleast_2d(Y))}
        places = len(np.atleast_2d(X))
        for place, trial in enumerate(self.asked):
            self.known.add(trial.candidate)
            if trial.candidate in told:
                self.search.tell(trial, told.pop(trial.candidate))
            else:               # another point stood in for it: it does not exist; or nobody came to it
                self.search.tell(trial, state="infeasible" if place < places else "cancelled")
        self.asked = []
        for candidate, y in told.items():
            if candidate not in self.known:
                self.learn(candidate, y)
        self.known |= told.keys()

    def learn(self, candidate, y):
        """What was not asked, unless it is proposed already and waits to be."""
        try:
            self.search.add_result(candidate, y)
        except hytnas.ConflictError:
            waiting = (result.number for result in self.search.results
                       if result.state == hytnas.TrialState.PENDING and result.candidate == candidate)
            self.search.tell(next(waiting), y)

    def ask(self, q):
        try:
            self.asked = self.search.ask(q)
        except hytnas.ExhaustedError:
            self.asked = []
        return np.array([self.point(trial.candidate) for trial in self.asked]).reshape(-1, len(self.variables))

    def candidate(self, x):
        """The candidate nearest to a point of the unit cube."""
        return self.space.at_numbers([
            u if numbers is None else numbers[int(np.abs(np.asarray(variable.levels) - u).argmin())]
            for variable, numbers, u in zip(self.variables, self.numbers, x)])

    def point(self, candidate):
        """A candidate's point of the unit cube."""
        return [number if numbers is None else variable.levels[level]
                for variable, numbers, number, level in zip(self.variables, self.numbers, candidate.numbers,
                                                            candidate.levels)]

    @classmethod
    def version(cls):
        return "libhytnas " + hytnas.__version__
