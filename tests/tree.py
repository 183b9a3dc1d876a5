"""The files of the project as git knows them, for tests that read them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "octavo"


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is committed or about to be: what git ignores is left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()))


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
