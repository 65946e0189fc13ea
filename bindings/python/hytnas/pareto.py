# SPDX-License-Identifier: GPL-3.0-or-later
"""Dominance, fronts, hypervolume; how good a front is beside others, and what to pick from it.

Everything here minimises; points are rows."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Optional, Tuple

import numpy as np
import numpy.typing as npt

from ._handle import Array, array, pointer
from ._library import lib
from .errors import check


def dominates(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether `a` is nowhere above `b` and somewhere below it."""
    left = array(a, None)
    right = array(b, len(left))
    return bool(lib.hyt_pareto_dominates(pointer(left), pointer(right), len(left)))


def sort(points: npt.ArrayLike) -> npt.NDArray[np.uintp]:
    """The front number of each point, from 0."""
    rows = array(points, None, None)
    ranks = np.empty(len(rows), dtype=np.uintp)
    check(lib.hyt_pareto_sort(None, pointer(rows), *rows.shape, pointer(ranks, ctypes.c_size_t)))
    return ranks


def crowding(points: npt.ArrayLike) -> Array:
    """The crowding distance of each point within the set; infinity at the ends."""
    rows = array(points, None, None)
    distance = np.empty(len(rows))
    check(lib.hyt_pareto_crowding(None, pointer(rows), *rows.shape, pointer(distance)))
    return distance


def hypervolume(points: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """The volume dominated by the points and bounded by `reference`, exact."""
    rows = array(points, None, None)
    corner, volume = array(reference, rows.shape[1]), ctypes.c_double()
    check(lib.hyt_pareto_hypervolume(None, pointer(rows), *rows.shape, pointer(corner), volume))
    return volume.value


def contributions(points: npt.ArrayLike, reference: npt.ArrayLike) -> Array:
    """What each point alone adds to the volume."""
    rows = array(points, None, None)
    corner, share = array(reference, rows.shape[1]), np.empty(len(rows))
    check(lib.hyt_pareto_contributions(None, pointer(rows), *rows.shape, pointer(corner), pointer(share)))
    return share


def _beside(function: Callable[..., int], points: npt.ArrayLike, target: npt.ArrayLike) -> float:
    rows = array(points, None, None)
    goals, result = array(target, None, rows.shape[1]), ctypes.c_double()
    check(function(pointer(rows), *rows.shape, pointer(goals), len(goals), result))
    return result.value


def igd_plus(points: npt.ArrayLike, target: npt.ArrayLike) -> float:
    """How far, on average, a point of `target` is from being dominated."""
    return _beside(lib.hyt_pareto_igd_plus, points, target)


def epsilon(points: npt.ArrayLike, target: npt.ArrayLike) -> float:
    """The least that, taken off every value, makes the points reach all of `target`."""
    return _beside(lib.hyt_pareto_epsilon, points, target)


def _runs(points: npt.ArrayLike, run: npt.ArrayLike, runs: Optional[int]) -> Tuple[Array, npt.NDArray[np.uintp], int]:
    rows, of = array(points, None, None), np.ascontiguousarray(run, dtype=np.uintp)
    if of.shape != (len(rows),):
        raise ValueError(f"{len(rows)} numbers of runs are wanted, not {of.shape}")
    return rows, of, int(of.max(initial=0)) + 1 if runs is None else runs


def attainment(points: npt.ArrayLike, run: npt.ArrayLike, goals: npt.ArrayLike, runs: Optional[int] = None) -> Array:
    """The share of several runs that reach each goal; `run` is the number of each point's run."""
    rows, of, count = _runs(points, run, runs)
    wanted = array(goals, None, rows.shape[1])
    share = np.empty(len(wanted))
    check(lib.hyt_pareto_attainment(None, pointer(rows), pointer(of, ctypes.c_size_t), *rows.shape, count,
                                    pointer(wanted), len(wanted), pointer(share)))
    return share


def surface(points: npt.ArrayLike, run: npt.ArrayLike, least: int, runs: Optional[int] = None) -> Array:
    """Where at least `least` of the runs get to, for two objectives: the corners, the first objective rising."""
    rows, of, count = _runs(points, run, runs)
    if rows.shape[1] != 2:
        raise ValueError(f"two objectives are wanted, not {rows.shape[1]}")
    corners, found = np.empty_like(rows), ctypes.c_size_t()
    check(lib.hyt_pareto_surface(None, pointer(rows), pointer(of, ctypes.c_size_t), len(rows), count, least,
                                 pointer(corners), found))
    return corners[:found.value]


def _pick(function: Callable[..., int], *arguments: Any) -> int:
    place = ctypes.c_size_t()
    check(function(*arguments, place))
    return place.value


def knee(points: npt.ArrayLike) -> int:
    """The place of the point where giving way in any objective buys least."""
    rows = array(points, None, None)
    return _pick(lib.hyt_pareto_knee, None, pointer(rows), *rows.shape)


def compromise(points: npt.ArrayLike, weights: npt.ArrayLike) -> int:
    """The place of the point with the least largest weighted objective, each scaled to its range over the front."""
    rows = array(points, None, None)
    importance = array(weights, rows.shape[1])
    return _pick(lib.hyt_pareto_compromise, None, pointer(rows), *rows.shape, pointer(importance))


def best(points: npt.ArrayLike, objective: int, limits: npt.ArrayLike) -> int:
    """The place of the point with the least of one objective within all limits (infinity: none)."""
    rows = array(points, None, None)
    bounds = array(limits, rows.shape[1])
    return _pick(lib.hyt_pareto_best, pointer(rows), *rows.shape, objective, pointer(bounds))
