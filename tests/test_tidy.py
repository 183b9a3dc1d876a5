"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from octavo import errors, settings
from tests.tree import ROOT, files, name, read, top_modules, tracked

LONGEST_FUNCTION = 60
LONGEST_MODULE = 600
CODE = (".py", ".ts", ".tsx")
PYTHON = files("src", "tests", "tools", "bench", suffixes=(".py",))
EVERY_SOURCE = files("src", "tests", "tools", "bench", "browser/src", "browser/test", suffixes=CODE)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_migration(path: Path) -> bool:
    """One statement per table, once and never again: cutting it up would help nobody."""
    return "migrations" in path.parts


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def test_no_function_is_long() -> None:
    long = [
        f"{name(path)}:{function.lineno} {function.name}"
        for path in PYTHON
        if not is_migration(path)
        for function in functions(path)
        if function.end_lineno is not None and function.end_lineno - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_is_long() -> None:
    long = [name(path) for path in EVERY_SOURCE if len(path.read_text("utf-8").splitlines()) > LONGEST_MODULE]
    assert long == []


def test_nothing_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert [name(path) for path in EVERY_SOURCE if drawers & {path.stem, path.parent.name}] == []


def test_no_loose_ends() -> None:
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    pages = [path for path in tracked() if path.suffix == ".md"]
    loose = [name(path) for path in [*EVERY_SOURCE, *pages] if mark.search(path.read_text("utf-8"))]
    assert loose == []


def sleeps_by_time(path: Path) -> Iterator[int]:
    """Lines with a sleep that is no part of a loop which waits for a condition; `sleep(0)` only yields."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    polling = {id(node) for loop in ast.walk(tree) if isinstance(loop, ast.While) for node in ast.walk(loop)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in polling:
            continue
        called = node.func
        if (
            isinstance(called, ast.Attribute)
            and called.attr == "sleep"
            and isinstance(called.value, ast.Name)
        ):
            yields = bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            if called.value.id in ("time", "asyncio", "anyio") and not yields:
                yield node.lineno


def test_tests_wait_for_conditions_not_for_time() -> None:
    # In the simulation time is virtual: a sleep there is an event, and costs nothing.
    real = [path for path in files("tests", suffixes=(".py",)) if "simulation" not in path.parts]
    found = [f"{name(path)}:{line}" for path in real for line in sleeps_by_time(path)]
    for path in files("browser/test", suffixes=CODE):
        found += [name(path)] if "waitForTimeout(" in path.read_text("utf-8") else []
    assert found == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("import time\ntime.sleep(1)", [2]),
        ("async def f():\n  await asyncio.sleep(0.1)", [2]),
        ("async def f():\n  await asyncio.sleep(0)", []),
        ("while not ready():\n  time.sleep(0.01)", []),
    ],
)
def test_a_sleep_is_seen(tmp_path: Path, code: str, lines: list[int]) -> None:
    (tmp_path / "test_x.py").write_text(code)
    assert list(sleeps_by_time(tmp_path / "test_x.py")) == lines


def test_no_address_of_a_package_registry() -> None:
    """Everybody's own pip and npm settings decide where packages come from."""
    hosts = [
        ".".join(parts)
        for parts in (
            ("registry", "npmjs", "org"),
            ("registry", "yarnpkg", "com"),
            ("registry", "npmmirror", "com"),
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
        )
    ]
    found = []
    for path in tracked():
        data = path.read_bytes()
        found += [f"{name(path)}: {host}" for host in hosts if host.encode() in data]
    assert found == []
    locks = [path for path in tracked() if path.name == "package-lock.json"]
    assert len(locks) >= 1
    assert [name(path) for path in locks if '"resolved": "http' in path.read_text("utf-8")] == []


def protocol_codes() -> dict[str, set[int]]:
    """The table of errors in docs/protocol.md: code -> the statuses of its row."""
    table: dict[str, set[int]] = {}
    for statuses, codes in re.findall(r"^\| ([\d, ]+) \| (.*) \|$", read("docs/protocol.md"), re.MULTILINE):
        for code in re.findall(r"`([A-Z_]{6,})`", codes):
            table.setdefault(code, set()).update(map(int, statuses.split(",")))
    return table


def test_the_protocol_and_the_code_name_the_same_errors() -> None:
    table = protocol_codes()
    assert table.keys() == errors.HTTP_STATUS.keys()
    assert {code for code, status in errors.HTTP_STATUS.items() if status not in table[code]} == set()


def test_the_architecture_names_every_module() -> None:
    page = read("ARCHITECTURE.md")
    assert {module for module in top_modules() if not re.search(rf"\b{module}\b", page)} == set()


def test_every_setting_is_explained() -> None:
    page = read("docs/operating.md")
    names = {settings.PREFIX + field.name.upper() for field in fields(settings.Settings)}
    assert {setting for setting in names if f"`{setting}`" not in page} == set()
    assert set(re.findall(r"^\| `(OCTAVO_[A-Z_]+)`", page, re.MULTILINE)) - names == set()


def python_dependencies() -> set[str]:
    project = tomllib.loads(read("pyproject.toml"))
    stated = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for inputs in ("requirements/build.in", "requirements/dev.in", "requirements/servers.in"):
        stated += [line for line in read(inputs).splitlines() if line and not line.startswith("#")]
    return {re.split(r"[^\w-]", line)[0] for line in stated}


def test_every_dependency_has_its_reason() -> None:
    page = read("docs/dependencies.md").lower()
    wanted = python_dependencies()
    for path in tracked():
        if path.name == "package.json":
            package = json.loads(path.read_text("utf-8"))
            wanted |= package.get("dependencies", {}).keys() | package.get("devDependencies", {}).keys()
    assert {dependency for dependency in wanted if f"`{dependency.lower()}`" not in page} == set()


def locked(path: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", read(path), re.MULTILINE))


def test_the_locks_agree_and_are_whole() -> None:
    run, dev = locked("requirements/run.txt"), locked("requirements/dev.txt")
    servers = locked("requirements/servers.txt")
    assert run.items() <= dev.items()
    canonical = {re.sub(r"[-_.]+", "-", wanted).lower() for wanted in python_dependencies()}
    assert canonical - dev.keys() - servers.keys() == set()
    for path in ("requirements/run.txt", "requirements/dev.txt"):
        text = read(path)
        assert text.count("==") > 10
        assert len(re.findall(r"^[\w.-]+.* \\\n    --hash=sha256:", text, re.MULTILINE)) == len(locked(path))


def test_a_wheel_is_built_with_what_is_locked() -> None:
    required = tomllib.loads(read("pyproject.toml"))["build-system"]["requires"]
    dev = locked("requirements/dev.txt")
    assert {requirement: dev[requirement.split("==")[0]] for requirement in required} == {
        requirement: requirement.split("==")[1] for requirement in required
    }


def test_the_readme_names_only_verbs_that_are() -> None:
    verbs = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    for page in tracked():
        if page.suffix == ".md":
            named = set(re.findall(r"`make (\w+)", page.read_text("utf-8")))
            assert named <= verbs, name(page)
    assert ROOT.joinpath(".ci/run").stat().st_mode & 0o111
