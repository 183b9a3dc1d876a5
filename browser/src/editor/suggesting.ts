/**
 * Suggesting: the user's edits become suggestions, and edits that touch belong to one.
 *
 * The view has done an edit already when it is heard of, so what was taken away is put back, marked: `correction` says
 * how.  Commands are deltas before they are done, and are turned into suggestions first.
 */

import { Delta, type Insert, lengthOf, type Sliceable } from "../core/delta";
import { authorOf, markId, suggest } from "../core/suggestions";
import type { Edit } from "./binding";

/** An edit as a suggestion, and what is to be done to a view that shows the plain edit. */
export interface Suggested extends Edit {
  correction: Delta;
}

/** A piece of the content before an edit, from index `start` on. */
class Piece implements Sliceable {
  readonly start: number;
  readonly end: number;
  readonly #runs: Delta;

  constructor(start: number, runs: Delta) {
    this.start = start;
    this.end = start + runs.length;
    this.#runs = runs;
  }

  slice(start: number, end: number): Delta {
    return this.#runs.slice(Math.max(0, start - this.start), Math.max(0, end - this.start));
  }
}

export class Suggesting {
  readonly #userId: () => string | null;
  readonly #random: () => string;

  /** `random` gives 128 random bits, URL-safe. */
  constructor(userId: () => string | null, random: () => string) {
    this.#userId = userId;
    this.#random = random;
  }

  /** A command's delta, made to `content`, of which `length` units are there. */
  ofCommand(delta: Delta, content: Sliceable, length: number): Delta {
    const userId = this.#userId();
    if (userId === null || delta.isEmpty) return delta;
    const start = Math.max(0, touchedFrom(delta) - 1);
    const end = Math.min(length, delta.baseLength + 1);
    const piece = new Piece(start, content.slice(start, end));
    return suggest(delta, piece, this.#idFor(delta, piece, userId));
  }

  /**
   * An edit that the view shows already.  `after` is the content now, of `length` units.
   */
  ofView({ delta, inverse }: Edit, after: Sliceable, length: number): Suggested {
    const userId = this.#userId();
    if (userId === null || delta.isEmpty) return { delta, inverse, correction: new Delta() };
    const start = Math.max(0, touchedFrom(delta) - 1);
    const end = Math.min(length, inverse.baseLength + 1);
    const now = after.slice(start, end);
    const before = now.compose(inverse.slice(start));
    const piece = new Piece(start, before);
    const suggested = suggest(delta, piece, this.#idFor(delta, piece, userId));
    const local = now.diff(before.compose(suggested.slice(start)));
    return { delta: suggested, inverse: suggested.invert(piece), correction: shifted(local, start) };
  }

  /** The suggestion that text typed at an index would belong to, for what an input method composes. */
  idAt(index: number, content: Sliceable, length: number): string | null {
    const userId = this.#userId();
    if (userId === null) return null;
    const start = Math.max(0, index - 1);
    const piece = new Piece(start, content.slice(start, Math.min(length, index + 1)));
    return this.#idFor(shifted(new Delta([{ insert: "x" }]), index), piece, userId);
  }

  /** That of a neighbour or of what the edit covers, if it is the user's own; else a new one. */
  #idFor(delta: Delta, piece: Piece, userId: string): string {
    const changesText = delta.ops.some((op) => !("retain" in op));
    const first = touchedFrom(delta);
    const last = Math.max(first, delta.baseLength);
    const around = [
      ...piece.slice(Math.max(piece.start, first - 1), first).ops.slice(-1),
      ...piece.slice(last, last + 1).ops.slice(0, 1),
    ];
    const covered = piece.slice(first, last).ops;
    for (const run of changesText ? [...around, ...covered] : covered) {
      const id = ownId((run as Insert).attributes ?? {}, userId, changesText);
      if (id !== null) return id;
    }
    return `${userId}.${this.#random()}`;
  }
}

/** Where the edit begins. */
function touchedFrom(delta: Delta): number {
  const first = delta.ops[0];
  return first && "retain" in first && !first.attributes ? first.retain : 0;
}

/** A user's suggestion on a run: of text coming or going, or of a format. */
function ownId(
  attributes: NonNullable<Insert["attributes"]>,
  userId: string,
  changesText: boolean,
): string | null {
  for (const name in attributes) {
    if (name.startsWith("suggest-format:") === changesText) continue;
    const id = markId(name, attributes[name]);
    if (id !== null && authorOf(id) === userId) return id;
  }
  return null;
}

/** A delta to the content from `start` on, as one to the whole. */
function shifted(delta: Delta, start: number): Delta {
  if (start === 0 || delta.isEmpty) return delta;
  const [first, ...rest] = delta.ops;
  if (first && "retain" in first && !first.attributes) {
    return new Delta([{ retain: first.retain + start }, ...rest]);
  }
  return new Delta([{ retain: start }, ...delta.ops]);
}

/** Where the caret of a plain edit stands in the suggested one: behind the same of its inserted text, if behind any. */
export function caretIn(suggested: Delta, edit: Delta, caret: number): number {
  let after = 0;
  let inserted = 0;
  for (const op of edit.ops) {
    if ("delete" in op) continue;
    const length = lengthOf(op);
    if ("insert" in op && caret > after && caret <= after + length) {
      return behindInserted(suggested, inserted + caret - after);
    }
    if ("insert" in op) inserted += length;
    after += length;
  }
  return suggested.transformIndex(edit.originalIndex(caret), "left");
}

/** The index behind so many inserted units. */
function behindInserted(delta: Delta, units: number): number {
  let index = 0;
  let left = units;
  for (const op of delta.ops) {
    if ("delete" in op) continue;
    const length = lengthOf(op);
    if ("insert" in op && left <= length) return index + left;
    if ("insert" in op) left -= length;
    index += length;
  }
  return index;
}

/** How many units an edit takes away, when it does nothing else. */
export function takenAway(delta: Delta): number {
  const ops = delta.ops.filter((op) => !("retain" in op));
  return ops.length === 1 && ops[0] && "delete" in ops[0] ? lengthOf(ops[0]) : 0;
}
