"""Hostile messages over a real socket: each gets its code, and none stops another client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.running import Person, Running, Talk

BIG = 2**53


def operation(ops: Any, **more: Any) -> str:
    return json.dumps({"type": "operation", "seq": 1, "base_revision": 1, "ops": ops} | more)


def raw(ops: str) -> str:
    return '{"type":"operation","seq":1,"base_revision":1,"ops":' + ops + "}"


# What an operation may not be: an error that names its seq, and the socket stays open.
OPERATIONS: dict[str, str] = {
    "retain 2^53": operation([{"retain": BIG}, {"insert": "x"}]),
    "retain 2^200": operation([{"retain": 2**200}, {"insert": "x"}]),
    "retain a float": operation([{"retain": 1.5}, {"insert": "x"}]),
    "retain true": operation([{"retain": True}, {"insert": "x"}]),
    "retain 0": operation([{"retain": 0}, {"insert": "x"}]),
    "retain negative": operation([{"retain": -1}, {"insert": "x"}]),
    "retain a string": operation([{"retain": "1"}, {"insert": "x"}]),
    "delete 0": operation([{"delete": 0}]),
    "delete negative": operation([{"delete": -5}]),
    "delete 2^53": operation([{"delete": BIG}]),
    "delete with attributes": operation([{"delete": 1, "attributes": {"bold": True}}]),
    "insert nothing": operation([{"insert": ""}]),
    "insert a number": operation([{"insert": 5}]),
    "insert null": operation([{"insert": None}]),
    "insert a list": operation([{"insert": ["x"]}]),
    "insert an unknown embed": operation([{"insert": {"video": "https://example.com"}}]),
    "insert two embeds": operation([{"insert": {"divider": True, "page-break": True}}]),
    "an embed with another value": operation([{"insert": {"divider": 1}}]),
    "an image from elsewhere": operation([{"insert": {"image": "https://evil.example/x.png"}}]),
    "a script for an image": operation([{"insert": {"image": "javascript:alert(1)"}}]),
    "an image outside the api": operation([{"insert": {"image": "/api/v1/images/../users/me"}}]),
    "two verbs": operation([{"insert": "x", "delete": 1}]),
    "no verb": operation([{"attributes": {"bold": True}}]),
    "an unknown member": operation([{"insert": "x", "onclick": "alert(1)"}]),
    "a component that is no object": operation(["x"]),
    "a component that is null": operation([None]),
    "ops that are no list": operation({"insert": "x"}),
    "ops that are text": operation("x"),
    "neighbours not joined": operation([{"insert": "a"}, {"insert": "b"}]),
    "delete before insert": operation([{"delete": 1}, {"insert": "x"}]),
    "empty attributes": operation([{"insert": "x", "attributes": {}}]),
    "null on an insert": operation([{"insert": "x", "attributes": {"bold": None}}]),
    "attributes that are a list": operation([{"insert": "x", "attributes": ["bold"]}]),
    "an unknown attribute": operation([{"insert": "x", "attributes": {"onclick": "alert(1)"}}]),
    "an unknown null": operation([{"retain": 1, "attributes": {"onclick": None}}]),
    "__proto__": raw('[{"insert":"x","attributes":{"__proto__":{"bold":true}}}]'),
    "constructor": operation([{"insert": "x", "attributes": {"constructor": True}}]),
    "bold 1": operation([{"insert": "x", "attributes": {"bold": 1}}]),
    "bold false": operation([{"insert": "x", "attributes": {"bold": False}}]),
    "header 7": operation([{"insert": "\n", "attributes": {"header": 7}}]),
    "header on text": operation([{"insert": "x", "attributes": {"header": 1}}]),
    "a style for a colour": operation([{"insert": "x", "attributes": {"color": "red;background:url(x)"}}]),
    "javascript: link": operation([{"insert": "x", "attributes": {"link": "javascript:alert(1)"}}]),
    "JaVaScRiPt: link": operation([{"insert": "x", "attributes": {"link": "JaVaScRiPt:alert(1)"}}]),
    "tabbed link": operation([{"insert": "x", "attributes": {"link": "java\tscript:alert(1)"}}]),
    "spaced link": operation([{"insert": "x", "attributes": {"link": " javascript:alert(1)"}}]),
    "data: link": operation([{"insert": "x", "attributes": {"link": "data:text/html,<script>"}}]),
    "vbscript: link": operation([{"insert": "x", "attributes": {"link": "vbscript:x"}}]),
    "a relative link": operation([{"insert": "x", "attributes": {"link": "//evil.example"}}]),
    "a link of 2,049 units": operation(
        [{"insert": "x", "attributes": {"link": "https://e.example/" + "x" * 2031}}]
    ),
    "past the end": operation([{"retain": 9}, {"insert": "x"}]),
    "delete past the end": operation([{"delete": 99}]),
    "delete the final newline": operation([{"retain": 8}, {"delete": 1}]),
    "insert after the final newline": operation([{"retain": 9}, {"insert": "x"}]),
    "split a pair": operation([{"retain": 6}, {"insert": "x"}]),
    "delete half a pair": operation([{"retain": 5}, {"delete": 1}]),
    "format half a pair": operation([{"retain": 5}, {"retain": 1, "attributes": {"bold": True}}]),
    "a lone high surrogate": raw('[{"insert":"\\ud83d"}]'),
    "a lone low surrogate": raw('[{"insert":"x\\ude00"}]'),
    "surrogates the wrong way round": raw('[{"insert":"\\ude00\\ud83d"}]'),
    "a surrogate in an attribute": raw('[{"insert":"x","attributes":{"link":"https://\\ud83d"}}]'),
    "a pair in two inserts": raw('[{"insert":"\\ud83d"},{"insert":"\\ude00","attributes":{"bold":true}}]'),
    "10,001 components": operation(
        [{"insert": "x", "attributes": {"bold": True}}, {"insert": "y"}] * 5000 + [{"delete": 1}]
    ),
    "60,000 attributes": operation([{"insert": "x", "attributes": {f"a{n}": 1 for n in range(60_000)}}]),
    "nested 20,000 deep": raw("[" * 20_000 + "]" * 20_000),
    "nested in an attribute": raw('[{"insert":"x","attributes":{"bold":' + "[" * 99 + "]" * 99 + "}}]"),
    "truncated": raw('[{"insert":"x"'),
    "NaN": raw('[{"retain":NaN}]'),
    "1e400": raw('[{"retain":1e400},{"insert":"x"}]'),
    "base in the future": operation([{"insert": "x"}], base_revision=99),
    "base negative": operation([{"insert": "x"}], base_revision=-1),
    "base missing": '{"type":"operation","seq":1,"ops":[]}',
    "base 2^53": operation([{"insert": "x"}], base_revision=BIG),
    "no ops": '{"type":"operation","seq":1,"base_revision":1}',
    "an origin that is text": operation([{"insert": "x"}], origin="undo"),
    "an origin that is huge": operation([{"insert": "x"}], origin={"undo": "x" * 999}),
    "a time that is none": operation([{"insert": "x"}], at="soon"),
    "a suggestion of somebody else": operation(
        [{"insert": "x", "attributes": {"suggest-delete:nobody": "yes"}}]
    ),
}

CODES = {"base in the future": "REVISION_CONFLICT", "10,001 components": "TOO_LARGE"}


# What is no message: the socket is closed with this code.
CLOSING: dict[str, tuple[str | bytes, int]] = {
    "not JSON": ("hello", 4400),
    "an empty frame": ("", 4400),
    "null": ("null", 4400),
    "a list": ("[]", 4400),
    "a number": ("1", 4400),
    "no type": ("{}", 4400),
    "an unknown type": ('{"type":"shutdown"}', 4400),
    "a type that is a number": ('{"type":5}', 4400),
    "a message of the server's": ('{"type":"changes","changes":[]}', 4400),
    "an operation without seq": ('{"type":"operation","base_revision":1,"ops":[]}', 4400),
    "a list nested 20,000 deep": ("[" * 20_000, 4400),
    "a hello without client": ('{"type":"hello"}', 4400),
    "a hello with a strange client": ('{"type":"hello","client_id":"a b"}', 4400),
    "a hello with a long client": (json.dumps({"type": "hello", "client_id": "x" * 65}), 4400),
    "a hello with a number": ('{"type":"hello","client_id":7}', 4400),
    "binary": (b"\x00\x01", 4400),
    "binary JSON": (b'{"type":"ping"}', 4400),
    "2 MiB": ('{"type":"ping","x":"' + "x" * (2 << 20) + '"}', 4413),
    "1 MiB and a byte": ("x" * ((1 << 20) + 1), 4413),
    "a million attributes": (
        operation([{"insert": "x", "attributes": {f"a{n}": 1 for n in range(1_000_000)}}]),
        4413,
    ),
}


@pytest.fixture(scope="module")
def smiley(ada: Person) -> str:
    """Text with an astral character at 5: "Hello😀.\\n", 9 units, revision 1."""
    return ada.document(content={"ops": [{"insert": "Hello😀.\n"}]})


@pytest.fixture(scope="module")
def witness(ada: Person, smiley: str) -> Iterator[Talk]:
    with ada.editor(smiley, "witness") as socket:
        yield socket


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_refused(ada: Person, smiley: str, witness: Talk, name: str) -> None:
    with ada.editor(smiley, "hostile") as socket:
        socket.send(OPERATIONS[name])
        error = socket.until("error")
        assert (error["code"], error["seq"]) == (CODES.get(name, "INVALID_OPERATION"), 1), error
        assert error["message"]
        socket.ping()
    witness.ping()
    assert ada.call("GET", f"/documents/{smiley}")["revision"] == 1


@pytest.mark.parametrize("name", CLOSING)
def test_a_message_that_is_none_closes(ada: Person, smiley: str, witness: Talk, name: str) -> None:
    message, code = CLOSING[name]
    with ada.editor(smiley, "hostile") as socket:
        socket.send(message)
        assert socket.closed() == code
    witness.ping()


@pytest.mark.parametrize(
    "cursor", ['"x"', "{}", '{"index":"1"}', '{"index":1.5}', '{"index":0,"path":{}}', "[]", "7"]
)
def test_a_presence_that_cannot_be_read(ada: Person, smiley: str, cursor: str) -> None:
    with ada.editor(smiley, "hostile") as socket:
        socket.send('{"type":"presence","revision":1,"cursor":' + cursor + "}")
        assert socket.until("error")["code"] == "INVALID_REQUEST"
        socket.ping()


@pytest.mark.parametrize(
    "uploads",
    [
        "null",
        "7",
        "{}",
        '["1"]',
        '[{"id":"1"}]',
        '[{"index":0}]',
        '[{"id":1,"index":0}]',
        '[{"id":"","index":0}]',
        '[{"id":"<b>","index":0}]',
        '[{"id":"' + "x" * 65 + '","index":0}]',
        '[{"id":"1","index":-1}]',
        '[{"id":"1","index":0.5}]',
        '[{"id":"1","index":9007199254740992}]',
        "[" + ",".join(f'{{"id":"{one}","index":0}}' for one in range(9)) + "]",
    ],
)
def test_places_of_images_that_cannot_be_read(ada: Person, smiley: str, witness: Talk, uploads: str) -> None:
    with ada.editor(smiley, "hostile") as socket:
        socket.send('{"type":"presence","revision":1,"cursor":null,"uploads":' + uploads + "}")
        assert socket.until("error")["code"] == "INVALID_REQUEST"
        socket.ping()
    witness.ping()


@pytest.mark.parametrize("cursor", [{"index": -5}, {"index": BIG}, {"index": 1, "length": -99}])
def test_a_cursor_outside_harms_nobody(ada: Person, smiley: str, witness: Talk, cursor: Any) -> None:
    with ada.editor(smiley, "hostile") as socket:
        socket.send({"type": "presence", "revision": 1, "cursor": cursor})
        socket.send({"type": "presence", "revision": BIG - 1, "cursor": cursor})
        socket.ping()
    witness.ping()


def test_someone_elses_client(ada: Person, bob: Person, smiley: str) -> None:
    document = ada.document()
    ada.share(document, bob, "editor")
    with ada.editor(document, "stolen") as owner:
        owner.operate(1, 0, [{"insert": "mine"}])
        owner.until("changes")
        with bob.socket(document) as thief:
            thief.send({"type": "hello", "client_id": "stolen"})
            assert thief.closed() == 4408
        owner.ping()


def test_someone_elses_document(server: Running, ada: Person, bob: Person, smiley: str) -> None:
    own = bob.document()
    with bob.editor(own, "c1") as socket:
        # A member that names another document is unknown, and ignored.
        socket.send(operation([{"insert": "x"}], base_revision=0, document_id=smiley))
        assert socket.until("changes")["changes"][0]["revision"] == 1
    assert ada.call("GET", f"/documents/{smiley}")["revision"] == 1


def test_another_epoch_is_welcomed_with_everything(ada: Person, smiley: str) -> None:
    with ada.editor(smiley, "old", epoch="another", revision=1) as socket:
        assert socket.welcome["content"] is not None
        assert socket.welcome["changes"] == []
    with ada.editor(smiley, "ahead", revision=99) as socket:
        assert socket.welcome["content"] is not None


def test_a_second_operation_in_flight_and_an_old_seq(ada: Person) -> None:
    document = ada.document()
    with ada.editor(document, "c1") as socket:
        socket.operate(5, 0, [{"insert": "a"}])
        socket.until("changes")
        socket.operate(3, 0, [{"insert": "b"}])
        socket.operate(5, 0, [{"insert": "other"}])
        assert socket.until("error")["seq"] == 5
        socket.ping()
    assert ada.call("GET", f"/documents/{document}")["revision"] == 1


def test_there_are_enough() -> None:
    assert len(OPERATIONS) + len(CLOSING) >= 60
