"""A compiled core runs only when it was built from the present sources, for this interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import octavo.delta
from octavo import _compiled

SOURCES = Path(octavo.delta.__file__).parent


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that plays octavo/_compiled, empty."""
    monkeypatch.setattr(_compiled, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setattr(_compiled, "GROUP", "json")
    monkeypatch.delenv("OCTAVO_PURE", raising=False)
    monkeypatch.setitem(sys.modules, "json__mypyc", octavo.delta)  # any module: it only has to be importable
    return tmp_path


def test_without_a_compiled_core_the_sources_run(beside: Path) -> None:
    assert _compiled.directory_for(str(SOURCES)) is None


def test_a_core_built_from_these_sources_is_used(beside: Path) -> None:
    (beside / _compiled.STAMP).write_text(_compiled.fingerprint(str(SOURCES)))
    assert _compiled.directory_for(str(SOURCES)) == str(beside / "delta")


def test_a_stale_core_is_not_used(beside: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = tmp_path_factory.mktemp("sources")
    for name in _compiled.MODULES:
        shutil.copy(SOURCES / f"{name}.py", changed)
    (beside / _compiled.STAMP).write_text(_compiled.fingerprint(str(changed)))
    assert _compiled.directory_for(str(changed)) is not None
    with (changed / "delta.py").open("a") as file:
        file.write("\n")
    assert _compiled.directory_for(str(changed)) is None


def test_a_core_for_another_interpreter_is_not_used(beside: Path) -> None:
    _, digest = _compiled.fingerprint(str(SOURCES)).split()
    (beside / _compiled.STAMP).write_text(f".cpython-39-somewhere.so {digest}\n")
    assert _compiled.directory_for(str(SOURCES)) is None


def test_a_core_that_does_not_load_is_not_used(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (beside / _compiled.STAMP).write_text(_compiled.fingerprint(str(SOURCES)))
    monkeypatch.setattr(_compiled, "GROUP", "octavo._compiled.absent")
    assert _compiled.directory_for(str(SOURCES)) is None


def test_octavo_pure_forces_the_sources(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (beside / _compiled.STAMP).write_text(_compiled.fingerprint(str(SOURCES)))
    monkeypatch.setenv("OCTAVO_PURE", "1")
    assert _compiled.directory_for(str(SOURCES)) is None


@pytest.mark.parametrize("pure", ["0", "1"])
def test_the_program_can_say_which_is_loaded(pure: str) -> None:
    code = "import octavo.delta as d, sys; sys.stdout.write(d.core_build() + ' ' + d.delta.__file__)"
    environment = {**os.environ, "OCTAVO_PURE": pure}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    build, _, file = done.stdout.partition(" ")
    assert build == ("pure" if file.endswith(".py") else "compiled")
    assert pure == "0" or build == "pure"
