# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws between the functions of hytnas.pareto."""
import numpy as np
import pytest
from hytnas import InfeasibleError, NumericError, RangeError, pareto


@pytest.fixture(params=[2, 3, 5])
def points(request):
    return np.random.default_rng(request.param).random((40, request.param))


def test_front_zero_is_what_nothing_dominates(points):
    ranks = pareto.sort(points)
    free = [not any(pareto.dominates(other, point) for other in points) for point in points]
    assert list(ranks == 0) == free
    for point, rank in zip(points, ranks):
        above = [ranks[j] for j, other in enumerate(points) if pareto.dominates(other, point)]
        assert rank == (max(above) + 1 if above else 0)


def test_whole_is_rest_and_part(points):
    reference = np.full(points.shape[1], 1.1)
    whole, parts = pareto.hypervolume(points, reference), pareto.contributions(points, reference)
    for index, part in enumerate(parts):
        assert whole == pytest.approx(pareto.hypervolume(np.delete(points, index, 0), reference) + part, abs=1e-12)
    assert (parts[pareto.sort(points) > 0] == 0).all()


def test_order_scale_and_layout_change_nothing(points):
    reference = np.full(points.shape[1], 1.1)
    volume = pareto.hypervolume(points, reference)
    assert pareto.hypervolume(points[::-1], reference) == pytest.approx(volume, rel=1e-12)
    assert pareto.hypervolume(np.asfortranarray(points), reference) == volume
    assert pareto.hypervolume(points * 4, reference * 4) == pytest.approx(volume * 4 ** points.shape[1], rel=1e-12)


def test_crowding_is_infinite_at_the_ends(points):
    distance = pareto.crowding(points)
    for column in points.T:
        assert np.isinf(distance[column.argmin()]) and np.isinf(distance[column.argmax()])


def test_a_front_beside_another(points):
    front = points[pareto.sort(points) == 0]
    assert pareto.igd_plus(points, front) == 0 == pareto.epsilon(points, front)
    worse = points + 0.25
    assert pareto.epsilon(worse, points) == pytest.approx(0.25, rel=1e-12)
    assert 0 < pareto.igd_plus(worse, points) <= 0.25 * np.sqrt(points.shape[1]) + 1e-12


def test_attainment_is_the_share_of_runs(points):
    run = np.arange(len(points)) % 4
    goals = np.random.default_rng(9).random((30, points.shape[1]))
    share = [np.mean([(points[run == r] <= goal).all(1).any() for r in range(4)]) for goal in goals]
    assert list(pareto.attainment(points, run, goals)) == share
    assert list(pareto.attainment(points, run, goals, runs=8)) == [part / 2 for part in share]
    if points.shape[1] == 2:
        for least in range(1, 5):
            corners = pareto.surface(points, run, least)
            assert (np.diff(corners[:, 0]) > 0).all() and (np.diff(corners[:, 1]) < 0).all()
            reached = [(corners <= goal).all(1).any() for goal in goals]
            assert reached == [part * 4 >= least for part in share]


def test_picks_are_of_the_front(points):
    front, m = pareto.sort(points) == 0, points.shape[1]
    assert front[pareto.knee(points)]
    for weights in (np.ones(m), np.arange(m)):
        assert front[pareto.compromise(points, weights)]
    limits = np.full(m, np.inf)
    assert pareto.best(points, 1, limits) == points[:, 1].argmin()
    limits[0] = np.median(points[:, 0])
    allowed = points[:, 0] <= limits[0]
    assert points[pareto.best(points, 1, limits), 1] == points[allowed, 1].min()
    with pytest.raises(InfeasibleError):
        pareto.best(points, 1, limits - 10)


def test_bad_input_is_named():
    with pytest.raises(NumericError, match="1"):
        pareto.sort([[0, 0], [np.nan, 0]])
    with pytest.raises(RangeError):
        pareto.sort(np.zeros((2, 33)))
    with pytest.raises(ValueError, match="shape"):
        pareto.hypervolume([[0, 0]], [1, 1, 1])
