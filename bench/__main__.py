"""`python -m bench [PROGRAM]…`: the figures, all or some; README.md says which there are."""

from __future__ import annotations

import subprocess
import sys

PROGRAMS = (
    "core",
    "fanout",
    "edit",
    "open",
    "idle",
    "rooms",
    "home",
    "offline",
    "history",
    "segments",
    "browser",
    "cluster",
)


def main(chosen: list[str]) -> int:
    unknown = [name for name in chosen if name not in PROGRAMS]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    # Each in a process of its own, so that one's memory and threads do not weigh on the next.
    codes = [subprocess.call([sys.executable, "-m", f"bench.{name}"]) for name in chosen or PROGRAMS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
