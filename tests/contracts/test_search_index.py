"""The laws of `ports.SearchIndex`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octavo.adapters.memory_search import MemorySearch
from octavo.adapters.pg_database import PgDatabase
from octavo.adapters.pg_search import PgSearch
from octavo.adapters.sql_search import NAME, SqlSearch
from octavo.convert.terms import Passage
from octavo.ports import SearchEntry, SearchIndex
from tests import postgres


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SearchIndex]:
    if request.param == "memory":
        yield MemorySearch()
    elif request.param == "sqlite":
        opened = SqlSearch.open(tmp_path)
        yield opened
        opened.close()
    else:
        if postgres.lacking():
            pytest.skip(postgres.lacking())
        database = PgDatabase(postgres.fresh())
        yield await PgSearch.open(database)
        await asyncio.to_thread(database.close)


async def found(index: SearchIndex, query: str, reader: str = "ada", **options: object) -> list[str]:
    return [hit.document_id for hit in await index.search(reader, query, **options)]  # type: ignore[arg-type]


def entry(document_id: str, title: str = "", text: str = "\n", **readers: list[str]) -> SearchEntry:
    return SearchEntry(document_id, title, text, readers or {"ada": []})


async def test_title_text_and_tags(index: SearchIndex) -> None:
    assert await index.empty()
    await index.put(entry("d1", "Budget 2026", "Numbers\n", ada=["finance", "to do"]))
    await index.put(entry("d2", "Letter", "About the budget of next year\n"))
    assert not await index.empty()
    assert await found(index, "budget") == ["d1", "d2"]
    assert await found(index, "letter") == ["d2"]
    assert await found(index, "finance") == ["d1"]
    assert await found(index, "budget finance numbers") == ["d1"]
    assert await found(index, "budget absent") == []


async def test_only_what_one_may_read_and_ones_own_tags(index: SearchIndex) -> None:
    await index.put(entry("d1", "Shared", "words\n", ada=["secret plan"], bob=["mine"]))
    await index.put(entry("d2", "Shared too", "words\n", bob=[]))
    assert await found(index, "words", "ada") == ["d1"]
    assert sorted(await found(index, "words", "bob")) == ["d1", "d2"]
    assert await found(index, "secret", "bob") == []
    assert await found(index, "mine", "bob") == ["d1"]
    assert await found(index, "words", "carol") == []
    assert await found(index, "ada", "ada") == []
    assert await found(index, "bob", "bob") == []


async def test_the_latest_counts(index: SearchIndex) -> None:
    await index.put(entry("d1", "Old", "first\n"))
    await index.put(entry("d1", "New", "second\n", bob=[]))
    assert await found(index, "first", "bob") == await found(index, "old", "bob") == []
    assert await found(index, "second", "bob") == ["d1"]
    assert await found(index, "second", "ada") == []
    await index.remove("d1")
    await index.remove("d1")
    assert await found(index, "second", "bob") == []
    assert await index.empty()


async def test_the_best_come_first(index: SearchIndex) -> None:
    await index.put(entry("d1", "Other", "the harbour once, and a lot of other words about it\n"))
    await index.put(entry("d2", "Harbour", "something\n"))
    await index.put(entry("d3", "Other", "harbour, harbour and harbour\n"))
    hits = await index.search("ada", "harbour")
    assert [hit.document_id for hit in hits] == ["d2", "d3", "d1"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_among_and_limit(index: SearchIndex) -> None:
    for number in range(5):
        await index.put(entry(f"d{number}", "Same", "words\n"))
    assert len(await found(index, "same", limit=3)) == 3
    assert sorted(await found(index, "same", among=["d1", "d3", "dx"])) == ["d1", "d3"]
    assert await found(index, "same", among=[]) == []


async def test_prefixes_and_phrases(index: SearchIndex) -> None:
    await index.put(entry("d1", "", "The annual report\nis here\n"))
    await index.put(entry("d2", "", "We report annual numbers\n"))
    assert sorted(await found(index, "ann rep")) == ["d1", "d2"]
    assert await found(index, '"annual report"') == ["d1"]
    assert await found(index, '"annual rep"') == []
    assert await found(index, "eport") == []


async def test_accents_and_case(index: SearchIndex) -> None:
    await index.put(entry("d1", "Crème Brûlée", "Die STRASSE, naïve ŁÓDŹ, Ёлка\n"))
    for query in ("creme", "CRÈME", "brule\u0301e", "straße", "naive", "lodz", "елка"):
        assert await found(index, query) == ["d1"], query


async def test_scripts_without_spaces(index: SearchIndex) -> None:
    await index.put(entry("d1", "東京都庁", "会議の議事録です。\n"))
    await index.put(entry("d2", "京都", "한국어 문서\n"))
    for query in ("東", "東京", "京都庁", "庁", "議事", "録", "です"):
        assert await found(index, query) == ["d1"], query
    assert sorted(await found(index, "京都")) == ["d1", "d2"]
    assert await found(index, "국어") == ["d2"]
    assert await found(index, "都京") == []


async def test_the_passage_is_marked(index: SearchIndex) -> None:
    await index.put(entry("d1", "Plan", "First line\n😀 The Crème of the plan\nLast\n"))
    passages = await index.passages("creme pla", ["d1", "none"])
    assert passages == {"d1": Passage("😀 The Crème of the plan", ((7, 5), (20, 4)))}
    await index.put(entry("d2", "Only the title", "nothing\n"))
    assert await index.passages("title", ["d2"]) == {}
    assert await index.passages("---", ["d1"]) == {}
    assert await index.passages("plan", []) == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(query=st.text(max_size=30) | st.text(alphabet="\"*()-^:{}+ aANDORT'.\x00", max_size=20))
async def test_no_query_is_an_error(index: SearchIndex, query: str) -> None:
    await index.put(entry("d1", "AND OR NOT NEAR", "a (b) c* d^ e:f\n"))
    await index.search("ada", query)
    await index.passages(query, ["d1"])
    await index.search('x" OR readers : "ada', query)


async def test_hostile_readers_see_nothing(index: SearchIndex) -> None:
    await index.put(entry("d1", "Plan", "text\n"))
    for reader in ('x" OR title : "plan', "ada*", "", "a", "ad a", "ADA"):
        assert await found(index, "plan", reader) == [], reader


async def test_an_index_outlives_the_process_and_another_make_does_not(tmp_path: Path) -> None:
    first = SqlSearch.open(tmp_path)
    await first.put(entry("d1", "Plan"))
    first.close()
    second = SqlSearch.open(tmp_path)
    assert await found(second, "plan") == ["d1"]
    second.close()
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    third = SqlSearch.open(tmp_path)
    assert await third.empty()
    third.close()
    (tmp_path / NAME).write_bytes(b"not a database, but long enough to be taken for one" * 100)
    fourth = SqlSearch.open(tmp_path)
    assert await fourth.empty()
    fourth.close()
