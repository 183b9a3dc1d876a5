"""The browser's files, as they were built into `web/static`: read once, served from memory."""

from __future__ import annotations

import gzip
import hashlib
import logging
import mimetypes
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(__file__).parent / "static"

KEPT_FOLDER: Final = "pages"
"""Of the data directory: what earlier builds named by its content, for tabs that still run them."""
KEPT_DAYS: Final = 90

_logger: Final = logging.getLogger(__name__)
_ASSET: Final = re.compile(r"/assets/([\w-][\w.-]*)")

CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",  # colours and sizes of text are style attributes
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

_NOT_BUILT: Final = b"""<!doctype html><meta charset="utf-8"><title>Octavo</title>
<p>The server runs, but its pages have not been built. <code>make run</code> builds them and starts it.</p>
"""

_COMPRESSED: Final = (".js", ".css", ".html", ".svg", ".json", ".webmanifest", ".map")


@dataclass(frozen=True, slots=True)
class File:
    body: bytes
    compressed: bytes | None
    etag: str
    media_type: str
    immutable: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A response without the headers that all pages share."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Pages:
    """Answers GET for everything that is not the API."""

    def __init__(self, directory: Path = DIRECTORY, kept: Path | None = None) -> None:
        """`kept` holds the assets of earlier builds; this build's are added to it."""
        self._kept = kept
        if kept is not None:
            keep_assets(directory / "assets", kept, now=time.time())
        self._files = {
            "/" + path.relative_to(directory).as_posix(): _read(path, directory)
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }

    def answer(self, path: str, *, if_none_match: str, accept_encoding: str) -> Answer:
        """A file, or the page for every path without an extension; a missing file is a 404 and never the page."""
        file = self._files.get(path) or self._of_earlier_build(path)
        if file is None:
            if "." in path.rsplit("/", 1)[-1] or path.startswith(("/assets/", "/ws/")):
                return Answer(
                    404, [(b"content-type", b"text/plain; charset=utf-8")], b"There is no such file.\n"
                )
            file = self._files.get("/index.html")
        if file is None:
            return Answer(503, [(b"content-type", b"text/html; charset=utf-8")], _NOT_BUILT)
        return _answer(file, if_none_match, accept_encoding)

    def _of_earlier_build(self, path: str) -> File | None:
        """Read when asked for: only a tab from before the last update does, and once."""
        name = _ASSET.fullmatch(path)
        if name is None or self._kept is None:
            return None
        try:
            return _read(self._kept / name[1], self._kept, immutable=True)
        except OSError:
            return None


def keep_assets(assets: Path, kept: Path, *, now: float) -> None:
    """Copy this build's assets beside those of earlier builds, and let go of what no build has had for long.

    A file's time is when a server last started with it; names follow from contents, so one name is one file.
    A directory that cannot be written to costs old tabs their missing parts, and nobody else anything.
    """
    try:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        for source in assets.glob("*"):
            target = kept / source.name
            if not target.exists():
                partly = kept / f".{source.name}.{os.getpid()}"
                shutil.copyfile(source, partly)
                partly.replace(target)
            os.utime(target, (now, now))
        for target in kept.iterdir():
            if target.stat().st_mtime < now - KEPT_DAYS * 86_400:
                target.unlink()
    except OSError as fault:
        _logger.warning("the pages of this build cannot be kept in %s for later (%s)", kept, fault)


def _answer(file: File, if_none_match: str, accept_encoding: str) -> Answer:
    cache = b"public, max-age=31536000, immutable" if file.immutable else b"no-cache"
    headers = [(b"cache-control", cache), (b"etag", file.etag.encode()), (b"vary", b"accept-encoding")]
    if file.etag in if_none_match:
        return Answer(304, headers, b"")
    headers.append((b"content-type", file.media_type.encode()))
    if file.compressed is not None and "gzip" in accept_encoding:
        headers.append((b"content-encoding", b"gzip"))
        return Answer(200, headers, file.compressed)
    return Answer(200, headers, file.body)


def _read(path: Path, directory: Path, *, immutable: bool = False) -> File:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in (".js", ".mjs"):
        media_type = "text/javascript"
    if path.suffix == ".webmanifest":
        media_type = "application/manifest+json"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    compressed = gzip.compress(body, 6, mtime=0) if path.suffix in _COMPRESSED and len(body) > 1024 else None
    # The build gives what lies in assets a name that follows from its content.
    immutable = immutable or path.relative_to(directory).parts[0] == "assets"
    return File(body, compressed, f'"{hashlib.sha256(body).hexdigest()[:32]}"', media_type, immutable)
