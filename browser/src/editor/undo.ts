/**
 * Undo of one's own edits only: inverted deltas, moved along what others do.
 *
 * Each item's inverse fits the content right after its edit; `later` is what others did between it and the next item,
 * change by change.  Moving the inverse over it is put off until the item is needed, so that a remote change costs the
 * same whatever the number of items.  What came later has priority: an undo never takes another's value back.
 */

import { type Delta, lengthOf, type Op } from "../core/delta";
import type { HistoryName } from "./types";

const MAX_ITEMS = 1000;
/** Typing that pauses longer is another item. */
const PAUSE_MS = 500;
/** More changes than this are composed, which bounds an undo's time but may place a tie differently. */
const MAX_LATER = 2000;

interface Item {
  name: HistoryName;
  inverse: Delta;
  later: Delta[];
  typing: Typing | null;
  group: string | null;
  at: number;
}

/** An edit that the next one may carry on: text typed up to `end`, or deleted at `start`. */
interface Typing {
  kind: "insert" | "delete";
  start: number;
  end: number;
}

export interface Occasion {
  /** Milliseconds of any clock. */
  now: number;
  /** Edits of one group (a composition) are one item whatever the time between them. */
  group?: string | null;
  name?: HistoryName;
}

interface Taken {
  delta: Delta;
  name: HistoryName;
}

class Stack {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  get top(): Item | undefined {
    return this.#items[this.#items.length - 1];
  }

  clear(): void {
    this.#items.length = 0;
  }

  push(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
  }

  /** Someone else's change, on the content that is shown. */
  follow(delta: Delta): void {
    const { top } = this;
    if (!top) return;
    top.later.push(delta);
    if (top.later.length > MAX_LATER) top.later = inPairs(top.later);
    if (top.typing) {
      top.typing.start = delta.transformIndex(top.typing.start, "left");
      top.typing.end = delta.transformIndex(top.typing.end, "left");
    }
  }

  /** The last inverse as it fits the shown content; the item is gone. */
  take(): Taken | null {
    const item = this.#items.pop();
    if (!item) return null;
    let { inverse } = item;
    for (const change of item.later) {
      const before = change.transformBefore(inverse);
      inverse = inverse.transformAfter(change);
      this.follow(before);
    }
    return { delta: inverse, name: item.name };
  }
}

/** Half as many changes: each two neighbours composed. */
function inPairs(changes: readonly Delta[]): Delta[] {
  const pairs: Delta[] = [];
  for (let at = 0; at < changes.length; at += 2) {
    const first = changes[at] as Delta;
    const second = changes[at + 1];
    pairs.push(second ? first.compose(second) : first);
  }
  return pairs;
}

export class Undo {
  readonly #done = new Stack();
  readonly #undone = new Stack();

  get canUndo(): boolean {
    return this.#done.size > 0;
  }

  get canRedo(): boolean {
    return this.#undone.size > 0;
  }

  /** What the next undo takes back. */
  get undoName(): HistoryName | null {
    return this.#done.top?.name ?? null;
  }

  get redoName(): HistoryName | null {
    return this.#undone.top?.name ?? null;
  }

  clear(): void {
    this.#done.clear();
    this.#undone.clear();
  }

  /** The user's own edit and what takes it back. */
  record(delta: Delta, inverse: Delta, { now, group = null, name }: Occasion): void {
    this.#undone.clear();
    const typing = typingOf(delta);
    const { top } = this.#done;
    if (top && carriesOn(top, typing, group, now)) {
      const earlier = this.#done.take() as Taken;
      this.#done.push({
        name: earlier.name,
        inverse: inverse.compose(earlier.delta),
        later: [],
        typing: joined(top, typing),
        group,
        at: now,
      });
    } else {
      const what = name ?? (typing?.kind === "delete" ? "deleting" : "typing");
      this.#done.push({ name: what, inverse, later: [], typing, group, at: now });
    }
  }

  follow(delta: Delta): void {
    this.#done.follow(delta);
    this.#undone.follow(delta);
  }

  /** The next typing begins an item of its own. */
  pause(): void {
    const { top } = this.#done;
    if (top) top.at = Number.NEGATIVE_INFINITY;
  }

  /** What takes the last edit back, to be applied by the caller, which hands over what takes that back in turn. */
  undo(apply: (delta: Delta) => Delta): boolean {
    return move(this.#done, this.#undone, apply);
  }

  redo(apply: (delta: Delta) => Delta): boolean {
    return move(this.#undone, this.#done, apply);
  }
}

/** Others may have made an item void: then the one before it is meant. */
function move(from: Stack, to: Stack, apply: (delta: Delta) => Delta): boolean {
  for (let taken = from.take(); taken; taken = from.take()) {
    const { delta, name } = taken;
    if (delta.isEmpty) continue;
    const at = Number.NEGATIVE_INFINITY;
    to.push({ name, inverse: apply(delta), later: [], typing: null, group: null, at });
    return true;
  }
  return false;
}

/** Where a delta changed text last, in the content after it; undefined when it only changed formats. */
export function placeOf(delta: Delta): number | undefined {
  let index = 0;
  let place: number | undefined;
  for (const op of delta.ops) {
    if (!("delete" in op)) index += lengthOf(op);
    if (!("retain" in op)) place = index;
  }
  return place;
}

function typingOf(delta: Delta): Typing | null {
  const [first, second] = delta.ops;
  const plain = first !== undefined && "retain" in first && !first.attributes;
  const start = plain ? lengthOf(first) : 0;
  const op = (plain ? second : first) as Op | undefined;
  if (!op || delta.ops.length !== (plain ? 2 : 1)) return null;
  if ("delete" in op) return { kind: "delete", start, end: start + op.delete };
  if (!("insert" in op) || typeof op.insert !== "string" || op.insert.includes("\n")) return null;
  return { kind: "insert", start, end: start + op.insert.length };
}

function carriesOn(top: Item, typing: Typing | null, group: string | null, now: number): boolean {
  if (group !== null || top.group !== null) return group === top.group && top.at !== Number.NEGATIVE_INFINITY;
  if (!typing || !top.typing || typing.kind !== top.typing.kind || now - top.at > PAUSE_MS) return false;
  if (typing.kind === "insert") return typing.start === top.typing.end;
  // Backspace goes on to the left, the Delete key stays where it is.
  return typing.end === top.typing.start || typing.start === top.typing.start;
}

function joined(top: Item, typing: Typing | null): Typing | null {
  if (!typing || !top.typing || typing.kind !== top.typing.kind) return null;
  if (typing.kind === "delete") return typing;
  return { kind: "insert", start: top.typing.start, end: typing.end };
}
