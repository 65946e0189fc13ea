# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from hytnas import Space


@pytest.fixture
def bridge():
    """Two integers, one word that counts only sometimes: 30 candidates with canonical form."""
    space = Space("bridge").add_integer("span", 1, 4).add_ordinal("beam", [0.5, 1, 2])
    space.add_categorical("roof", ["tin", "slate", "thatch"]).add_condition("roof", "span", [3, 4])
    return space


def load(trial):
    """Two objectives against each other on `bridge`."""
    roof = {None: 0, "tin": 1, "slate": 2, "thatch": 3}[trial["roof"]]
    return trial["span"] * trial["beam"] + roof, 9.0 - trial["span"] + 3 * trial["beam"] ** 2
