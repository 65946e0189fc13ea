# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of an algorithm: a mapping whose keys, bounds and defaults are the library's own table."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Iterator, MutableMapping, NamedTuple, Optional, Tuple, Union

from . import _prototypes as c
from ._handle import Handle, text
from ._library import lib
from ._prototypes import OptionType
from .errors import check

Value = Union[int, float, str, bool]


class Option(NamedTuple):
    """One row of an option table."""

    key: str
    type: OptionType
    initial: Value
    low: float
    high: float
    choices: Tuple[str, ...]
    help: str


class Options(Handle, MutableMapping[str, Value]):
    """Options by key, or as attributes with '_' for '-':  options["min-child-weight"], options.min_child_weight.

    A value is checked when it is set; the error of an unknown key names the nearest one. `table` describes them all."""

    _type = c.hyt_options
    _destroy = lib.hyt_options_destroy
    table: Tuple[Option, ...]

    def __init__(self, create: Callable[..., int], *arguments: Any) -> None:
        self._adopt(self._make(create, *arguments))
        rows = tuple(self._row(index) for index in range(lib.hyt_options_count(self)))
        object.__setattr__(self, "table", rows)

    def _row(self, index: int) -> Option:
        initial, low, high = ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
        lib.hyt_options_bounds(self, index, initial, low, high)
        kind = OptionType(lib.hyt_options_type(self, index))
        key = text(lib.hyt_options_key(self, index))
        choices = tuple(filter(None, text(lib.hyt_options_choices(self, index)).split("|")))
        return Option(key, kind, self._read(key, kind), low.value, high.value, choices,
                      text(lib.hyt_options_help(self, index)))

    def _read(self, key: str, kind: OptionType) -> Value:
        if kind == OptionType.REAL:
            real = ctypes.c_double()
            check(lib.hyt_options_get_real(self, key.encode(), real))
            return real.value
        if kind == OptionType.CHOICE:
            word = ctypes.create_string_buffer(256)
            check(lib.hyt_options_get_text(self, key.encode(), word, len(word)))
            return word.value.decode()
        whole = ctypes.c_int64()
        check(lib.hyt_options_get_int(self, key.encode(), whole))
        return bool(whole.value) if kind == OptionType.FLAG else whole.value

    def _find(self, key: str) -> Optional[Option]:
        return next((row for row in self.table if key in (row.key, row.key.replace("-", "_"))), None)

    def __getitem__(self, key: str) -> Value:
        row = self._find(key)
        if row is None:
            raise KeyError(key)
        return self._read(row.key, row.type)

    def __setitem__(self, key: str, value: Value) -> None:
        row = self._find(key)
        name = row.key if row else key.replace("_", "-")
        whole = row is not None and row.type in (OptionType.INT, OptionType.FLAG)
        if isinstance(value, bool) or (whole and hasattr(value, "__index__")):
            check(lib.hyt_options_set_int(self, name.encode(), int(value)))
        elif row and row.type == OptionType.REAL and not isinstance(value, str):
            check(lib.hyt_options_set_real(self, name.encode(), float(value)))
        else:
            check(lib.hyt_options_set_text(self, name.encode(), str(value).encode()))

    def __delitem__(self, key: str) -> None:
        raise TypeError("an option can be changed, but not removed")

    def __iter__(self) -> Iterator[str]:
        return (row.key for row in self.table)

    def __len__(self) -> int:
        return len(self.table)

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_") or self._find(name) is None:
            raise AttributeError(f"no option {name}")
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(row.key.replace("-", "_") for row in self.table)]

    def __repr__(self) -> str:
        return f"Options({', '.join(f'{key}={value!r}' for key, value in self.items())})"
