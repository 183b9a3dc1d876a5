"""The runner of `make test`: whatever fails, hangs or cannot be run is seen."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tools import run_tests
from tools.run_tests import Outcome, Part, Runner, read_output, summary


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run_tests, "LOGS", tmp_path / "logs")
    monkeypatch.setenv("CI", "")
    return tmp_path / "logs"


def script(name: str, code: str, limit: float = 60.0) -> Part:
    return Part(name, [sys.executable, "-c", code], limit=limit)


PASSES = script("good", "print('3 passed in 0.10s')")


def run(*parts: Part) -> list[Outcome]:
    return Runner(list(parts)).run()


def test_all_that_passes_is_green(capsys: pytest.CaptureFixture[str], logs: Path) -> None:
    assert summary(run(PASSES, script("other", "print('== 2 passed in 1.00s ==')")), 1.5) == 0
    assert capsys.readouterr().out.rstrip().endswith("= 5 passed in 1.50s ====================")
    assert (logs / "good.log").read_text() == "3 passed in 0.10s\n"


def test_a_failing_part_is_red_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = run(PASSES, script("bad", "print('the reason'); print('1 failed, 2 passed in 0.1s'); exit(1)"))
    assert summary(outcomes, 1.0) == 1
    said = capsys.readouterr().out
    assert "the reason" in said
    assert "1 failed, 5 passed in 1.00s" in said


def test_a_part_that_dies_without_a_closing_line_is_red(capsys: pytest.CaptureFixture[str]) -> None:
    assert summary(run(script("dies", "import os; os.abort()")), 1.0) == 1
    assert "1 error in" in capsys.readouterr().out


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    child = "import time\nwhile True: time.sleep(1)"
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
open({str(tmp_path / "pid")!r}, 'w').write(str(child.pid))
print('1 passed in 0.01s')
"""
    (outcome,) = run(script("leaves", code))
    assert not outcome.failed
    pid = (tmp_path / "pid").read_text()
    end = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_running(pid)


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_part_that_hangs_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = run(PASSES, script("hangs", "import threading; threading.Event().wait()", limit=0.5))
    assert summary(outcomes, 1.0) == 1
    assert "took longer than 0 s" in capsys.readouterr().out


@pytest.mark.parametrize(("in_ci", "exit_code"), [("true", 1), ("", 0)])
def test_what_could_not_be_run_is_listed_and_red_in_ci(
    in_ci: str, exit_code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", in_ci)
    lacking = Part("browser", ["false"], lacks=lambda: "no Chromium")
    skips = script(
        "skips", "print('SKIPPED [1] tests/x.py:3: no disk'); print('1 passed, 1 skipped in 0.1s')"
    )
    assert summary(run(PASSES, lacking, skips), 1.0) == exit_code
    said = capsys.readouterr().out
    assert "browser: no Chromium" in said
    assert "tests/x.py:3: no disk" in said


def test_a_suite_without_tests_is_not_silently_green(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert summary(run(script("empty", "print('no tests ran in 0.00s')")), 1.0) == 1


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("12 passed in 3.21s", {"passed": 12}),
        (
            "=== 1 failed, 2 errors, 3 skipped in 65.00s (0:01:05) ===",
            {"failed": 1, "error": 2, "skipped": 3},
        ),
        ("\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m91 passed\x1b[39m\x1b[22m (91)", {"passed": 91}),
        ("      Tests  1 failed | 2 passed | 1 skipped (4)", {"failed": 1, "passed": 2, "skipped": 1}),
        ("  FAILED 3 passed somewhere in a log", {}),
    ],
)
def test_closing_lines_of_both_tools_are_read(line: str, counts: dict[str, int]) -> None:
    outcome = Outcome(PASSES)
    read_output(outcome, [line])
    assert outcome.counts == counts


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tests.main(["nonsense"]) == 2
    assert "no part nonsense" in capsys.readouterr().out
