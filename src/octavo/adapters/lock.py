"""One process per data directory: a lock that the kernel releases when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from octavo.errors import Unavailable

LOCK_NAME: Final = "octavo.lock"

# SQLite's write-ahead log needs memory shared by its processes, and locks and fsync that mean what they say.
_NETWORK: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "lustre",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.s3fs",
    }
)


class DirectoryLock:
    """Holds a data directory from construction until `release`."""

    def __init__(self, directory: Path) -> None:
        """Raises Unavailable, naming the process that has it."""
        self._path = directory / LOCK_NAME
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise Unavailable(
                "UNAVAILABLE",
                f"the data directory {directory} is in use by process {holder}: stop that one, "
                "or choose another directory with --data-dir",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        # The file stays: were it removed, a third process could lock a new one beside a second's old one.
        os.ftruncate(self._file, 0)
        os.close(self._file)


def prepare(directory: Path) -> None:
    """Make the directory for its owner only, and refuse one on a network.  Raises Unavailable."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as fault:
        raise Unavailable(
            "UNAVAILABLE", f"the data directory {directory} cannot be used: {fault.strerror}; choose another"
        ) from fault
    kind = file_system(directory)
    if kind in _NETWORK:
        raise Unavailable(
            "UNAVAILABLE",
            f"the data directory {directory} lies on a network file system ({kind}), where commits are not "
            "safe: choose one on a local disk",
        )


def file_system(directory: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """The type of the file system that holds a directory; None where the system does not say."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    best, kind = Path(), None
    real = directory.resolve()
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].replace("\\040", " "))
        if real.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, after.split()[0]
    return kind
