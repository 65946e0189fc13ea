# SPDX-License-Identifier: GPL-3.0-or-later
import copy
import pickle

import numpy as np
import pytest
from hytnas import FileError, FormatError, NotFoundError, RangeError, StateError, Surrogate, surrogate_options


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


@pytest.mark.parametrize("kind", Surrogate.kinds())
def test_what_is_written_answers_as_before(kind, tmp_path):
    x, y = sample()
    model = Surrogate(kind, 3, columns=["real", "ordinal", 0]).fit(x, y)
    mean, deviation = model.predict(x)
    model.save(tmp_path / "model")
    for other in (Surrogate.load(tmp_path / "model"), pickle.loads(pickle.dumps(model)), copy.copy(model)):
        assert (other.features, other.rows, other.chosen) == (3, 80, model.chosen)
        assert all((a == b).all() for a, b in zip(other.predict(x), (mean, deviation)))
    with pytest.raises(FormatError):
        Surrogate.from_bytes(b"no model")
    with pytest.raises(FileError, match="nowhere"):
        Surrogate.load(tmp_path / "nowhere")


@pytest.mark.parametrize("kind", Surrogate.kinds())
def test_updates_draws_and_copies(kind):
    x, y = sample()
    model = Surrogate(kind, 3).fit(x[:40], y[:40])
    other = model.copy().update(x[40:], y[40:])
    assert (model.rows, other.rows) == (40, 80)
    draws = other.sample(x[:5], 400, seed=1)
    mean, deviation = other.predict(x[:5])
    assert draws.shape == (400, 5) and (draws == other.sample(x[:5], 400, seed=1)).all()
    assert (abs(draws.mean(0) - mean) <= 6 * deviation / 20 + 1e-9).all()


def test_gradients_are_slopes():
    x, y = sample()
    model = Surrogate("gp", 3).fit(x, y)
    slope = model.gradient(x[3])[0]
    for feature in range(3):
        step = np.eye(3)[feature] * 1e-5
        (above, below), _ = model.predict([x[3] + step, x[3] - step])
        assert slope[feature] == pytest.approx((above - below) / 2e-5, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("kind", Surrogate.kinds())
def test_validation_is_that_of_its_predictions(kind):
    x, y = sample()
    result = Surrogate(kind, 3, seed=1).validate(x, y, folds=np.arange(80) % 4)
    mean, deviation = result.predictions
    assert result.rmse == pytest.approx(np.sqrt(np.mean((mean - y) ** 2)), rel=1e-9)
    assert result.r2 == pytest.approx(1 - np.sum((mean - y) ** 2) / np.sum((y - y.mean()) ** 2), rel=1e-9)
    assert 0.5 < result.tau <= result.rho <= 1 and (deviation >= 0).all()
    assert 0 <= result.coverage(0.5) <= result.coverage(0.95) <= 1 and 0 < result.crps < np.std(y)
    fitted = Surrogate(kind, 3, seed=1).fit(x[np.arange(80) % 4 != 1], y[np.arange(80) % 4 != 1])
    assert fitted.predict(x[1::4])[0] == pytest.approx(mean[1::4], rel=1e-9)
    with pytest.raises(ValueError, match="labels"):
        Surrogate(kind, 3).validate(x, y, folds=[0, 1])


def test_kinds_and_options():
    with pytest.raises(NotFoundError, match="gp"):
        Surrogate("gq", 1)
    with pytest.raises(NotFoundError, match="min-child-weight"):
        surrogate_options("trees", min_child_wait=1)
    options = surrogate_options("trees", min_child_weight=2)
    options.rounds = 10
    assert (options["min-child-weight"], options.rounds) == (2.0, 10)
    assert set(options) == {row.key for row in options.table}
