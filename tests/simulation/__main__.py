"""`python -m tests.simulation --seeds 20000 --seed 0 --jobs 2`: many seeds, or one again to look at it.

`--planted` looks for seeds that catch each planted bug instead, as `planted.SEEDS` records them.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import islice

from tests.simulation.planted import SEEDS, Bug
from tests.simulation.runner import Summary, run_seeds
from tests.simulation.world import Outcome, run_seed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--planted", action="store_true", help="which of them catch each planted bug")
    chosen = parser.parse_args()
    if chosen.planted:
        return _hunt(range(chosen.seed, chosen.seed + max(chosen.seeds, 1000)))
    if chosen.seeds == 1:
        outcome = run_seed(chosen.seed)
        _report(outcome)
        print(f"trace {outcome.trace}, {outcome.changes} changes, faults {dict(outcome.fired)}")
        return bool(outcome.violations)
    started = time.monotonic()
    summary = run_seeds(chosen.seed, chosen.seeds, jobs=chosen.jobs, report=_report, progress=_progress)
    seconds = time.monotonic() - started
    print(f"{summary.seeds} seeds, {summary.changes} changes, {len(summary.failed)} failed, {seconds:.0f} s")
    for name, count in sorted(summary.fired.items()):
        print(f"  {name}: in {100 * count / summary.seeds:.0f} % of the seeds")
    return bool(summary.failed or summary.rare())


def _progress(summary: Summary) -> None:
    print(f"{summary.seeds} seeds, {len(summary.failed)} failed", file=sys.stderr, flush=True)


def _hunt(seeds: range, enough: int = 5) -> int:
    """The first seeds that catch each bug; fails when there is a bug that none catches."""
    missed = 0
    for bug in SEEDS:
        caught = list(islice((seed for seed in seeds if _catches(bug, seed)), enough))
        print(f"    {bug.__name__}: {tuple(caught)},", flush=True)
        missed += not caught
    return missed


def _catches(bug: Bug, seed: int) -> bool:
    with bug():
        return bool(run_seed(seed).violations)


def _report(outcome: Outcome) -> None:
    for violation in outcome.violations:
        print(f"seed {outcome.seed}: {violation[:400]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
