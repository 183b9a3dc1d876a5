/**
 * The delta algebra: a small twin of the server's `octavo.delta`, on ops in their wire form.
 *
 * Lengths and indexes are UTF-16 code units, an embed counts 1.  Deltas are immutable and always in normal form:
 * in a run of inserts and deletes the inserts come first, equal neighbours are one, nothing is empty, and no plain
 * retain ends it.  The operations are those of Quill's Delta (composition, and transformation with the earlier one
 * standing to the left); the tie is decided by the name of the verb instead of by a boolean.
 */

import {
  type Attributes,
  attributeDifference,
  composeAttributes,
  equal,
  invertAttributes,
  type Json,
  withoutThoseOf,
} from "./attributes";
import { commonParts } from "./textdiff";

export type { Attributes, Json } from "./attributes";
export { equal } from "./attributes";

export type Embed = Readonly<Record<string, Json>>;
export type Insert = { readonly insert: string | Embed; readonly attributes?: Attributes };
export type Retain = { readonly retain: number; readonly attributes?: Attributes };
export type Delete = { readonly delete: number };
export type Op = Insert | Retain | Delete;

/** Anything a delta can be inverted against: its units from `start` to `end` as inserts. */
export interface Sliceable {
  slice(start: number, end: number): Delta;
}

const isInsert = (op: Op | undefined): op is Insert => op !== undefined && "insert" in op;
const isRetain = (op: Op | undefined): op is Retain => op !== undefined && "retain" in op;
const isDelete = (op: Op | undefined): op is Delete => op !== undefined && "delete" in op;

export function lengthOf(op: Op): number {
  if ("retain" in op) return op.retain;
  if ("delete" in op) return op.delete;
  return typeof op.insert === "string" ? op.insert.length : 1;
}

/** Collects ops into normal form; give it any order of inserts and deletes. */
export class DeltaBuilder {
  readonly #ops: Op[] = [];

  insert(insert: string | Embed, given?: Attributes): this {
    if (insert === "") return this;
    const attributes = someOf(given);
    const ops = this.#ops;
    // An insert goes in front of the delete that it follows: both orders mean the same, one is normal.
    const at = isDelete(ops[ops.length - 1]) ? ops.length - 1 : ops.length;
    const before = ops[at - 1];
    if (
      isInsert(before) &&
      typeof before.insert === "string" &&
      typeof insert === "string" &&
      equal(before.attributes, attributes)
    ) {
      ops[at - 1] = made("insert", before.insert + insert, attributes) as Insert;
    } else {
      ops.splice(at, 0, made("insert", insert, attributes) as Insert);
    }
    return this;
  }

  retain(length: number, given?: Attributes): this {
    if (length <= 0) return this;
    const attributes = someOf(given);
    const last = this.#ops[this.#ops.length - 1];
    if (isRetain(last) && equal(last.attributes, attributes)) {
      this.#ops[this.#ops.length - 1] = made("retain", last.retain + length, attributes) as Retain;
    } else {
      this.#ops.push(made("retain", length, attributes) as Retain);
    }
    return this;
  }

  delete(length: number): this {
    if (length <= 0) return this;
    const last = this.#ops[this.#ops.length - 1];
    if (isDelete(last)) this.#ops[this.#ops.length - 1] = { delete: last.delete + length };
    else this.#ops.push({ delete: length });
    return this;
  }

  push(op: Op): this {
    if ("insert" in op) return this.insert(op.insert, op.attributes);
    if ("retain" in op) return this.retain(op.retain, op.attributes);
    return this.delete(op.delete);
  }

  append(delta: Delta): this {
    for (const op of delta.ops) this.push(op);
    return this;
  }

  build(): Delta {
    const last = this.#ops[this.#ops.length - 1];
    if (isRetain(last) && !last.attributes) this.#ops.pop();
    return new Delta(this.#ops);
  }
}

/** No attributes at all rather than an empty map. */
function someOf(attributes: Attributes | undefined): Attributes | undefined {
  for (const _ in attributes) return attributes;
  return undefined;
}

function made(verb: "insert" | "retain", value: string | Embed | number, attributes?: Attributes): Op {
  return (attributes ? { [verb]: value, attributes } : { [verb]: value }) as unknown as Op;
}

/** Walks a delta's ops in pieces of any length; past the end it retains without end. */
class Walker {
  readonly #ops: readonly Op[];
  #at = 0;
  #offset = 0;

  constructor(ops: readonly Op[]) {
    this.#ops = ops;
  }

  get op(): Op | undefined {
    return this.#ops[this.#at];
  }

  /** What is left of the present op. */
  get left(): number {
    const op = this.op;
    return op ? lengthOf(op) - this.#offset : Number.POSITIVE_INFINITY;
  }

  take(length = this.left): Op {
    const op = this.op;
    if (!op) return { retain: length };
    const start = this.#offset;
    const whole = lengthOf(op);
    if (start + length >= whole) {
      this.#at += 1;
      this.#offset = 0;
    } else {
      this.#offset += length;
    }
    if (start === 0 && length >= whole) return op;
    if ("delete" in op) return { delete: length };
    if ("retain" in op) return made("retain", length, op.attributes);
    return typeof op.insert === "string"
      ? made("insert", op.insert.slice(start, start + length), op.attributes)
      : op;
  }
}

export class Delta implements Sliceable {
  /** In normal form.  Take untrusted ops through `Delta.from`. */
  readonly ops: readonly Op[];

  constructor(ops: readonly Op[] = []) {
    this.ops = ops;
  }

  /** Any ops put into normal form. */
  static from(ops: readonly Op[]): Delta {
    const builder = new DeltaBuilder();
    for (const op of ops) builder.push(op);
    return builder.build();
  }

  insert(insert: string | Embed, attributes?: Attributes): Delta {
    return new DeltaBuilder().append(this).insert(insert, attributes).build();
  }

  get isEmpty(): boolean {
    return this.ops.length === 0;
  }

  /** Units consumed of what it is applied to. */
  get baseLength(): number {
    return this.ops.reduce((sum, op) => (isInsert(op) ? sum : sum + lengthOf(op)), 0);
  }

  /** By how much it makes a content longer. */
  get changeLength(): number {
    return this.ops.reduce((sum, op) => {
      if ("retain" in op) return sum;
      return "delete" in op ? sum - op.delete : sum + lengthOf(op);
    }, 0);
  }

  /** Units of a content. */
  get length(): number {
    return this.ops.reduce((sum, op) => sum + lengthOf(op), 0);
  }

  equals(other: Delta): boolean {
    return equal(this.ops, other.ops);
  }

  /** The text inserted, embeds as U+FFFC. */
  text(): string {
    return this.ops
      .map((op) => (isInsert(op) ? (typeof op.insert === "string" ? op.insert : "\ufffc") : ""))
      .join("");
  }

  /** One delta that does this, then `later`. */
  compose(later: Delta): Delta {
    const mine = new Walker(this.ops);
    const theirs = new Walker(later.ops);
    const result = new DeltaBuilder();
    while (mine.op || theirs.op) {
      if (isInsert(theirs.op)) {
        result.push(theirs.take());
      } else if (isDelete(mine.op)) {
        result.push(mine.take());
      } else {
        const length = Math.min(mine.left, theirs.left);
        composePiece(result, mine.take(length), theirs.take(length), length);
      }
    }
    return result.build();
  }

  /** This, moved over `earlier`, which is logged: its text stands to the left and its values stay. */
  transformAfter(earlier: Delta): Delta {
    return transform(this, earlier, true);
  }

  /** This, which is logged, as it acts on a content that already has the unlogged `later`. */
  transformBefore(later: Delta): Delta {
    return transform(this, later, false);
  }

  /** Where `index` is after this delta; `stick` says on which side of an insert exactly there it stays. */
  transformIndex(index: number, stick: "left" | "right"): number {
    let at = 0;
    let moved = index;
    for (const op of this.ops) {
      if (at > moved) break;
      const length = lengthOf(op);
      if ("delete" in op) {
        moved -= Math.min(length, moved - at);
      } else {
        if ("insert" in op && (at < moved || stick === "right")) moved += length;
        at += length;
      }
    }
    return moved;
  }

  /** Where `index`, counted after this delta, was before it; in or behind its inserts, where those begin. */
  originalIndex(index: number): number {
    let before = 0;
    let after = 0;
    for (const op of this.ops) {
      const length = lengthOf(op);
      if ("delete" in op) {
        before += length;
        continue;
      }
      if (index <= after + length) return "insert" in op ? before : before + index - after;
      after += length;
      if ("retain" in op) before += length;
    }
    return before + index - after;
  }

  /** What takes this delta back on the content that it was applied to. */
  invert(content: Sliceable): Delta {
    const result = new DeltaBuilder();
    let index = 0;
    for (const op of this.ops) {
      if ("insert" in op) {
        result.delete(lengthOf(op));
        continue;
      }
      const end = index + lengthOf(op);
      if ("delete" in op) {
        result.append(content.slice(index, end));
      } else if (op.attributes) {
        for (const run of content.slice(index, end).ops) {
          result.retain(lengthOf(run), invertAttributes(op.attributes, (run as Insert).attributes));
        }
      } else {
        result.retain(op.retain);
      }
      index = end;
    }
    return result.build();
  }

  /** The units of a content from `start` to `end`. */
  slice(start: number, end = Number.POSITIVE_INFINITY): Delta {
    const walker = new Walker(this.ops);
    const result: Op[] = [];
    let index = 0;
    while (index < end && walker.op) {
      if (index < start) {
        const skipped = Math.min(walker.left, start - index);
        walker.take(skipped);
        index += skipped;
      } else {
        const length = Math.min(walker.left, end - index);
        result.push(walker.take(length));
        index += length;
      }
    }
    return new Delta(result);
  }

  /**
   * What turns this content into `other`.  Never deletes a final newline that both have, never inserts after it,
   * and never cuts a surrogate pair.
   */
  diff(other: Delta): Delta {
    const before = new Walker(this.ops);
    const after = new Walker(other.ops);
    const result = new DeltaBuilder();
    const consume = (walker: Walker, length: number, use: (op: Op) => void) => {
      for (let left = length; left > 0; ) {
        const piece = Math.min(left, walker.left);
        use(walker.take(piece));
        left -= piece;
      }
    };
    for (const part of commonParts(this.ops as Insert[], other.ops as Insert[])) {
      consume(after, part.inserted, (op) => result.push(op));
      consume(before, part.deleted, (op) => result.delete(lengthOf(op)));
      for (let left = part.kept; left > 0; ) {
        const piece = Math.min(left, before.left, after.left);
        const from = before.take(piece) as Insert;
        const to = after.take(piece) as Insert;
        result.retain(piece, attributeDifference(from.attributes, to.attributes));
        left -= piece;
      }
    }
    return result.build();
  }
}

function composePiece(result: DeltaBuilder, mine: Op, theirs: Op, length: number): void {
  if (isDelete(theirs)) {
    if (isRetain(mine)) result.delete(length);
    return;
  }
  const attributes = (theirs as Retain).attributes;
  if (isInsert(mine)) result.insert(mine.insert, composeAttributes(mine.attributes, attributes, false));
  else if (isRetain(mine)) result.retain(length, composeAttributes(mine.attributes, attributes, true));
}

/** `delta` moved over `other`; `otherFirst`: the other is the earlier one, left at a tie and keeping its values. */
function transform(delta: Delta, other: Delta, otherFirst: boolean): Delta {
  const mine = new Walker(delta.ops);
  const theirs = new Walker(other.ops);
  const result = new DeltaBuilder();
  while (mine.op) {
    if (isInsert(theirs.op) && (otherFirst || !isInsert(mine.op))) {
      result.retain(lengthOf(theirs.take()));
    } else if (isInsert(mine.op)) {
      result.push(mine.take());
    } else {
      const length = Math.min(mine.left, theirs.left);
      const op = mine.take(length);
      const against = theirs.take(length);
      if (isDelete(against)) continue;
      if (isDelete(op)) result.push(op);
      else {
        const attributes = (op as Retain).attributes;
        result.retain(
          length,
          otherFirst ? withoutThoseOf((against as Retain).attributes, attributes) : attributes,
        );
      }
    }
  }
  return result.build();
}

/** Whether ops as received are in normal form (a plain retain at the end does not count against it). */
export function isNormal(ops: readonly Op[]): boolean {
  return ops.every((op, at) => {
    const before = ops[at - 1];
    if (lengthOf(op) <= 0 || !Number.isSafeInteger(lengthOf(op))) return false;
    if ("delete" in op) return !isDelete(before);
    if (op.attributes && Object.keys(op.attributes).length === 0) return false;
    if ("retain" in op) return !(isRetain(before) && equal(before.attributes, op.attributes));
    if (isDelete(before)) return false;
    if (op.attributes && Object.values(op.attributes).includes(null)) return false;
    const joins = isInsert(before) && typeof before.insert === "string" && typeof op.insert === "string";
    return !(joins && equal(before.attributes, op.attributes));
  });
}
