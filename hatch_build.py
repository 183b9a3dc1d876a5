"""Build hook: a wheel carries the built pages, and the compiled core where it can be compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOT_COMPILED = 3  # what tools/compile_core.py ends with when there is no compiler or are no headers


class OctavoBuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes what is missing before the archive is filled; an editable install takes the tree."""
        if version == "editable":
            return
        root = Path(self.root)
        self._build_pages(root)
        if self.target_name == "wheel" and self._compile_core(root):
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["artifacts"] += [f"/{path.relative_to(root)}" for path in compiled_core(root)]

    def _build_pages(self, root: Path) -> None:
        """An sdist carries the pages, so that installing from it needs no npm."""
        index = root / "src/octavo/web/static/index.html"
        if index.exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(f"{index} is missing, and so is npm (Node.js >= 20.19), which builds it")
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *arguments], cwd=root / "browser", check=True)
        if not index.exists():
            raise RuntimeError(f"`npm run build` in browser/ did not make {index}")

    def _compile_core(self, root: Path) -> bool:
        if os.environ.get("OCTAVO_PURE") == "1":
            return False
        done = subprocess.run([sys.executable, root / "tools/compile_core.py"], cwd=root, check=False)
        if done.returncode not in (0, NOT_COMPILED):
            raise RuntimeError(
                f"tools/compile_core.py ended with {done.returncode}; OCTAVO_PURE=1 builds without it"
            )
        return done.returncode == 0


def compiled_core(root: Path) -> list[Path]:
    """What tools/compile_core.py made for the running Python, its stamp included."""
    place = root / "src/octavo/_compiled"
    return [*sorted(place.rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}")), place / "built-from"]
