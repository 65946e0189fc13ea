# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hytnas import NotFoundError, RangeError, StateError, Surrogate, surrogate_options


def sample(n=80):
    x = np.random.default_rng(0).random((n, 3))
    return x, np.sin(4 * x[:, 0]) + x[:, 1] ** 2


@pytest.mark.parametrize("kind", Surrogate.kinds())
def test_a_fit_beats_the_mean_and_is_repeatable(kind):
    x, y = sample()
    model = Surrogate(kind, 3, seed=1).fit(x[:60], y[:60])
    mean, deviation = model.predict(x[60:])
    assert np.corrcoef(mean, y[60:])[0, 1] > 0.5 and (deviation >= 0).all()
    again = Surrogate(kind, 3, seed=1).fit(np.asfortranarray(x[:60]), y[:60].copy()).predict(x[60:])
    assert (again[0] == mean).all() and (again[1] == deviation).all()


@pytest.mark.parametrize("kind", Surrogate.kinds())
def test_bad_input_is_named(kind):
    x, y = sample(10)
    model = Surrogate(kind, 3)
    with pytest.raises(StateError):
        model.predict(x)
    with pytest.raises(RangeError, match="4"):
        model.fit(x, np.where(np.arange(10) == 4, np.inf, y))
    with pytest.raises(ValueError, match="shape"):
        model.fit(x[:, :2], y)
    with pytest.raises(ValueError, match="shape"):
        model.fit(x, y[:9])


def test_kinds_and_options():
    with pytest.raises(NotFoundError, match="gp"):
        Surrogate("gq", 1)
    with pytest.raises(NotFoundError, match="min-child-weight"):
        surrogate_options("trees", min_child_wait=1)
    options = surrogate_options("trees", min_child_weight=2)
    options.rounds = 10
    assert (options["min-child-weight"], options.rounds) == (2.0, 10)
    assert set(options) == {row.key for row in options.table}
