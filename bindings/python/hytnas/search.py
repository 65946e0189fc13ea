# SPDX-License-Identifier: GPL-3.0-or-later
"""Multi-objective search, by ask and tell or with a function that the library calls.

    search = Search(space, {"strength": "max", "cost": "min"}, trials=60, seed=1)
    search.optimize(lambda trial: (trial["beams"] / trial["span"], trial["span"] + trial["beams"] ** 2))
    for trial in search.front: print(trial.candidate, trial.objectives)
"""
from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _prototypes as c
from ._handle import Array, Handle, array, pointer, registry, release, text
from ._library import lib
from ._prototypes import Direction, TrialState
from .errors import check, send
from .options import Options, Value
from .space import Candidate, Setting, Space

if TYPE_CHECKING:
    from .study import Study

Objectives = Union[float, Sequence[float], Mapping[str, float], Array]
Evaluation = Callable[["Trial"], Objectives]
Measure = Callable[[Candidate], float]
Progress = Callable[["Search", "Result"], Any]

DIRECTIONS = {"min": Direction.MINIMISE, "minimise": Direction.MINIMISE, "minimize": Direction.MINIMISE,
              "max": Direction.MAXIMISE, "maximise": Direction.MAXIMISE, "maximize": Direction.MAXIMISE}


class StopSearch(Exception):
    """Raised in an evaluation or a progress function: ends the run well. The trial stays asked."""


class TrialFailed(Exception):
    """Raised in an evaluation: this trial failed, in the way that `state` says; the search learns from it."""

    def __init__(self, state: Union[TrialState, str] = TrialState.INFEASIBLE, reason: str = "") -> None:
        self.state = as_state(state)
        super().__init__(reason or self.state.name.lower())

    def __reduce__(self) -> Tuple[Any, ...]:
        return TrialFailed, (self.state, str(self))


class Trial:
    """One evaluation of one candidate that the search asks for; trial["gene"] is the candidate's value.

    It can be pickled for another process, where report() and should_stop do nothing."""

    def __init__(self, number: int, candidate: Candidate, fidelity: float = 1.0, handle: Any = None,
                 owner: Any = None) -> None:
        self.number, self.candidate, self.fidelity = number, candidate, fidelity
        self._handle, self._owner = handle, owner

    @classmethod
    def _lent(cls, handle: Any, space: Space, owner: Any) -> Trial:
        return cls(lib.hyt_trial_number(handle), Candidate._lent(lib.hyt_trial_candidate(handle), space),
                   lib.hyt_trial_fidelity(handle), handle, owner)

    def __reduce__(self) -> Tuple[Any, ...]:
        return Trial, (self.number, self.candidate, self.fidelity)

    def __getitem__(self, gene: str) -> Optional[Setting]:
        return self.candidate[gene]

    @property
    def seconds_left(self) -> float:
        """Until its deadline; infinity if it has none."""
        return float(lib.hyt_trial_seconds_left(self._handle)) if self._here else math.inf

    @property
    def _here(self) -> bool:
        return self._handle is not None and not self._owner.closed

    def report(self, step: int, objectives: npt.ArrayLike) -> None:
        """Intermediate values at `step` of the evaluation."""
        if self._here:
            values = array(objectives, None)
            check(lib.hyt_trial_report(self._handle, step, pointer(values), len(values)))

    @property
    def should_stop(self) -> bool:
        """Whether the search wants the evaluation to end."""
        return self._here and bool(lib.hyt_trial_should_stop(self._handle))

    def __repr__(self) -> str:
        return f"Trial({self.number}, {self.candidate.genome})"


class Result(NamedTuple):
    """What became of a trial; `objectives` is None unless it is finished."""

    number: int
    candidate: Candidate
    state: TrialState
    objectives: Optional[Array]
    in_front: bool


def as_state(state: Union[TrialState, str]) -> TrialState:
    return TrialState[state.upper()] if isinstance(state, str) else TrialState(state)


class _Run:
    """What the callbacks of one run work with."""

    def __init__(self, search: Search, evaluate: Evaluation, progress: Optional[Progress]) -> None:
        self.search, self.evaluate, self.progress = search, evaluate, progress


def _evaluate(user: int, handle: Any, objectives: Any, count: int) -> int:
    try:
        run: _Run = registry.get(user)
        values = run.search.as_values(run.evaluate(Trial._lent(handle, run.search.space, run.search)))
        ctypes.memmove(objectives, values.ctypes.data, 8 * count)
        return 0
    except StopSearch:
        return int(c.HYT_STOP)
    except TrialFailed as failure:
        return int(failure.state)
    except BaseException as error:
        return send(error)


def _progress(user: int, _: Any, handle: Any) -> int:
    try:
        run: _Run = registry.get(user)
        if run.progress is not None:
            run.progress(run.search, run.search.result(lib.hyt_trial_number(handle)))
        return 0
    except StopSearch:
        return int(c.HYT_STOP)
    except BaseException as error:
        return send(error)


def _measure(user: int, handle: Any, value: Any) -> int:
    try:
        function, space = registry.get(user)
        value[0] = float(function(Candidate._lent(handle, space)))
        return 0
    except BaseException as error:
        return send(error)


_EVALUATE, _PROGRESS = c.hyt_evaluate_fn(_evaluate), c.hyt_progress_fn(_progress)
_MEASURE = c.hyt_measure_fn(_measure)


class Search(Handle):
    """A search of `space`. Options are keywords ("-" is written "_"); `search.options.table` describes them.

    objectives: name -> "min" or "max".  limits: what a good result must keep, name -> value.  reference: of the
    hypervolume, one value an objective.  study: where every ask and tell is stored, and what is resumed; `note` holds
    further facts that must agree with it."""

    _type = c.hyt_search
    _destroy = lib.hyt_search_destroy

    def __init__(self, space: Space, objectives: Union[Mapping[str, str], Sequence[str]] = (), *,
                 limits: Optional[Mapping[str, float]] = None, reference: Optional[npt.ArrayLike] = None,
                 study: Optional[Study] = None, note: str = "", **options: Value) -> None:
        self.space = space
        self.options = search_options(**options)
        self._adopt(self._make(lib.hyt_search_create, space, self.options))
        self._exact: Set[str] = set()       # objectives whose values are measured, not told
        directions = objectives if isinstance(objectives, Mapping) else dict.fromkeys(objectives, "min")
        for name, direction in directions.items():
            self.add_objective(name, direction)
        for name, limit in (limits or {}).items():
            check(lib.hyt_search_add_limit(self, name.encode(), limit))
        if reference is not None:
            self.set_reference(reference)
        if study is not None:
            study.attach(self, note)

    def add_objective(self, name: str, direction: str = "min", measure: Optional[Measure] = None) -> None:
        """Before the first ask, as all that follows up to ask. With measure(candidate) its value is known without an
        evaluation: it is called for thousands of candidates, and evaluations need not give that objective by name."""
        if direction not in DIRECTIONS:
            raise ValueError(f"{name}: a direction is \"min\" or \"max\", not {direction!r}")
        if measure is None:
            check(lib.hyt_search_add_objective(self, name.encode(), DIRECTIONS[direction]))
        else:
            self._add_measure(lib.hyt_search_add_exact_objective, measure, name.encode(), DIRECTIONS[direction])
            self._exact.add(name)

    def add_constraint(self, name: str, measure: Measure, limit: float) -> None:
        """Candidates where measure(candidate) > limit are never proposed. Called for thousands of candidates."""
        self._add_measure(lib.hyt_search_add_constraint, measure, name.encode(), limit=limit)

    def _add_measure(self, add: Callable[..., int], measure: Measure, *arguments: Any,
                     limit: Optional[float] = None) -> None:
        user = registry.add((measure, self.space))
        status = add(self, *arguments, _MEASURE, user, release, *([] if limit is None else [limit]))
        if status != 0:
            registry.drop(user)
        check(status)

    def set_reference(self, reference: npt.ArrayLike) -> None:
        """Of the hypervolume: one value an objective, each in its own unit."""
        values = array(reference, None)
        check(lib.hyt_search_set_reference(self, pointer(values), len(values)))

    def ask(self, count: int = 1) -> List[Trial]:
        """Up to `count` trials to evaluate, at least one."""
        handles, given = (ctypes.POINTER(c.hyt_trial) * count)(), ctypes.c_size_t()
        check(lib.hyt_search_ask(self, count, handles, given))
        return [Trial._lent(handle, self.space, self) for handle in handles[:given.value]]

    def tell(self, trial: Union[Trial, int], objectives: Optional[Objectives] = None,
             state: Union[TrialState, str, None] = None) -> None:
        """What came of a trial: its objectives in order (or by name), or the state in which it failed."""
        values, kind = self._outcome(objectives, state)
        handle = self._handle_of(trial if isinstance(trial, int) else trial.number)
        check(lib.hyt_search_tell(self, handle, kind, pointer(values), len(self.objectives)))

    def add_result(self, candidate: Candidate, objectives: Optional[Objectives] = None,
                   state: Union[TrialState, str, None] = None) -> None:
        """A result that was not asked for: an earlier one, or one of another candidate than the one proposed (tell that
        one "cancelled"). Those before the first ask are initial design."""
        values, kind = self._outcome(objectives, state)
        check(lib.hyt_search_add_result(self, candidate, kind, pointer(values), len(self.objectives)))

    def add_sample(self, candidate: Candidate, objective: str, value: float) -> None:
        """What is known of one objective of a candidate without a trial: its surrogate learns from it."""
        check(lib.hyt_search_add_sample(self, candidate, objective.encode(), value))

    def _outcome(self, objectives: Optional[Objectives],
                 state: Union[TrialState, str, None]) -> Tuple[Optional[Array], TrialState]:
        if state is None:
            state = TrialState.INFEASIBLE if objectives is None else TrialState.FINISHED
        return None if objectives is None else self.as_values(objectives), as_state(state)

    def _handle_of(self, number: int) -> Any:
        self._check_place(number)
        return lib.hyt_search_trial(self, number)

    def _check_place(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"trial {index} of {len(self)}")

    def as_values(self, objectives: Objectives) -> Array:
        """Objectives as the library wants them, from a number, a sequence, or a mapping by name."""
        if isinstance(objectives, Mapping):
            objectives = [math.nan if name in self._exact and name not in objectives else objectives[name]
                          for name in self.objectives]
        return array(np.atleast_1d(np.asarray(objectives, dtype=np.float64)), len(self.objectives))

    def optimize(self, evaluate: Evaluation, progress: Optional[Progress] = None) -> str:
        """Asks, calls evaluate(trial), tells, until a stop rule; returns why it ended.

        evaluate returns the objectives, or raises TrialFailed or StopSearch; any other exception ends the run and
        leaves its trial asked, so that the next run starts with it. progress(search, result) follows each trial. With
        the option `workers` above 1 they come on several threads. An evaluation that reports ends, with StopSearch,
        when trial.should_stop says so."""
        user = registry.add(_Run(self, evaluate, progress))
        try:
            check(lib.hyt_search_run(self, _EVALUATE, user, _PROGRESS))
        finally:
            registry.drop(user)
        return self.stopped

    @property
    def stopped(self) -> str:
        """Why the last run ended: "trials", "seconds", "target", "stall", "stopped", "exhausted"; "" before."""
        return text(lib.hyt_search_stopped(self))

    @property
    def objectives(self) -> Dict[str, Direction]:
        """Name -> direction, in order."""
        return {text(lib.hyt_search_objective_name(self, place)):
                Direction(lib.hyt_search_objective_direction(self, place))
                for place in range(lib.hyt_search_objectives(self))}

    def __len__(self) -> int:
        """Trials so far, pending ones among them."""
        return int(lib.hyt_search_size(self))

    def result(self, index: int) -> Result:
        """Trial `index`, in order of number."""
        self._check_place(index)
        handle, lent = lib.hyt_search_trial(self, index), lib.hyt_search_trial_objectives(self, index)
        count = lib.hyt_search_objectives(self)
        return Result(lib.hyt_trial_number(handle), Candidate._lent(lib.hyt_trial_candidate(handle), self.space),
                      TrialState(lib.hyt_search_trial_state(self, index)),
                      np.array(lent[:count]) if lent else None, bool(lib.hyt_search_trial_in_front(self, index)))

    @property
    def results(self) -> List[Result]:
        """All trials so far."""
        return [self.result(index) for index in range(len(self))]

    @property
    def front(self) -> List[Result]:
        """The trials that no other dominates."""
        return [self.result(index) for index in range(len(self)) if lib.hyt_search_trial_in_front(self, index)]

    @property
    def values(self) -> Array:
        """One row a trial of its objectives, NaN where it is not finished."""
        count = lib.hyt_search_objectives(self)
        rows = np.full((len(self), count), np.nan)
        for index, row in enumerate(rows):
            lent = lib.hyt_search_trial_objectives(self, index)
            if lent:
                row[:] = lent[:count]
        return rows

    def mean(self, index: int) -> Tuple[Array, Array, int]:
        """Of what the trials of the candidate of trial `index` finished with: mean, standard error, how many."""
        self._check_place(index)
        mean, error = np.empty(len(self.objectives)), np.empty(len(self.objectives))
        count = ctypes.c_size_t()
        check(lib.hyt_search_trial_mean(self, index, pointer(mean), pointer(error), len(mean), count))
        return mean, error, count.value

    def reports(self, index: int) -> List[Tuple[int, Array]]:
        """What trial `index` reported: (step, objectives) in order of step."""
        self._check_place(index)
        return lent_reports(lib.hyt_search_trial_report, self, index, lib.hyt_search_trial_reports(self, index),
                            len(self.objectives))

    @property
    def hypervolume(self) -> float:
        """Of the front, against the reference."""
        volume = ctypes.c_double()
        check(lib.hyt_search_hypervolume(self, volume))
        return volume.value

    def hypervolume_at(self, index: int) -> float:
        """After the first `index` + 1 trials."""
        self._check_place(index)
        volume = ctypes.c_double()
        check(lib.hyt_search_hypervolume_at(self, index, volume))
        return volume.value

    @property
    def reference(self) -> Array:
        """The reference in use."""
        values = np.empty(lib.hyt_search_objectives(self))
        check(lib.hyt_search_reference(self, pointer(values), len(values)))
        return values

    def __repr__(self) -> str:
        return f"Search({self.space.name!r}, {', '.join(self.objectives)}, {len(self)} trials)"


def lent_reports(function: Callable[..., Any], handle: Handle, index: int, count: int,
                 objectives: int) -> List[Tuple[int, Array]]:
    """The reports that `function` lends, as one's own."""
    reports, step = [], ctypes.c_uint64()
    for place in range(count):
        values = np.array(function(handle, index, place, step)[:objectives])
        reports.append((step.value, values))
    return reports


def search_options(**values: Value) -> Options:
    """The options of a search: the defaults, but for `values`."""
    options = Options(lib.hyt_search_options_create, None)
    options.update(values)
    return options
