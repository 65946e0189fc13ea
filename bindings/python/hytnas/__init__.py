# SPDX-License-Identifier: GPL-3.0-or-later
"""libhytnas from Python: multi-objective search with few evaluations, surrogates, Pareto fronts.

    from hytnas import Search, Space
    space = Space("bridge").add_integer("span", 1, 40).add_integer("beams", 1, 40)
    search = Search(space, {"strength": "max", "cost": "min"})
    search.optimize(lambda trial: (trial["beams"] / trial["span"], trial["span"] + trial["beams"] ** 2))
    print([(result.candidate, result.objectives) for result in search.front])
"""
from . import pareto
from ._library import lib as _lib
from ._prototypes import Direction, GeneKind, OptionType, TrialState
from .errors import (ArgumentError, ConflictError, ExhaustedError, FileError, FormatError, HytnasError, InfeasibleError,
                     NotFoundError, NumericError, OutOfMemoryError, RangeError, ShapeError, StateError,
                     UnsupportedError)
from .options import Option, Options
from .search import Result, Search, StopSearch, Trial, TrialFailed, search_options
from .space import Candidate, Gene, Space
from .study import Record, Study
from .surrogate import Surrogate, Validation, surrogate_options

__version__ = ".".join(str(_lib.hyt_version() // part % 100) for part in (10000, 100, 1))
__all__ = [
    "ArgumentError", "Candidate", "ConflictError", "Direction", "ExhaustedError", "FileError", "FormatError", "Gene",
    "GeneKind", "HytnasError", "InfeasibleError", "NotFoundError", "NumericError", "Option", "OptionType", "Options",
    "OutOfMemoryError", "RangeError", "Record", "Result", "Search", "ShapeError", "Space", "StateError", "StopSearch",
    "Study", "Surrogate", "Trial", "TrialFailed", "TrialState", "UnsupportedError", "Validation", "pareto",
    "search_options", "surrogate_options", "version_text",
]


def version_text() -> str:
    """One line for a bug report."""
    return str(_lib.hyt_version_text().decode())
