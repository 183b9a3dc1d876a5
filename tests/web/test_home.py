"""The home page's lists, folders, tags, templates, copies and trash."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from octavo.accounts import Identity
from octavo.catalog.people import Person as Account
from octavo.catalog.tables import documents, metadata
from octavo.folders import DEEPEST
from octavo.library import MOST_TAGS, TAG_UNITS
from octavo.templates import ORDER
from octavo.trash import DAYS
from tests.web.indexing import run, settled
from tests.web.running import Person, Running
from tests.web.test_image_routes import bring, insert

TEXT = {"ops": [{"insert": "one two three\n"}]}


@pytest.fixture
def eve(server: Running) -> Iterator[Person]:
    """Somebody who has nothing yet."""
    person = server.person("Eve")
    yield person
    person.http.close()


def found(person: Person, query: str = "") -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = person.call("GET", f"/documents?{query}")["documents"]
    return documents


def ids(person: Person, query: str = "") -> list[str]:
    return [one["id"] for one in found(person, query)]


# --- lists ------------------------------------------------------------------------------------------------


def test_every_sort_both_ways_in_pages(eve: Person) -> None:
    titles = ["Zebra", "apple", "Äpfel", "Banana", "École", "10"]
    made = [
        eve.document(title=title, content={"ops": [{"insert": "w " * n + "\n"}]})
        for n, title in enumerate(titles)
    ]
    settled(eve.running)
    by_title = [made[titles.index(title)] for title in ("10", "Äpfel", "apple", "Banana", "École", "Zebra")]
    assert ids(eve, "sort=title") == by_title
    assert ids(eve, "sort=title&order=desc") == by_title[::-1]
    assert ids(eve, "sort=words&order=asc") == made
    for sort in ("updated", "created", "opened", "title", "words"):
        for order in ("asc", "desc"):
            whole = ids(eve, f"sort={sort}&order={order}")
            assert sorted(whole) == sorted(made)
            seen: list[str] = []
            cursor = ""
            while True:
                page = eve.call("GET", f"/documents?sort={sort}&order={order}&limit=2{cursor}")
                seen += [one["id"] for one in page["documents"]]
                if page["next_cursor"] is None:
                    break
                cursor = "&cursor=" + page["next_cursor"]
            assert seen == whole, (sort, order)


def test_bad_order_and_cursors(eve: Person) -> None:
    for number in range(3):
        eve.document(title=str(number))
    cursor = eve.call("GET", "/documents?limit=1")["next_cursor"]
    assert ids(eve, f"limit=1&cursor={cursor}")
    for query in (
        "sort=size",
        "order=up",
        f"sort=title&cursor={cursor}",
        f"order=asc&cursor={cursor}",
        "cursor=x",
        "cursor=WyJ1cGRhdGVkIix0cnVlLC0xLCJ4Il0",
        "cursor=%F0%9F%98%80",
    ):
        eve.refused("GET", f"/documents?{query}", 400, "INVALID_REQUEST")


def test_recent_is_what_one_has_opened(eve: Person, bob: Person) -> None:
    mine = eve.document(title="Mine")
    shared = bob.document(title="Bob's")
    bob.share(shared, eve, "viewer")
    assert ids(eve, "recent=true") == [mine]
    entry = next(one for one in found(eve) if one["id"] == shared)
    assert entry["opened_at"] is None
    eve.call("GET", f"/documents/{shared}")
    assert set(ids(eve, "recent=true")) == {mine, shared}
    assert ids(eve, "recent=true&shared=true") == [shared]


def test_a_link_is_listed_once_opened_and_while_it_is_there(eve: Person, bob: Person) -> None:
    document = bob.document(title="Linked")
    bob.call("PATCH", f"/documents/{document}", json={"link_role": "viewer"})
    assert ids(eve) == []
    eve.call("GET", f"/documents/{document}")
    assert [(one["id"], one["role"]) for one in found(eve)] == [(document, "viewer")]
    bob.share(document, eve, "editor")
    assert [(one["id"], one["role"]) for one in found(eve)] == [(document, "editor")]
    bob.call("DELETE", f"/documents/{document}/permissions/{eve.id}", 204)
    bob.call("PATCH", f"/documents/{document}", json={"link_role": None})
    assert ids(eve) == []


def test_what_the_list_says_of_the_content(eve: Person, bob: Person) -> None:
    document = eve.document(
        title="T",
        content={
            "ops": [
                {"insert": "Hello "},
                {"insert": "you", "attributes": {"link": "https://example.org", "bold": True}},
                {"insert": "\n", "attributes": {"header": 1}},
            ]
        },
    )
    eve.share(document, bob, "editor")
    with bob.editor(document, "bobsclient") as socket:
        socket.operate(1, 1, [{"insert": "Oh! "}])
        socket.until("changes")
    settled(eve.running)
    (entry,) = found(eve, "preview=true")
    assert (entry["words"], entry["characters"]) == (3, 13)
    assert entry["edited_by"]["id"] == bob.id
    assert entry["edited_at"] is not None
    assert entry["preview"]["ops"] == [
        {"insert": "Oh! Hello "},
        {"insert": "you", "attributes": {"bold": True}},
        {"insert": "\n", "attributes": {"header": 1}},
    ]
    (entry,) = found(eve)
    assert "preview" not in entry
    assert "match" not in entry


# --- folders and tags -------------------------------------------------------------------------------------


def folder(person: Person, name: str, parent_id: str | None = None) -> str:
    return str(person.call("POST", "/folders", 201, json={"name": name, "parent_id": parent_id})["id"])


def test_a_tree_of_folders(eve: Person) -> None:
    work = folder(eve, " My   work ")
    year = folder(eve, "2026", work)
    document = eve.document(title="In it", folder_id=year)
    elsewhere = eve.document(title="Elsewhere")
    tree = {one["id"]: one for one in eve.call("GET", "/folders")["folders"]}
    assert {one["name"] for one in tree.values()} == {"My work", "2026"}
    assert (tree[year]["parent_id"], tree[year]["documents"], tree[work]["documents"]) == (work, 1, 0)
    page = eve.call("GET", f"/documents?folder_id={year}")
    assert [one["id"] for one in page["documents"]] == [document]
    assert [one["name"] for one in page["breadcrumbs"]] == ["My work", "2026"]
    assert ids(eve, "folder_id=root") == [elsewhere]
    moved = eve.call("PATCH", f"/documents/{elsewhere}", json={"folder_id": work})
    assert moved["folder_id"] == work
    assert ids(eve, f"folder_id={work}") == [elsewhere]
    eve.call("DELETE", f"/folders/{year}", 204)
    assert set(ids(eve, f"folder_id={work}")) == {document, elsewhere}
    eve.call("DELETE", f"/folders/{work}", 204)
    assert set(ids(eve, "folder_id=root")) == {document, elsewhere}
    assert eve.call("GET", "/folders")["folders"] == []


def test_folders_rename_and_move_but_not_into_themselves(eve: Person) -> None:
    top = folder(eve, "top")
    middle = folder(eve, "middle", top)
    low = folder(eve, "low", middle)
    assert eve.call("PATCH", f"/folders/{low}", json={"name": "lower"})["name"] == "lower"
    for parent in (top, middle, low):
        eve.refused("PATCH", f"/folders/{top}", 400, "INVALID_REQUEST", json={"parent_id": parent})
    assert eve.call("PATCH", f"/folders/{low}", json={"parent_id": None})["parent_id"] is None
    assert eve.call("PATCH", f"/folders/{top}", json={"parent_id": low})["parent_id"] == low
    for name in ("", "  ", "x" * 256, "a\x00b"):
        eve.refused("POST", "/folders", 400, "INVALID_REQUEST", json={"name": name})


def test_how_deep_folders_lie(eve: Person) -> None:
    parent = None
    for number in range(DEEPEST):
        parent = folder(eve, str(number), parent)
    eve.refused("POST", "/folders", 400, "INVALID_REQUEST", json={"name": "x", "parent_id": parent})
    pair = folder(eve, "a")
    folder(eve, "b", pair)
    (top,) = [one["id"] for one in eve.call("GET", "/folders")["folders"] if one["name"] == "0"]
    eve.refused("PATCH", f"/folders/{top}", 400, "INVALID_REQUEST", json={"parent_id": pair})


def test_the_same_key_makes_one_folder(eve: Person) -> None:
    headers = {"Idempotency-Key": "f" * 32}
    first = eve.call("POST", "/folders", 201, json={"name": "A"}, headers=headers)
    assert eve.call("POST", "/folders", 201, json={"name": "A"}, headers=headers) == first
    eve.refused("POST", "/folders", 409, "ALREADY_EXISTS", json={"name": "B"}, headers=headers)


def test_anothers_folder_looks_like_none(eve: Person, bob: Person) -> None:
    mine = folder(eve, "Mine")
    document = bob.document()
    for options in (
        ("PATCH", f"/folders/{mine}", {"name": "x"}),
        ("DELETE", f"/folders/{mine}", None),
        ("POST", "/folders", {"name": "x", "parent_id": mine}),
        ("PATCH", f"/documents/{document}", {"folder_id": mine}),
        ("POST", "/documents", {"folder_id": mine}),
        ("POST", f"/documents/{document}/copy", {"folder_id": mine}),
        ("GET", f"/documents?folder_id={mine}", None),
        ("GET", f"/documents?folder_id={mine}&query=x", None),
    ):
        method, path, body = options
        theirs = bob.refused(method, path, 404, "NOT_FOUND", json=body)
        none = bob.refused(
            method,
            path.replace(mine, "none"),
            404,
            "NOT_FOUND",
            json=body and {name: "none" if value == mine else value for name, value in body.items()},
        )
        assert theirs == none


def test_tags_are_ones_own(eve: Person, bob: Person) -> None:
    document = eve.document(title="T")
    eve.share(document, bob, "editor")
    tagged = eve.call("PATCH", f"/documents/{document}", json={"tags": ["to do", " to  do ", "Ärger"]})
    assert tagged["tags"] == ["to do", "Ärger"]
    assert eve.call("GET", "/tags")["tags"] == [
        {"name": "to do", "documents": 1},
        {"name": "Ärger", "documents": 1},
    ]
    assert ids(eve, "tag=to do") == [document]
    assert bob.call("GET", f"/documents/{document}")["tags"] == []
    assert ids(bob, "tag=to do") == []
    for tags in ([str(n) for n in range(MOST_TAGS + 1)], ["x" * (TAG_UNITS + 1)], [""], [5]):
        eve.refused("PATCH", f"/documents/{document}", 400, "INVALID_REQUEST", json={"tags": tags})
    assert eve.call("PATCH", f"/documents/{document}", json={"tags": []})["tags"] == []
    assert eve.call("GET", "/tags")["tags"] == []


def test_arranging_changes_nothing_when_a_part_is_refused(eve: Person) -> None:
    document = eve.document(title="Before")
    eve.refused(
        "PATCH", f"/documents/{document}", 404, "NOT_FOUND", json={"title": "After", "folder_id": "none"}
    )
    assert eve.call("GET", f"/documents/{document}")["title"] == "Before"


# --- templates and copies ---------------------------------------------------------------------------------


def test_templates_that_ship(eve: Person) -> None:
    templates = eve.call("GET", "/templates")["templates"]
    assert [one["id"] for one in templates] == list(ORDER)
    for template in templates:
        assert template["preview"]["ops"]
        made = eve.call("POST", "/documents", 201, json={"template_id": template["id"]})
        assert made["title"] == template["title"]
        assert eve.call("GET", f"/documents/{made['id']}")["content"]["ops"][0]["insert"]
    named = eve.call("POST", "/documents", 201, json={"template_id": "cv", "title": "Mine"})
    assert named["title"] == "Mine"
    eve.refused("POST", "/documents", 404, "NOT_FOUND", json={"template_id": "none"})
    eve.refused("POST", "/documents", 400, "INVALID_REQUEST", json={"template_id": "cv", "content": TEXT})


def test_a_document_of_ones_own_as_template(eve: Person, bob: Person) -> None:
    document = eve.document(title="Minutes", content=TEXT)
    eve.share(document, bob, "editor")
    bob.refused("PATCH", f"/documents/{document}", 403, "FORBIDDEN", json={"template": True})
    eve.refused("POST", "/documents", 404, "NOT_FOUND", json={"template_id": document})
    assert eve.call("PATCH", f"/documents/{document}", json={"template": True})["template"]
    own = eve.call("GET", "/templates")["templates"][-1]
    assert (own["id"], own["title"], own["own"]) == (document, "Minutes", True)
    assert len(bob.call("GET", "/templates")["templates"]) == len(ORDER)
    bob.refused("POST", "/documents", 404, "NOT_FOUND", json={"template_id": document})
    made = eve.call("POST", "/documents", 201, json={"template_id": document})
    assert (made["title"], made["revision"]) == ("Minutes", 1)
    assert eve.call("GET", f"/documents/{made['id']}")["content"] == TEXT
    eve.call("DELETE", f"/documents/{document}", 204)
    eve.refused("POST", "/documents", 404, "NOT_FOUND", json={"template_id": document})


def test_a_copy_now_and_then(eve: Person, bob: Person) -> None:
    document = eve.document(title="Plan", content=TEXT)
    eve.share(document, bob, "viewer")
    with eve.editor(document, "evesclient") as socket:
        socket.operate(1, 1, [{"insert": "zero "}])
        socket.until("changes")
    key = {"Idempotency-Key": "c" * 32}
    now = bob.call("POST", f"/documents/{document}/copy", 201, json={}, headers=key)
    assert (now["title"], now["role"], now["revision"]) == ("Copy of Plan", "owner", 1)
    assert bob.call("GET", f"/documents/{now['id']}")["content"]["ops"] == [
        {"insert": "zero one two three\n"}
    ]
    assert bob.call("POST", f"/documents/{document}/copy", 201, json={}, headers=key)["id"] == now["id"]
    then = bob.call("POST", f"/documents/{document}/copy", 201, json={"revision": 1, "title": "Old"})
    assert then["title"] == "Old"
    assert bob.call("GET", f"/documents/{then['id']}")["content"] == TEXT
    eve.refused("GET", f"/documents/{then['id']}", 404, "NOT_FOUND")
    for revision in (-1, 3):
        bob.refused("POST", f"/documents/{document}/copy", 404, "NOT_FOUND", json={"revision": revision})
    long = eve.document(title="😀" * 127)
    assert len(eve.call("POST", f"/documents/{long}/copy", 201, json={})["title"]) < 140


def test_the_images_of_a_copy_can_be_read_by_its_owner(eve: Person, bob: Person) -> None:
    document = eve.document(content=TEXT)
    image_id = bring(eve, document)
    insert(eve, document, image_id)
    eve.share(document, bob, "viewer")
    key = {"Idempotency-Key": "e" * 32}
    made = bob.call("POST", f"/documents/{document}/copy", 201, json={}, headers=key)
    eve.call("DELETE", f"/documents/{document}?forever=true", 204)
    image, *rest = bob.call("GET", f"/documents/{made['id']}")["content"]["ops"]
    assert rest == TEXT["ops"]
    url = image["insert"]["image"]
    assert url != f"/api/v1/images/{image_id}"
    assert bob.http.get(url).status_code == 200
    assert eve.http.get(url).status_code == bob.http.get(f"/api/v1/images/{image_id}").status_code == 404


def test_copying_can_be_switched_off_for_readers(eve: Person, bob: Person) -> None:
    document = eve.document(content=TEXT)
    eve.share(document, bob, "viewer")
    eve.call("PATCH", f"/documents/{document}", json={"switches": {"copying": False}})
    bob.refused("POST", f"/documents/{document}/copy", 403, "FORBIDDEN", json={})
    eve.call("POST", f"/documents/{document}/copy", 201, json={})
    eve.share(document, bob, "editor")
    bob.call("POST", f"/documents/{document}/copy", 201, json={})


def test_a_copy_carries_no_suggestions(eve: Person) -> None:
    ops = [
        {"insert": "kept"},
        {"insert": " new", "attributes": {"suggest-insert": f"{eve.id}.{'a' * 32}"}},
        {"insert": " old", "attributes": {f"suggest-delete:{eve.id}.{'b' * 32}": True}},
        {"insert": "\n"},
    ]
    document = eve.document(content={"ops": ops})
    made = eve.call("POST", f"/documents/{document}/copy", 201, json={})
    assert eve.call("GET", f"/documents/{made['id']}")["content"]["ops"] == [{"insert": "kept old\n"}]


# --- the end ----------------------------------------------------------------------------------------------


def rows_about(running: Running, document_id: str) -> dict[str, int]:
    """How many rows of which table name the document."""

    def work(connection: Connection) -> dict[str, int]:
        found = {}
        for table in metadata.tables.values():
            if "document_id" in table.c:
                query = select(func.count()).select_from(table).where(table.c.document_id == document_id)
                found[table.name] = int(connection.execute(query).scalar_one())
        return {name: count for name, count in found.items() if count}

    reading = running.app.store.database.read(work)
    return asyncio.run_coroutine_threadsafe(reading, running.loop).result(20)


def test_gone_for_good(eve: Person, bob: Person) -> None:
    document = eve.document(title="Doomed", content=TEXT, folder_id=folder(eve, "F"))
    eve.call("PATCH", f"/documents/{document}", json={"tags": ["t"], "starred": True})
    eve.share(document, bob, "editor")
    settled(eve.running)
    assert rows_about(eve.running, document)["heads"] == 1
    bob.refused("DELETE", f"/documents/{document}?forever=true", 403, "FORBIDDEN")
    eve.call("DELETE", f"/documents/{document}", 204)
    bob.refused("DELETE", f"/documents/{document}?forever=true", 403, "FORBIDDEN")
    eve.call("DELETE", f"/documents/{document}?forever=true", 204)
    for person in (eve, bob):
        person.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")
        person.refused("POST", f"/documents/{document}/undelete", 404, "NOT_FOUND")
        person.refused("DELETE", f"/documents/{document}?forever=true", 404, "NOT_FOUND")
    settled(eve.running)
    assert set(rows_about(eve.running, document)) <= {"audit"}
    assert ids(eve, "trashed=true") == []


def test_gone_at_once_closes_sockets(eve: Person) -> None:
    document = eve.document(content=TEXT)
    with eve.editor(document, "evesclient") as socket:
        eve.call("DELETE", f"/documents/{document}?forever=true", 204)
        assert socket.closed() == 4410
    eve.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")


def test_emptying_the_trash(eve: Person, bob: Person) -> None:
    kept = eve.document()
    others = bob.document()
    bob.call("DELETE", f"/documents/{others}", 204)
    for _ in range(3):
        eve.call("DELETE", f"/documents/{eve.document()}", 204)
    assert eve.call("DELETE", "/trash") == {"deleted": 3}
    assert ids(eve, "trashed=true") == []
    assert ids(eve) == [kept]
    assert bob.call("POST", f"/documents/{others}/undelete")["id"] == others


def test_the_trash_is_swept_after_its_days(eve: Person) -> None:
    old, new = eve.document(), eve.document()
    for document in (old, new):
        eve.call("DELETE", f"/documents/{document}", 204)
    app = eve.running.app
    aged = (
        update(documents)
        .where(documents.c.id == old)
        .values(deleted_at=documents.c.deleted_at - DAYS * 86_400 - 1)
    )
    run(eve.running, app.store.database.write(lambda connection: connection.execute(aged)))
    assert run(eve.running, app.services.home.trash.sweep()) == 1
    assert ids(eve, "trashed=true") == [new]
    entries = run(eve.running, app.services.audit.read(_as_admin(eve), None, before=None, limit=1)).entries
    assert (entries[0].action, entries[0].document_id, entries[0].actor_id) == ("document.deleted", old, None)


def _as_admin(person: Person) -> Identity:
    account = Account(person.id, person.email, person.name, None, False, admin=True)
    return Identity(account, "cookie")
