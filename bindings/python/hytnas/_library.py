# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds and loads libhytnas, once: the environment's HYTNAS_LIB (a file, or a build directory that holds
lib/libhytnas.so), then what the system offers."""
import ctypes
import ctypes.util
import os

from . import _prototypes as c


def _place() -> str:
    named = os.environ.get("HYTNAS_LIB", "")
    if not named:
        return ctypes.util.find_library("hytnas") or "libhytnas.so"
    if not os.path.isdir(named):
        return named
    places = [os.path.join(named, *parts) for parts in (("lib", "libhytnas.so"), ("libhytnas.so",))]
    return next((place for place in places if os.path.exists(place)), places[0])


def _load() -> ctypes.CDLL:
    place = _place()
    try:
        library = ctypes.CDLL(place)
    except OSError as error:
        raise ImportError(f"libhytnas cannot be loaded ({error}); HYTNAS_LIB may name its file or a build "
                          "directory") from error
    missing = [name for name in c.FUNCTIONS if not hasattr(library, name)]
    if missing:
        raise ImportError(f"{place} is not the libhytnas that this package was made for: {len(missing)} functions are "
                          f"missing, {missing[0]} for one")
    for name, (result, arguments) in c.FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


lib = _load()
