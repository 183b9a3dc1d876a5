/**
 * Any moment of a document's life, at once: contents at every thousandth revision and the changes between, fetched as
 * they are needed and kept while they are.
 */

import { Delta, type Op } from "../../../core/delta";
import { api } from "../../account";

const PAGE = 1_000;
const KEPT = 48;
/** So many contents spread over the whole life are fetched ahead, to be shown while a page is on its way. */
const AHEAD = 12;

export interface Change {
  revision: number;
  ops: Op[];
  user_id: string;
  timestamp: string;
}

interface Page {
  content: Delta;
  changes: Change[];
}

export interface Frame {
  revision: number;
  content: Delta;
  /** The change that made it; null at revision 0 and for a stand-in. */
  change: Change | null;
}

/** Neighbours composed until one is left: each op is touched a few times, not once for every change. */
export function composed(changes: readonly Delta[]): Delta {
  let row = changes;
  while (row.length > 1) {
    const next: Delta[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const second = row[at + 1];
      next.push(second ? (row[at] as Delta).compose(second) : (row[at] as Delta));
    }
    row = next;
  }
  return row[0] ?? new Delta();
}

export class Reel {
  readonly #path: string;
  readonly #pages = new Map<number, Promise<Page>>();
  readonly #contents = new Map<number, Delta>();
  #at: Frame | null = null;

  constructor(
    path: string,
    readonly length: number,
  ) {
    this.#path = path;
  }

  /** Fetches a few contents of the whole life. */
  async ahead(): Promise<void> {
    const pages = Math.floor(this.length / PAGE);
    const step = Math.max(1, Math.ceil(pages / AHEAD));
    for (let page = 0; page <= pages; page += step) await this.#content(page * PAGE).catch(() => undefined);
  }

  /** What is known near a revision, to be shown at once. */
  near(revision: number): Frame | null {
    let best: number | null = null;
    for (const known of this.#contents.keys())
      if (best === null || Math.abs(known - revision) < Math.abs(best - revision)) best = known;
    return best === null
      ? null
      : { revision: best, content: this.#contents.get(best) as Delta, change: null };
  }

  has(revision: number): boolean {
    return this.#pages.has(pageOf(revision));
  }

  async frame(revision: number): Promise<Frame> {
    const page = await this.#page(pageOf(revision));
    const first = pageOf(revision) * PAGE;
    const last = this.#at;
    // Going forward within a page begins where the last frame was.
    const from = last && last.revision >= first && last.revision <= revision ? last : null;
    const start = from?.revision ?? first;
    const deltas = page.changes.slice(start - first, revision - first).map((change) => new Delta(change.ops));
    const content = (from?.content ?? page.content).compose(composed(deltas));
    this.#at = { revision, content, change: page.changes[revision - first - 1] ?? null };
    return this.#at;
  }

  /** The change that follows a revision, once its page is there. */
  async following(revision: number): Promise<Change | null> {
    const page = await this.#page(Math.floor(revision / PAGE));
    return page.changes[revision % PAGE] ?? null;
  }

  /** Fetches the page after this one while this one plays. */
  prefetch(revision: number): void {
    const next = Math.floor(revision / PAGE) + 1;
    if (next * PAGE < this.length) void this.#page(next).catch(() => undefined);
  }

  async #content(revision: number): Promise<Delta> {
    const known = this.#contents.get(revision);
    if (known) return known;
    const answer = await api.request<{ content: { ops: Op[] } }>("GET", `${this.#path}?revision=${revision}`);
    const content = new Delta(answer.content.ops);
    this.#contents.set(revision, content);
    if (this.#contents.size > KEPT) this.#contents.delete(this.#contents.keys().next().value as number);
    return content;
  }

  #page(number: number): Promise<Page> {
    const known = this.#pages.get(number);
    if (known) return known;
    const first = number * PAGE;
    const to = Math.min(this.length, first + PAGE);
    const fetched = Promise.all([
      this.#content(first),
      first === to
        ? { changes: [] }
        : api.request<{ changes: Change[] }>("GET", `${this.#path}/operations?from=${first}&to=${to}`),
    ]).then(([content, { changes }]) => ({ content, changes }));
    this.#pages.set(number, fetched);
    fetched.catch(() => this.#pages.delete(number));
    if (this.#pages.size > KEPT) this.#pages.delete(this.#pages.keys().next().value as number);
    return fetched;
  }
}

/** The page in which a revision is shown; a page's first revision belongs to the one before, whose change made it. */
function pageOf(revision: number): number {
  return Math.max(0, Math.ceil(revision / PAGE) - 1);
}

export const SPEEDS = ["real", "fast", "day", "year"] as const;
export type Speed = (typeof SPEEDS)[number];
const FACTOR: Record<Exclude<Speed, "year">, number> = { real: 1, fast: 10, day: 1_440 };
/** Pauses longer than this are skipped. */
const LONGEST_MS = 1_200;
const WITHIN_A_SECOND_MS = 90;

/** How long the next change waits, in milliseconds; `pause` is the time between the two as it was. */
export function delay(speed: Speed, pauseMs: number, length: number): number {
  if (speed === "year") return 60_000 / Math.max(1, length);
  const real =
    pauseMs <= 0 ? WITHIN_A_SECOND_MS : Math.min(pauseMs, LONGEST_MS * (speed === "day" ? 1_440 : 1));
  return real / FACTOR[speed];
}

/** Where a change leaves its author's caret. */
export function caretAfter(ops: readonly Op[]): number {
  let index = 0;
  let caret = 0;
  for (const op of ops) {
    if ("retain" in op) {
      index += op.retain;
      if (op.attributes) caret = index;
    } else if ("insert" in op) {
      index += typeof op.insert === "string" ? op.insert.length : 1;
      caret = index;
    } else caret = index;
  }
  return caret;
}
