"""Many seeds, on several processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.simulation.world import FAULTS, Outcome, run_seed


@dataclass(slots=True)
class Summary:
    """What came of all seeds; `fired` counts the seeds in which a fault happened."""

    seeds: int = 0
    changes: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)

    def rare(self) -> list[str]:
        """The faults that happened in fewer than 5 % of the seeds, which therefore proves little about them."""
        return [name for name in FAULTS if self.fired[name] < 0.05 * self.seeds]


def run_seeds(
    first: int,
    count: int,
    *,
    jobs: int = 2,
    report: Callable[[Outcome], None] | None = None,
    progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Run seeds first … first + count - 1; `report` hears of each that failed as soon as it has.

    `progress` hears how far it is after every thousand.
    """
    summary = Summary()
    with ProcessPoolExecutor(jobs) as pool:
        for outcome in pool.map(run_seed, range(first, first + count), chunksize=10):
            summary.seeds += 1
            summary.changes += outcome.changes
            summary.fired.update(outcome.fired.keys())
            if outcome.violations:
                summary.failed.append(outcome)
                if report is not None:
                    report(outcome)
            if progress is not None and summary.seeds % 1000 == 0:
                progress(summary)
    return summary
