"""Runs every part of the test suite, two at a time; says what passed, what failed and what could not be run.

`make test` calls it.  Names of parts as arguments run only these.  Each part's output goes to
build/tests/NAME.log and is shown when the part fails.  What could not be run (no Chromium, no compiler, a
skipped test) is listed last; with CI=true it fails the run.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "tests"
LANES = 2
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")
PYTEST_CLOSING = re.compile(r"^=*\s*((?:\d+ \w+,? ?)+|no tests ran) in [\d.]+s")
VITEST_CLOSING = re.compile(r"^\s*Tests\s+\d+ ")
PYTEST = [sys.executable, "-m", "pytest", "-rfEs", "-p", "no:cacheprovider"]
STORED = [  # what of the served tests leans most on the store; on PostgreSQL, besides on SQLite
    *("tests/matrix/test_events.py", "tests/web/test_documents.py", "tests/web/test_home.py"),
    *("tests/web/test_search.py", "tests/web/test_sharing.py", "tests/web/test_operations.py"),
    *("tests/web/test_comments.py", "tests/web/test_locks.py"),
]


def never() -> str:
    return ""


@dataclass(frozen=True)
class Part:
    """One command; `lacks` says why it cannot run here, or nothing; `partly` why only a part of it means much."""

    name: str
    command: list[str]
    folder: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    limit: float = 1200.0  # seconds
    lacks: Callable[[], str] = never
    partly: Callable[[], str] = never


@dataclass
class Outcome:
    part: Part
    seconds: float = 0.0
    exit_code: int = 0
    closing: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    not_run: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return self.exit_code != 0


def lacks_browser() -> str:
    named = os.environ.get("OCTAVO_CHROMIUM")
    if named and not os.access(named, os.X_OK):
        return f"$OCTAVO_CHROMIUM names {named}, which cannot be run"
    if named or any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return ""
    return "no Chromium: set OCTAVO_CHROMIUM, or install chromium"


def lacks_firefox() -> str:
    if os.environ.get("OCTAVO_FIREFOX") or any(map(shutil.which, ("firefox-esr", "firefox"))):
        return ""
    return "no Firefox: set OCTAVO_FIREFOX, or install firefox-esr; its scene was skipped"


def lacks_postgres() -> str:
    ask = [sys.executable, "-c", "from tests import postgres; print(postgres.lacking())"]
    return subprocess.run(ask, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()


def lacks_compiled_core() -> str:
    ask = [sys.executable, "-c", "from octavo import delta; print(delta.core_build())"]
    answer = subprocess.run(ask, capture_output=True, text=True, cwd=ROOT, check=False)
    if answer.stdout.strip() == "compiled":
        return ""
    return (
        "the core is not compiled (it needs gcc and Python's headers), so its tests ran on the pure one only"
    )


def parts() -> list[Part]:
    """In the order in which they start: the longest first, so that the two lanes end together."""
    browser = ROOT / "browser"
    served = ["tests/web", "tests/matrix", "tests/client"]  # a real server and real sockets
    apart = ["tests/simulation", "tests/chaos", "tests/packaging", *served]
    units = [*PYTEST, "tests", *(f"--ignore={path}" for path in apart)]
    npm = ["npm", "run", "--silent"]
    return [
        Part("browser", [*npm, "test:browser"], folder=browser, lacks=lacks_browser, partly=lacks_firefox),
        Part("web", [*PYTEST, "tests/web"]),
        Part("matrix", [*PYTEST, "tests/matrix", "tests/client"]),
        Part(
            "postgresql",
            [*PYTEST, *STORED],
            environment={"OCTAVO_TEST_STORE": "postgresql"},
            lacks=lacks_postgres,
        ),
        Part("units", units, partly=lacks_compiled_core),
        Part("simulation", [*PYTEST, "tests/simulation"]),
        Part("pure", [*PYTEST, "tests/delta"], environment={"OCTAVO_PURE": "1"}),
        Part("editor", [*npm, "test"], folder=browser),
        Part("checks", ["make", "check"]),
        Part("packaging", [*PYTEST, "tests/packaging"]),
        Part("chaos", [*PYTEST, "tests/chaos"]),
    ]


class Runner:
    """Two lanes over one queue of parts; what is printed is printed whole."""

    def __init__(self, chosen: list[Part]) -> None:
        self.queue: SimpleQueue[Part] = SimpleQueue()
        for part in chosen:
            self.queue.put(part)
        self.alone = len(chosen) == 1
        self.outcomes: list[Outcome] = []
        self.running: set[subprocess.Popen[str]] = set()
        self.lock = threading.Lock()

    def run(self) -> list[Outcome]:
        lanes = [threading.Thread(target=self._lane) for _ in range(LANES)]
        for lane in lanes:
            lane.start()
        try:
            for lane in lanes:
                lane.join()
        except KeyboardInterrupt:
            while not self.queue.empty():
                self.queue.get()
            for process in list(self.running):
                end_group(process)
            raise
        return self.outcomes

    def _lane(self) -> None:
        while True:
            try:
                part = self.queue.get_nowait()
            except Empty:
                return
            outcome = self._run(part)
            with self.lock:
                self.outcomes.append(outcome)

    def _run(self, part: Part) -> Outcome:
        reason = part.lacks()
        if reason:
            self._say(f"{part.name:<12} not run: {reason}")
            return Outcome(part, not_run=[reason])
        if not self.alone:
            self._say(f"{part.name:<12} …")
        started = time.monotonic()
        exit_code, lines = self._call(part)
        outcome = Outcome(part, time.monotonic() - started, exit_code)
        outcome.not_run += filter(None, [part.partly()])
        read_output(outcome, lines)
        if outcome.failed and not self.alone:
            self._say("\n".join([f"{'-' * 30} {part.name}", *lines[-400:], f"{'-' * 30} end of {part.name}"]))
        self._say(row(outcome))
        return outcome

    def _call(self, part: Part) -> tuple[int, list[str]]:
        """The command in a process group of its own, which ends as one: browsers and servers too."""
        LOGS.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        process = subprocess.Popen(
            part.command,
            cwd=part.folder,
            env=os.environ | {"NO_COLOR": "1"} | part.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.running.add(process)
        timer = threading.Timer(part.limit, end_group, [process])
        timer.start()
        assert process.stdout is not None
        with (LOGS / f"{part.name}.log").open("w") as log:
            for line in process.stdout:
                log.write(line)
                lines.append(line.rstrip("\n"))
                if self.alone:
                    self._say(lines[-1])
        exit_code = process.wait()
        if timer.finished.is_set():
            lines.append(f"{part.name} took longer than {part.limit:.0f} s and was ended")
        timer.cancel()
        self.running.discard(process)
        end_group(process)  # what it may have left behind
        return exit_code, lines

    def _say(self, text: str) -> None:
        with self.lock:
            print(text, flush=True)


def end_group(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def read_output(outcome: Outcome, lines: list[str]) -> None:
    """The tool's own closing line, what it counts, and which tests it skipped, with their reasons."""
    for raw in lines:
        line = ESCAPES.sub("", raw)
        if PYTEST_CLOSING.match(line) or VITEST_CLOSING.match(line):
            outcome.closing = line.strip(" =")
        elif line.startswith("SKIPPED ["):
            outcome.not_run.append(line.removeprefix("SKIPPED "))
    for number, word in COUNT.findall(outcome.closing):
        outcome.counts[word.rstrip("s") if word == "errors" else word] = int(number)
    if outcome.counts.get("skipped") and not outcome.not_run:
        outcome.not_run.append(f"{outcome.counts['skipped']} skipped tests")
    is_suite = outcome.part.name != "checks"
    if is_suite and not outcome.counts.get("passed") and not outcome.failed:
        outcome.not_run.append("it ran no test")


def row(outcome: Outcome) -> str:
    word = "FAILED" if outcome.failed else "passed"
    if not outcome.seconds:
        word = "not run"
    return f"{outcome.part.name:<12} {word:<8} {outcome.seconds:6.1f} s   {outcome.closing}"


def summary(outcomes: list[Outcome], seconds: float) -> int:
    """Prints the table, what was not run, and one closing line in pytest's form; gives the exit code."""
    in_ci = os.environ.get("CI", "").lower() in ("true", "1")
    print(f"\n{'part':<12} {'':<8} {'seconds':>8}")
    for outcome in outcomes:
        print(row(outcome))
    not_run = [f"{outcome.part.name}: {reason}" for outcome in outcomes for reason in outcome.not_run]
    if not_run:
        print("\nCould not be run" + (" (which CI=true forbids):" if in_ci else ":"))
        print("\n".join(f"  {line}" for line in not_run))
    total: dict[str, int] = {}
    for outcome in outcomes:
        for word, number in outcome.counts.items():
            total[word] = total.get(word, 0) + number
    unexplained = sum(
        outcome.failed and not (outcome.counts.keys() & {"failed", "error"}) for outcome in outcomes
    )
    red_parts = unexplained + (len(not_run) if in_ci else 0)
    if red_parts:
        total["error"] = total.get("error", 0) + red_parts
    if total.get("error", 0) > 1:
        total["errors"] = total.pop("error")
    order = ("failed", "passed", "skipped", "error", "errors")
    counts = ", ".join(f"{total[word]} {word}" for word in order if total.get(word)) or "no tests ran"
    print(f"\n==================== {counts} in {seconds:.2f}s ====================", flush=True)
    return int(any(outcome.failed for outcome in outcomes) or bool(in_ci and not_run))


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(names: list[str]) -> int:
    every = parts()
    unknown = set(names) - {part.name for part in every}
    if unknown:
        print(f"no part {', '.join(sorted(unknown))}; there are: {' '.join(part.name for part in every)}")
        return 2
    # The parts are in process groups of their own: nobody else would end them.
    signal.signal(signal.SIGTERM, interrupt)
    started = time.monotonic()
    try:
        outcomes = Runner([part for part in every if not names or part.name in names]).run()
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    return summary(outcomes, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
