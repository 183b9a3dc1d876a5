"""The delta algebra, pure: what a change is, and how changes compose, pass one another, and are undone.

The same sources run as they are, or compiled by mypyc (`tools/compile_core.py`); `core_build` says which are
loaded.
"""

from __future__ import annotations

from types import FunctionType
from typing import Literal

from octavo import _compiled

_directory = _compiled.directory_for(__path__[0])
if _directory is not None:
    __path__.insert(0, _directory)  # before the first import of a module in here

from octavo.delta import schema, wire  # noqa: E402
from octavo.delta.content import Content  # noqa: E402
from octavo.delta.delta import Delta, DeltaBuilder  # noqa: E402
from octavo.delta.ops import Delete, Insert, Op, Retain  # noqa: E402

__all__ = [
    "Content",
    "Delete",
    "Delta",
    "DeltaBuilder",
    "Insert",
    "Op",
    "Retain",
    "core_build",
    "schema",
    "wire",
]


def core_build() -> Literal["compiled", "pure"]:
    """Which build of the algebra this process runs."""
    return "pure" if isinstance(Delta.compose, FunctionType) else "compiled"
