"""The laws of `ports.OperationLog`."""

from __future__ import annotations

import asyncio

import pytest

from octavo.errors import Conflict, Invalid, Missing
from octavo.ports import AlreadyLogged, ClientRow, Fenced, Head, OperationLog, RevisionTaken
from octavo.protocol import Change
from tests.contracts.cases import DOCUMENT, EPOCH, append, change, fill
from tests.contracts.conftest import Adapter


async def test_a_new_log_is_at_revision_0(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    assert await log.head(DOCUMENT) == Head(EPOCH, 0, 0)
    assert await log.read(DOCUMENT, after=0) == []


async def test_a_log_is_created_once(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    with pytest.raises(Conflict, match="already"):
        await log.create(DOCUMENT, "e2")
    assert (await log.head(DOCUMENT)).epoch == EPOCH


async def test_an_unknown_document_is_missing_and_never_empty(log: OperationLog) -> None:
    with pytest.raises(Missing):
        await log.head("nowhere")
    with pytest.raises(Missing):
        await log.read("nowhere", after=0)
    with pytest.raises(Missing):
        await append(log, change(1), document="nowhere")
    with pytest.raises(Missing):
        await log.raise_fence("nowhere")


async def test_a_change_comes_back_as_it_was(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    text = 'ä \U0001f600 " \\ \x00 \u2028'
    one = change(1, text=text, at="2026-11-20T22:00:00Z", origin=b'{"undo":7}')
    await append(log, one)
    assert await log.read(DOCUMENT, after=0) == [one]


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [
        (0, 10, [1, 2, 3, 4, 5]),
        (0, 5, [1, 2, 3, 4, 5]),
        (0, 4, [1, 2, 3, 4]),
        (1, 4, [2, 3, 4, 5]),
        (3, 1, [4]),
        (4, 1000, [5]),
        (5, 1000, []),
        (6, 1000, []),
        (2, 0, []),
    ],
)
async def test_read_gives_what_follows_and_no_more(
    log: OperationLog, after: int, limit: int, expected: list[int]
) -> None:
    await fill(log, 5)
    found = await log.read(DOCUMENT, after=after, limit=limit)
    assert [one.revision for one in found] == expected


async def test_only_the_head_can_be_followed(log: OperationLog) -> None:
    await fill(log, 3)
    for revision in (2, 3, 5):
        with pytest.raises(RevisionTaken) as caught:
            await append(log, change(revision, client="c2", seq=1))
        assert caught.value.head == 3
    assert await log.head(DOCUMENT) == Head(EPOCH, 3, 0)


async def test_revisions_inside_a_batch_have_no_gap(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    with pytest.raises(Invalid):
        await append(log, change(1), change(3, client="c2"))
    assert (await log.head(DOCUMENT)).revision == 0


async def test_another_epoch_is_refused(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    with pytest.raises(Conflict) as caught:
        await append(log, change(1), epoch="e0")
    assert caught.value.code == "EPOCH_CHANGED"


async def test_a_raised_fence_keeps_out_who_holds_the_old_one(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    assert await log.raise_fence(DOCUMENT) == 1
    with pytest.raises(Fenced) as caught:
        await append(log, change(1))
    assert caught.value.fence == 1
    await append(log, change(1), fence=1)
    assert await log.head(DOCUMENT) == Head(EPOCH, 1, 1)


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (change(3, client="c1", seq=5, base=2), "the same seq"),
        (change(3, client="c1", seq=4, base=2), "a smaller seq"),
        (change(3, client="c1", seq=6, base=1), "a base before its last change"),
        (change(3, client="c1", seq=6, base=2, user="u2"), "the client of another user"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_a_client_may_not_log(log: OperationLog, second: Change, why: str) -> None:
    await fill(log, 1, document="other")
    await log.create(DOCUMENT, EPOCH)
    last = change(2, seq=5, base=0)
    await append(log, change(1, client="c0", user="u0"), last)
    with pytest.raises(AlreadyLogged) as caught:
        await append(log, change(3, client="c7", seq=1), change(4, client=second.client_id, seq=second.seq,
                     base=second.base_revision, user=second.user_id))  # fmt: skip
    assert caught.value.row == ClientRow("u1", 5, 2, last.digest), why
    assert caught.value.client_id == "c1"
    assert (await log.head(DOCUMENT)).revision == 2
    assert await log.client(DOCUMENT, "c7") is None


async def test_a_base_at_the_last_revision_is_enough_and_seqs_may_be_spent(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    await append(log, change(1, seq=1, base=0))
    await append(log, change(2, client="c2", seq=9, base=0))
    await append(log, change(3, seq=4, base=1))
    assert (await log.client(DOCUMENT, "c1")) == ClientRow("u1", 4, 3, change(3, base=1).digest)
    assert await log.client(DOCUMENT, "c3") is None


async def test_within_a_batch_a_client_stands_once(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    with pytest.raises(AlreadyLogged) as caught:
        await append(log, change(1, seq=1, base=0), change(2, seq=2, base=0))
    assert caught.value.row.revision == 1
    assert (await log.head(DOCUMENT)).revision == 0


async def test_an_empty_batch_only_compares(log: OperationLog) -> None:
    await fill(log, 1)
    await log.append(DOCUMENT, epoch=EPOCH, expected_revision=1, fence=0, changes=[])
    with pytest.raises(RevisionTaken):
        await log.append(DOCUMENT, epoch=EPOCH, expected_revision=0, fence=0, changes=[])
    assert await log.head(DOCUMENT) == Head(EPOCH, 1, 0)


async def test_long_batches_of_many_clients(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    batch = [
        change(revision, client=f"c{revision}", user=f"u{revision}", seq=1) for revision in range(1, 778)
    ]
    await append(log, *batch)
    assert await log.read(DOCUMENT, after=0) == batch
    again = [change(777 + n, client=f"c{n}", user=f"u{n}", seq=2, base=n) for n in range(1, 400)]
    await append(log, *again)
    assert await log.read(DOCUMENT, after=777) == again


async def test_of_32_writers_exactly_one_wins(adapter: Adapter) -> None:
    handles = [adapter.another_log() for _ in range(4)]
    await handles[0].create(DOCUMENT, EPOCH)
    for revision in range(1, 4):
        outcomes = await asyncio.gather(
            *[
                append(handles[n % 4], change(revision, client=f"c{n}", seq=revision, user=f"u{n}"))
                for n in range(32)
            ],
            return_exceptions=True,
        )
        lost = [outcome for outcome in outcomes if outcome is not None]
        assert len(lost) == 31
        assert all(isinstance(outcome, RevisionTaken) and outcome.head == revision for outcome in lost)
        winner = outcomes.index(None)
        for handle in handles:
            assert (await handle.read(DOCUMENT, after=revision - 1))[0].client_id == f"c{winner}"


async def test_each_document_of_a_group_succeeds_or_fails_alone(log: OperationLog) -> None:
    for number in range(9):
        await fill(log, 1, document=f"d{number}")
    await log.raise_fence("d3")
    bad = change(2, seq=1, base=1)
    outcomes = await asyncio.gather(
        *[append(log, bad if number == 5 else change(2), document=f"d{number}") for number in range(9)],
        append(log, change(1), document="nowhere"),
        append(log, change(9), document="d7"),
        return_exceptions=True,
    )
    kinds = [type(outcome) for outcome in outcomes]
    nothing = type(None)
    assert kinds == [nothing] * 3 + [Fenced, nothing, AlreadyLogged] + [nothing] * 3 + [
        Missing,
        RevisionTaken,
    ]
    heads = [(await log.head(f"d{number}")).revision for number in range(9)]
    assert heads == [2, 2, 2, 1, 2, 1, 2, 2, 2]


async def test_appends_to_one_document_that_wait_together_follow_each_other(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    await asyncio.gather(*[append(log, change(n, client=f"c{n}", seq=1)) for n in range(1, 30)])
    assert [one.revision for one in await log.read(DOCUMENT, after=0)] == list(range(1, 30))


async def test_one_client_s_appends_that_wait_together_know_of_each_other(log: OperationLog) -> None:
    await log.create(DOCUMENT, EPOCH)
    first, second = change(1, seq=1, base=0), change(2, seq=2, base=1)
    await log.create("other", EPOCH)
    outcomes = await asyncio.gather(
        append(log, *[change(n, client=f"c{n}") for n in range(1, 300)], document="other"),
        append(log, first),
        append(log, second),
        append(log, change(3, seq=3, base=1)),
        append(log, change(3, seq=2, base=2)),
        append(log, change(3, client="c2", seq=1, base=0)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 3 + [AlreadyLogged] * 2 + [type(None)]
    assert [(one.client_id, one.seq) for one in await log.read(DOCUMENT, after=0)] == [
        ("c1", 1),
        ("c1", 2),
        ("c2", 1),
    ]
    assert await log.client(DOCUMENT, "c1") == ClientRow("u1", 2, 2, second.digest)


async def test_the_heads_of_many_are_read_at_once(log: OperationLog) -> None:
    assert await log.heads([]) == {}
    await fill(log, 3)
    await fill(log, 0, document="doc-2")
    await log.raise_fence("doc-2")
    names = [DOCUMENT, "doc-2", "nothing", *(f"none-{number}" for number in range(2000))]
    assert await log.heads(names) == {DOCUMENT: await log.head(DOCUMENT), "doc-2": await log.head("doc-2")}
