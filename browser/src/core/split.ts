/** Cuts a delta that is too much for one message into a first part that fits and the rest on top of it. */

import { type Delta, DeltaBuilder, lengthOf, type Op } from "./delta";
import type { Limits } from "./protocol";

/** Kept free in a message for all but its ops. */
const ENVELOPE_BYTES = 512;

/** No code unit takes more bytes of JSON: the escape of a control character. */
const LONGEST_UNIT = 6;

/**
 * The longest beginning of `delta` that one message carries, and the rest, which follows on it; null: no rest.
 * `part.compose(rest)` is `delta`.  Text is cut after a line's end where there is one.  An op that is too large and
 * cannot be cut is left whole, for the server to refuse.
 */
export function firstPart(delta: Delta, limits: Limits): [part: Delta, rest: Delta | null] {
  const { ops } = delta;
  let budget = Math.max(1, limits.message_bytes - ENVELOPE_BYTES);
  if (ops.length <= limits.components && surelyBelow(ops, budget)) return [delta, null];
  let taken = 0;
  let split = 0;
  for (const op of ops.slice(0, Math.max(2, limits.components))) {
    const cost = utf8Bytes(JSON.stringify(op)) + 1;
    if (cost > budget) {
      split = textThatFits(op, budget);
      break;
    }
    budget -= cost;
    taken += 1;
  }
  const nothing = taken === 0 || (taken === 1 && isPlainRetain(ops[0] as Op));
  // There is no smaller step forward.
  if (split === 0 && nothing) taken = Math.min(taken + 1, ops.length);
  return taken === ops.length ? [delta, null] : cut(ops, taken, split);
}

const isPlainRetain = (op: Op) => "retain" in op && !op.attributes;

/** Cuts after `taken` ops and `split` units of the next one, an insert of text. */
function cut(ops: readonly Op[], taken: number, split: number): [Delta, Delta] {
  const part = new DeltaBuilder();
  const rest = new DeltaBuilder();
  let length = 0;
  for (const op of ops.slice(0, taken)) {
    part.push(op);
    if (!("delete" in op)) length += lengthOf(op);
  }
  rest.retain(length + split);
  let remaining = ops.slice(taken);
  const next = remaining[0];
  if (split > 0 && next && "insert" in next && typeof next.insert === "string") {
    part.insert(next.insert.slice(0, split), next.attributes);
    rest.insert(next.insert.slice(split), next.attributes);
    remaining = remaining.slice(1);
  }
  for (const op of remaining) rest.push(op);
  return [part.build(), rest.build()];
}

/** Whether ops fit without being encoded, as they do for all but pastes. */
function surelyBelow(ops: readonly Op[], budget: number): boolean {
  let bytes = 0;
  for (const op of ops) {
    if ("attributes" in op || ("insert" in op && typeof op.insert !== "string")) {
      return utf8Bytes(JSON.stringify(ops)) < budget;
    }
    bytes += 32 + ("insert" in op ? LONGEST_UNIT * lengthOf(op) : 0);
  }
  return bytes < budget || utf8Bytes(JSON.stringify(ops)) < budget;
}

/** Bytes of a string in UTF-8; half a pair counts half of it. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

/** How many units of an insert fit; 0 where nothing may be cut off. */
function textThatFits(op: Op, budget: number): number {
  if (!("insert" in op) || typeof op.insert !== "string") return 0;
  const text = op.insert;
  let left = budget - utf8Bytes(JSON.stringify({ ...op, insert: "" })) - 1;
  let end = 0;
  while (end < text.length) {
    const paired = (text.charCodeAt(end) & 0xfc00) === 0xd800 ? 2 : 1;
    left -= utf8Bytes(JSON.stringify(text.slice(end, end + paired))) - 2;
    if (left < 0) break;
    end += paired;
  }
  return end === 0 ? 0 : text.lastIndexOf("\n", end - 1) + 1 || end;
}
