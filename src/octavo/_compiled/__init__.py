"""The compiled core of `octavo.delta`, when there is one, and the rule by which it is used.

`tools/compile_core.py` puts extension modules here instead of beside their sources, where they would shadow
them silently.  They are used only when they were built from exactly the sources that are present, for this
interpreter. Set OCTAVO_PURE=1 to run the sources.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Final

MODULES: Final = (
    "ops",
    "attributes",
    "hunks",
    "delta",
    "divergence",
    "difference",
    "wire",
    "content",
    "schema",
)
"""What is compiled, in the order of their imports."""

GROUP: Final = "octavo._compiled.core"
"""mypyc puts the code of all of them into one extension module of this name and `__mypyc`."""

STAMP: Final = "built-from"
"""The file beside the extension modules that says which sources they were built from."""


def directory_for(sources: str) -> str | None:
    """The directory of the core that was compiled from the modules in directory `sources`; None: use
    these.
    """
    if os.environ.get("OCTAVO_PURE", "0") not in ("", "0"):
        return None
    here = os.path.dirname(__file__)
    try:
        with open(os.path.join(here, STAMP), encoding="ascii") as file:
            stamp = file.read()
    except OSError:
        return None
    if stamp != fingerprint(sources):
        return None
    try:
        importlib.import_module(GROUP + "__mypyc")
    except ImportError:  # damaged, or built against another C library: the sources are as good
        return None
    return os.path.join(here, "delta")


def fingerprint(sources: str) -> str:
    """What a core compiled from these sources for this interpreter is stamped with."""
    digest = hashlib.sha256()
    for name in MODULES:
        with open(os.path.join(sources, name + ".py"), "rb") as file:
            digest.update(file.read())
        digest.update(name.encode())
    return f"{EXTENSION_SUFFIXES[0]} {digest.hexdigest()}\n"
