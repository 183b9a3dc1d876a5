"""The pages tell the truth: links lead somewhere, commands and settings are there, examples are what the code reads."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from octavo import cli, protocol, settings
from tests.tree import ROOT, name, read, tracked

PAGES = [path for path in tracked() if path.suffix == ".md" and "data" not in path.parts]
NO_SETTINGS = {
    "OCTAVO_PURE",
    "OCTAVO_CHROMIUM",
    "OCTAVO_FIREFOX",
    "OCTAVO_PYTHON",
    "OCTAVO_SERVER",
}  # of tools, not of the server


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    inside = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in inside if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_settings_named_in_pages_exist(page: Path) -> None:
    known = {settings.PREFIX + field.name.upper() for field in fields(settings.Settings)} | NO_SETTINGS
    named = set(re.findall(r"\bOCTAVO_[A-Z_]*[A-Z]", page.read_text("utf-8")))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_named_in_pages_exist(page: Path) -> None:
    named = re.findall(
        r"(?:`|bin/|^ {4})octavo ([a-z]+)((?: [a-z]+)?)", page.read_text("utf-8"), re.MULTILINE
    )
    for command, below in named:
        found = cli.main.get_command(click.Context(cli.main), command)
        assert found is not None, command
        if isinstance(found, click.Group) and below:
            assert below.strip() in found.commands, command + below


def examples(heading: str) -> list[str]:
    """The messages in the JSON block below this heading of docs/protocol.md, with its abbreviations written out."""
    block = re.search(
        rf"^### {heading}$.*?```json\n(.*?)```", read("docs/protocol.md"), re.MULTILINE | re.DOTALL
    )
    assert block
    whole = re.sub(r"\[…[^\]]*\]", "[]", block[1]).replace("…", "")
    return [message.replace("\n", "") for message in re.split(r"\n(?=\{)", whole.strip())]


@pytest.mark.parametrize("message", examples("From the client"))
def test_what_the_page_says_a_client_sends_is_read(message: str) -> None:
    protocol.decode_client(message.encode())


@pytest.mark.parametrize("message", examples("From the server"))
def test_what_the_page_says_the_server_sends_is_read(message: str) -> None:
    protocol.decode_server(message)


def test_the_page_and_the_code_know_the_same_close_codes() -> None:
    rows = re.findall(r"^\| (4[\d, ]+)(?:, all others)? \|", read("docs/protocol.md"), re.MULTILINE)
    on_page = {int(code) for row in rows for code in re.findall(r"4\d{3}", row)}
    in_code = {value for value in vars(protocol.CloseCode).values() if isinstance(value, int)}
    assert in_code <= on_page


def limit(row: str) -> list[int]:
    """The numbers in a row of the table of limits."""
    line = re.search(rf"^\| {row} \| (.*) \|$", read("docs/protocol.md"), re.MULTILINE)
    assert line, row
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", line[1])]


def test_the_limits_are_those_of_the_page() -> None:
    default = settings.Settings()
    assert limit("a document's length") == [default.document_units]
    assert limit("a WebSocket message; components of an operation") == [
        default.message_bytes >> 20,
        default.components,
    ]
    assert limit("title; name; comment")[:2] == [default.title_units, default.name_units]
    assert limit("operations")[:1] == [default.operations_per_second]
    assert limit("editors at once on a document")[:1] == [default.editors]
    assert limit("an image")[:2] == [default.image_bytes >> 20, default.images_per_minute]
    assert limit("storage of one person's own documents with their images") == [default.storage_bytes >> 30]
    before_login = [default.before_login_bytes >> 10, int(default.before_login_seconds)]
    assert limit("before login")[:2] == before_login


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        if page.is_dir():
            waiting += page.glob("*.md")
        elif page.suffix == ".md":
            targets = re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
            waiting += [(page.parent / target).resolve() for target in targets]
    published = {path for path in PAGES if path.is_relative_to(ROOT / "docs") or path.parent == ROOT}
    assert {name(path) for path in published - reached} == set()


def test_the_audit_is_told_whole() -> None:
    """docs/sharing.md lists what the code writes into the audit, and the browser has a sentence for each."""
    rows = re.findall(r"^\| (`[^|]*) \|", read("docs/sharing.md"), re.MULTILINE)
    listed = {action for row in rows for action in re.findall(r"`([a-z]+\.[a-z]+)`", row)}
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src/octavo").rglob("*.py"))
    called = re.findall(
        r"(?:audit\.add|_note|_write_down|self\._write)\(\s*(?:\w+,\s*)?\"([a-z]+\.[a-z]+)\"", sources
    )
    assert len(called) > 20
    assert set(called) <= listed
    for page in ("en/share", "de"):
        words = read(f"browser/src/i18n/{page}.json")
        assert [action for action in sorted(listed) if f'"audit.{action}"' not in words] == []
