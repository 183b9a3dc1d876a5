"""What is shipped: built as a user's pip would build it, installed apart from this tree, and started.

No network is needed: the clean environment reads this one's dependencies through a .pth file, which does not reach this
tree's editable install.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.tree import ROOT, tracked

PAGES = Path("src/octavo/web/static")
CORE = Path("src/octavo/_compiled")
CAN_COMPILE = (
    ROOT / CORE / "built-from"
).is_file()  # the set-up did, with the compiler that the build will use
START_LIMIT = 30.0  # seconds


def clean_environment(**more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OCTAVO_", "PYTHON", "CI"))
    }
    return kept | more


def copy_tree(to: Path, *, pages: bool = True) -> Path:
    """What git holds, and what the set-up built."""
    for path in tracked():
        target = to / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    for built in [PAGES, CORE] if pages else [CORE]:
        shutil.copytree(ROOT / built, to / built, dirs_exist_ok=True)
    return to


def build(tree: Path, kind: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(tree / "out")]
    return subprocess.run(
        command, cwd=tree, env=clean_environment(**environment), capture_output=True, text=True, check=False
    )


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    done = build(tree, "wheel")
    assert done.returncode == 0, done.stderr
    return only(tree / "out", "*.whl")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an environment that holds the wheel."""
    place = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    packages = only(place / "lib", "python*") / "site-packages"
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin/python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--ignore-installed", str(wheel)], check=True)
    return place / "bin"


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the installed server, on a free port."""
    command = [str(installed / "octavo"), "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    limit = threading.Timer(START_LIMIT, process.kill)
    limit.start()
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if listening := re.search(r"listening on (http://\S+)", line):
            break
    limit.cancel()
    try:
        assert "listening on" in said, said
        assert listening
        yield listening[1]
    finally:
        process.terminate()
        process.stdout.read()
        assert process.wait(timeout=START_LIMIT) == 0


def test_nothing_is_in_the_wheel_twice(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert sorted(names) == sorted(set(names))


def test_the_wheel_carries_pages_types_and_core(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"octavo/web/static/index.html", "octavo/py.typed", "octavo/delta/delta.py"} <= names
    assert any(re.fullmatch(r"octavo/web/static/assets/.+\.js", name) for name in names)
    compiled = {name for name in names if name.endswith(".so")}
    if CAN_COMPILE:
        assert len(compiled) > 1
        assert "octavo/_compiled/built-from" in names
        assert not wheel.name.endswith("-none-any.whl")
    else:
        assert not compiled
        assert wheel.name.endswith("py3-none-any.whl")
    assert not [name for name in names if not name.startswith(("octavo/", "octavo-"))]


def test_it_says_its_version_and_core(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "octavo"), "version"]
    said = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=True
    ).stdout
    assert re.match(r"octavo \d+\.\d+", said)
    assert ("compiled core" if CAN_COMPILE else "pure core") in said


def test_the_installed_package_is_not_this_tree(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "python"), "-c", "import octavo; print(octavo.__file__)"]
    said = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=True
    ).stdout
    assert Path(said.strip()).is_relative_to(installed.parent)


def test_it_serves_the_page_and_its_assets(server: str) -> None:
    page = httpx.get(f"{server}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
    assert script
    asset = httpx.get(server + script[1])
    assert asset.status_code == 200
    assert "javascript" in asset.headers["content-type"]
    assert "immutable" in asset.headers["cache-control"]
    missing = httpx.get(f"{server}/assets/not-there.js")
    assert missing.status_code == 404
    assert httpx.get(f"{server}/healthz").status_code == 200


def test_an_sdist_needs_no_npm(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree")
    done = build(tree, "sdist")
    assert done.returncode == 0, done.stderr
    archive = only(tree / "out", "*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    unpacked = only(tmp_path / "unpacked", "octavo-*")
    assert (unpacked / PAGES / "index.html").is_file()
    assert not list(unpacked.rglob("node_modules"))
    done = build(unpacked, "wheel", PATH="/nowhere", OCTAVO_PURE="1")
    assert done.returncode == 0, done.stderr
    assert only(unpacked / "out", "*.whl").name.endswith("py3-none-any.whl")


def test_without_pages_and_npm_the_build_says_what_is_missing(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree", pages=False)
    done = build(tree, "wheel", PATH="/nowhere")
    assert done.returncode != 0
    assert "npm" in done.stderr + done.stdout
    assert "index.html is missing" in done.stderr + done.stdout
