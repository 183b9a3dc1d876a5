"""The browser's files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from octavo.web.static import KEPT_DAYS, Answer, Pages, keep_assets


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>the page")
    (tmp_path / "assets" / "app-1a2b.js").write_text("let x = 1;\n" * 500)
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return Pages(tmp_path)


def ask(pages: Pages, path: str, tag: str = "", encoding: str = "") -> tuple[Answer, dict[bytes, bytes]]:
    answer = pages.answer(path, if_none_match=tag, accept_encoding=encoding)
    return answer, dict(answer.headers)


@pytest.mark.parametrize("path", ["/", "/login", "/register", "/d/d123", "/d/d123/history"])
def test_the_page_answers_its_routes(pages: Pages, path: str) -> None:
    answer, headers = ask(pages, path)
    assert (answer.status, answer.body) == (200, b"<!doctype html>the page")
    assert headers[b"content-type"] == b"text/html; charset=utf-8"
    assert headers[b"cache-control"] == b"no-cache"


@pytest.mark.parametrize("path", ["/gone.js", "/assets/app-old.js", "/assets/x", "/../index.html", "/ws/v1"])
def test_what_is_missing_is_not_the_page(pages: Pages, path: str) -> None:
    answer, headers = ask(pages, path)
    assert answer.status == 404
    assert headers[b"content-type"] == b"text/plain; charset=utf-8"


def test_assets_never_change(pages: Pages) -> None:
    answer, headers = ask(pages, "/assets/app-1a2b.js", encoding="gzip, br")
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert headers[b"content-encoding"] == b"gzip"
    assert len(answer.body) < 500
    plain, plain_headers = ask(pages, "/assets/app-1a2b.js")
    assert b"content-encoding" not in plain_headers
    assert len(plain.body) == 5500


def test_tags(pages: Pages) -> None:
    _, headers = ask(pages, "/favicon.svg")
    again, _ = ask(pages, "/favicon.svg", tag=headers[b"etag"].decode())
    assert (again.status, again.body) == (304, b"")


def test_an_unbuilt_tree_says_so(tmp_path: Path) -> None:
    answer, _ = ask(Pages(tmp_path / "none"), "/")
    assert answer.status == 503
    assert b"make run" in answer.body


def test_parts_of_earlier_builds_stay_within_reach(tmp_path: Path) -> None:
    builds = [tmp_path / name for name in ("one", "two")]
    for build in builds:
        (build / "assets").mkdir(parents=True)
        (build / "assets" / f"part-{build.name}.js").write_text(f"// {build.name}")
    kept = tmp_path / "kept"
    Pages(builds[0], kept)
    pages = Pages(builds[1], kept)
    answer, headers = ask(pages, "/assets/part-one.js")
    assert (answer.status, answer.body) == (200, b"// one")
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert ask(pages, "/assets/part-three.js")[0].status == 404
    assert ask(pages, "/assets/../kept/part-one.js")[0].status == 404


def test_what_no_build_has_had_for_long_goes(tmp_path: Path) -> None:
    assets, kept = tmp_path / "assets", tmp_path / "kept"
    assets.mkdir()
    (assets / "new.js").write_text("new")
    keep_assets(assets, kept, now=1_000_000.0)
    (kept / "old.js").write_text("old")
    os.utime(kept / "old.js", (1_000_000.0, 1_000_000.0))
    keep_assets(assets, kept, now=1_000_000.0 + KEPT_DAYS * 86_400 + 1)
    assert [path.name for path in kept.iterdir()] == ["new.js"]


def test_a_place_that_cannot_be_written_to_stops_nobody(tmp_path: Path, pages: Pages) -> None:
    (tmp_path / "file").write_text("not a directory")
    assert ask(Pages(tmp_path, tmp_path / "file" / "kept"), "/assets/app-1a2b.js")[0].status == 200


def test_a_manifest_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "manifest.webmanifest").write_text("{}")
    _, headers = ask(Pages(tmp_path), "/manifest.webmanifest")
    assert headers[b"content-type"] == b"application/manifest+json"
