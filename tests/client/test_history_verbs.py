"""The SDK's verbs for the history, each against a real server."""

from __future__ import annotations

import pytest

from octavo.client import Api
from octavo.errors import Missing


async def test_every_verb(api: Api, document_id: str) -> None:
    assert await api.restore(document_id, 0) == 2
    assert await api.restore(document_id, 1) == 3
    page = await api.history(document_id)
    assert [session["to_revision"] for session in page["sessions"]] == [3]
    assert (await api.history(document_id, before=0))["sessions"] == []
    assert [step["to_revision"] for step in await api.steps(document_id, first=0, to=3)] == [3, 2, 1]
    assert [op.get("change") for op in (await api.diff(document_id, first=0, to=1))["ops"]] == [
        "inserted",
        None,
    ]
    assert (await api.diff(document_id))["to_revision"] == 3
    assert [run["length"] for run in (await api.attribution(document_id))["runs"]] == [5, 1]
    assert (await api.attribution(document_id, revision=2))["runs"][0]["user_id"] is None
    assert (await api.name_version(document_id, 1, "First"))["name"] == "First"
    assert [version["name"] for version in await api.versions(document_id)] == ["First"]
    await api.unname_version(document_id, 1)
    assert await api.versions(document_id) == []
    assert await api.snapshot(document_id) == 3
    ada = page["sessions"][0]["users"][0]["id"]
    preview = await api.revert(document_id, ada, first=2, to=3, preview=True)
    assert (preview["revision"], preview["removes"]) == (None, 5)
    assert (await api.revert(document_id, ada, first=2, to=3))["revision"] == 4
    copy = await api.copy_document(document_id, revision=1, title="As it was")
    assert (copy["title"], copy["revision"]) == ("As it was", 1)
    with pytest.raises(Missing) as raised:
        await api.diff(document_id, first=0, to=99)
    assert raised.value.details["current_revision"] == 4
