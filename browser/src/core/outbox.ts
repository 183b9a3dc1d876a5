/**
 * What a page writes down of one document, so that the work outlives it: pure, its shapes and its rules.
 *
 * Facts about the server's log never alter: a content at a revision, a change.  They are kept once for all tabs.  A
 * queue is one client's own: the operation in flight exactly as first sent, the buffer, its seq.  One transaction
 * writes a queue with the facts that it stands on, before anything of it is sent.  What is shown again later is the
 * content at the queue's revision, then what is in flight, then the buffer.
 */

import { Delta, type Op } from "./delta";
import type { Start } from "./events";
import type { Change, Role } from "./protocol";

/** Raised when what is stored takes a form that an older page would misread. */
export const STORED_VERSION = 1;

/** So many changes behind a content are folded into a newer one once there is time. */
export const FOLD_AFTER = 200;

/** What is known of a document without opening it. */
export interface DocumentRow {
  user: string;
  document: string;
  title: string;
  role: Role;
  owner: string;
  epoch: string;
  /** When it was last open here, in milliseconds since 1970. */
  opened_at: number;
  /** Marked "available offline" by the user: never removed to make room. */
  wanted: boolean;
  /** Made here without a network and not yet on the server: what it is made with. */
  key?: string;
}

export interface ContentRow {
  user: string;
  document: string;
  epoch: string;
  revision: number;
  ops: readonly Op[];
}

export interface ChangeRow extends ContentRow {}

/** One client's unacknowledged work. */
export interface QueueRow {
  version: number;
  user: string;
  document: string;
  client_id: string;
  start: Start;
  /** In milliseconds since 1970. */
  written_at: number;
}

/** Text of the user's that has no place in the document any more, until the user has dealt with it. */
export interface KeptRow {
  id?: number;
  user: string;
  document: string;
  title: string;
  /** Why: a code of the protocol, or of `KEPT` in `editor/refusals.ts`. */
  code: string;
  /** Inserts: what can be put back. */
  ops: readonly Op[];
  at: number;
}

export const isEmptyStart = (start: Start) => !start.in_flight && !start.buffer;

/** How many of the user's edits a queue holds. */
export function editsIn(start: Start): number {
  return (start.in_flight?.edits ?? (start.in_flight ? 1 : 0)) + (start.buffer_edits ?? 0);
}

/** All work of a queue as one delta on the content at its revision. */
export function pendingOf(start: Start): Delta {
  const sent = start.in_flight;
  const first = new Delta(sent ? (sent.moved ?? sent.ops) : []);
  return first.compose(new Delta(start.buffer ?? []));
}

/** The changes of a list that follow on `revision` one by one. */
export function following<Row extends { revision: number }>(rows: readonly Row[], revision: number): Row[] {
  const found: Row[] = [];
  for (const row of [...rows].sort((one, other) => one.revision - other.revision)) {
    if (row.revision === revision + found.length + 1) found.push(row);
  }
  return found;
}

export const changeRow = (user: string, document: string, epoch: string, change: Change): ChangeRow => ({
  user,
  document,
  epoch,
  revision: change.revision,
  ops: change.ops,
});

/** The latest stored content, or the one at exactly `revision`; null when the stored facts do not reach it. */
export function contentAt(
  contents: readonly ContentRow[],
  changes: readonly ChangeRow[],
  epoch: string,
  revision?: number,
): { content: Delta; revision: number } | null {
  const bases = contents
    .filter((row) => row.epoch === epoch && (revision === undefined || row.revision <= revision))
    .sort((one, other) => other.revision - one.revision);
  const base = bases[0];
  if (!base) return null;
  const ours = changes.filter((row) => row.epoch === epoch && row.revision > base.revision);
  const steps = following(ours, base.revision).filter(
    (row) => revision === undefined || row.revision <= revision,
  );
  const reached = base.revision + steps.length;
  if (revision !== undefined && reached !== revision) return null;
  const content = steps.length === 0 ? [] : [folded(steps.map((row) => new Delta(row.ops)))];
  return {
    content: content.reduce((whole, delta) => whole.compose(delta), new Delta(base.ops)),
    revision: reached,
  };
}

/** Consecutive deltas as one; composed in pairs, so that many take time in proportion. */
export function folded(deltas: readonly Delta[]): Delta {
  if (deltas.length <= 2) return (deltas[0] ?? new Delta()).compose(deltas[1] ?? new Delta());
  const middle = deltas.length >> 1;
  return folded(deltas.slice(0, middle)).compose(folded(deltas.slice(middle)));
}

/** Below this revision no stored fact is needed by any of these queues nor by opening the document. */
export function needless(contents: readonly ContentRow[], queues: readonly QueueRow[]): number {
  const newest = Math.max(0, ...contents.map((row) => row.revision));
  const needed = Math.min(newest, ...queues.map((row) => row.start.revision ?? newest));
  return Math.max(0, ...contents.filter((row) => row.revision <= needed).map((row) => row.revision));
}
