# SPDX-License-Identifier: GPL-3.0-or-later
"""What all handles share: lifetime, text, arrays, and the objects that callbacks reach by number."""
from __future__ import annotations

import ctypes
import itertools
import threading
import weakref
from types import TracebackType
from typing import Any, Callable, Dict, Optional, Type, TypeVar

import numpy as np
import numpy.typing as npt

from . import _prototypes as c
from ._library import lib
from .errors import check

Array = npt.NDArray[np.float64]
_Self = TypeVar("_Self", bound="Handle")


class Handle:
    """Owns one handle of the library, released by close(), by the end of a `with`, or when it is collected.

    What a handle was made from may be closed before it: the library counts. A call with a closed handle is a
    ctypes.ArgumentError."""

    _type: Any = None               # its opaque struct
    _destroy: Callable[[Any], None]  # its destroy function

    def _adopt(self, pointer: Any) -> None:
        self._pointer = pointer
        self._finalizer = weakref.finalize(self, type(self)._destroy, pointer)

    @classmethod
    def _make(cls, create: Callable[..., int], *arguments: Any) -> Any:
        """What a creating function writes through its last argument."""
        pointer = ctypes.POINTER(cls._type)()
        check(create(*arguments, ctypes.byref(pointer)))
        return pointer

    @property
    def _as_parameter_(self) -> Any:
        if not self._finalizer.alive:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._pointer

    @property
    def closed(self) -> bool:
        """Whether the handle has been released."""
        return not self._finalizer.alive

    def close(self) -> None:
        """Releases the handle; more than once is fine."""
        self._finalizer()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()


def text(value: Optional[bytes]) -> str:
    """Lent text; "" for NULL."""
    return value.decode() if value else ""


def taken(pointer: Any) -> str:
    """Text that a call handed over, and its release."""
    try:
        return text(pointer.value)
    finally:
        lib.hyt_text_destroy(pointer)


def array(values: npt.ArrayLike, *shape: Optional[int]) -> Array:
    """`values` as float64 rows without a gap, copied only if they are not; None in `shape` is any size."""
    result: Array = np.ascontiguousarray(values, dtype=np.float64)
    if result.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, result.shape)):
        wanted = ", ".join("n" if size is None else str(size) for size in shape)
        raise ValueError(f"an array of shape ({wanted}) is wanted, not {result.shape}")
    return result


def pointer(values: Optional[npt.NDArray[Any]], kind: Any = ctypes.c_double) -> Any:
    """Where an array is, for a call; it must outlive the call."""
    return None if values is None else values.ctypes.data_as(ctypes.POINTER(kind))


class Registry:
    """Objects that callbacks reach through `user`: a number each, given back by the release callback."""

    def __init__(self) -> None:
        self._objects: Dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, thing: Any) -> int:
        with self._lock:
            number = next(self._numbers)
            self._objects[number] = thing
        return number

    def get(self, number: int) -> Any:
        return self._objects[number]

    def drop(self, number: int) -> None:
        with self._lock:
            self._objects.pop(number, None)

    def __len__(self) -> int:
        return len(self._objects)


registry = Registry()


# The release callback of everything in the registry.
release = c.hyt_release_fn(registry.drop)
