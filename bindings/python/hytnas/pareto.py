# SPDX-License-Identifier: GPL-3.0-or-later
"""Dominance, fronts and hypervolume. Everything here minimises; points are rows."""
from __future__ import annotations

import ctypes

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
