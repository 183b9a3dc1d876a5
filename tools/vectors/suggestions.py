"""`vectors/suggestions/`: cases of the algebra of suggestions, made by ours in Python and played by the browser's too.

No foreign implementation knows these marks.  The Python algebra is held to its laws by property tests; these files
hold its twin to the same answers.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from octavo.delta import Content, Delta, DeltaBuilder, suggestions, wire
from octavo.delta.ops import from_units, to_units

PLACE = Path(__file__).resolve().parents[2] / "vectors" / "suggestions"
CASES = 400
SEED = 8
IDS = [f"{user}.{number:022d}" for user in ("ada", "bob", "cyd") for number in (1, 2)]
NEW = "ada." + "9" * 22
TEXTS = ["a", "b", "ab", "Hi ", "\n", "\n\n", "é", "日本", "😀", "one two"]
PLAIN: dict[str, Any] = {"bold": True, "color": "#ff0000"}


def chosen(chance: random.Random, from_: list[Any], most: int) -> list[Any]:
    return chance.sample(from_, chance.randint(0, most))


def attributes(chance: random.Random, *, marks: bool, final: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {name: PLAIN[name] for name in chosen(chance, list(PLAIN), 1)}
    if not marks:
        return found
    if not final and chance.random() < 0.4:
        found["suggest-insert"] = chance.choice(IDS)
    if not final:
        found |= {f"suggest-delete:{one}": True for one in chosen(chance, IDS, 1)}
    found |= {f"suggest-format:{one}": formats(chance) for one in chosen(chance, IDS, 2)}
    return found


def formats(chance: random.Random) -> dict[str, Any]:
    names = chance.sample(list(PLAIN), chance.randint(1, 2))
    return {name: chance.choice([PLAIN[name], None]) for name in names}


def content(chance: random.Random) -> Delta:
    builder = DeltaBuilder()
    for _ in range(chance.randint(0, 6)):
        value: Any = {"divider": True} if chance.random() < 0.1 else to_units(chance.choice(TEXTS))
        builder.insert(value, attributes(chance, marks=True) or None)
    builder.insert("\n", attributes(chance, marks=True, final=True) or None)
    return builder.build()


def edit(chance: random.Random, before: Delta) -> Delta:
    target = Content.from_delta(before)
    builder = DeltaBuilder()
    index = 0
    for kind in chance.choices(["insert", "retain", "format", "delete"], k=chance.randint(1, 6)):
        if kind == "insert":
            marks = chance.random() < 0.3
            builder.insert(to_units(chance.choice(TEXTS)), attributes(chance, marks=marks) or None)
            continue
        end = min(index + chance.randint(1, 5), target.length - 1)
        end = min(end + target.cuts_pair(end), target.length - 1)
        if kind == "delete":
            builder.delete(end - index)
        else:
            change = formats(chance)
            if chance.random() < 0.3:
                change[f"suggest-delete:{chance.choice(IDS)}"] = chance.choice([True, None])
            builder.retain(end - index, change if kind == "format" else None)
        index = end
    return builder.build()


def listed(found: list[suggestions.Found]) -> list[dict[str, Any]]:
    names = ("id", "kind", "index", "length", "inserted", "deleted", "formatted", "formats")
    return [{name: joined(getattr(one, name)) for name in names} for one in found]


def joined(value: Any) -> Any:
    """Text in whole characters, as on the wire."""
    return from_units(value) if isinstance(value, str) else value


def cases() -> dict[str, list[dict[str, Any]]]:
    chance = random.Random(SEED)
    made: dict[str, list[dict[str, Any]]] = {"decide": [], "suggest": [], "find": []}
    for _ in range(CASES):
        before = content(chance)
        ids = None if chance.random() < 0.3 else chosen(chance, IDS, 3)
        accept = chance.random() < 0.5
        delta = suggestions.decide(before, ids, accept=accept)
        made["decide"].append(
            {"content": wire.to_wire(before), "ids": ids, "accept": accept, "expected": wire.to_wire(delta)}
        )
        change = edit(chance, before)
        suggested = suggestions.suggest(change, Content.from_delta(before), NEW)
        made["suggest"].append(
            {
                "content": wire.to_wire(before),
                "edit": wire.to_wire(change),
                "id": NEW,
                "expected": wire.to_wire(suggested),
            }
        )
        made["find"].append({"content": wire.to_wire(before), "expected": listed(suggestions.find(before))})
    return made


def text_of(rows: list[dict[str, Any]]) -> str:
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for name, rows in cases().items():
        (PLACE / f"{name}.json").write_text(text_of(rows), "utf-8")


if __name__ == "__main__":
    main()
