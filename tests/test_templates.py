"""The templates that ship."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from octavo import templates
from octavo.delta import schema, wire
from octavo.templates import ORDER, shipped

FOLDER = Path(templates.__file__).parent


def test_every_file_is_offered() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(ORDER) == set(shipped())


@pytest.mark.parametrize("template_id", ORDER)
def test_a_template_is_content_in_normal_form(template_id: str) -> None:
    template = shipped()[template_id]
    assert template.title
    assert template.description
    schema.check_content(template.content)
    written = json.loads((FOLDER / f"{template_id}.json").read_text("utf-8"))["content"]["ops"]
    assert wire.to_wire(template.content) == written


@pytest.mark.parametrize("template_id", ORDER)
def test_a_template_is_formatted(template_id: str) -> None:
    names = {name for op in shipped()[template_id].content.ops for name in op.attributes or {}}
    assert len(names & {"header", "list", "bold", "align", "blockquote", "line-height"}) >= 3
    assert not any(name.startswith(("suggest-", "link")) for name in names)
