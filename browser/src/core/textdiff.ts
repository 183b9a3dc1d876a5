/**
 * Which units two contents have in common.  Common ends first, then Myers' greedy O(ND) algorithm ("An O(ND)
 * Difference Algorithm and Its Variations", 1986) on what differs between, by whole characters; past a bound on
 * its work that middle is simply replaced.
 */

import { equal } from "./attributes";
import type { Insert } from "./delta";

/** First `inserted` units of the new content, then `deleted` of the old, then `kept` units of both. */
export interface Part {
  inserted: number;
  deleted: number;
  kept: number;
}

const MAX_DISTANCE = 256;
const EMBED = "\ufffc";

type Units = { text: string; embeds: Map<number, unknown> };

function unitsOf(ops: readonly Insert[]): Units {
  const embeds = new Map<number, unknown>();
  const texts: string[] = [];
  let index = 0;
  for (const { insert } of ops) {
    if (typeof insert === "string") {
      texts.push(insert);
      index += insert.length;
    } else {
      embeds.set(index, insert);
      texts.push(EMBED);
      index += 1;
    }
  }
  return { text: texts.join(""), embeds };
}

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number) => (unit & 0xfc00) === 0xdc00;

function sameUnit(a: Units, i: number, b: Units, j: number): boolean {
  if (a.text.charCodeAt(i) !== b.text.charCodeAt(j)) return false;
  return a.text[i] !== EMBED || equal(a.embeds.get(i), b.embeds.get(j));
}

function commonStart(a: Units, b: Units, limit: number): number {
  let length = 0;
  while (length < limit && sameUnit(a, length, b, length)) length += 1;
  if (length > 0 && isHigh(a.text.charCodeAt(length - 1))) length -= 1;
  return length;
}

function commonEnd(a: Units, b: Units, aEnd: number, bEnd: number, limit: number): number {
  let length = 0;
  while (length < limit && sameUnit(a, aEnd - 1 - length, b, bEnd - 1 - length)) length += 1;
  if (length > 0 && isLow(a.text.charCodeAt(aEnd - length))) length -= 1;
  return length;
}

/** The places where characters start between `from` and `to`, and `to` itself. */
function characters(units: Units, from: number, to: number): number[] {
  const starts: number[] = [];
  for (let at = from; at < to; at += 1) {
    starts.push(at);
    if (isHigh(units.text.charCodeAt(at)) && at + 1 < to && isLow(units.text.charCodeAt(at + 1))) at += 1;
  }
  starts.push(to);
  return starts;
}

export function commonParts(before: readonly Insert[], after: readonly Insert[]): Part[] {
  const a = unitsOf(before);
  const b = unitsOf(after);
  // The final newline is matched with the final newline, whatever else would be shorter.
  const final = a.text.endsWith("\n") && b.text.endsWith("\n") ? 1 : 0;
  const aEnd = a.text.length - final;
  const bEnd = b.text.length - final;
  const start = commonStart(a, b, Math.min(aEnd, bEnd));
  const end = commonEnd(a, b, aEnd, bEnd, Math.min(aEnd, bEnd) - start);
  const parts: Part[] = [{ inserted: 0, deleted: 0, kept: start }];
  parts.push(...middleParts(a, b, start, aEnd - end, bEnd - end));
  parts.push({ inserted: 0, deleted: 0, kept: end + final });
  return parts;
}

function middleParts(a: Units, b: Units, start: number, aEnd: number, bEnd: number): Part[] {
  const replaced: Part[] = [{ inserted: bEnd - start, deleted: aEnd - start, kept: 0 }];
  if (aEnd === start || bEnd === start) return replaced;
  const as = characters(a, start, aEnd);
  const bs = characters(b, start, bEnd);
  const same = (i: number, j: number) => {
    const from = as[i] as number;
    const length = (as[i + 1] as number) - from;
    const to = bs[j] as number;
    if (length !== (bs[j + 1] as number) - to || !sameUnit(a, from, b, to)) return false;
    return length === 1 || sameUnit(a, from + 1, b, to + 1);
  };
  const path = shortestEdit(as.length - 1, bs.length - 1, same);
  if (!path) return replaced;
  return path.map(([i, j, length], at) => {
    const [previousI, previousJ, previousLength] = path[at - 1] ?? [0, 0, 0];
    const units = (starts: number[], from: number, to: number) =>
      (starts[to] as number) - (starts[from] as number);
    return {
      inserted: units(bs, previousJ + previousLength, j),
      deleted: units(as, previousI + previousLength, i),
      kept: units(as, i, i + length),
    };
  });
}

type Run = [i: number, j: number, length: number];

/** The runs that both share on a shortest path, the last one perhaps empty at the very end; null when too far. */
function shortestEdit(n: number, m: number, same: (i: number, j: number) => boolean): Run[] | null {
  const limit = Math.min(n + m, MAX_DISTANCE);
  const reached = new Int32Array(2 * limit + 3);
  const zero = limit + 1;
  const trace: Int32Array[] = [];
  for (let distance = 0; distance <= limit; distance += 1) {
    trace.push(reached.slice());
    for (let k = -distance; k <= distance; k += 2) {
      const down =
        k === -distance || (k !== distance && at(reached, zero + k - 1) < at(reached, zero + k + 1));
      let i = down ? at(reached, zero + k + 1) : at(reached, zero + k - 1) + 1;
      let j = i - k;
      while (i < n && j < m && same(i, j)) {
        i += 1;
        j += 1;
      }
      reached[zero + k] = i;
      if (i >= n && j >= m) return runsOf(trace, zero, n, m);
    }
  }
  return null;
}

const at = (values: Int32Array, index: number) => values[index] as number;

function runsOf(trace: Int32Array[], zero: number, n: number, m: number): Run[] {
  const runs: Run[] = [[n, m, 0]];
  let i = n;
  let j = m;
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const reached = trace[distance] as Int32Array;
    const k = i - j;
    const down = k === -distance || (k !== distance && at(reached, zero + k - 1) < at(reached, zero + k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromI = distance === 0 ? 0 : at(reached, zero + fromK);
    const fromJ = distance === 0 ? 0 : fromI - fromK;
    const startI = distance === 0 ? 0 : down ? fromI : fromI + 1;
    const startJ = startI - k;
    if (i > startI) runs.push([startI, startJ, i - startI]);
    i = fromI;
    j = fromJ;
  }
  return runs.reverse();
}
