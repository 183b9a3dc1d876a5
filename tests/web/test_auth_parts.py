"""Tickets, origins and proxies, each alone."""

from __future__ import annotations

import pytest

from octavo.errors import Denied
from octavo.protocol import User
from octavo.settings import Settings
from octavo.web.auth import Origins, Proxies, Tickets

ADA = User("u1", "Ada", "#000000")


class Clock:
    def __init__(self) -> None:
        self.time = 1000

    def now(self) -> int:
        return self.time

    def monotonic(self) -> float:
        return float(self.time)


def test_a_ticket_is_good_once_for_a_minute() -> None:
    clock = Clock()
    tickets = Tickets(clock, 60)
    ticket = tickets.issue("d1", ADA)
    admitted = tickets.spend(ticket)
    assert (admitted.document_id, admitted.user) == ("d1", ADA)
    with pytest.raises(Denied, match="used"):
        tickets.spend(ticket)
    late = tickets.issue("d1", ADA)
    clock.time += 60
    with pytest.raises(Denied, match="old"):
        tickets.spend(late)


def test_a_ticket_cannot_be_altered_or_come_from_elsewhere() -> None:
    tickets = Tickets(Clock(), 60)
    ticket = tickets.issue("d1", ADA)
    changed = ticket[:-2] + ("AA" if ticket[-2:] != "AA" else "BB")
    for text in ("", "x", "é", "A" * 40, changed, Tickets(Clock(), 60).issue("d1", ADA)):
        with pytest.raises(Denied):
            tickets.spend(text)


def test_spent_tickets_are_forgotten_when_they_are_over() -> None:
    clock = Clock()
    tickets = Tickets(clock, 60)
    for _ in range(1024):
        tickets.spend(tickets.issue("d1", ADA))
    clock.time += 61
    tickets.spend(tickets.issue("d1", ADA))
    assert len(tickets._spent) == 1


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://docs.example:8000", True),
        ("https://docs.example:8000", True),
        ("null", False),
        ("", False),
        ("http://docs.example", False),
        ("http://docs.example:80001", False),
        ("http://docs.example:8000.evil.example", False),
        ("http://docs.example:8000@evil.example", False),
        ("http://evil.example/http://docs.example:8000", False),
        ("http://notdocs.example:8000", False),
        ("http://docs.example:8000/", False),
        ("file://docs.example:8000", False),
    ],
)
def test_origins_without_a_public_url(origin: str | None, allowed: bool) -> None:
    assert Origins(Settings()).allows(origin, "docs.example:8000") == allowed


def test_origins_that_are_configured() -> None:
    origins = Origins(
        Settings(
            public_url="https://docs.example/", allowed_origins="https://a.example, https://b.example:8443"
        )
    )
    for origin in ("https://docs.example", "https://a.example", "https://b.example:8443"):
        assert origins.allows(origin, "internal:8000")
    for origin in ("http://docs.example", "http://internal:8000", "https://docs.example.evil.example"):
        assert not origins.allows(origin, "internal:8000")


def test_whose_word_is_believed() -> None:
    proxies = Proxies(Settings(trusted_proxies="10.0.0.0/8, ::1"))
    assert proxies.client("203.0.113.5", "1.1.1.1") == "203.0.113.5"
    assert proxies.client("10.0.0.1", "1.1.1.1") == "1.1.1.1"
    assert proxies.client("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.2.2.2") == "1.1.1.1"
    assert proxies.client("::1", "") == "::1"
    assert proxies.client("10.0.0.1", "nonsense") == "nonsense"
    assert Proxies(Settings()).client("10.0.0.1", "1.1.1.1") == "10.0.0.1"
