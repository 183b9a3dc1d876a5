"""Compile the delta algebra with mypyc into src/octavo/_compiled, where `octavo.delta` finds it.

    python tools/compile_core.py [--force]

Exit status: 0 the compiled core is there (built now, or it already fitted the sources); 3 it cannot be built
here, one line says why, and the pure core runs; anything else is a fault in the sources.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "octavo" / "delta"
TARGET = ROOT / "src" / "octavo" / "_compiled"
NOT_POSSIBLE = 3


def main() -> int:
    compiled = _load_rule()
    fingerprint = compiled.fingerprint(str(SOURCES))
    stamp = TARGET / compiled.STAMP
    if "--force" not in sys.argv[1:] and stamp.exists() and stamp.read_text("ascii") == fingerprint:
        return 0
    lacking = _lacking()
    if lacking:
        print(f"The core runs uncompiled (about 5 times slower): {lacking}.")
        return NOT_POSSIBLE
    with tempfile.TemporaryDirectory(prefix="octavo-core-") as build:
        status = _build(Path(build), compiled)
        if status:
            return status
        if compiled.fingerprint(str(SOURCES)) != fingerprint:
            print("The sources changed while they were compiled; run this again.", file=sys.stderr)
            return 1
        _install(Path(build), stamp, fingerprint)
    return 0


def _load_rule() -> ModuleType:
    """octavo._compiled, without importing the package that it is about."""
    spec = importlib.util.spec_from_file_location("_octavo_compiled", TARGET / "__init__.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _lacking() -> str:
    """What this machine lacks for compiling, or nothing."""
    if sys.implementation.name != "cpython":
        return "mypyc works on CPython only"
    if importlib.util.find_spec("mypyc") is None or importlib.util.find_spec("setuptools") is None:
        return "mypy and setuptools are not installed"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python.h is missing (Debian: apt-get install python3-dev)"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(os.environ.get("CC", compiler).split()[0]) is None:
        return "there is no C compiler (Debian: apt-get install gcc)"
    return ""


def _build(build: Path, compiled: ModuleType) -> int:
    """Run mypyc and the C compiler in `build`; their output is shown only when they fail."""
    package = build / "octavo" / "delta"
    shutil.copytree(
        SOURCES.parent, build / "octavo", ignore=shutil.ignore_patterns("*.so", "__pycache__", "static")
    )
    paths = [str((package / f"{name}.py").relative_to(build)) for name in compiled.MODULES]
    setup = (
        "from setuptools import setup\n"
        "from mypyc.build import mypycify\n"
        f"setup(name='octavo-core', ext_modules=mypycify({['--strict', *paths]!r}, group_name={compiled.GROUP!r}),\n"
        "      script_args=['-q', 'build_ext', '--build-lib', 'out', '--build-temp', 'temp'])\n"
    )
    environment = {**os.environ, "MYPYPATH": str(build), "CFLAGS": os.environ.get("CFLAGS", "-O3 -w")}
    done = subprocess.run(
        [sys.executable, "-c", setup], cwd=build, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        print("The core could not be compiled; the output above says why.", file=sys.stderr)
        return 1
    return 0


def _install(build: Path, stamp: Path, fingerprint: str) -> None:
    """Put the modules in place; the stamp goes first and comes last, so that a half-done job is never
    used.
    """
    stamp.unlink(missing_ok=True)
    for old in TARGET.rglob("*.so"):
        old.unlink()
    (TARGET / "delta").mkdir(exist_ok=True)
    for built in (build / "out" / "octavo" / "delta").glob("*.so"):
        shutil.copy2(built, TARGET / "delta" / built.name)
    for built in (build / "out" / "octavo" / "_compiled").glob("*.so"):
        shutil.copy2(built, TARGET / built.name)
    stamp.write_text(fingerprint, "ascii")


if __name__ == "__main__":
    sys.exit(main())
