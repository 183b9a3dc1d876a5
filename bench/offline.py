"""An offline operation of 5,000 components over 5,000 changes of others: `python -m bench.offline`.

The limits (design, performance.md section 1): 130 ms compiled, 250 ms pure.  One by one without parts stands beside it.
"""

from __future__ import annotations

import random
import time

from bench.harness import print_goal, print_machine
from octavo.delta import Delta, DeltaBuilder, core_build
from octavo.delta.divergence import Divergence

COMPONENTS = 5_000
CHANGES = 5_000
LENGTH = 200_000
ROUNDS = 5


def scattered() -> Delta:
    """An operation with an insert every so often, from the beginning of a long document to its end."""
    out = DeltaBuilder()
    for _ in range(COMPONENTS // 2):
        out.retain(LENGTH * 2 // COMPONENTS - 1)
        out.insert("words ")
    return out.build()


def history(rng: random.Random) -> list[Delta]:
    """Small insertions and deletions anywhere."""
    length, found = LENGTH, []
    for _ in range(CHANGES):
        at = rng.randrange(length - 10)
        found.append(Delta().retain(at).insert("xyz") if rng.random() < 0.7 else Delta().retain(at).delete(3))
        length += found[-1].change_length
    return found


def main() -> None:
    mine, theirs = scattered(), history(random.Random(7))
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        divergence = Divergence(mine)
        for change in theirs:
            divergence.transform_after(change)
        result = divergence.to_delta()
        times.append((time.process_time() - started) * 1000)
    started = time.process_time()
    plain = mine
    for change in theirs:
        plain = plain.transform_after(change)
    whole = (time.process_time() - started) * 1000
    assert plain == result, "the same as one by one"
    print_machine("an operation made offline over a long history")
    print(f"core: {core_build()}; {len(mine.ops)} components over {len(theirs)} changes, CPU time")
    print_goal("in parts", min(times), 130 if core_build() == "compiled" else 250, "ms")
    print(f"one by one {whole:7.0f} ms")


if __name__ == "__main__":
    main()
