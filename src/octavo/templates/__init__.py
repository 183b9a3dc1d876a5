"""What a new document may begin with: five templates that ship with Octavo, and one's own.

Each file beside this one is `{title, description, content: {ops}}`; its name is its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from octavo.convert.text import preview
from octavo.delta import Delta, schema, wire

ORDER: Final = ("meeting-notes", "project-brief", "letter", "cv", "report")


class _Content(msgspec.Struct):
    ops: list[Any]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    description: str
    content: _Content


@dataclass(frozen=True, slots=True)
class Template:
    """`preview` holds its first lines."""

    id: str
    title: str
    description: str
    content: Delta
    preview: Delta


@cache
def shipped() -> dict[str, Template]:
    """The templates that come with Octavo, by id."""
    return {template_id: _load(template_id) for template_id in ORDER}


def _load(template_id: str) -> Template:
    read = msgspec.json.decode(files(__name__).joinpath(f"{template_id}.json").read_bytes(), type=_File)
    content = wire.from_content(read.content.ops)
    schema.check_content(content)
    return Template(template_id, read.title, read.description, content, preview(content))
