/** The headings of a document that is edited, each with a key that it keeps; only changed lines are looked at. */

import type { Node } from "prosemirror-model";
import { changedLines } from "./changes";
import { attributesOfLine } from "./schema";
import type { Heading } from "./types";

interface Placed extends Heading {
  line: number;
}

export class Headings {
  #doc: Node | null = null;
  #placed: readonly Placed[] = [];
  #list: readonly Heading[] = [];
  #nextKey = 1;

  /** The same array as long as nothing in it changes. */
  of(doc: Node): readonly Heading[] {
    if (doc !== this.#doc) this.#update(doc);
    return this.#list;
  }

  lineOf(doc: Node, key: number): number | null {
    this.of(doc);
    return this.#placed.find((heading) => heading.key === key)?.line ?? null;
  }

  /** The heading that a line stands under. */
  at(doc: Node, line: number): number | null {
    this.of(doc);
    let [low, high] = [0, this.#placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#placed[middle] as Placed).line <= line) low = middle + 1;
      else high = middle;
    }
    return this.#placed[low - 1]?.key ?? null;
  }

  #update(doc: Node): void {
    const before = this.#doc;
    this.#doc = doc;
    const { first, removed, added } = before
      ? changedLines(before, doc)
      : { first: 0, removed: 0, added: doc.childCount };
    const gone = this.#placed.filter(({ line }) => line >= first && line < first + removed);
    const found: Placed[] = [];
    for (let line = first; line < first + added; line += 1) {
      const heading = headingOf(doc.child(line));
      // In order: a heading that is typed in, or split, stays the same one.
      if (heading) found.push({ ...heading, key: gone[found.length]?.key ?? this.#nextKey++, line });
    }
    if (gone.length === 0 && found.length === 0 && removed === added) return;
    const same =
      gone.length === found.length && found.every((heading, at) => alike(heading, gone[at] as Placed));
    const behind = this.#placed.filter(({ line }) => line >= first + removed);
    this.#placed = [
      ...this.#placed.filter(({ line }) => line < first),
      ...found,
      ...behind.map((heading) => ({ ...heading, line: heading.line + added - removed })),
    ];
    if (!same) this.#list = this.#placed.map(({ key, level, text }) => ({ key, level, text }));
  }
}

const alike = (a: Heading, b: Heading) => a.text === b.text && a.level === b.level;

/** An empty heading is none: there is nothing to show of it. */
function headingOf(line: Node): Omit<Heading, "key"> | null {
  const { header, "code-block": code } = attributesOfLine(line) ?? {};
  if (code || typeof header !== "number" || header < 1 || header > 6) return null;
  const text = line.textContent.trim();
  return text ? { level: Math.trunc(header) as Heading["level"], text } : null;
}
