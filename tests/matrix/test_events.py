"""Every event, and who among those who have the document open hears it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import pytest

from octavo.access import ROLES, Action, allows
from octavo.web.access_matrix import EVENTS
from tests.tree import PACKAGE
from tests.web.running import Person, Running, Talk

People = dict[str, Person]


def ask(people: People, document: str) -> None:
    path = f"/documents/{document}/access-requests"
    people["stranger"].call("POST", path, 202, json={"role": "editor"})
    people["owner"].soon("GET", path, lambda found: found["requests"])


def answer(people: People, document: str) -> None:
    ask(people, document)
    path = f"/documents/{document}/access-requests/{people['stranger'].id}"
    people["owner"].call("DELETE", path, 204)


def lock(people: People, document: str) -> None:
    people["owner"].call("PUT", f"/documents/{document}/lock", json={})


def unlock(people: People, document: str) -> None:
    lock(people, document)
    people["owner"].call("DELETE", f"/documents/{document}/lock")


def commented(people: People, document: str) -> str:
    """The path of a new thread."""
    body = {"anchor": {"revision": 0, "index": 0, "length": 1}, "text": "Why?"}
    thread = people["owner"].call("POST", f"/documents/{document}/comments", 201, json=body)
    return f"/documents/{document}/comments/{thread['id']}"


def replied(people: People, document: str) -> None:
    people["owner"].call("POST", commented(people, document) + "/replies", 201, json={"text": "So."})


def edited(people: People, document: str) -> None:
    people["owner"].call("PATCH", commented(people, document), json={"text": "How?"})


def resolved(people: People, document: str) -> str:
    path = commented(people, document)
    people["owner"].call("PATCH", path, json={"resolved": True})
    return path


def reopened(people: People, document: str) -> None:
    people["owner"].call("PATCH", resolved(people, document), json={"resolved": False})


def uncommented(people: People, document: str) -> None:
    people["owner"].call("DELETE", commented(people, document), 204)


TRIGGERS: Mapping[str, Callable[[People, str], object]] = {
    "comment.created": commented,
    "comment.replied": replied,
    "comment.edited": edited,
    "comment.resolved": resolved,
    "comment.reopened": reopened,
    "comment.deleted": uncommented,
    "title.changed": lambda people, document: people["editor"].call(
        "PATCH", f"/documents/{document}", json={"title": "Next"}
    ),
    "switches.changed": lambda people, document: people["owner"].call(
        "PATCH", f"/documents/{document}", json={"switches": {"copying": False}}
    ),
    "sharing.changed": lambda people, document: people["owner"].call(
        "PUT", f"/documents/{document}/permissions", json={"link_role": "commenter"}
    ),
    "version.named": lambda people, document: people["editor"].call(
        "PUT", f"/documents/{document}/versions/0", json={"name": "First"}
    ),
    "document.locked": lock,
    "document.unlocked": unlock,
    "permission.changed": lambda people, document: people["owner"].share(
        document, people["viewer"], "commenter"
    ),
    "access.requested": ask,
    "access.answered": answer,
}


@pytest.fixture(scope="module")
def people(server: Running, ada: Person) -> People:
    return {"owner": ada} | {name: server.person(name.title()) for name in (*ROLES[:-1], "stranger")}


@pytest.fixture
def shared(people: People) -> str:
    document = people["owner"].document()
    for role in ROLES[:-1]:
        people["owner"].share(document, people[role], role)
    return document


def heard(socket: Talk) -> set[str]:
    """The events that have come, once the server has dealt with all that was sent before."""
    socket.send({"type": "ping"})
    found = set()
    while (message := socket.next())["type"] != "pong":
        if message["type"] == "event":
            found.add(message["event"])
    return found


@pytest.mark.parametrize("event", TRIGGERS)
def test_who_hears(server: Running, people: People, shared: str, event: str) -> None:
    people["owner"].call(
        "PATCH", f"/documents/{shared}", json={"link_role": "viewer", "switches": {"guests": True}}
    )
    here = {role: people[role] for role in ROLES} | {"guest": server.guest(shared)}
    with ExitStack() as stack:
        sockets = {
            name: stack.enter_context(person.editor(shared, f"{event.replace('.', '-')}-{name}"))
            for name, person in here.items()
        }
        TRIGGERS[event](people, shared)
        hearing = {name for name, socket in sockets.items() if event in heard(socket)}
    if event == "permission.changed":
        assert hearing == {"viewer"}
    else:
        row = EVENTS[event]
        assert row.action is not None
        guests = {"guest"} if row.guests and allows("viewer", row.action) else set()
        assert hearing == {role for role in ROLES if allows(role, row.action)} | guests


def test_all_are_told_of_the_end_and_closed(people: People, shared: str) -> None:
    with people["viewer"].editor(shared, "reading") as socket:
        people["owner"].call("DELETE", f"/documents/{shared}", 204)
        assert socket.until("event")["event"] == "document.deleted"
        assert socket.closed() == 4410


def test_every_event_has_a_row() -> None:
    sent = set()
    for path in PACKAGE.rglob("*.py"):
        sent |= set(re.findall(r'\.event\(\s*[\w.]+,\s*"([a-z.]+)"', path.read_text("utf-8")))
        sent |= set(re.findall(r'protocol\.Event\("([a-z.]+)"', path.read_text("utf-8")))
    assert sent | {"document.locked", "document.unlocked"} == EVENTS.keys()
    assert {row.action for row in EVENTS.values()} <= {Action.READ, Action.SHARE, None}
