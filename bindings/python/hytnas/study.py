# SPDX-License-Identifier: GPL-3.0-or-later
"""A search on disk: every ask and tell is stored before the call returns."""
from __future__ import annotations

import ctypes
import os
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

import numpy as np

from . import _prototypes as c
from ._handle import Array, Handle, text
from ._library import lib
from ._prototypes import Direction, StudyMode, TrialState
from .errors import check
from .search import Search, lent_reports


class Record(NamedTuple):
    """A stored trial; `objectives` is None unless it is finished."""

    number: int
    state: TrialState
    genome: str
    objectives: Optional[Array]


class Study(Handle):
    """A study file. mode: "new", "resume" (starts it where there is none) or "read" (also while another searches)."""

    _type = c.hyt_study
    _destroy = lib.hyt_study_destroy

    def __init__(self, path: Union[str, os.PathLike[str]], mode: str = "resume") -> None:
        self._adopt(self._make(lib.hyt_study_open, None, os.fsencode(path), StudyMode[mode.upper()]))

    def attach(self, search: Search, note: str = "") -> None:
        """Binds a fresh search: restores the stored trials and follows it from here on."""
        check(lib.hyt_study_attach(self, search, note.encode()))

    @property
    def objectives(self) -> Dict[str, Direction]:
        """Name -> direction, in order."""
        return {text(lib.hyt_study_objective_name(self, place)):
                Direction(lib.hyt_study_objective_direction(self, place))
                for place in range(lib.hyt_study_objectives(self))}

    def __len__(self) -> int:
        return int(lib.hyt_study_size(self))

    def __getitem__(self, index: int) -> Record:
        """Trial `index`, in order of number."""
        if not 0 <= index < len(self):
            raise IndexError(f"trial {index} of {len(self)}")
        number, state, genome = ctypes.c_uint64(), ctypes.c_int(), ctypes.c_char_p()
        lent, count = ctypes.POINTER(ctypes.c_double)(), lib.hyt_study_objectives(self)
        check(lib.hyt_study_trial(self, index, number, state, genome, lent))
        return Record(number.value, TrialState(state.value), text(genome.value),
                      np.array(lent[:count]) if lent else None)

    def order(self, index: int) -> Tuple[int, int]:
        """The number of the first trial that was asked with trial `index`, and how many there were when it was told:
        for results that were not asked for, and while it is pending, 2^64 - 1."""
        asked, ended = ctypes.c_uint64(), ctypes.c_uint64()
        check(lib.hyt_study_order(self, index, asked, ended))
        return asked.value, ended.value

    def reports(self, index: int) -> List[Tuple[int, Array]]:
        """What trial `index` reported: (step, objectives) in order of step."""
        return lent_reports(lib.hyt_study_report, self, index, lib.hyt_study_reports(self, index), len(self.objectives))

    def __iter__(self) -> Iterator[Record]:
        return (self[index] for index in range(len(self)))
