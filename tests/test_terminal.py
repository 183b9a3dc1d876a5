"""The history in the terminal, on a store with sealed changes."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from octavo.adapters.stores import open_store
from octavo.catalog import people
from octavo.cli import main
from octavo.delta import Delta
from octavo.protocol import Change, digest, ops_to_json
from octavo.sealing import EVERYTHING, Sealer
from tests.contracts.cases import DOCUMENT, EPOCH, append
from tests.sealing import Clock

EDITS = [
    ("ada", Delta().insert("Plan\n")),
    ("ada", Delta().retain(4).insert("s", {"bold": True})),
    ("bob", Delta().retain(6).insert("more \x1b[31mred\x9b 😀\n")),
    ("bob", Delta().delete(1).retain(2).retain(2, {"italic": True})),
    ("ada", Delta().retain(5).insert({"image": "/api/v1/images/a"})),
]


def _add(connection: Connection, name: str) -> None:
    people.add(
        connection, user_id=name, email=f"{name}@example.org", name=name.title(), password_hash="", now=1
    )


@pytest.fixture
def data(tmp_path: Path) -> str:
    async def make() -> None:
        store = open_store("", tmp_path)
        await store.log.create(DOCUMENT, EPOCH)
        for name in ("ada", "bob"):
            await store.database.write(partial(_add, name=name))
        for number, (user, delta) in enumerate(EDITS, 1):
            one = Change(
                number,
                delta,
                ops_to_json(delta),
                f"c-{user}",
                number,
                user,
                1_700_000_000 + number,
                number - 1,
                digest(number - 1, delta),
            )
            await append(store.log, one)
        await Sealer(store.database, store.blobs, Clock()).seal(DOCUMENT, EVERYTHING)
        await asyncio.to_thread(store.close)

    asyncio.run(make())
    return str(tmp_path)


def octavo(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, list(arguments))
    return found.exit_code, found.output


def test_history(data: str) -> None:
    code, said = octavo("history", DOCUMENT, "--data-dir", data)
    assert code == 0, said
    assert said.startswith("2023-11-14\n")
    assert "@5" in said
    assert "Ada" in said
    assert "Bob" in said


def test_show_now_and_then(data: str) -> None:
    assert octavo("show", f"{DOCUMENT}@1", "--data-dir", data) == (0, "Plan\n\n")
    code, said = octavo("show", DOCUMENT, "--data-dir", data)
    assert code == 0
    assert said == "lans\n[image]more \ufffd[31mred\ufffd 😀\n\n"


def test_diff(data: str) -> None:
    code, said = octavo("diff", DOCUMENT, "1", "4", "--data-dir", data)
    assert (code, said) == (0, "Plans\nmore \ufffd[31mred\ufffd 😀\n\n")
    code, said = octavo("diff", DOCUMENT, "0", "--data-dir", data)
    assert code == 0
    assert "lans" in said


def test_blame(data: str) -> None:
    code, said = octavo("blame", DOCUMENT, "--data-dir", data)
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "Ada  2023-11-14 22:13  lans"
    assert lines[1].endswith("[image]more \ufffd[31mred\ufffd 😀")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("show", f"{DOCUMENT}@9"), "there is no revision 9"),
        (("show", f"{DOCUMENT}@x"), "a revision is a number"),
        (("show", "nowhere"), "there is no document nowhere"),
        (("diff", DOCUMENT, "4", "2"), "between 0 and 2"),
        (("blame", f"{DOCUMENT}@9"), "there is no revision 9"),
    ],
)
def test_what_is_not_there(data: str, arguments: tuple[str, ...], fault: str) -> None:
    code, said = octavo(*arguments, "--data-dir", data)
    assert code == 1
    assert fault in said
