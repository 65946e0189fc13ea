# SPDX-License-Identifier: GPL-3.0-or-later
import pickle

import pytest
from hytnas import ConflictError, FormatError, GeneKind, NotFoundError, RangeError, Space, StateError


def test_genes_are_what_was_added(bridge):
    assert [(gene.name, gene.kind, gene.values) for gene in bridge.genes] == [
        ("span", GeneKind.INTEGER, (1, 2, 3, 4)), ("beam", GeneKind.ORDINAL, (0.5, 1, 2)),
        ("roof", GeneKind.CATEGORICAL, ("tin", "slate", "thatch"))]
    assert bridge.count == 2 * 3 + 2 * 3 * 3 and bridge.genotypes == 36


def test_the_space_is_a_sequence_of_its_candidates(bridge):
    candidates = [bridge[index] for index in range(bridge.count)]
    assert len(set(candidates)) == bridge.count
    assert [candidate.index for candidate in candidates] == list(range(bridge.count))
    for past in (bridge.count, -1, 1 << 128):
        with pytest.raises(IndexError):
            bridge[past]


def test_a_candidate_is_a_mapping(bridge):
    candidate = bridge.candidate({"span": 3, "beam": 0.5, "roof": "slate"})
    assert dict(candidate) == {"span": 3, "beam": 0.5, "roof": "slate"} and len(candidate) == 3
    assert candidate.genome == "3:0.5:slate" and list(candidate.levels) == [2, 0, 1]
    assert list(candidate.numbers) == [3, 0.5, 1]
    with pytest.raises(KeyError):
        candidate["chimney"]


def test_inactive_genes_are_none_and_make_no_difference(bridge):
    low = [bridge.candidate({"span": 1, "roof": roof}) for roof in ("tin", "thatch")]
    assert low[0]["roof"] is None and low[0] == low[1] and hash(low[0]) == hash(low[1])


@pytest.mark.parametrize("seed", range(20))
def test_round_trips(bridge, seed):
    candidate = bridge.sample(seed)
    assert bridge.candidate(candidate.genome) == candidate
    assert bridge.candidate({name: value for name, value in candidate.items() if value is not None}) == candidate
    assert bridge.at_levels(candidate.levels) == candidate == bridge.at_numbers(candidate.numbers)
    assert bridge[candidate.index] == candidate
    assert pickle.loads(pickle.dumps(candidate)) == candidate
    assert Space.parse(bridge.to_json()).sample(seed).genome == candidate.genome


def test_real_genes_take_any_number_between_their_ends():
    space = Space("line").add_real("x", 0, 1).add_real("rate", 1e-4, 1, log=True)
    assert [(gene.kind, gene.values, gene.log) for gene in space.genes] == [
        (GeneKind.REAL, (0, 1), False), (GeneKind.REAL, (1e-4, 1), True)]
    candidate = space.candidate({"x": 0.3, "rate": 0.02})
    assert candidate["x"] == pytest.approx(0.3, abs=1e-9) and candidate["rate"] == pytest.approx(0.02, rel=1e-8)
    assert space.at_numbers(candidate.numbers) == candidate == pickle.loads(pickle.dumps(candidate))
    assert isinstance(space.candidate({"x": 1})["x"], float)
    with pytest.raises(RangeError, match="x"):
        space.candidate({"x": 1.1})


def test_neighbours_are_mutual_and_others(bridge):
    for candidate in (bridge[index] for index in range(bridge.count)):
        assert candidate not in candidate.neighbours()
        assert all(one["roof"] != candidate["roof"] or candidate in one.neighbours() for one in candidate.neighbours())


def test_preset_and_files(tmp_path):
    hytnas = Space.preset("hytnas")
    path = tmp_path / "space.json"
    path.write_text(hytnas.to_json())
    assert len(hytnas) == 23 and Space.load(path).count == hytnas.count


def test_errors_name_what_is_wrong(bridge):
    with pytest.raises(ConflictError, match="span"):
        bridge.add_integer("span", 1, 2)
    with pytest.raises(RangeError, match="roof has no value 'gold'"):
        bridge.candidate({"roof": "gold"})
    with pytest.raises(NotFoundError, match="chimney"):
        bridge.candidate({"chimney": 1})
    with pytest.raises(NotFoundError, match="hytnas"):
        Space.preset("hytnos")
    with pytest.raises(FormatError):
        Space.parse("{")
    bridge.sample(1)
    with pytest.raises(StateError):
        bridge.add_integer("late", 1, 2)
