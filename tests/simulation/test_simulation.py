"""Many seeds converge, every fault happens, and a seed replays exactly."""

from __future__ import annotations

import os

from tests.simulation.runner import run_seeds
from tests.simulation.world import run_seed

SEEDS = int(os.environ.get("SEEDS", "300"))
FIRST = int(os.environ.get("SEED", "0"))


def test_every_seed_keeps_every_promise_and_every_fault_happens() -> None:
    summary = run_seeds(FIRST, SEEDS, jobs=2)
    assert [(outcome.seed, outcome.violations) for outcome in summary.failed] == []
    assert SEEDS < 100 or summary.rare() == []


def test_the_same_seed_gives_the_same_trace() -> None:
    first, again = run_seed(FIRST), run_seed(FIRST)
    assert first.trace == again.trace
    assert first.trace != run_seed(FIRST + 1).trace
