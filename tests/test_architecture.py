"""The import rule of ARCHITECTURE.md: import-linter holds it, and these tests hold import-linter to it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.tree import PACKAGE, ROOT, files, name, read, top_modules

PURE = {
    "octavo.delta",
    "octavo.protocol",
    "octavo.access",
    "octavo.convert",
    "octavo.collab.anchors",
    "octavo.collab.marks",
    "octavo.collab.room",
    "octavo.collab.presence",
    "octavo.history.tracking",
    "octavo.history.diff",
    "octavo.history.sessions",
    "octavo.history.contribution",
    "octavo.client.machine",
    "octavo.web.limits",
}
IMPURE = {"asyncio", "socket", "sqlite3", "time", "random", "uuid", "os", "threading", "logging"}
CLIENT_MAY_IMPORT = {"client", "delta", "protocol", "errors", "_compiled"}  # _compiled is a part of delta


def contract(start: str) -> dict[str, Any]:
    rules = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    found: dict[str, Any] = next(rule for rule in rules if rule["name"].startswith(start))
    return found


def exists(module: str) -> bool:
    place = PACKAGE.parent.joinpath(*module.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


def test_the_import_rule_holds() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_pure_module_is_held_to_it() -> None:
    rule = contract("The pure modules")
    assert set(rule["source_modules"]) == {module for module in PURE if exists(module)}
    assert set(rule["forbidden_modules"]) == IMPURE


def test_the_client_stands_on_three_modules() -> None:
    forbidden = {module.removeprefix("octavo.") for module in contract("The client")["forbidden_modules"]}
    assert forbidden == top_modules() - CLIENT_MAY_IMPORT


def test_no_layer_is_left_out() -> None:
    rule = contract("Layers")
    assert rule["exhaustive"] is True
    named = {module for layer in rule["layers"] for module in re.findall(r"\w+", layer)}
    assert top_modules() <= named


def test_the_browser_core_imports_neither_network_nor_pages() -> None:
    core = files("browser/src/core", suffixes=(".ts", ".tsx"))
    assert core
    imported = re.compile(r"""(?:from|import)\s*\(?["']([^"']+)["']""")
    for path in core:
        above = [
            target for target in imported.findall(path.read_text("utf-8")) if not target.startswith("./")
        ]
        assert above == [], name(path)
