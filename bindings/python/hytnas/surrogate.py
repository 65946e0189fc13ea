# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that predict one number, with its deviation, from a row of features."""
from __future__ import annotations

import ctypes
import os
from typing import Any, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _prototypes as c
from ._handle import Array, Handle, array, pointer, text
from ._library import lib
from .errors import check
from .options import Options, Value

_COLUMNS = {"real": c.Column.REAL, "ordinal": c.Column.ORDINAL}


class Surrogate(Handle):
    """A model of one kind ("gp", "trees", ...; see kinds()) over rows of `features` numbers. Options are keywords.

    columns: what each feature is: "real", "ordinal", or the number of the category (0, 1, ...) of which it is one label
    (1 where the row has that label, else 0). It can be pickled."""

    _type = c.hyt_surrogate
    _destroy = lib.hyt_surrogate_destroy

    def __init__(self, kind: str, features: int, *, columns: Optional[Sequence[Union[str, int]]] = None,
                 **options: Value) -> None:
        with surrogate_options(kind, **options) as chosen:
            self._adopt(self._make(lib.hyt_surrogate_create, None, kind.encode(), features, chosen))
        if columns is not None:
            types = np.array([_COLUMNS[column] if isinstance(column, str) else c.Column.CATEGORY + column
                              for column in columns], dtype=np.intc)
            check(lib.hyt_surrogate_set_columns(self, pointer(types, ctypes.c_int), len(types)))

    @classmethod
    def _from(cls, pointer: Any) -> Surrogate:
        surrogate = cls.__new__(cls)
        surrogate._adopt(pointer)
        return surrogate

    @staticmethod
    def kinds() -> Tuple[str, ...]:
        """The kinds there are."""
        names, name = [], lib.hyt_surrogate_kind(0)
        while name is not None:
            names.append(text(name))
            name = lib.hyt_surrogate_kind(len(names))
        return tuple(names)

    @property
    def features(self) -> int:
        """Columns of a row."""
        return int(lib.hyt_surrogate_features(self))

    @property
    def rows(self) -> int:
        """Rows that are known; 0 before the first fit."""
        return int(lib.hyt_surrogate_rows(self))

    @property
    def chosen(self) -> str:
        """What the model is made of; "" before the first fit."""
        return text(lib.hyt_surrogate_chosen(self))

    def _data(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Tuple[Array, Array]:
        rows = array(x, None, self.features)
        return rows, array(y, len(rows))

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Surrogate:
        """Fits on rows `x` and targets `y`, forgetting earlier ones."""
        rows, targets = self._data(x, y)
        check(lib.hyt_surrogate_fit(self, pointer(rows), pointer(targets), len(rows)))
        return self

    def update(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Surrogate:
        """Adds rows to those that are known."""
        rows, targets = self._data(x, y)
        check(lib.hyt_surrogate_update(self, pointer(rows), pointer(targets), len(rows)))
        return self

    def predict(self, x: npt.ArrayLike) -> Tuple[Array, Array]:
        """Mean and deviation of each row."""
        rows = array(x, None, self.features)
        mean, deviation = np.empty(len(rows)), np.empty(len(rows))
        check(lib.hyt_surrogate_predict(self, pointer(rows), len(rows), pointer(mean), pointer(deviation)))
        return mean, deviation

    def sample(self, x: npt.ArrayLike, draws: int, seed: int = 0) -> Array:
        """Functions that the model holds possible: one row a draw, one column a row of `x`."""
        rows = array(x, None, self.features)
        result = np.empty((draws, len(rows)))
        check(lib.hyt_surrogate_sample(self, pointer(rows), len(rows), draws, seed, pointer(result)))
        return result

    def gradient(self, x: npt.ArrayLike) -> Tuple[Array, Array]:
        """Slopes of mean and deviation at one point, for kinds that have them."""
        point = array(x, self.features)
        mean, deviation = np.empty_like(point), np.empty_like(point)
        check(lib.hyt_surrogate_gradient(self, pointer(point), pointer(mean), pointer(deviation)))
        return mean, deviation

    def validate(self, x: npt.ArrayLike, y: npt.ArrayLike, folds: Union[int, npt.ArrayLike] = 5,
                 seed: int = 0) -> Validation:
        """Predicts each fold from all others; `folds` is their number, or the label of each row."""
        rows, targets = self._data(x, y)
        if isinstance(folds, (int, np.integer)):
            labels = np.empty(len(rows), dtype=np.intc)
            check(lib.hyt_validation_deal(len(rows), folds, seed, pointer(labels, ctypes.c_int)))
        else:
            labels = np.ascontiguousarray(folds, dtype=np.intc)
            if labels.shape != (len(rows),):
                raise ValueError(f"{len(rows)} labels of folds are wanted, not {labels.shape}")
        return Validation(self, rows, targets, labels)

    def copy(self) -> Surrogate:
        """The same model in a second handle."""
        return self._from(self._make(lib.hyt_surrogate_copy, self))

    __copy__ = copy

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Kind, options, columns, rows and model."""
        check(lib.hyt_surrogate_save(self, os.fsencode(path)))

    @classmethod
    def load(cls, path: Union[str, os.PathLike[str]]) -> Surrogate:
        """What save() wrote; it answers to the last bit as it did."""
        return cls._from(cls._make(lib.hyt_surrogate_load, None, os.fsencode(path)))

    def to_bytes(self) -> bytes:
        """What save() writes."""
        data, size = ctypes.c_char_p(), ctypes.c_size_t()
        check(lib.hyt_surrogate_write(self, data, size))
        try:
            return ctypes.string_at(data, size.value)
        finally:
            lib.hyt_text_destroy(data)

    @classmethod
    def from_bytes(cls, data: bytes) -> Surrogate:
        """What to_bytes() wrote."""
        return cls._from(cls._make(lib.hyt_surrogate_parse, None, data, len(data)))

    def __reduce__(self) -> Tuple[Any, ...]:
        return Surrogate.from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        return f"Surrogate({self.chosen or 'not fitted'}, {self.features} features, {self.rows} rows)"


class Validation(Handle):
    """How well a surrogate predicts rows that it has not seen; made by Surrogate.validate()."""

    _type = c.hyt_validation
    _destroy = lib.hyt_validation_destroy

    def __init__(self, surrogate: Surrogate, x: Array, y: Array, folds: npt.NDArray[np.intc]) -> None:
        self._adopt(self._make(lib.hyt_surrogate_validate, surrogate, pointer(x), pointer(y),
                               pointer(folds, ctypes.c_int), len(x)))

    def _measure(self, kind: c.ValidationKind) -> float:
        return float(lib.hyt_validation_measure(self, kind))

    @property
    def tau(self) -> float:
        """Kendall's tau-b of prediction and measurement."""
        return self._measure(c.ValidationKind.TAU)

    @property
    def rho(self) -> float:
        """Spearman's rank correlation."""
        return self._measure(c.ValidationKind.RHO)

    @property
    def r2(self) -> float:
        return self._measure(c.ValidationKind.R2)

    @property
    def rmse(self) -> float:
        return self._measure(c.ValidationKind.RMSE)

    @property
    def crps(self) -> float:
        """Continuous ranked probability score of normal forecasts, in the target's unit."""
        return self._measure(c.ValidationKind.CRPS)

    @property
    def noise(self) -> float:
        """Deviation of a measurement that the predicted deviations leave unexplained."""
        return float(lib.hyt_validation_noise(self))

    def coverage(self, probability: float) -> float:
        """Share of the rows within the central interval of that probability about their predictions."""
        return float(lib.hyt_validation_coverage(self, probability))

    @property
    def predictions(self) -> Tuple[Array, Array]:
        """Mean and deviation of each row, predicted without it."""
        count = lib.hyt_validation_rows(self)
        return (np.array(lib.hyt_validation_mean(self)[:count]), np.array(lib.hyt_validation_deviation(self)[:count]))

    def __repr__(self) -> str:
        return f"Validation(tau={self.tau:.3f}, rho={self.rho:.3f}, r2={self.r2:.3f}, rmse={self.rmse:.4g})"


def surrogate_options(kind: str, **values: Value) -> Options:
    """The options of a kind: the defaults, but for `values`."""
    options = Options(lib.hyt_surrogate_options_create, None, kind.encode())
    options.update(values)
    return options
