"""One server for all tests here: they make their own people and documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.running import Person, Running, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture(scope="session")
def ada(server: Running) -> Person:
    return server.person("Ada")


@pytest.fixture(scope="session")
def bob(server: Running) -> Person:
    return server.person("Bob")


@pytest.fixture
def document(ada: Person) -> str:
    """A document of Ada's with the text "Hello"."""
    return ada.document(title="Letter", content={"ops": [{"insert": "Hello\n"}]})
