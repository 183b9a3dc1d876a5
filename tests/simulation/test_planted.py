"""Each planted bug is caught by one of its seeds."""

from __future__ import annotations

import pytest

from tests.simulation.planted import SEEDS, Bug
from tests.simulation.world import run_seed


@pytest.mark.parametrize("bug", SEEDS, ids=lambda bug: bug.__name__)
def test_the_bug_is_caught(bug: Bug) -> None:
    with bug():
        assert any(run_seed(seed).violations for seed in SEEDS[bug])


def test_there_are_enough_of_them() -> None:
    assert len(SEEDS) >= 12
