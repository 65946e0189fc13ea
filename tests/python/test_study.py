# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from conftest import load
from hytnas import ConflictError, NotFoundError, Search, Study, TrialState

OBJECTIVES = {"load": "max", "cost": "min"}


def run(space, path, stop_at=None):
    def evaluate(trial):
        if trial.number == stop_at:
            raise InterruptedError
        return load(trial)

    with Study(path) as study:
        search = Search(space, OBJECTIVES, trials=16, seed=1, study=study)
    search.optimize(evaluate)
    return search


def test_resumed_is_undisturbed(bridge, tmp_path):
    with pytest.raises(InterruptedError):
        run(bridge, tmp_path / "cut.db", stop_at=11)
    resumed, whole = run(bridge, tmp_path / "cut.db"), run(bridge, tmp_path / "whole.db")
    assert [r.candidate for r in resumed.results] == [r.candidate for r in whole.results]
    assert (resumed.values == whole.values).all()


def test_reading_shows_what_was_stored(bridge, tmp_path):
    search = run(bridge, tmp_path / "study.db")
    with Study(tmp_path / "study.db", "read") as study:
        assert study.objectives == search.objectives and len(study) == 16
        for record, result in zip(study, search.results):
            assert (record.number, record.genome) == (result.number, result.candidate.genome)
            assert record.state == TrialState.FINISHED and list(record.objectives) == list(result.objectives)
        with pytest.raises(IndexError):
            study[16]


def test_order_and_reports_are_stored(bridge, tmp_path):
    def evaluate(trial):
        trial.report(1, [trial.number, 0])
        return load(trial)

    with Study(tmp_path / "study.db") as study:
        Search(bridge, OBJECTIVES, trials=7, batch=2, initial=3, study=study).optimize(evaluate)
    with Study(tmp_path / "study.db", "read") as study:
        assert [study.order(index)[0] for index in range(7)] == [0, 0, 0, 3, 3, 5, 5]
        assert [study.order(index)[1] for index in range(7)] == [3, 3, 3, 5, 5, 7, 7]
        assert [(step, list(values)) for step, values in study.reports(4)] == [(1, [4, 0])]


def test_conflicts_are_named(bridge, tmp_path):
    with pytest.raises(NotFoundError):
        Study(tmp_path / "none.db", "read")
    search = run(bridge, tmp_path / "study.db")
    with pytest.raises(ConflictError):
        Study(tmp_path / "study.db")                # still locked by the search
    search.close()
    with pytest.raises(ConflictError):
        Study(tmp_path / "study.db", "new")
    with pytest.raises(ConflictError, match="seed"):
        Search(bridge, OBJECTIVES, trials=16, seed=2, study=Study(tmp_path / "study.db"))
