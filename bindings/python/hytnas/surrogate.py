# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that predict one number, with its deviation, from a row of features."""
from __future__ import annotations

from typing import Tuple

import numpy as np
import numpy.typing as npt

from . import _prototypes as c
from ._handle import Array, Handle, array, pointer, text
from ._library import lib
from .errors import check
from .options import Options, Value


class Surrogate(Handle):
    """A model of one kind ("gp", "trees", ...; see kinds()) over rows of `features` numbers."""

    _type = c.hyt_surrogate
    _destroy = lib.hyt_surrogate_destroy

    def __init__(self, kind: str, features: int, **options: Value) -> None:
        self.kind, self.features = kind, features
        self.options = surrogate_options(kind, **options)
        self._adopt(self._make(lib.hyt_surrogate_create, None, kind.encode(), features, self.options))

    @staticmethod
    def kinds() -> Tuple[str, ...]:
        """The kinds there are."""
        names, name = [], lib.hyt_surrogate_kind(0)
        while name is not None:
            names.append(text(name))
            name = lib.hyt_surrogate_kind(len(names))
        return tuple(names)

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Surrogate:
        """Fits on rows `x` and targets `y`, forgetting earlier ones."""
        rows = array(x, None, self.features)
        targets = array(y, len(rows))
        check(lib.hyt_surrogate_fit(self, pointer(rows), pointer(targets), len(rows)))
        return self

    def predict(self, x: npt.ArrayLike) -> Tuple[Array, Array]:
        """Mean and deviation of each row."""
        rows = array(x, None, self.features)
        mean, deviation = np.empty(len(rows)), np.empty(len(rows))
        check(lib.hyt_surrogate_predict(self, pointer(rows), len(rows), pointer(mean), pointer(deviation)))
        return mean, deviation

    def __repr__(self) -> str:
        return f"Surrogate({self.kind!r}, {self.features})"


def surrogate_options(kind: str, **values: Value) -> Options:
    """The options of a kind: the defaults, but for `values`."""
    options = Options(lib.hyt_surrogate_options_create, None, kind.encode())
    options.update(values)
    return options
