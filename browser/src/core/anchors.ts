/**
 * Where comments stand: ranges that move along with every change as the server moves them (docs/protocol.md §6).
 *
 * They are kept at the client's revision, without its own pending work, and moved over that only to be shown: so they
 * go exactly the server's way, one logged change after another.
 */

import { Delta } from "./delta";
import type { Change } from "./protocol";

/** Along how many of the last changes a range that is stated late can still be moved. */
const REMEMBERED = 1000;

/** start … end (without end), in UTF-16 code units; equal when all of it is deleted. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** As the server states it. */
export interface StatedAnchor {
  revision: number;
  index: number;
  length: number;
}

export function moveSpan({ start, end }: Span, delta: Delta): Span {
  const moved = delta.transformIndex(end, "left");
  return { start: Math.min(delta.transformIndex(start, "right"), moved), end: moved };
}

export class Anchors {
  readonly #spans = new Map<string, Span>();
  readonly #held = new Map<string, StatedAnchor>();
  #recent: { revision: number; delta: Delta }[] = [];
  #revision: number;

  constructor(revision: number) {
    this.#revision = revision;
  }

  /** Another content, of this revision: what was known of places is void. */
  reset(revision: number): void {
    this.#spans.clear();
    this.#held.clear();
    this.#recent = [];
    this.#revision = revision;
  }

  /** False for one of a revision so old that nobody remembers the way from there: ask the server anew. */
  place(id: string, anchor: StatedAnchor): boolean {
    this.remove(id);
    if (anchor.revision > this.#revision) {
      this.#held.set(id, anchor);
      return true;
    }
    const later = this.#recent.filter(({ revision }) => revision > anchor.revision);
    if (later.length !== this.#revision - anchor.revision) return false;
    const stated: Span = { start: anchor.index, end: anchor.index + anchor.length };
    this.#spans.set(
      id,
      later.reduce((span, { delta }) => moveSpan(span, delta), stated),
    );
    return true;
  }

  remove(id: string): void {
    this.#spans.delete(id);
    this.#held.delete(id);
  }

  /** Changes that the client has taken in; those that it had already are passed over. */
  follow(changes: readonly Change[]): void {
    for (const { revision, ops } of changes) {
      if (revision !== this.#revision + 1) continue;
      const delta = new Delta(ops);
      this.#revision = revision;
      this.#recent.push({ revision, delta });
      if (this.#recent.length > REMEMBERED) this.#recent.shift();
      for (const [id, span] of this.#spans) this.#spans.set(id, moveSpan(span, delta));
      for (const [id, anchor] of this.#held) if (anchor.revision === revision) this.place(id, anchor);
    }
  }

  /** All of them, moved over the client's pending work. */
  shown(pending: readonly Delta[]): Map<string, Span> {
    if (pending.length === 0) return new Map(this.#spans);
    const moved = (span: Span) => pending.reduce(moveSpan, span);
    return new Map([...this.#spans].map(([id, span]) => [id, moved(span)]));
  }
}
