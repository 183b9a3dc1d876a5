"""`make vectors`: fetch quill-delta as locked, and make vectors/delta anew; then vectors/suggestions, from our own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.vectors import suggestions

HERE = Path(__file__).resolve().parent


def main() -> int:
    for command in (["npm", "ci"], ["node", "make.mjs"]):
        done = subprocess.run(command, cwd=HERE, check=False)
        if done.returncode:
            return done.returncode
    suggestions.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
