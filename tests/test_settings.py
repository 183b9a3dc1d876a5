"""Settings: from the environment, checked, and all explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo import settings
from octavo.errors import Invalid


def test_defaults_and_environment() -> None:
    plain = settings.load({})
    assert (plain.host, plain.port, plain.data_dir, plain.rate_limit) == (
        "127.0.0.1",
        8000,
        Path("data"),
        True,
    )
    given = settings.load(
        {
            "OCTAVO_PORT": "9",
            "OCTAVO_RATE_LIMIT": "off",
            "OCTAVO_DATA_DIR": "/x",
            "OCTAVO_STUCK_SECONDS": "2.5",
        }
    )
    assert (given.port, given.rate_limit, given.data_dir, given.stuck_seconds) == (9, False, Path("/x"), 2.5)


def test_the_command_line_wins() -> None:
    assert settings.load({"OCTAVO_PORT": "9"}, port=10, host=None).port == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "70000"),
        ("RATE_LIMIT", "perhaps"),
        ("PUBLIC_URL", "docs.example.org"),
        ("ALLOWED_ORIGINS", "https://a.example, ftp://b"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LOG_LEVEL", "loud"),
        ("SIGN_UP", "on"),
        ("EDITORS", "-1"),
    ],
)
def test_what_cannot_be(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        settings.load({"OCTAVO_" + name: value})


def test_misspelt_names_are_noticed() -> None:
    assert settings.unknown({"OCTAVO_PROT": "1", "OCTAVO_PORT": "1", "PATH": ""}) == ["OCTAVO_PROT"]


def test_all_are_described() -> None:
    rows = settings.describe(settings.load({"OCTAVO_RATE_LIMIT": "off"}))
    assert ("OCTAVO_RATE_LIMIT", "off", "on") in [row[:3] for row in rows]
    assert all(doc and len(doc) < 110 for *_, doc in rows)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example/", "https://a.example"),
        ("https://a.example:443/x", "https://a.example"),
        ("http://a.example:8080", "http://a.example:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert settings.origin_of(url) == origin
