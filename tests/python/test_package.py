# SPDX-License-Identifier: GPL-3.0-or-later
"""The package as a whole: the generated part, the version, the way to the library, the lifetime of handles."""
import ctypes
import gc
import os
import pickle
import re
import subprocess
import sys

import hytnas
import numpy as np
import pytest
from hytnas import _prototypes
from hytnas._handle import registry

SOURCE = os.environ["HYTNAS_SOURCE"]
PACKAGE = os.path.join(SOURCE, "bindings", "python")


def run(*arguments, **keywords):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **keywords)


def python(code, **environment):
    return run("-c", code, env={**os.environ, **environment})


def test_prototypes_are_those_of_the_headers():
    done = run(os.path.join(PACKAGE, "generate.py"), "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_public_function_has_a_prototype():
    with open(os.path.join(SOURCE, "tests", "project", "symbols.txt"), encoding="utf-8") as file:
        assert set(file.read().split()) == set(_prototypes.FUNCTIONS)


def test_versions_agree():
    with open(os.path.join(PACKAGE, "pyproject.toml"), encoding="utf-8") as file:
        assert re.search(r'^version = "(.*)"$', file.read(), re.M).group(1) == hytnas.__version__
    assert hytnas.__version__ in hytnas.version_text()


def test_a_library_that_is_not_there_is_an_import_error_that_says_where():
    done = python("import hytnas", HYTNAS_LIB="/nowhere/libhytnas.so")
    assert done.returncode == 1 and "ImportError" in done.stderr and "/nowhere/libhytnas.so" in done.stderr


def test_another_library_is_an_import_error_that_names_what_is_missing():
    done = python("import hytnas", HYTNAS_LIB="libm.so.6")
    assert done.returncode == 1 and "functions are missing, hyt_" in done.stderr


def test_a_library_is_found_by_its_file():
    assert python("import hytnas", HYTNAS_LIB=hytnas._lib._name).returncode == 0


def test_closed_handles_say_so(bridge):
    with bridge as space:
        candidate = space.sample(1)
    assert space.closed and not candidate.closed
    with pytest.raises(ctypes.ArgumentError, match="this Space is closed"):
        space.name
    space.close()
    assert candidate.genome                     # a handle keeps what it was made from


def test_handles_are_released_when_collected(bridge):
    before = len(registry)
    search = hytnas.Search(bridge, ["a"])
    search.add_constraint("free", lambda candidate: 0, 1)
    assert len(registry) == before + 1
    finalizer = search._finalizer
    del search
    gc.collect()
    assert not finalizer.alive and len(registry) == before


def test_every_exception_is_of_its_status():
    for name, code in vars(_prototypes).items():
        if name.startswith("HYT_ERR_"):
            error = hytnas.errors._BY_STATUS[code]
            assert issubclass(error, hytnas.HytnasError) and error("x").status == code


def test_errors_and_failures_can_be_pickled():
    failure = pickle.loads(pickle.dumps(hytnas.TrialFailed("timeout", "slow")))
    assert failure.state == hytnas.TrialState.TIMEOUT and str(failure) == "slow"
    assert pickle.loads(pickle.dumps(hytnas.RangeError("far"))).status == hytnas.RangeError.status


def test_arrays_go_in_without_a_copy():
    from hytnas._handle import array
    rows = np.arange(6.0).reshape(3, 2)
    assert array(rows, None, 2) is rows
    assert array(rows[:, ::-1], 3, 2).flags.c_contiguous
    with pytest.raises(ValueError, match=r"shape \(n, 3\) is wanted, not \(3, 2\)"):
        array(rows, None, 3)
