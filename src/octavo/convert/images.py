"""What an image file is, told by its bytes, and the same file without what its owner did not mean to share.

`inspect` names type and size in pixels; `strip` takes away places, cameras, comments, thumbnails and whatever
hangs behind the picture, without touching a pixel: colour profile, animation and orientation stay.
Containers after ISO 10918-1 (JPEG), the PNG specification 3rd edition, GIF89a, the WebP container
specification and ISO 23008-12 (AVIF).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from octavo.errors import Invalid

T = TypeVar("T")

MAX_PIXELS: Final = 120_000_000
"""More than any camera's; a small file that unfolds to more is a bomb for every reader's browser."""

MAX_PARTS: Final = 200_000
"""Chunks, blocks, boxes of one file: twice what the largest real ones have, and read in a fraction of a second."""

_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)
_GIF_KEPT_APPLICATIONS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_EMPTY_EXIF: Final = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
"""An Exif item without an entry: readers refuse the picture when one is announced and missing."""
_AVIF_CONTAINERS: Final = frozenset((b"meta", b"iprp", b"ipco"))
_AVIF_DEPTH: Final = 8  # of boxes in boxes; real ones have three
_AVIF_FILLING: Final = frozenset((b"free", b"skip", b"uuid", b"udta"))  # XMP, or whatever else
_JPEG_SCAN_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_JPEG_FILL: Final = re.compile(rb"\xff*")


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """A media type that browsers show, and the size in pixels as stored (before any rotation)."""

    media_type: str
    width: int
    height: int


def inspect(data: bytes) -> ImageInfo:
    """Type and size from the bytes alone.

    Raises Invalid: UNSUPPORTED_MEDIA for anything but PNG, JPEG, GIF, WebP and AVIF (SVG can run scripts) and
    for damaged files; TOO_LARGE for more than MAX_PIXELS pixels.
    """
    try:
        info = _inspect(data)
    except (struct.error, IndexError) as fault:
        raise _damaged("it ends too early") from fault
    if info.width < 1 or info.height < 1:
        raise _damaged("it has no size")
    if info.width * info.height > MAX_PIXELS:
        raise Invalid(
            "TOO_LARGE",
            f"the image has {info.width} × {info.height} pixels; at most {MAX_PIXELS} are shown",
        )
    return info


def strip(data: bytes, media_type: str) -> bytes:
    """The same picture without metadata; `media_type` as `inspect` told it.  Raises as `inspect` does."""
    try:
        match media_type:
            case "image/jpeg":
                return _strip_jpeg(data)
            case "image/png":
                return _PNG_MAGIC + b"".join(_png_kept(data))
            case "image/gif":
                return _strip_gif(data)
            case "image/webp":
                return _strip_webp(data)
            case _:
                return _strip_avif(data)
    except (struct.error, IndexError) as fault:
        raise _damaged("it ends too early") from fault


def _inspect(data: bytes) -> ImageInfo:
    if data.startswith(_PNG_MAGIC):
        width, height = struct.unpack_from(">II", data, 16)
        return ImageInfo("image/png", width, height)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg_info(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack_from("<HH", data, 6)
        return ImageInfo("image/gif", width, height)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_info(data)
    if data[4:8] == b"ftyp" and b"avi" in data[8 : struct.unpack_from(">I", data)[0]]:
        return _avif_info(data)
    raise Invalid(
        "UNSUPPORTED_MEDIA",
        "this is not a PNG, JPEG, GIF, WebP or AVIF image; save it as one of these and try again",
    )


def _counted(parts: Iterable[T]) -> Iterator[T]:
    """The same; raises Invalid for more than MAX_PARTS."""
    for number, part in enumerate(parts):
        if number >= MAX_PARTS:
            raise _damaged(f"it has more than {MAX_PARTS} parts")
        yield part


def _damaged(why: str) -> Invalid:
    return Invalid("UNSUPPORTED_MEDIA", f"the image is damaged: {why}; save it anew and try again")


# --- JPEG ---------------------------------------------------------------------------------------------------


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, the part's bytes whole) up to and with EOI; a scan's coded data is a part with marker 0."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise _damaged(f"no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:  # any number of them may stand before a marker
            at += _JPEG_FILL.match(data, at).end() - at - 1  # type: ignore[union-attr]  # matches nothing too
            continue
        if marker == 0xD9:
            yield marker, b"\xff\xd9"
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if end > len(data):
            raise _damaged("a segment reaches past the end")
        yield marker, data[at:end]
        at = end
        if marker == 0xDA:
            end = _jpeg_scan_end(data, at)
            yield 0, data[at:end]
            at = end


def _jpeg_scan_end(data: bytes, at: int) -> int:
    end = _JPEG_SCAN_END.search(data, at)
    if end is None:
        raise _damaged("the picture stops in the middle")
    return end.start()


def _jpeg_info(data: bytes) -> ImageInfo:
    for marker, part in _counted(_jpeg_parts(data)):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", part, 5)
            return ImageInfo("image/jpeg", width, height)
    raise _damaged("it holds no frame")


def _strip_jpeg(data: bytes) -> bytes:
    kept = [b"\xff\xd8"]
    for marker, part in _counted(_jpeg_parts(data)):
        if marker == 0xE1 and part[4:10] == b"Exif\0\0":
            orientation = _exif_orientation(part[10:])
            if orientation != 1:
                kept.append(_orientation_segment(orientation))
        elif marker == 0xFE or (0xE1 <= marker <= 0xEF and not _harmless_app(marker, part)):
            continue
        else:
            kept.append(part)
    return b"".join(kept)


def _harmless_app(marker: int, part: bytes) -> bool:
    """The colour profile (APP2) and Adobe's colour transform (APP14) change what is seen."""
    return (marker == 0xE2 and part[4:16] == b"ICC_PROFILE\0") or (marker == 0xEE and part[4:9] == b"Adobe")


def _exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory, 1 (upright) where it is missing or out of range."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        directory = struct.unpack_from(order + "I", tiff, 4)[0]
        for entry in range(struct.unpack_from(order + "H", tiff, directory)[0]):
            tag, _kind, _count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _orientation_segment(orientation: int) -> bytes:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


# --- PNG and GIF --------------------------------------------------------------------------------------------


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_MAGIC)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise _damaged("a chunk reaches past the end")
        yield kind, data[at:end]
        if kind == b"IEND":
            return
        at = end


def _png_kept(data: bytes) -> Iterator[bytes]:
    for kind, raw in _counted(_png_chunks(data)):
        if kind in _PNG_KEPT:
            yield raw


def _strip_gif(data: bytes) -> bytes:
    start = 13 + _gif_colours(data[10])
    kept = [data[:start]]
    kept += (data[at:end] for at, end in _counted(_gif_parts(data, start)) if _gif_keeps(data, at))
    return b"".join(kept) + b"\x3b"


def _gif_parts(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Where each image and each extension begins and ends."""
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            end = _gif_blocks_end(data, at + 11 + _gif_colours(data[at + 9]))
        elif data[at] == 0x21:
            end = _gif_blocks_end(data, at + 2)
        else:
            raise _damaged(f"unknown block at byte {at}")
        yield at, end
        at = end


def _gif_keeps(data: bytes, at: int) -> bool:
    label = data[at + 1]
    application = data[at + 3 : at + 14]
    return data[at] == 0x2C or label == 0xF9 or (label == 0xFF and application in _GIF_KEPT_APPLICATIONS)


def _gif_colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, at: int) -> int:
    parts = 0
    while data[at]:
        at += data[at] + 1
        parts += 1
        if parts > MAX_PARTS:
            raise _damaged(f"it has more than {MAX_PARTS} parts")
    return at + 1


# --- WebP ---------------------------------------------------------------------------------------------------


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        after = at + 8 + length
        if after > len(data):
            raise _damaged("a chunk reaches past the end")
        yield kind, data[at + 8 : after]
        at = after + (length & 1)


def _webp_info(data: bytes) -> ImageInfo:
    kind, body = next(_webp_chunks(data), (b"", b""))
    if kind == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", body, 1)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
    else:
        raise _damaged("it holds no picture")
    return ImageInfo("image/webp", width, height)


def _strip_webp(data: bytes) -> bytes:
    kept = []
    for kind, body in _counted(_webp_chunks(data)):
        if kind in (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"):
            if kind == b"VP8X":  # its flags announce EXIF (8) and XMP (4)
                body = bytes((body[0] & ~0x0C,)) + body[1:]
            kept.append(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1))
    payload = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(payload)) + payload


# --- AVIF ---------------------------------------------------------------------------------------------------


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, where its body begins, where it ends) of each box between `at` and `end`."""
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            size = struct.unpack_from(">Q", data, body)[0]
            body += 8
        after = end if size == 0 else at + size
        if after > end or after < body:
            raise _damaged("a box reaches past the end")
        yield kind, body, after
        at = after


def _avif_boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    return _counted(_nested_boxes(data, 0, len(data), 1))


def _nested_boxes(data: bytes, at: int, end: int, depth: int) -> Iterator[tuple[bytes, int, int]]:
    if depth > _AVIF_DEPTH:
        raise _damaged("its boxes are nested too deep")
    for kind, body, after in _boxes(data, at, end):
        yield kind, body, after
        if kind in _AVIF_CONTAINERS:
            yield from _nested_boxes(data, body + 4 if kind == b"meta" else body, after, depth + 1)


def _avif_info(data: bytes) -> ImageInfo:
    sizes = [
        struct.unpack_from(">II", data, body + 4) for kind, body, _ in _avif_boxes(data) if kind == b"ispe"
    ]
    if not sizes:
        raise _damaged("it tells no size")
    width, height = max(sizes)  # thumbnails and alpha planes are never larger
    return ImageInfo("image/avif", width, height)


def _strip_avif(data: bytes) -> bytes:
    """Offsets into the file stand all over it, so the metadata is blanked where it lies."""
    clean = bytearray(data)
    boxes: dict[bytes, tuple[int, int]] = {}
    for kind, body, after in _avif_boxes(data):
        boxes[kind] = (body, after)
        if kind in _AVIF_FILLING:
            clean[body:after] = bytes(after - body)
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return bytes(clean)
    private = dict(_counted(_avif_metadata_items(data, *boxes[b"iinf"])))
    left = len(data)
    extents = _avif_extents(data, boxes[b"iloc"][0], boxes.get(b"idat", (0, 0))[0])
    for item, start, length in _counted(extents):
        if item in private:
            blank = _EMPTY_EXIF if private[item] == b"Exif" else b""
            length = max(0, min(length, len(data) - start))
            left -= length
            if left < 0:
                raise _damaged("its parts lie over each other")
            clean[start : start + length] = blank.ljust(length, b"\0")[:length]
    return bytes(clean)


def _avif_metadata_items(data: bytes, body: int, after: int) -> Iterator[tuple[int, bytes]]:
    first = body + (6 if data[body] == 0 else 8)
    for kind, at, _ in _counted(_boxes(data, first, after)):
        if kind == b"infe" and data[at] >= 2:
            wide = data[at] == 3
            item = struct.unpack_from(">I" if wide else ">H", data, at + 4)[0]
            kind_at = at + (10 if wide else 8)
            if data[kind_at : kind_at + 4] in (b"Exif", b"mime"):
                yield item, data[kind_at : kind_at + 4]


def _avif_extents(data: bytes, body: int, idat: int) -> Iterator[tuple[int, int, int]]:
    """(item, first byte in the file, bytes) of every extent in an `iloc` box."""
    version = data[body]
    sizes = struct.unpack_from(">H", data, body + 4)[0]
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    at = body + 6
    id_size = 2 if version < 2 else 4

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > len(data):
            raise _damaged("it ends too early")
        return int.from_bytes(data[at - size : at], "big")

    for _ in _counted(range(number(id_size))):
        item = number(id_size)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(base_size) + (idat if method == 1 else 0)
        for _ in range(number(2)):
            if version:
                number(index_size)
            start = base + number(offset_size)
            yield item, start, number(length_size)
