"""The browser's files, as they were built into `web/static`: read once, served from memory."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(__file__).parent / "static"

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

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._files = {
            "/" + path.relative_to(directory).as_posix(): _read(path, directory)
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }

    def answer(self, path: str, *, if_none_match: str, accept_encoding: str) -> Answer:
        """A file, or the page for every path without an extension; a missing file is a 404 and never the page."""
        file = self._files.get(path)
        if file is None:
            if "." in path.rsplit("/", 1)[-1] or path.startswith(("/assets/", "/ws/")):
                return Answer(
                    404, [(b"content-type", b"text/plain; charset=utf-8")], b"There is no such file.\n"
                )
            file = self._files.get("/index.html")
        if file is None:
            return Answer(503, [(b"content-type", b"text/html; charset=utf-8")], _NOT_BUILT)
        return _answer(file, if_none_match, accept_encoding)


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


def _read(path: Path, directory: Path) -> File:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in (".js", ".mjs"):
        media_type = "text/javascript"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    compressed = gzip.compress(body, 6, mtime=0) if path.suffix in _COMPRESSED and len(body) > 1024 else None
    # The build gives what lies in assets a name that follows from its content.
    immutable = path.relative_to(directory).parts[0] == "assets"
    return File(body, compressed, f'"{hashlib.sha256(body).hexdigest()[:32]}"', media_type, immutable)
