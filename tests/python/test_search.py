# SPDX-License-Identifier: GPL-3.0-or-later
import ctypes
import pickle
import threading

import numpy as np
import pytest
from conftest import load
from hytnas import (ConflictError, ExhaustedError, InfeasibleError, NotFoundError, OptionType, RangeError, Search,
                    StateError, StopSearch, TrialFailed, TrialState, pareto, search_options)

OBJECTIVES = {"load": "max", "cost": "min"}


def search(space, **keywords):
    return Search(space, OBJECTIVES, **{"trials": 20, "seed": 3, **keywords})


def minimised(search):
    return search.values * [-1, 1]


def test_a_run_uses_its_trials_and_never_repeats(bridge):
    one = search(bridge)
    assert one.optimize(load) == "trials" and len(one) == 20 == len({result.candidate for result in one.results})
    assert all(list(result.objectives) == list(load(result.candidate)) for result in one.results)


def test_the_front_is_what_pareto_says(bridge):
    one = search(bridge)
    one.optimize(load)
    points = minimised(one)
    assert [result.in_front for result in one.results] == list(pareto.sort(points) == 0)
    assert [result.number for result in one.front] == [result.number for result in one.results if result.in_front]
    assert one.hypervolume == pytest.approx(pareto.hypervolume(points, one.reference * [-1, 1]), rel=1e-12)
    assert one.hypervolume_at(19) == pytest.approx(one.hypervolume, rel=1e-12)
    assert all(one.hypervolume_at(i) <= one.hypervolume_at(i + 1) + 1e-12 for i in range(10, 19))


def test_ask_and_tell_is_the_same_search_in_any_order(bridge):
    one, two = search(bridge), search(bridge)
    one.optimize(load)
    while len(two) < 20 or two.results[-1].state == TrialState.PENDING:
        try:
            trials = two.ask(5)
        except StateError:
            break
        for trial in reversed(trials):
            two.tell(trial, dict(zip(OBJECTIVES, load(trial))))
    assert [r.candidate for r in one.results] == [r.candidate for r in two.results]


def test_an_exception_of_the_evaluation_comes_out_unchanged_and_its_trial_is_next(bridge):
    one, error = search(bridge), ZeroDivisionError("mine")

    def fails_at_7(trial):
        if trial.number == 7:
            raise error
        return load(trial)

    with pytest.raises(ZeroDivisionError) as caught:
        one.optimize(fails_at_7)
    assert caught.value is error and one.results[7].state == TrialState.PENDING
    one.optimize(load)
    two = search(bridge)
    two.optimize(load)
    assert [r.candidate for r in one.results] == [r.candidate for r in two.results]


def test_exceptions_of_progress_and_constraints_travel_too(bridge):
    one = search(bridge)
    with pytest.raises(KeyboardInterrupt):
        one.optimize(load, progress=lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    two = search(bridge)
    two.add_constraint("bad", lambda candidate: {}["missing"], 1)
    with pytest.raises(KeyError, match="missing"):
        two.ask()


def test_progress_sees_each_trial_and_can_stop(bridge):
    seen = []

    def progress(search, result):
        seen.append(result.number)
        if len(seen) == 4:
            raise StopSearch

    one = search(bridge)
    assert one.optimize(load, progress) == "stopped" == one.stopped
    assert seen == [0, 1, 2, 3]


def test_failures_are_told_apart(bridge):
    def evaluate(trial):
        if trial.number == 2:
            raise TrialFailed("timeout")
        if trial.number == 3:
            raise TrialFailed
        return (float("nan"), 1) if trial.number == 4 else load(trial)

    one = search(bridge, initial=6, trials=6)
    one.optimize(evaluate)
    assert [result.state.name for result in one.results[2:5]] == ["TIMEOUT", "INFEASIBLE", "NAN"]
    assert one.results[2].objectives is None and np.isnan(one.values[2:5]).all() and not np.isnan(one.values[:2]).any()


def test_a_constraint_keeps_candidates_out(bridge):
    one = search(bridge, trials=12)
    one.add_constraint("span", lambda candidate: candidate["span"], 2)
    with pytest.raises(InfeasibleError, match="none"):
        two = search(bridge)
        two.add_constraint("none", lambda candidate: 2.0, 1)
        two.ask()
    assert one.optimize(load) == "exhausted"
    assert {result.candidate["span"] for result in one.results} == {1, 2} and len(one) == 6
    with pytest.raises(ExhaustedError):
        one.ask()


def test_an_exact_objective_is_measured_and_not_told(bridge):
    one = Search(bridge, trials=12, seed=1)
    one.add_objective("load", "max")
    one.add_objective("cost", "min", measure=lambda candidate: load(candidate)[1])
    one.optimize(lambda trial: {"load": load(trial)[0]})
    assert all(list(result.objectives) == list(load(result.candidate)) for result in one.results)
    two = Search(bridge)
    two.add_objective("bad", "min", measure=lambda candidate: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        two.optimize(lambda trial: [0])


def test_threads_evaluate_at_the_same_time(bridge):
    barrier = threading.Barrier(2)

    def together(trial):
        if trial.number < 2:
            barrier.wait(20)
        return load(trial)

    one = search(bridge, workers=2, batch=2, initial=6)
    assert one.optimize(together) == "trials" and len({result.candidate for result in one.results}) == 20
    two = search(bridge, workers=3)
    with pytest.raises(ZeroDivisionError):
        two.optimize(lambda trial: 1 / 0)


def test_asynchronous_asks_need_no_tell(bridge):
    one = search(bridge, mode="asynchronous", initial=4)
    trials = [one.ask()[0] for _ in range(7)]
    for trial in trials[::-1]:
        one.tell(trial, load(trial))
    assert len({trial.candidate for trial in trials}) == 7
    assert one.optimize(load) == "trials"


def test_repeats_are_evaluations_of_one_candidate(bridge):
    noise = np.random.default_rng(1)
    one = search(bridge, repeats=3)
    one.optimize(lambda trial: np.array(load(trial)) + noise.normal(0, 0.1, 2))
    again = {}
    for result in one.results:
        again.setdefault(result.candidate, []).append(result.objectives)
    assert max(map(len, again.values())) in (2, 3)
    for result in one.results:
        mean, error, count = one.mean(result.number)
        values = np.array(again[result.candidate])
        assert count == len(values) and mean == pytest.approx(values.mean(0), rel=1e-12)
        assert error == pytest.approx(values.std(0, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(2), abs=1e-9)


def test_reports_are_kept_and_prune(bridge):
    def evaluate(trial):
        for step in range(1, 10):
            trial.report(step, np.array(load(trial)) * [step / 9, 2 - step / 9])
            if trial.should_stop:
                raise StopSearch
        return load(trial)

    one = search(bridge, pruner="halving", trials=24)
    one.optimize(evaluate)
    states = [result.state for result in one.results]
    assert TrialState.PRUNED in states and states.count(TrialState.FINISHED) >= 4
    for result in one.results:
        steps = [step for step, _ in one.reports(result.number)]
        assert steps == list(range(1, len(steps) + 1))
        assert (len(steps) == 9) == (result.state == TrialState.FINISHED)


def test_limits_and_reference(bridge):
    one = search(bridge, limits={"cost": 12}, reference=[0, 25])
    one.optimize(load)
    assert all(result.objectives[1] <= 12 for result in one.front) and list(one.reference) == [0, 25]


def test_options_are_checked_by_the_library(bridge):
    with pytest.raises(NotFoundError, match='"trails"; the nearest is "trials"'):
        search(bridge, trails=3)
    with pytest.raises(RangeError, match="batch"):
        search(bridge, batch=0)
    one = search(bridge, batch=7, method="random")
    assert (one.options.batch, one.options["seed"], one.options.method) == (7, 3, "random")
    assert "batch" in dir(one.options) and not hasattr(one.options, "no_such")
    with pytest.raises(ValueError, match="direction"):
        Search(bridge, {"a": "up"})


def test_the_option_table_describes_its_defaults():
    for row in search_options().table:
        assert row.help and search_options()[row.key] == row.initial
        if row.type == OptionType.CHOICE:
            assert row.initial in row.choices
            assert [search_options(**{row.key: word})[row.key] for word in row.choices] == list(row.choices)
        else:
            assert row.low <= row.initial <= row.high


def test_wrong_answers_of_an_evaluation_are_errors(bridge):
    with pytest.raises(ValueError, match="shape"):
        search(bridge).optimize(lambda trial: 1.0)
    with pytest.raises(KeyError):
        search(bridge).optimize(lambda trial: {"load": 1})


def test_results_that_were_not_asked_for(bridge):
    one, known = search(bridge), [bridge[place] for place in (0, 5, 11)]
    for candidate in known:
        one.add_result(candidate, load(candidate))
    one.add_result(bridge[12], state="infeasible")
    with pytest.raises(ConflictError):
        one.add_result(known[0], load(known[0]))
    one.optimize(load)
    candidates = [result.candidate for result in one.results]
    assert candidates[:3] == known and len(set(candidates)) == len(candidates) == 24
    assert one.results[3].state == TrialState.INFEASIBLE


def test_samples_are_no_trials(bridge):
    one, other = search(bridge), search(bridge)
    for place in range(0, 24, 2):
        candidate = bridge[place]
        one.add_sample(candidate, "load", load(candidate)[0])
    with pytest.raises(NotFoundError, match="load"):
        one.add_sample(bridge[0], "laod", 1)
    one.optimize(load)
    other.optimize(load)
    assert len(one) == 20 and [r.candidate for r in one.results] != [r.candidate for r in other.results]


def test_another_candidate_than_the_one_proposed(bridge):
    one = search(bridge, trials=8)
    trial = one.ask()[0]
    other = next(candidate for candidate in trial.candidate.neighbours())
    one.tell(trial, state="cancelled")
    one.add_result(other, load(other))
    states = {result.candidate: result.state for result in one.results}
    assert states[trial.candidate] == TrialState.CANCELLED and states[other] == TrialState.FINISHED


def test_trials_travel_to_other_processes(bridge):
    trial = search(bridge).ask()[0]
    other = pickle.loads(pickle.dumps(trial))
    assert (other.number, other.candidate) == (trial.number, trial.candidate)
    other.report(1, [0, 0])
    assert not other.should_stop and other.seconds_left == float("inf")


def test_a_trial_outlives_its_search(bridge):
    one = search(bridge)
    trial = one.ask()[0]
    one.close()
    assert trial["span"] and not trial.should_stop
    with pytest.raises(ctypes.ArgumentError, match="closed"):
        one.tell(trial, [1, 2])
