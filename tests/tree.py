"""The files of the project as git knows them, for tests that read them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "octavo"


# Where there is no git (an unpacked archive), what the set-up and the tools make is left out by name.
MADE = {"node_modules", "build", "dist", "static", "test-results", "__pycache__"}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is committed or about to be: what git ignores is left out."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
    except (OSError, subprocess.CalledProcessError):
        listed = list(walk())
    return tuple(sorted(ROOT / name for name in listed if name and (ROOT / name).is_file()))


def walk() -> Iterator[str]:
    for place, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and (name == ".ci" or name[0] != ".")]
        for found in names:
            if not found.endswith((".so", ".pyc")):
                yield (Path(place) / found).relative_to(ROOT).as_posix()


def files(*folders: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Tracked files below these folders of the project, by suffix."""
    places = [ROOT / folder for folder in folders]
    return [
        path
        for path in tracked()
        if path.suffix in suffixes and any(path.is_relative_to(place) for place in places)
    ]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def top_modules() -> set[str]:
    """What lies directly in the package."""
    return {path.stem for path in PACKAGE.iterdir() if is_module(path)}


def is_module(path: Path) -> bool:
    if path.is_dir():
        return path.name != "__pycache__" and any(path.glob("*.py"))
    return path.suffix == ".py" and path.stem != "__init__"
