/**
 * Keeps one open document's work on this device: what a machine holds is written before it is sent.
 *
 * At most one transaction is under way; what happens meanwhile goes into the next one, so typing never waits.
 */

import { Delta } from "../core/delta";
import type { Start } from "../core/events";
import type { ChangeRow, ContentRow, DocumentRow, KeptRow } from "../core/outbox";
import { changeRow, FOLD_AFTER, isEmptyStart, STORED_VERSION } from "../core/outbox";
import type { Change } from "../core/protocol";
import { isFull, type Store } from "./store";

/** `storing`: what was typed last is not on the device yet. */
export type DeviceState = "stored" | "storing" | "full" | "failed" | "none";

/** Without a connection nothing waits for the device, so writes may gather; in milliseconds. */
const GATHER_MS = 150;
/** An acknowledged queue is taken away, and others' changes are written, once typing leaves the time. */
const TIDY_MS = 400;
const RETRY_MS = 5_000;
const REST_MS = 3_000;

export interface Keeping {
  /** What the machine holds now; null while it has no content. */
  stored(): Start | null;
  /** Nothing is sent meanwhile, so writes may gather, and must outlive the machine's power. */
  offline(): boolean;
  /** The content at the machine's revision, when nothing is pending; null at a bad moment. */
  content(): { ops: ContentRow["ops"]; revision: number } | null;
  /** The state changed. */
  changed(): void;
}

export interface KeeperStart {
  user: string;
  document: string;
  clientId: string;
  row: DocumentRow | null;
  /** A queue of this client lies on the device. */
  stored: boolean;
}

export class Keeper {
  readonly #store: Store;
  readonly #release: () => void;
  readonly user: string;
  readonly document: string;
  #row: DocumentRow | null;
  #keeping: Keeping | null = null;
  #content: ContentRow | null = null;
  #changes: ChangeRow[] = [];
  #kept: KeptRow[] = [];
  /** Changes stored behind the latest content. */
  #behind = 0;
  #clientId: string;
  /** Counts what happened, and what of it is on the device. */
  #happened = 0;
  #written = 0;
  /** The client id of the queue that lies on the device; null: none does. */
  #storedAs: string | null;
  #rowChanged = false;
  #writing = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #waiting: { upTo: number; done(): void }[] = [];
  #failure: "full" | "failed" | null = null;
  #closed = false;
  #abandoned = false;
  #tidying: ReturnType<typeof setTimeout> | null = null;

  constructor(store: Store, at: KeeperStart, release: () => void) {
    this.#store = store;
    this.user = at.user;
    this.document = at.document;
    this.#clientId = at.clientId;
    this.#row = at.row;
    this.#storedAs = at.stored ? at.clientId : null;
    this.#release = release;
  }

  begin(keeping: Keeping): void {
    this.#keeping = keeping;
  }

  get clientId(): string {
    return this.#clientId;
  }

  get row(): DocumentRow | null {
    return this.#row;
  }

  get state(): DeviceState {
    return this.#failure ?? (this.#written < this.#happened ? "storing" : "stored");
  }

  /** What is known of the document itself. */
  describe(row: DocumentRow): void {
    this.#row = row;
    this.#rowChanged = true;
    this.#happen(TIDY_MS);
  }

  /** The document was made on the server; until now only this device knew it. */
  created(epoch: string): void {
    if (!this.#row) return;
    const { key: _, ...row } = this.#row;
    this.#row = { ...row, epoch };
    this.contentIs(epoch, 0, [{ insert: "\n" }]);
  }

  /** The server's content at a revision. */
  contentIs(epoch: string, revision: number, ops: ContentRow["ops"]): void {
    this.#content = { user: this.user, document: this.document, epoch, revision, ops };
    this.#changes = [];
    this.#behind = 0;
    if (this.#row && this.#row.epoch !== epoch) this.#row = { ...this.#row, epoch };
    this.#rowChanged = this.#row !== null;
    this.#happen(TIDY_MS);
  }

  /** Changes as they stand in the log, up to the machine's revision. */
  changesAre(changes: readonly Change[]): void {
    const epoch = this.#row?.epoch;
    if (!epoch) return;
    const from = this.#content ? this.#content.revision : -1;
    for (const change of changes)
      if (change.revision > from) this.#changes.push(changeRow(this.user, this.document, epoch, change));
    this.#behind += changes.length;
    this.#happen(TIDY_MS);
  }

  /** Work that has no place any more: goes to the device with the queue that it leaves. */
  keep(code: string, ops: KeptRow["ops"]): void {
    const inserts = new Delta(ops.filter((op) => "insert" in op));
    if (inserts.isEmpty) return;
    const { user, document } = this;
    const title = this.#row?.title ?? "";
    this.#kept.push({ user, document, title, code, ops: inserts.ops, at: Date.now() });
    this.#happen(0);
  }

  /** The document takes nothing from here any more: all that waits is kept apart, and the queue ends. */
  abandon(code: string, ops: KeptRow["ops"]): void {
    this.#abandoned = true;
    this.#happen(0);
    this.keep(code, ops);
  }

  /** The machine's work changed: it is written soon, or at once with a connection that waits for it. */
  workChanged(clientId: string): void {
    if (clientId !== this.#clientId) this.#clientId = clientId;
    const start = this.#keeping?.stored();
    const idle = !start || isEmptyStart(start);
    this.#happen(idle ? TIDY_MS : this.#keeping?.offline() ? GATHER_MS : 0);
  }

  /** Resolves when all that has happened is on the device, or cannot be put there. */
  durable(): Promise<void> {
    if (this.#failure || this.#closed) return Promise.resolve();
    const upTo = this.#happened;
    if (this.#written >= upTo) return Promise.resolve();
    const written = new Promise<void>((done) => this.#waiting.push({ upTo, done }));
    this.#flushIn(0);
    return written;
  }

  /** Writes what is left, and gives the client id free for another tab to deliver its queue. */
  async close(): Promise<void> {
    await this.durable();
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#tidying) clearTimeout(this.#tidying);
    this.#release();
  }

  #tidySoon(): void {
    this.#tidying ??= setTimeout(() => {
      this.#tidying = null;
      this.#tidy().catch((error) => console.error(`Stored changes could not be folded: ${error}`));
    }, REST_MS);
  }

  /** Makes the facts short again, when the document is at rest. */
  async #tidy(): Promise<void> {
    if (this.#behind < FOLD_AFTER || this.#closed || this.#failure || !this.#row) return;
    const now = this.#keeping?.content();
    if (!now) return;
    this.#behind = 0;
    const { user, document } = this;
    await this.#store.fold(user, document, { user, document, epoch: this.#row.epoch, ...now });
  }

  #happen(within: number): void {
    this.#happened += 1;
    this.#flushIn(within);
    this.#keeping?.changed();
  }

  #flushIn(ms: number): void {
    if (this.#writing || this.#closed) return;
    if (ms === 0) {
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
      void this.#flush();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        void this.#flush();
      }, ms);
    }
  }

  async #flush(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    const upTo = this.#happened;
    const [content, changes, kept] = [this.#content, this.#changes, this.#kept];
    const rowChanged = this.#rowChanged;
    const start = this.#abandoned ? null : (this.#keeping?.stored() ?? null);
    const queue = start && !isEmptyStart(start) && this.#row ? this.#queue(start) : null;
    const idle =
      !queue &&
      this.#storedAs === null &&
      !content &&
      changes.length === 0 &&
      kept.length === 0 &&
      !rowChanged;
    try {
      if (!idle) {
        this.#content = null;
        this.#changes = [];
        this.#kept = [];
        this.#rowChanged = false;
        const epoch = this.#row?.epoch ?? "";
        const what = { changes, queue, kept, epoch, formerly: this.#storedAs, ...(content && { content }) };
        const document = rowChanged && this.#row ? { document: this.#row } : {};
        const strict = this.#keeping?.offline() ?? false;
        await this.#store.write(this.user, this.document, { ...what, ...document }, strict);
        this.#storedAs = queue?.client_id ?? null;
      }
      this.#written = upTo;
      this.#failure = null;
    } catch (error) {
      // Nothing of it was written: it is still to be.
      this.#content ??= content;
      this.#changes = [...changes, ...this.#changes];
      this.#kept = [...kept, ...this.#kept];
      this.#rowChanged ||= rowChanged;
      this.#failure = isFull(error) ? "full" : "failed";
      console.error(`What was typed cannot be stored on this device: ${error}`);
    }
    this.#writing = false;
    this.#settle();
  }

  #queue(start: Start) {
    const { user, document } = this;
    return {
      version: STORED_VERSION,
      ...{ user, document, client_id: this.#clientId, start, written_at: Date.now() },
    };
  }

  #settle(): void {
    const due = this.#waiting.filter(({ upTo }) => this.#failure !== null || upTo <= this.#written);
    this.#waiting = this.#waiting.filter((each) => !due.includes(each));
    for (const { done } of due) done();
    if (!this.#failure && this.#behind >= FOLD_AFTER) this.#tidySoon();
    if (this.#failure) this.#flushIn(RETRY_MS);
    else if (this.#waiting.length > 0) this.#flushIn(0);
    else if (this.#written < this.#happened) this.#flushIn(GATHER_MS);
    this.#keeping?.changed();
  }
}
