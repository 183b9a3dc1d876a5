"""`python -m tests.simulation --seeds 20000 --seed 0 --jobs 2`: many seeds, or one again to look at it."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.runner import run_seeds
from tests.simulation.world import Outcome, run_seed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    chosen = parser.parse_args()
    if chosen.seeds == 1:
        outcome = run_seed(chosen.seed)
        _report(outcome)
        print(f"trace {outcome.trace}, {outcome.changes} changes, faults {dict(outcome.fired)}")
        return bool(outcome.violations)
    started = time.monotonic()
    summary = run_seeds(chosen.seed, chosen.seeds, jobs=chosen.jobs, report=_report)
    seconds = time.monotonic() - started
    print(f"{summary.seeds} seeds, {summary.changes} changes, {len(summary.failed)} failed, {seconds:.0f} s")
    for name, count in sorted(summary.fired.items()):
        print(f"  {name}: in {100 * count / summary.seeds:.0f} % of the seeds")
    return bool(summary.failed or summary.rare())


def _report(outcome: Outcome) -> None:
    for violation in outcome.violations:
        print(f"seed {outcome.seed}: {violation[:400]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
