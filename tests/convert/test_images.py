"""Every format that browsers show, written by a foreign implementation (Pillow) with secrets in it."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from octavo.convert.images import MAX_PARTS, ImageInfo, inspect, strip
from octavo.errors import Invalid

FORMATS = ["PNG", "JPEG", "GIF", "WEBP", "AVIF"]
SECRET = b"SECRETPLACE"


def picture(width: int = 37, height: int = 23) -> Image.Image:
    image = Image.new("RGB", (width, height))
    image.putdata([((x * 7) % 256, (x * 3) % 256, x % 256) for x in range(width * height)])
    return image


def exif(orientation: int = 1) -> bytes:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = SECRET.decode()
    data.get_ifd(0x8825)[29] = SECRET.decode()  # GPSDateStamp, of any text
    return data.tobytes()


def saved(format_: str, *, orientation: int = 1, **options: object) -> bytes:
    out = io.BytesIO()
    if format_ in ("JPEG", "WEBP", "AVIF"):
        options["exif"] = exif(orientation)
    if format_ in ("JPEG", "WEBP"):
        options["xmp"] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    if format_ == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", SECRET.decode())
        notes.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options.update(pnginfo=notes, exif=exif(orientation))
    if format_ in ("GIF", "JPEG"):
        options["comment"] = SECRET
    picture().save(out, format_, **options)
    return out.getvalue()


@pytest.mark.parametrize("format_", FORMATS)
def test_type_and_size_are_told_by_the_bytes(format_: str) -> None:
    assert inspect(saved(format_)) == ImageInfo(f"image/{format_.lower()}", 37, 23)


@pytest.mark.parametrize("format_", FORMATS)
def test_strip_takes_the_secrets_and_leaves_every_pixel(format_: str) -> None:
    before = saved(format_)
    assert SECRET in before
    after = strip(before, f"image/{format_.lower()}")
    assert SECRET not in after
    assert inspect(after) == inspect(before)
    assert Image.open(io.BytesIO(after)).convert("RGB").tobytes() == (
        Image.open(io.BytesIO(before)).convert("RGB").tobytes()
    )
    assert strip(after, f"image/{format_.lower()}") == after


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_keeps_its_orientation(orientation: int) -> None:
    after = strip(saved("JPEG", orientation=orientation), "image/jpeg")
    assert Image.open(io.BytesIO(after)).getexif().get(0x0112, 1) == orientation


def test_what_hangs_behind_a_picture_goes() -> None:
    for format_ in ("JPEG", "PNG", "GIF", "WEBP"):
        media_type = f"image/{format_.lower()}"
        clean = strip(saved(format_), media_type)
        assert strip(clean + b"PK\x03\x04" + SECRET, media_type) == clean


def test_progressive_jpegs_lossless_webp_and_interlace() -> None:
    for data, media_type in [
        (saved("JPEG", progressive=True), "image/jpeg"),
        (saved("WEBP", lossless=True), "image/webp"),
        (saved("GIF", interlace=1), "image/gif"),
    ]:
        after = strip(data, media_type)
        assert inspect(after) == ImageInfo(media_type, 37, 23)
        Image.open(io.BytesIO(after)).load()


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_animation_survives(format_: str) -> None:
    out = io.BytesIO()
    frames = [picture(), picture().rotate(180), picture().rotate(90)]
    frames[0].save(out, format_, save_all=True, append_images=frames[1:], duration=100, loop=0)
    after = Image.open(io.BytesIO(strip(out.getvalue(), f"image/{format_.lower()}")))
    assert getattr(after, "n_frames", 1) == 3
    assert after.info.get("loop") == 0


def test_colour_profile_stays() -> None:
    profile = b"not a real profile, but kept"
    for format_ in ("JPEG", "PNG", "WEBP"):
        out = io.BytesIO()
        picture().save(out, format_, icc_profile=profile)
        after = strip(out.getvalue(), f"image/{format_.lower()}")
        assert Image.open(io.BytesIO(after)).info["icc_profile"] == profile


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<!doctype html>", b"%PDF-1.7", b"BM" * 50],
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        inspect(data)
    assert refused.value.code == "UNSUPPORTED_MEDIA"


def test_a_bomb_is_refused() -> None:
    data = bytearray(saved("PNG"))
    struct.pack_into(">II", data, 16, 100_000, 100_000)
    with pytest.raises(Invalid) as refused:
        inspect(bytes(data))
    assert refused.value.code == "TOO_LARGE"


@given(st.sampled_from(FORMATS), st.data())
def test_damage_is_an_invalid_file_never_a_crash(format_: str, data: st.DataObject) -> None:
    whole = bytearray(saved(format_))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        strip(cut, inspect(cut).media_type)
    except Invalid as refused:
        assert refused.code in ("UNSUPPORTED_MEDIA", "TOO_LARGE")  # noqa: PT017


FTYP = b"\0\0\0\x10ftypavif\0\0\0\0"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def nested(depth: int) -> bytes:
    return FTYP + b"".join(struct.pack(">I4s", 8 * (depth - level), b"ipco") for level in range(depth))


def located(extents: bytes) -> bytes:
    """An AVIF whose one private item has these extents; offsets and lengths of no bytes, or of four."""
    ispe = box(b"ispe", b"\0\0\0\0" + struct.pack(">II", 8, 8))
    infe = box(b"infe", b"\x02\0\0\0\0\1\0\0Exif\0")
    iinf = box(b"iinf", b"\0\0\0\0\0\1" + infe)
    iloc = box(b"iloc", b"\0\0\0\0" + extents)
    return FTYP + box(b"meta", b"\0\0\0\0" + ispe + iinf + iloc)


MANY = MAX_PARTS + 1
HOSTILE = {
    "nested boxes": nested(50_000),
    "flat boxes": FTYP + box(b"free", b"") * MANY,
    "empty extents": located(b"\0\0" + b"\xff\xff" + b"\0\1\0\0\xff\xff" * 0xFFFF),
    "overlapping extents": located(b"\x44\0\0\1\0\1\0\0\0\x64" + struct.pack(">II", 0, 1 << 31) * 100),
    "GIF blocks": b"GIF89a\1\0\1\0\0\0\0\x21\xf9" + b"\1x" * MANY + b"\0\x3b",
    "GIF extensions": b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xf9\0" * MANY + b"\x3b",
    "PNG chunks": saved("PNG")[:33] + b"\0\0\0\0IDAT\0\0\0\0" * MANY + b"\0\0\0\0IEND\0\0\0\0",
    "JPEG segments": b"\xff\xd8" + b"\xff\xdb\0\2" * MANY + b"\xff\xd9",
    "WebP chunks": b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0" + b"\0" * 10 + b"ALPH\0\0\0\0" * MANY,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_made_to_keep_a_server_busy(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        strip(HOSTILE[name], inspect(HOSTILE[name]).media_type)
    assert refused.value.code == "UNSUPPORTED_MEDIA"
    assert any(word in refused.value.message for word in ("parts", "nested"))


def test_what_fills_an_avif_is_blanked() -> None:
    data = saved("AVIF")
    filled = data + box(b"free", SECRET) + box(b"uuid", b"\xbe" * 16 + SECRET)
    after = strip(filled, "image/avif")
    assert SECRET not in after
    assert len(after) == len(filled)
    assert Image.open(io.BytesIO(after)).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_any_number_of_fill_bytes_before_a_marker() -> None:
    data = saved("JPEG")
    after = strip(data[:2] + b"\xff" * 100_000 + data[2:], "image/jpeg")
    assert after == strip(data, "image/jpeg")
