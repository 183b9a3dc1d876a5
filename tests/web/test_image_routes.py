"""Images over REST: in, out, and who may."""

from __future__ import annotations

import hashlib
import io
import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from PIL import Image, PngImagePlugin

from tests.web.running import Person, Running, running

_shades = itertools.count(1)


@pytest.fixture(scope="module")
def running_small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with little room."""
    folder = tmp_path_factory.mktemp("small")
    with running(folder, image_bytes=4000, fetch_images=False, storage_bytes=20_000) as started:
        yield started


def png(width: int = 30, height: int = 20, note: str = "SECRET") -> bytes:
    """One that no other call gives."""
    shade = next(_shades)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", note)
    out = io.BytesIO()
    Image.new("RGB", (width, height), (shade % 256, shade // 256, 7)).save(out, "PNG", pnginfo=notes)
    return out.getvalue()


def send(person: Person, document: str, data: bytes, **headers: str) -> httpx.Response:
    headers.setdefault("content-type", "application/octet-stream")
    return person.http.post(f"/api/v1/documents/{document}/images", content=data, headers=headers)


def bring(person: Person, document: str, data: bytes | None = None) -> str:
    answer = send(person, document, png() if data is None else data)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def insert(person: Person, document: str, image_id: str) -> None:
    opened = person.call("GET", f"/documents/{document}")
    body = {
        "epoch": opened["epoch"],
        "client_id": f"image{next(_shades)}",
        "seq": 1,
        "base_revision": opened["revision"],
        "ops": [{"insert": {"image": f"/api/v1/images/{image_id}"}}],
    }
    person.call("POST", f"/documents/{document}/operations", 200, json=body)


def test_in_and_out_again(ada: Person, document: str) -> None:
    data = png(64, 48)
    # What the sender says of it does not count.
    made = send(ada, document, data, **{"content-type": "image/svg+xml; charset=nonsense"})
    assert made.status_code == 201
    view = made.json()
    assert view["url"] == f"/api/v1/images/{view['id']}"
    assert (view["width"], view["height"], view["media_type"]) == (64, 48, "image/png")
    answer = ada.http.get(view["url"])
    assert answer.status_code == 200
    assert len(answer.content) == view["size"] < len(data)
    assert b"SECRET" not in answer.content
    assert Image.open(io.BytesIO(answer.content)).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_the_headers_it_is_shown_with(ada: Person, document: str) -> None:
    url = f"/api/v1/images/{bring(ada, document)}"
    answer = ada.http.get(url)
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-disposition"] == 'inline; filename="image.png"'
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    assert headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    again = ada.http.get(url, headers={"if-none-match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == headers["etag"]


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_every_format(ada: Person, document: str, format_: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (21, 34)).save(out, format_)
    image_id = bring(ada, document, out.getvalue())
    answer = ada.http.get(f"/api/v1/images/{image_id}")
    assert answer.headers["content-type"] == f"image/{format_.lower()}"
    assert Image.open(io.BytesIO(answer.content)).size == (21, 34)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00nothing",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        png()[:40],
        b"GIF89a\x01\x00\x01\x00<script>alert(1)</script>",
    ],
)
def test_what_is_no_image(ada: Person, document: str, data: bytes) -> None:
    answer = send(ada, document, data, **{"content-type": "image/png"})
    assert code(answer) == (415, "UNSUPPORTED_MEDIA")
    assert answer.json()["error"]["message"]


def test_a_small_file_that_unfolds_to_a_giant(ada: Person, document: str) -> None:
    bomb = bytearray(png())
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    assert code(send(ada, document, bytes(bomb))) == (413, "TOO_LARGE")


def test_too_many_bytes(running_small: Running) -> None:
    person = running_small.person("Large")
    document = person.document()
    fits = png()
    assert send(person, document, fits.ljust(4000, b"\0")).status_code == 201
    for data in (fits.ljust(4001, b"\0"), b"x" * 9_000_000):
        assert code(send(person, document, data)) == (413, "TOO_LARGE")

    unannounced = (b"x" * 1000 for _ in range(300))
    chunked = person.http.post(f"/api/v1/documents/{document}/images", content=unannounced)
    assert code(chunked) == (413, "TOO_LARGE")


def test_only_this_route_takes_files(ada: Person, document: str) -> None:
    for path in ("/documents", f"/documents/{document}/ticket", f"/documents/{document}/images/more"):
        answer = ada.http.post("/api/v1" + path, content=b"\xff\xd8\xff")
        assert code(answer) == (400, "INVALID_REQUEST")


def test_the_same_key_stores_one_image(ada: Person, document: str) -> None:
    data, key = png(), {"Idempotency-Key": "e" * 32}
    first, second = (send(ada, document, data, **key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert code(send(ada, document, png(), **key)) == (409, "ALREADY_EXISTS")
    assert code(send(ada, ada.document(), data, **key)) == (409, "ALREADY_EXISTS")
    assert send(ada, document, data).json()["id"] != first.json()["id"]


def test_the_document_decides_who_sees_it(server: Running, ada: Person, document: str) -> None:
    image_id = bring(ada, document)
    url = f"/images/{image_id}"
    reader, stranger = server.person("Reader"), server.person("Stranger")
    ada.share(document, reader, "viewer")
    assert reader.http.get("/api/v1" + url).status_code == 200
    unknown = stranger.refused("GET", "/images/nosuch", 404, "NOT_FOUND")
    assert stranger.refused("GET", url, 404, "NOT_FOUND") == unknown
    with server.nobody() as nobody:
        assert code(nobody.get("/api/v1" + url)) == (401, "UNAUTHENTICATED")
    # A tag that one learned does not open what one may not read.
    etag = ada.http.get("/api/v1" + url).headers["etag"]
    assert stranger.http.get("/api/v1" + url, headers={"if-none-match": etag}).status_code == 404
    ada.call("DELETE", f"/documents/{document}/permissions/{reader.id}", 204)
    reader.refused("GET", url, 404, "NOT_FOUND")
    ada.call("DELETE", f"/documents/{document}", 204)
    ada.refused("GET", url, 410, "DOCUMENT_DELETED")


def test_naming_an_image_elsewhere_opens_it_to_nobody(server: Running, ada: Person, document: str) -> None:
    image_id = bring(ada, document)
    thief, friend = server.person("Thief"), server.person("Friend")
    own = thief.document()
    insert(thief, own, image_id)
    thief.share(own, friend, "viewer")
    for person in (thief, friend):
        person.refused("GET", f"/images/{image_id}", 404, "NOT_FOUND")
        assert person.call("GET", f"/documents/{own}")["revision"] == 1


def test_taking_an_image_over(server: Running, ada: Person, document: str) -> None:
    image_id = bring(ada, document)
    taker, stranger = server.person("Taker"), server.person("Stranger")
    ada.share(document, taker, "viewer")
    own = taker.document()
    path, key = f"/documents/{own}/images", {"Idempotency-Key": "f" * 32}
    taken = taker.call("POST", path, 201, json={"image_id": image_id}, headers=key)
    assert taken == taker.call("POST", path, 201, json={"image_id": image_id}, headers=key)
    assert taken["id"] != image_id
    ada.call("DELETE", f"/documents/{document}", 204)
    assert taker.http.get(taken["url"]).status_code == 200
    stranger.refused("GET", f"/images/{taken['id']}", 404, "NOT_FOUND")
    same = taker.call("POST", path, 201, json={"image_id": taken["id"]})
    assert same == taken
    theirs = f"/documents/{stranger.document()}/images"
    unknown = stranger.refused("POST", theirs, 404, "NOT_FOUND", json={"image_id": "nosuch"})
    assert stranger.refused("POST", theirs, 404, "NOT_FOUND", json={"image_id": taken["id"]}) == unknown


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "{}",
        '{"url":5}',
        '{"url":"http://a","image_id":"b"}',
        '{"url":null}',
        '{"image_id":[]}',
    ],
)
def test_json_that_names_no_source(ada: Person, document: str, body: str) -> None:
    answer = send(ada, document, body.encode(), **{"content-type": "application/json; charset=utf-8"})
    assert code(answer) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/api/v1/schema",
        "http://localhost:{port}/healthz",
        "http://[::1]:{port}/",
        "http://2130706433:{port}/",
        "http://0/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ftp://example.org/x.png",
        "/api/v1/schema",
    ],
)
def test_addresses_inside_are_not_fetched(server: Running, ada: Person, document: str, url: str) -> None:
    body = {"url": url.format(port=server.port)}
    error = ada.refused("POST", f"/documents/{document}/images", 400, "INVALID_REQUEST", json=body)
    assert error["message"].startswith("url: ")


def test_fetching_can_be_turned_off(running_small: Running) -> None:
    person = running_small.person("Off")
    path = f"/documents/{person.document()}/images"
    error = person.refused("POST", path, 403, "FORBIDDEN", json={"url": "http://example.org/x.png"})
    assert "upload" in error["message"]


def test_storage_has_an_end(running_small: Running) -> None:
    owner, editor = running_small.person("Owner"), running_small.person("Editor")
    document, other = owner.document(), editor.document()
    owner.share(document, editor, "editor")
    while (answer := send(editor, document, png(200, 200))).status_code == 201:
        pass
    assert code(answer) == (413, "TOO_LARGE")
    assert answer.json()["error"]["storage_limit"] == 20_000
    # It is the owner's storage that is full, not the editor's.
    assert send(editor, other, png(200, 200)).status_code == 201
    large = {"content": {"ops": [{"insert": "x" * 5000 + "\n"}]}}
    owner.refused("POST", "/documents", 413, "TOO_LARGE", json=large)
    me = owner.call("GET", "/users/me")
    assert 15_000 < me["storage_used"] <= me["storage_limit"] == 20_000
    # What is typed is never refused for it, but it counts.
    insert(owner, document, "none")
    assert owner.call("GET", "/users/me")["storage_used"] > me["storage_used"]


def test_nothing_is_brought_into_a_locked_document(ada: Person, document: str) -> None:
    image_id = bring(ada, document)
    ada.call("PUT", f"/documents/{document}/lock", json={"reason": "printed"})
    assert code(send(ada, document, png())) == (423, "DOCUMENT_LOCKED")
    path = f"/documents/{document}/images"
    for body in ({"url": "http://example.org/x.png"}, {"image_id": image_id}):
        ada.refused("POST", path, 423, "DOCUMENT_LOCKED", json=body)
    assert ada.http.get(f"/api/v1/images/{image_id}").status_code == 200


def test_where_readers_may_not_copy(server: Running, ada: Person, document: str) -> None:
    image_id = bring(ada, document)
    ada.call("PATCH", f"/documents/{document}", json={"switches": {"copying": False}})
    for role, status in (("viewer", 403), ("commenter", 403), ("editor", 201)):
        person = server.person(role.title())
        ada.share(document, person, role)
        assert person.http.get(f"/api/v1/images/{image_id}").status_code == 200
        path = f"/documents/{person.document()}/images"
        person.call("POST", path, status, json={"image_id": image_id})


def test_a_copy_has_its_own_images_where_they_may_be_copied(
    server: Running, ada: Person, document: str
) -> None:
    closed = ada.document()
    ada.call("PATCH", f"/documents/{closed}", json={"switches": {"copying": False}})
    own, foreign = bring(ada, document), bring(ada, closed)
    for image_id in (own, foreign):
        insert(ada, document, image_id)
    reader = server.person("Reader")
    for name in (document, closed):
        ada.share(name, reader, "viewer")
    copy = reader.call("POST", f"/documents/{document}/copy", 201, json={})["id"]
    ops = reader.call("GET", f"/documents/{copy}")["content"]["ops"]
    found = [op["insert"]["image"] for op in ops if isinstance(op["insert"], dict)]
    assert found[0] == f"/api/v1/images/{foreign}"
    assert found[1] != f"/api/v1/images/{own}"
    ada.call("DELETE", f"/documents/{document}", 204)
    assert reader.http.get(found[1]).status_code == 200


def test_few_files_at_a_time_from_one_person(server: Running) -> None:
    person, other = server.person("Busy"), server.person("Other")
    document, theirs = person.document(), other.document()
    token = person.http.headers["authorization"]
    head = (
        f"POST /api/v1/documents/{document}/images HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n"
        "content-type: image/png\r\ncontent-length: 1000\r\n\r\n"
    )
    with ExitStack() as held:

        def send_beside_one_more() -> httpx.Response:
            sending = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sending.sendall(head.encode())
            return send(person, document, png())

        answer = until(send_beside_one_more, 429)
        assert code(answer) == (429, "RATE_LIMITED")
        assert int(answer.headers["retry-after"]) >= 1
        # JSON and other people are not concerned.
        person.refused("POST", f"/documents/{document}/images", 400, "INVALID_REQUEST", json={})
        bring(other, theirs)
    until(lambda: send(person, document, png()), 201)


def until(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """The first answer with this status, which the server gives as soon as it knows what was done before."""
    for _ in range(500):
        answer = ask()
        if answer.status_code == status:
            return answer
    raise AssertionError(f"never {status}, at last {answer.status_code} {answer.text}")


def test_so_many_a_minute(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, images_per_minute=3) as server:
        person = server.person("Quick")
        document, data = person.document(), png()
        assert [send(person, document, data).status_code for _ in range(4)] == [201, 201, 201, 429]
        assert person.http.get(f"/api/v1/documents/{document}").status_code == 200
