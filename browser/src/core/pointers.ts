/** Others' cursors, stated at the client's revision and without its own pending work. */

import { Delta } from "./delta";
import {
  type Change,
  type Cursor,
  type Presence,
  type PresenceOut,
  UPLOADS_SHOWN,
  type Upload,
} from "./protocol";

/** Along how many of the last changes a late presence can still be moved. */
const REMEMBERED = 64;

interface Message {
  revision: number;
  presences: readonly Presence[];
  left?: readonly string[];
}

export class Pointers {
  readonly #present = new Map<string, Presence>();
  #held: Message[] = [];
  #recent: { revision: number; delta: Delta; author: string }[] = [];

  /** Starts from what a `welcome` lists. */
  take(presences: readonly Presence[], ownId: string): void {
    this.#present.clear();
    this.#keep(presences, ownId);
  }

  /** Forgets everybody; says whether there was anybody. */
  clear(): boolean {
    const had = this.#present.size > 0;
    this.#present.clear();
    this.#held = [];
    this.#recent = [];
    return had;
  }

  /** Takes what moved; one of a revision still to come is held.  Says whether anything changed. */
  receive(message: Message, revision: number, ownId: string): boolean {
    if (message.revision > revision) {
      this.#held.push(message);
      if (this.#held.length > REMEMBERED) this.#held.shift();
      return false;
    }
    for (const gone of message.left ?? []) this.#present.delete(gone);
    const later = this.#recent.filter((change) => change.revision > message.revision);
    const moved = message.presences.map((presence) =>
      later.reduce((one, { delta, author }) => move(one, delta, author), presence),
    );
    this.#keep(moved, ownId);
    return true;
  }

  /** A change brought the client to its revision.  Says whether a held message came due. */
  follow(change: Change, ownId: string): boolean {
    const delta = new Delta(change.ops);
    for (const [id, one] of this.#present) this.#present.set(id, move(one, delta, change.client_id));
    this.#recent.push({ revision: change.revision, delta, author: change.client_id });
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    const due = this.#held.filter((held) => held.revision <= change.revision);
    this.#held = this.#held.filter((held) => held.revision > change.revision);
    for (const held of due) this.receive(held, change.revision, ownId);
    return due.length > 0;
  }

  /** Everybody, moved over the client's pending work. */
  shown(pending: readonly Delta[]): Presence[] {
    return [...this.#present.values()].map((presence) =>
      pending.reduce((one, delta) => move(one, delta, null), presence),
    );
  }

  #keep(presences: readonly Presence[], ownId: string): void {
    for (const one of presences) if (one.client_id !== ownId) this.#present.set(one.client_id, one);
  }
}

/** A presence moved along a change: an insert at the caret pushes its own author's only. */
function move(presence: Presence, delta: Delta, author: string | null): Presence {
  if (!presence.uploads) return moveCursor(presence, delta, author);
  // What anybody puts at such a place comes before the image.
  const uploads = presence.uploads.map(({ id, index }) => ({
    id,
    index: delta.transformIndex(index, "right"),
  }));
  return { ...moveCursor(presence, delta, author), uploads };
}

function moveCursor(presence: Presence, delta: Delta, author: string | null): Presence {
  const { cursor } = presence;
  if (!cursor) return presence;
  if (cursor.path) {
    // In a table, whose own place moves; index and length count inside the cell.
    const [table, row, column] = cursor.path;
    return { ...presence, cursor: { ...cursor, path: [delta.transformIndex(table, "right"), row, column] } };
  }
  const stick = presence.client_id === author ? "right" : "left";
  const from = delta.transformIndex(cursor.index, stick);
  const to = cursor.length === 0 ? from : delta.transformIndex(cursor.index + cursor.length, stick);
  return { ...presence, cursor: { index: from, length: to - from } };
}

/** A cursor in the shown content as the server counts it: without `pending`, of which the last comes off first. */
function withoutPending(cursor: Cursor, pending: readonly Delta[]): Cursor {
  const before = (index: number) => pending.reduceRight((at, delta) => delta.originalIndex(at), index);
  const from = before(cursor.index);
  return { ...cursor, index: from, length: before(cursor.index + cursor.length) - from };
}

/** What is said of a place and of images on their way in the shown content: counted, and as many, as the server takes. */
export function presenceOut(
  revision: number,
  cursor: Cursor | null,
  uploads: readonly Upload[],
  pending: readonly Delta[],
): PresenceOut {
  const counted = cursor && withoutPending(cursor, pending);
  const message: PresenceOut = { type: "presence", revision, cursor: counted };
  if (uploads.length === 0) return message;
  const places = uploads.slice(0, UPLOADS_SHOWN);
  const place = (index: number) => withoutPending({ index, length: 0 }, pending).index;
  return { ...message, uploads: places.map(({ id, index }) => ({ id, index: place(index) })) };
}
