"""The browser's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.web.static import Answer, Pages


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
