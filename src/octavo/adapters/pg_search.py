"""`SearchIndex` on PostgreSQL's tsvector, in tables of its own beside the catalog's.

The terms are cut by us (`convert.terms`), so that the same query finds the same documents as on SQLite: the vectors are
put together from lexemes and positions, and no dictionary of PostgreSQL's has a say.  A vector holds at most 1 MiB,
16,383 positions and 255 of them for one lexeme, so a long text lies in pieces, which overlap by the longest phrase that
a query can ask for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, Self, TypeVar

import asyncpg

from octavo.adapters.pg_connect import explain, is_conflict, is_ours
from octavo.adapters.pg_database import PgDatabase
from octavo.adapters.sql_search import name_of, passage_of
from octavo.convert.terms import QUERY_LENGTH, Part, Passage, parse, tokens
from octavo.errors import Unavailable
from octavo.ports import SearchEntry, SearchHit

T = TypeVar("T")

MAKE: Final = 1
"""Of tables and terms.  It is part of the tables' names: nodes of two editions keep out of each other's."""

_ENTRIES: Final = f"search_entries_{MAKE}"
_PIECES: Final = f"search_pieces_{MAKE}"
_PIECE_TERMS: Final = 8_000
_PIECE_SAME: Final = 250
_PIECE_BYTES: Final = 500_000
_OVERLAP: Final = QUERY_LENGTH // 2 + 1
_GAP: Final = 2  # between the title, each tag and the text: no phrase reaches over it
_KEY: Final = 0x6F63746176_01

_SCHEMA: Final = (
    f"CREATE TABLE IF NOT EXISTS {_ENTRIES} (document_id text PRIMARY KEY, text text NOT NULL, terms text NOT NULL, "
    "readers text[] NOT NULL)",
    f"CREATE INDEX IF NOT EXISTS ix_{_ENTRIES}_readers ON {_ENTRIES} USING gin (readers)",
    f"CREATE TABLE IF NOT EXISTS {_PIECES} (document_id text NOT NULL REFERENCES {_ENTRIES} ON DELETE CASCADE, "
    "number int NOT NULL, terms tsvector NOT NULL, PRIMARY KEY (document_id, number))",
    f"CREATE INDEX IF NOT EXISTS ix_{_PIECES}_terms ON {_PIECES} USING gin (terms)",
)
_PUT: Final = (
    f"INSERT INTO {_ENTRIES} (document_id, text, terms, readers) VALUES ($1, $2, $3, $4) "  # noqa: S608
    "ON CONFLICT (document_id) DO UPDATE SET text = excluded.text, terms = excluded.terms, readers = excluded.readers"
)
_PUT_PIECES: Final = (
    f"INSERT INTO {_PIECES} (document_id, number, terms) "  # noqa: S608
    "SELECT $1, number, vector::tsvector FROM unnest($2::text[]) WITH ORDINALITY AS pieces(vector, number)"
)
# Weights of D, C, B, A: text, nothing, tags, title.
_SEARCH: Final = """
    SELECT found.document_id, sum(ts_rank('{{0.125, 0, 0.5, 1}}', p.terms, ($2::text)::tsquery)) AS score
    FROM (
        SELECT e.document_id FROM {entries} AS e
        WHERE e.readers @> ARRAY[$1::text] AND ($3::text[] IS NULL OR e.document_id = ANY($3)) {answers}
    ) AS found JOIN {pieces} AS p ON p.document_id = found.document_id
    GROUP BY found.document_id ORDER BY score DESC, found.document_id DESC LIMIT $4"""
_ANSWER: Final = """AND e.document_id IN (
    SELECT p.document_id FROM {pieces} AS p WHERE p.terms @@ (${number}::text)::tsquery)"""
_FIRST_ANSWER: Final = 5  # parameters before those of the answers
_TEXTS: Final = f"SELECT document_id, text, terms FROM {_ENTRIES} WHERE document_id = ANY($1)"  # noqa: S608
_EMPTY: Final = f"SELECT NOT EXISTS (SELECT FROM {_ENTRIES}) AS empty"  # noqa: S608


class PgSearch:
    """Open it on a store's database; it is closed with that."""

    def __init__(self, database: PgDatabase) -> None:
        self._database = database

    @classmethod
    async def open(cls, database: PgDatabase) -> Self:
        """Make the tables of this make where there are none.  Raises Unavailable."""
        search = cls(database)
        await search._transact([("SELECT pg_advisory_xact_lock($1)", _KEY), *((line,) for line in _SCHEMA)])
        return search

    async def put(self, entry: SearchEntry) -> None:
        lines = "\n".join(" ".join(token.term for token in tokens(line)) for line in entry.text.split("\n"))
        readers = [name_of(reader) for reader in entry.readers]
        await self._transact(
            [
                (_PUT, entry.document_id, entry.text.replace("\x00", " "), lines, readers),
                (f"DELETE FROM {_PIECES} WHERE document_id = $1", entry.document_id),  # noqa: S608
                (_PUT_PIECES, entry.document_id, list(vectors(entry))),
            ]
        )

    async def remove(self, document_id: str) -> None:
        await self._transact([(f"DELETE FROM {_ENTRIES} WHERE document_id = $1", document_id)])  # noqa: S608

    async def search(
        self, reader: str, query: str, *, among: Collection[str] | None = None, limit: int = 50
    ) -> list[SearchHit]:
        parts = parse(query)
        if not parts or limit < 1:
            return []
        name = name_of(reader)
        asked = [_question(name, part) for part in parts]
        answers = " ".join(
            _ANSWER.format(pieces=_PIECES, number=number)
            for number in range(_FIRST_ANSWER, _FIRST_ANSWER + len(asked))
        )
        rows = await self._fetch(
            _SEARCH.format(entries=_ENTRIES, pieces=_PIECES, answers=answers),
            name,
            " | ".join(asked),
            None if among is None else list(among),
            limit,
            *asked,
        )
        return [SearchHit(row["document_id"], row["score"]) for row in rows]

    async def passages(self, query: str, document_ids: Collection[str]) -> dict[str, Passage]:
        parts = parse(query)
        if not parts or not document_ids:
            return {}
        rows = await self._fetch(_TEXTS, list(document_ids))
        found = {row["document_id"]: passage_of(row["text"], row["terms"], parts) for row in rows}
        return {document_id: piece for document_id, piece in found.items() if piece is not None}

    async def empty(self) -> bool:
        (row,) = await self._fetch(_EMPTY)
        return bool(row["empty"])

    def close(self) -> None:
        """The store closes the connections."""

    async def _fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        try:
            return await self._database.side().connections.fetch(query, *values)
        except Exception as fault:
            if is_ours(fault):
                raise explain(fault, "searching") from fault
            raise

    async def _transact(self, statements: Sequence[tuple[Any, ...]]) -> None:
        for attempt in range(3):
            try:
                async with self._database.side().connections.one() as connection, connection.transaction():
                    for statement, *values in statements:
                        await connection.execute(statement, *values)
                return
            except Exception as fault:
                if is_conflict(fault) and attempt < 2:
                    continue
                if is_ours(fault):
                    raise explain(fault, "indexing") from fault
                raise
        raise Unavailable("UNAVAILABLE", "indexing failed: other nodes are always in the way")


def _question(reader: str, part: Part) -> str:
    """A tsquery; terms stand in quotes, so nothing in them is an operator."""
    star = "*" if part.prefix else ""
    last = len(part.terms) - 1
    plain = [_lexeme(term) + f":{star if index == last else ''}AD" for index, term in enumerate(part.terms)]
    own = [
        _lexeme(f"{reader}.{term}") + f":{star if index == last else ''}B"
        for index, term in enumerate(part.terms)
    ]
    return f"({' <-> '.join(plain)} | {' <-> '.join(own)})"


def _lexeme(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def vectors(entry: SearchEntry) -> Iterator[str]:
    """The vectors of a document as PostgreSQL reads them: title and tags with the first piece of the text."""
    places: list[tuple[str, str]] = []  # lexeme with its weight; "" is a gap
    places += [(token.term, "A") for token in tokens(entry.title)]
    for reader, tags in entry.readers.items():
        for tag in tags:
            places += [("", "")] * _GAP + [(f"{name_of(reader)}.{token.term}", "B") for token in tokens(tag)]
    places += [("", "")] * _GAP + [(token.term, "D") for token in tokens(entry.text)]
    start = 0
    while start < len(places):
        end = _piece(places, start)
        yield _vector(places[start:end])
        if end == len(places):
            return
        start = end - _OVERLAP


def _piece(places: Sequence[tuple[str, str]], start: int) -> int:
    """Where the piece that begins at `start` ends: what a vector can hold with all its positions."""
    seen: Counter[str] = Counter()
    held = 0
    for index in range(start, min(len(places), start + _PIECE_TERMS)):
        term = places[index][0]
        if not term:
            continue
        if seen[term] >= _PIECE_SAME:
            return index
        held += 2 if seen[term] else len(term.encode()) + 8
        if held > _PIECE_BYTES:
            return index
        seen[term] += 1
    return min(len(places), start + _PIECE_TERMS)


def _vector(places: Iterable[tuple[str, str]]) -> str:
    positions: defaultdict[str, list[str]] = defaultdict(list)
    for position, (term, weight) in enumerate(places, 1):
        if term:
            positions[term].append(f"{position}{'' if weight == 'D' else weight}")
    return " ".join(f"{_lexeme(term)}:{','.join(where)}" for term, where in positions.items())
