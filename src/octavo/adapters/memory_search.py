"""`SearchIndex` in a dict: the executable specification, looking through everything each time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from octavo.convert.terms import Part, Passage, best_line, parse, passage, spans
from octavo.ports import SearchEntry, SearchHit

_TITLE, _TAG, _TEXT = 8.0, 4.0, 1.0


class MemorySearch:
    """Nothing here survives the process."""

    def __init__(self) -> None:
        self._entries: dict[str, SearchEntry] = {}

    async def put(self, entry: SearchEntry) -> None:
        self._entries[entry.document_id] = entry

    async def remove(self, document_id: str) -> None:
        self._entries.pop(document_id, None)

    async def search(
        self, reader: str, query: str, *, among: Collection[str] | None = None, limit: int = 50
    ) -> list[SearchHit]:
        parts = parse(query)
        if not parts:
            return []
        hits = [
            hit
            for entry in self._entries.values()
            if reader in entry.readers
            and (among is None or entry.document_id in among)
            and (hit := _hit(entry, entry.readers[reader], parts)) is not None
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    async def passages(self, query: str, document_ids: Collection[str]) -> dict[str, Passage]:
        parts = parse(query)
        found = {}
        for document_id in document_ids:
            entry = self._entries.get(document_id)
            line = None if entry is None else best_line(entry.text.split("\n"), parts)
            if line is not None:
                found[document_id] = passage(line, parts)
        return found

    async def empty(self) -> bool:
        return not self._entries


def _hit(entry: SearchEntry, tags: Sequence[str], parts: list[Part]) -> SearchHit | None:
    weights = [(entry.title, _TITLE), (" ".join(tags), _TAG), (entry.text, _TEXT)]
    found = [(part, weight) for text, weight in weights for part, _, _ in spans(text, parts)]
    if {part for part, _ in found} != set(parts):
        return None
    return SearchHit(entry.document_id, sum(weight for _, weight in found))
