# SPDX-License-Identifier: GPL-3.0-or-later
"""Statuses as exceptions, and Python exceptions through the library and back.

Every failing call raises a subclass of HytnasError with the library's message. An exception raised in a callback ends
the call that the callback belongs to, and comes out of it unchanged."""
from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Dict, Type

from . import _prototypes as c
from ._library import lib


class HytnasError(Exception):
    """A call failed; `status` is its code, the text the library's message."""

    status = 0

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status or type(self).status


class ArgumentError(HytnasError, ValueError):
    """A mistake in the calling program."""

    status = c.HYT_ERR_ARGUMENT


class OutOfMemoryError(HytnasError, MemoryError):
    """The heap said no."""

    status = c.HYT_ERR_NOMEM


class ShapeError(HytnasError, ValueError):
    """Dimensions that do not fit together."""

    status = c.HYT_ERR_SHAPE


class RangeError(HytnasError, ValueError):
    """A value outside its bounds."""

    status = c.HYT_ERR_RANGE


class FormatError(HytnasError, ValueError):
    """Bytes that are not what they claim to be."""

    status = c.HYT_ERR_FORMAT


class FileError(HytnasError, OSError):
    """The file system said no."""

    status = c.HYT_ERR_IO


class UnsupportedError(HytnasError, NotImplementedError):
    """Understood, but not provided."""

    status = c.HYT_ERR_UNSUPPORTED


class NumericError(HytnasError, ArithmeticError):
    """No finite answer."""

    status = c.HYT_ERR_NUMERIC


class StateError(HytnasError, RuntimeError):
    """The right call at the wrong moment."""

    status = c.HYT_ERR_STATE


class ExhaustedError(HytnasError):
    """Every point of the space has been proposed."""

    status = c.HYT_ERR_EXHAUSTED


class InfeasibleError(HytnasError):
    """No candidate meets the constraints."""

    status = c.HYT_ERR_INFEASIBLE


class NotFoundError(HytnasError, LookupError):
    """No such option, gene, objective, preset."""

    status = c.HYT_ERR_NOT_FOUND


class ConflictError(HytnasError):
    """Made by another version, for another space, or already there."""

    status = c.HYT_ERR_CONFLICT


_BY_STATUS: Dict[int, Type[HytnasError]] = {kind.status: kind for kind in HytnasError.__subclasses__()}

# Exceptions on their way through the library: each travels as a code of its own, below those of the library, so that
# it is found again whichever thread the callback ran on.
_FIRST_CODE, _MOST = -1000, 1024
_travelling: OrderedDict[int, BaseException] = OrderedDict()
_lock = threading.Lock()
_sent = 0


def send(error: BaseException) -> int:
    """The code that stands for `error` on its way through the library."""
    global _sent
    with _lock:
        _sent += 1
        code = _FIRST_CODE - _sent % 1000000
        _travelling[code] = error
        while len(_travelling) > _MOST:
            _travelling.popitem(last=False)
    return code


def check(status: int) -> None:
    """Raises what `status` stands for; a good one is none."""
    if status >= 0:
        return
    with _lock:
        error = _travelling.pop(status, None)
    if error is not None:
        try:
            raise error
        finally:
            del error           # else its traceback, through this frame, would keep it and all handles on its way
    raise _BY_STATUS.get(status, HytnasError)(lib.hyt_message().decode(), status)
