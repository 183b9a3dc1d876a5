"""machine.py plays the scripts of `vectors/client/`, which machine.ts plays too."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from octavo.client import effects as kinds
from octavo.client.machine import InFlight, Machine, encode
from octavo.delta import Delta, wire
from octavo.errors import Invalid
from octavo.protocol import Cursor, OperationMessage, Upload, decode_server

VECTORS = Path(__file__).parents[2] / "vectors" / "client"
SCRIPTS = [
    pytest.param(script, id=f"{path.stem}: {script['name']}")
    for path in sorted(VECTORS.glob("*.json"))
    for script in json.loads(path.read_text(encoding="utf-8"))
]
NAMES = {
    kinds.Send: "send",
    kinds.Joined: "joined",
    kinds.Apply: "apply",
    kinds.Reset: "reset",
    kinds.Acknowledged: "acknowledged",
    kinds.Refused: "refused",
    kinds.Kept: "kept",
    kinds.Delayed: "delayed",
    kinds.PresenceChanged: "presence",
    kinds.Happened: "event",
    kinds.Failed: "failed",
    kinds.Connect: "connect",
    kinds.Stop: "stop",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_script(script: dict[str, Any]) -> None:
    machine = started(script["start"])
    for number, step in enumerate(script["steps"]):
        effects = [as_json(effect) for effect in played(machine, step)]
        assert effects == step["effects"], f"step {number}: {step['event']}"
    state = state_of(machine)
    for member, expected in script.get("end", {}).items():
        if member == "cursors":
            assert {one["client_id"]: one for one in state[member]} == {
                one["client_id"]: one for one in expected
            }
        else:
            assert state[member] == expected, member


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 50


def started(start: dict[str, Any]) -> Machine:
    sent = start.get("in_flight")
    in_flight = None
    if sent is not None:
        message = OperationMessage(sent["seq"], sent["base_revision"], sent["ops"])
        in_flight = InFlight(start["client_id"], message, wire.from_wire(sent.get("moved") or sent["ops"]))
    buffer = start.get("buffer")
    return Machine(
        start["client_id"],
        epoch=start.get("epoch"),
        revision=start.get("revision"),
        seq=start.get("seq", 0),
        in_flight=in_flight,
        buffer=None if buffer is None else wire.from_wire(buffer),
    )


def played(machine: Machine, step: dict[str, Any]) -> list[kinds.Effect]:
    event, now, random = step["event"], step.get("now", 0), step.get("random", 0.5)
    match event["event"]:
        case "opened":
            return machine.opened(now=now)
        case "received":
            try:
                message = decode_server(json.dumps(event["message"]))
            except Invalid:
                return []  # the shell passes over what it cannot read
            return machine.receive(message, now=now, random=random)
        case "edited":
            return machine.edit(wire.from_wire(event["ops"]), at=event.get("at"), origin=event.get("origin"))
        case "cursor":
            cursor = event["cursor"]
            uploads = msgspec.convert(event.get("uploads", []), list[Upload])
            return machine.point(None if cursor is None else msgspec.convert(cursor, Cursor), uploads)
        case "closed":
            return machine.closed(event["code"], random=random, fresh_id=step.get("fresh_id"))
        case "tick":
            return machine.tick(now=now, random=random)
    raise AssertionError(f"no such event: {event}")


def as_json(effect: kinds.Effect) -> dict[str, Any]:
    assert is_dataclass(effect)
    shown: dict[str, Any] = {"effect": NAMES[type(effect)]}
    for field in fields(effect):
        value = getattr(effect, field.name)
        if isinstance(value, Delta):
            shown["ops"] = wire.to_wire(value)
        elif isinstance(effect, kinds.Send):
            shown["message"] = json.loads(encode(value))
        else:
            shown[field.name] = value
    return shown


def state_of(machine: Machine) -> dict[str, Any]:
    sent, held = machine.in_flight, machine.buffer
    if sent is None:
        name = "synchronized" if held is None else "buffering"
    else:
        name = "awaitingAck" if held is None else "awaitingWithBuffer"
    return {
        "state": name,
        "joined": machine.joined,
        "stopped": machine.stopped,
        "client_id": machine.client_id,
        "epoch": machine.epoch,
        "revision": machine.revision,
        "seq": machine.seq,
        "in_flight": None
        if sent is None
        else {
            "seq": sent.sent.seq,
            "base_revision": sent.sent.base_revision,
            "ops": sent.sent.ops,
            "moved": wire.to_wire(sent.moved),
        },
        "buffer": None if held is None else wire.to_wire(held.delta),
        "wake_at": machine.wake_at,
        "cursors": [msgspec.to_builtins(presence) for presence in machine.cursors()],
    }
