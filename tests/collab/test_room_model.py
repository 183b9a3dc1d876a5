"""The room against a model that is nothing but the rule: each operation, transformed over the log one by one."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from octavo.collab import room as room_module
from octavo.collab.entry import (
    Broadcast,
    Continue,
    Effects,
    Ignore,
    Known,
    LoadClient,
    ReadLog,
    ReadOld,
    Refuse,
)
from octavo.collab.room import Room
from octavo.collab.settings import HostSettings
from octavo.delta import Content, Delta
from octavo.ports import ClientRow
from octavo.protocol import Change, Operation
from tests.collab.stage import change, operation
from tests.simulation.people import random_edit

CLIENTS = ("ada", "bob", "eve")
SETTINGS = HostSettings(recent_changes=4, batch_changes=2)
OTHER_NODE = "other"


class RoomAgainstItsModel(RuleBasedStateMachine):
    """`log` is the truth, `contents` what it comes to at each revision; the room must never say otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Change] = []
        self.contents = [Delta().insert("\n")]
        self.room: Room
        self.shown = 0
        self.sent: dict[tuple[str, int], Operation] = {}
        self.open: dict[str, Operation] = {}
        self.refused: set[tuple[str, int]] = set()
        self.asked: list[ReadLog | LoadClient | ReadOld | Continue] = []

    @initialize()
    def begin(self) -> None:
        self.restart()

    # --- what the room asks for, when the store gets round to it ---

    def perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Broadcast():
                    assert [one.revision for one in effect.changes] == list(
                        range(self.shown + 1, self.shown + 1 + len(effect.changes))
                    )
                    self.shown = effect.changes[-1].revision
                    assert list(effect.changes) == self.log[self.shown - len(effect.changes) : self.shown]
                case Refuse(refused, error):
                    assert error.code == "FORBIDDEN", error
                    self.refused.add((refused.client_id, refused.seq))
                    self.open.pop(refused.client_id, None)
                case Known(known, revision):
                    row = self.log[revision - 1]
                    assert (row.client_id, row.seq) == (known.client_id, known.seq)
                case Ignore(old):
                    assert max(row.seq for row in self.log if row.client_id == old.client_id) > old.seq
                case ReadLog() | LoadClient() | ReadOld() | Continue():
                    self.asked.append(effect)
                case _:
                    pytest.fail(f"nobody gave a reason for {effect}")

    @precondition(lambda self: self.asked)
    @rule(place=st.integers(0, 99))
    def answer(self, place: int) -> None:
        asked = self.asked.pop(place % len(self.asked))
        match asked:
            case ReadLog():
                self.read()
            case LoadClient(client_id):
                rows = [one for one in self.log if one.client_id == client_id]
                row = None
                if rows:
                    last = rows[-1]
                    row = ClientRow(last.user_id, last.seq, last.revision, last.digest)
                self.perform(self.room.client_loaded(client_id, row))
            case ReadOld(after):
                self.perform(self.room.older(self.log[after : after + 3]))
            case Continue():
                self.perform(self.room.work())

    @rule()
    def read(self) -> None:
        """A hint, or a doubt: the log is read to its end."""
        self.perform(self.room.logged(self.log[self.room.head :]))
        self.perform(self.room.caught_up())

    # --- people ---

    @rule(client_id=st.sampled_from(CLIENTS), back=st.integers(0, 9), seed=st.integers(0, 1 << 30))
    def write(self, client_id: str, back: int, seed: int) -> None:
        """Somebody who has seen the log up to a revision writes on there."""
        if client_id in self.open:
            return
        own = [one.revision for one in self.log if one.client_id == client_id]
        base = max([0, *own, len(self.log) - back])
        delta = random_edit(Random(seed), self.contents[base], crowded=True)
        seq = 1 + max((sent for client, sent in self.sent if client == client_id), default=0)
        one = operation(client_id, seq, base, delta)
        self.sent[client_id, seq] = self.open[client_id] = one
        self.perform(self.room.submit(one, "editor", 0.0))

    @rule(client_id=st.sampled_from(CLIENTS))
    def resend(self, client_id: str) -> None:
        if client_id in self.open:
            self.perform(self.room.submit(self.open[client_id], "editor", 0.0))

    @rule(seed=st.integers(0, 1 << 30), count=st.integers(1, 3))
    def another_node_writes(self, seed: int, count: int) -> None:
        for step in range(count):
            delta = random_edit(Random(seed + step), self.contents[-1], crowded=True)
            revision = len(self.log) + 1
            self.append([change(revision, OTHER_NODE, revision, revision - 1, delta)])

    @rule(client_id=st.sampled_from(CLIENTS))
    def another_node_logs_the_same(self, client_id: str) -> None:
        """It was sent there too, before a connection broke."""
        one = self.open.get(client_id)
        if one is not None:
            self.append([self.as_logged(one, len(self.log) + 1)])

    @rule(client_id=st.sampled_from(CLIENTS))
    def rights_are_taken_for_a_moment(self, client_id: str) -> None:
        roles: dict[str, str | None] = {f"u-{name}": "editor" for name in CLIENTS if name != client_id}
        self.perform(self.room.rights(self.room.fence + 1, roles))

    # --- the store ---

    @precondition(lambda self: self.room.ready)
    @rule(told=st.booleans())
    def store(self, told: bool) -> None:
        """A batch is appended, if its revisions are free; the room is told, or finds out."""
        batch = self.room.take_batch(0)
        if batch and batch[0].revision == len(self.log) + 1:
            self.append(batch)
            if told:
                self.perform(self.room.logged(batch))
                return
        self.read()

    @precondition(lambda self: self.room.in_flight)
    @rule()
    def store_again(self) -> None:
        batch = self.room.batch()
        if batch and batch[0].revision == len(self.log) + 1:
            self.append(batch)
        self.read()

    @rule()
    def restart(self) -> None:
        """The process ends, and what it held goes with it; its clients send again."""
        self.room = Room(Content(), head=0, epoch="e", fence=0, settings=SETTINGS)
        self.shown = 0
        self.asked = []
        self.perform(self.room.logged(self.log))

    # --- the rule ---

    def as_logged(self, one: Operation, revision: int) -> Change:
        delta = one.delta
        for earlier in self.log[one.base_revision : revision - 1]:
            delta = delta.transform_after(earlier.delta)
        logged = change(revision, one.client_id, one.seq, one.base_revision, delta)
        logged.digest = one.digest
        return logged

    def append(self, changes: list[Change]) -> None:
        for one in changes:
            if one.client_id != OTHER_NODE:
                first = self.sent[one.client_id, one.seq]
                assert one.delta == self.as_logged(first, one.revision).delta
                assert (one.client_id, one.seq) not in {(row.client_id, row.seq) for row in self.log}
                if self.open.get(one.client_id) is first:
                    del self.open[one.client_id]
            self.log.append(one)
            self.contents.append(self.contents[-1].compose(one.delta))

    @invariant()
    def readers_see_the_log(self) -> None:
        room = self.room
        assert room.head == self.shown <= len(self.log)
        assert room.head_content().to_delta() == self.contents[room.head]
        assert room.head_length == self.contents[room.head].change_length

    def teardown(self) -> None:
        """Everything sent ends in the log, or is refused, once the store has answered all."""
        for _ in range(200):
            for client_id in CLIENTS:
                self.resend(client_id)
            while self.asked:
                self.answer(0)
            if self.room.ready:
                self.store(True)
            elif self.room.in_flight:
                self.store_again()
            elif not self.open:
                break
        assert not self.open
        logged = {(one.client_id, one.seq) for one in self.log}
        assert {key for key in self.sent if key not in logged} <= self.refused


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that rebasing takes several even here."""
    monkeypatch.setattr(room_module, "SLICE", 12)


TestRoomAgainstItsModel = RoomAgainstItsModel.TestCase
TestRoomAgainstItsModel.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
