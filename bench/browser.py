"""Typing in real Chromium while two peers type: key to frame, Enter, a remote change, opening, and what is loaded.

A key counts from its event's time stamp to the end of the main thread's work on the next frame, so a wait for that
frame (8 ms on average at 60 Hz) is in it.  `KEYS=400` presses more of them.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from bench.harness import ROOT, install_load, print_goal, print_machine, serving

BROWSER = ROOT / "browser"
KEYS = int(os.environ.get("KEYS", "200"))
CHARACTERS = (1_000_000, 100_000)


def report(figure: dict[str, Any]) -> None:
    """One figure as lines; the goals are those of the long document, but for the key's in the short one."""
    kind, characters = figure["figure"], figure.get("characters", 0)
    long = characters == CHARACTERS[0]
    if kind == "browser":
        print(f"  Chromium {figure['version']}")
    elif kind == "sizes":
        for name, limit in (("shell", 20), ("editor route", 130)):
            print_goal(f"{name}, gzipped, until it is shown", figure[name]["first"], limit, "kB")
            print(f"    loaded behind it: {figure[name]['behind']:.1f} kB")
    elif kind == "open":
        print(f"  {characters:,} characters, {figure['ops']:,} ops, {figure['lines']:,} lines")
        setting = figure["shown"] - figure["content"]
        if long:
            print_goal("set contents", setting, 300, "ms")
        else:
            print(f"  set contents: {setting:.0f} ms")
        print(f"  time to open, from the address to the first frame with text: {figure['drawn']:.0f} ms")
    elif kind == "keys":
        if long:
            print_goal("key to frame, p50", figure["p50"], 15, "ms")
        print_goal("key to frame, p95", figure["p95"], 30 if long else 16, "ms")
        print_costs(figure["each"])
    elif kind == "enter":
        if long:
            print_goal("Enter to frame, p50", figure["p50"], 20, "ms")
        print_costs(figure["each"])
    elif kind == "remote" and long:
        print_goal(f"a message of remote changes, script, p50 of {figure['count']}", figure["p50"], 1, "ms")


def print_costs(each: dict[str, float]) -> None:
    print(
        "    per key, peers' work included: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in each.items())
    )


def main() -> None:
    print_machine("Typing in Chromium, two peers typing")
    install_load()
    if not (BROWSER / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=BROWSER, check=True)
    subprocess.run(["npm", "run", "--silent", "build"], cwd=BROWSER, check=True, stdout=subprocess.DEVNULL)
    with serving() as server:
        plan = {"url": server.url, "keys": KEYS, "characters": CHARACTERS}
        command = ["node", str(ROOT / "bench" / "browser.mjs")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(plan))
            process.stdin.close()
            for line in process.stdout:
                report(json.loads(line))
        if process.returncode:
            raise SystemExit(process.returncode)


if __name__ == "__main__":
    main()
