"""The set-up can be repeated and interrupted: a step is done when its stamp says so, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.setup import prepare


@pytest.fixture(autouse=True)
def stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "STAMPS", tmp_path / "stamps")
    return tmp_path / "stamps"


def test_a_step_is_done_once_for_its_key() -> None:
    done: list[str] = []
    for key in ("a", "a", "b", "a"):
        prepare.make("step", key, "doing it", lambda key=key: done.append(key))  # type: ignore[misc]
    assert done == ["a", "b", "a"]


def test_a_step_that_fails_is_done_again() -> None:
    def fail() -> None:
        raise prepare.SetupFailed("no network")

    done: list[str] = []
    prepare.make("step", "a", "doing it", lambda: done.append("first"))
    with pytest.raises(prepare.SetupFailed):
        prepare.make("step", "b", "doing it", fail)
    prepare.make("step", "a", "doing it", lambda: done.append("again"))
    assert done == ["first", "again"]


def test_a_digest_follows_names_and_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("ab")
    two.write_text("ab")
    assert prepare.digest(one) != prepare.digest(two)
    before = prepare.digest(one, two)
    one.write_text("a")
    two.write_text("bab")
    assert prepare.digest(one, two) != before


def test_an_environment_that_was_moved_or_half_made_is_made_anew(tmp_path: Path) -> None:
    assert not prepare.is_sound(tmp_path / "missing")
    half = tmp_path / "half" / "bin"
    half.mkdir(parents=True)
    (half / "python").write_text("#!/bin/sh\nexit 1\n")
    (half / "python").chmod(0o755)
    assert not prepare.is_sound(tmp_path / "half")
    (half / "python").write_text(f"#!/bin/sh\necho {tmp_path / 'half'}\n")
    (half / "pip").write_text("#!/elsewhere/.venv/bin/python\n")
    assert not prepare.is_sound(tmp_path / "half")
    (half / "pip").write_text(f"#!{half / 'python'}\n")
    assert prepare.is_sound(tmp_path / "half")


def test_a_command_that_fails_shows_why(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(prepare.SetupFailed, match=r"ended with 4\. Plug it in\."):
        prepare.call(["sh", "-c", "echo the reason; exit 4"], advice="Plug it in.")
    assert "the reason" in capsys.readouterr().err
    assert prepare.call(["sh", "-c", "exit 3"], accept=(0, 3)) == 3
