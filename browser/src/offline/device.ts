/** One user's things on this device: what pages and the editor may ask for. */

import type { Delta, Op } from "../core/delta";
import type { Start } from "../core/events";
import { randomId } from "../core/ids";
import {
  contentAt,
  type DocumentRow,
  editsIn,
  isEmptyStart,
  pendingOf,
  type QueueRow,
  STORED_VERSION,
} from "../core/outbox";
import type { Beginning } from "../editor/recorder";
import type { EditorOptions } from "../editor/types";
import { type Api, ApiError } from "../net/api";
import { begin } from "./beginning";
import { Keeper } from "./keeper";
import { hold } from "./locks";
import { Store } from "./store";

/** What was found on the device of a document that is about to be opened. */
export interface Taken {
  keeper: Keeper;
  row: DocumentRow | null;
  /** What can be shown without a network, the queue's work included; null: nothing. */
  content: Delta | null;
  /** Where a machine goes on; with work of an earlier page when there is some. */
  start: Start | null;
  resumed: boolean;
}

/** Copies of documents opened but not marked: so many are kept. */
const KEPT_COPIES = 50;

/** The id that the server gives to what `key` makes (docs/protocol.md, section 4). */
export async function createdId(user: string, key: string): Promise<string> {
  const bytes = new TextEncoder().encode(`d\0${user}\0${key}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `d${hex.slice(0, 32)}`;
}

/** A page that is loaded anew waits so long for itself to be gone, in milliseconds. */
const LEAVING_MS = 2_000;

/** Under which client id this very tab had the document open before it was loaded anew. */
function predecessor(document: string): string | null {
  const [known, clientId] = (sessionStorage.getItem("octavo.client") ?? "").split(" ");
  return known === document ? (clientId ?? null) : null;
}

const succeed = (document: string, clientId: string) =>
  sessionStorage.setItem("octavo.client", `${document} ${clientId}`);

export class Device {
  readonly store: Store;
  readonly user: string;
  /** What delivers the work of pages that are gone. */
  delivery: { start(): void; run(): Promise<void>; stop(): void } | null = null;

  private constructor(store: Store, user: string) {
    this.store = store;
    this.user = user;
  }

  /** null where a page may store nothing that outlives it safely: no secure context, no storage, no locks. */
  static async of(user: string): Promise<Device | null> {
    if (!isSecureContext || !navigator.locks || !("indexedDB" in globalThis)) return null;
    try {
      return new Device(await Store.open(), user);
    } catch (error) {
      console.error(`Nothing can be stored on this device: ${error}`);
      return null;
    }
  }

  close(): void {
    this.delivery?.stop();
    this.store.close();
  }

  /** Opens a document for the editor.  Rejects with an `ApiError`. */
  begin(options: EditorOptions): Promise<Beginning> {
    return begin(this, options);
  }

  /** What lies here of a document; the work of a page that is gone becomes that of the one that asks. */
  async take(document: string): Promise<Taken> {
    const { store, user } = this;
    const found = await store.find(user, document);
    const at = { user, document, row: found.document };
    const before = predecessor(document);
    for (const queue of found.queues.sort((one, other) => other.written_at - one.written_at)) {
      const release = await this.orphan(queue, queue.client_id === before ? LEAVING_MS : 0);
      if (!release) continue;
      const { epoch, revision } = queue.start;
      const base = contentAt(found.contents, found.changes, epoch ?? "", revision ?? undefined);
      if (!base) {
        release();
        continue;
      }
      const keeper = new Keeper(store, { ...at, clientId: queue.client_id, stored: true }, release);
      succeed(document, queue.client_id);
      const content = base.content.compose(pendingOf(queue.start));
      return { keeper, row: found.document, content, start: queue.start, resumed: true };
    }
    const clientId = randomId();
    const release = (await hold(clientId)) ?? (() => undefined);
    const keeper = new Keeper(store, { ...at, clientId, stored: false }, release);
    succeed(document, clientId);
    const epoch = found.document?.epoch ?? "";
    const base = found.document ? contentAt(found.contents, found.changes, epoch) : null;
    const start = base && { client_id: clientId, epoch, revision: base.revision };
    return { keeper, row: found.document, content: base?.content ?? null, start, resumed: false };
  }

  /** Holds a queue whose page is gone; null when its page lives, or it was delivered meanwhile. */
  async orphan(queue: QueueRow, patience = 0): Promise<(() => void) | null> {
    if (queue.version > STORED_VERSION || isEmptyStart(queue.start)) return null;
    const release = await hold(queue.client_id, patience);
    if (!release) return null;
    // Between reading and holding another page may have delivered it.
    const { queues } = await this.store.find(this.user, queue.document);
    const now = queues.find((row) => row.client_id === queue.client_id);
    if (now && now.written_at === queue.written_at) return release;
    release();
    return null;
  }

  /** A document that only this device knows, until there is a network. */
  async create(title: string): Promise<string> {
    const { user } = this;
    const key = randomId();
    const document = await createdId(user, key);
    const row: DocumentRow = {
      ...{ user, document, title, role: "owner", owner: "", epoch: "", opened_at: Date.now(), wanted: true },
      key,
    };
    const ops: Op[] = [{ insert: "\n" }];
    const content = { user, document, epoch: "", revision: 0, ops };
    await this.store.write(
      user,
      document,
      { document: row, content, changes: [], queue: null, formerly: null, kept: [], epoch: "" },
      true,
    );
    return document;
  }

  /** Makes on the server what was made here; the epoch of its history. */
  async deliverCreation(api: Api, row: DocumentRow): Promise<string> {
    if (!row.key) return row.epoch;
    const made = await this.#make(api, row.key, row.document);
    if (made.id !== row.document)
      throw new ApiError(-1, "INTERNAL", "The server named the document otherwise.");
    if (row.title && row.title !== made.title) await api.rename(row.document, row.title);
    return made.epoch;
  }

  async #make(
    api: Api,
    key: string,
    document: string,
  ): Promise<{ id: string; title: string; epoch: string }> {
    try {
      return await api.request("POST", "/documents", { title: "" }, { "Idempotency-Key": key });
    } catch (error) {
      // Made already, and given its title since: an earlier delivery was cut off.
      if (error instanceof ApiError && error.code === "ALREADY_EXISTS") return api.openDocument(document);
      throw error;
    }
  }

  /** Keeps a copy of a document here until it is told otherwise; brings it when it is not here yet. */
  async want(api: Api, document: string, wanted: boolean): Promise<void> {
    const { store, user } = this;
    let row = await store.document(user, document);
    if (wanted && (!row || !(await store.opens(user, document)))) {
      const { epoch, revision, role, title, owner, content } = await api.openDocument(document);
      const at = { user, document };
      row = { ...at, title, role, owner: owner.name, epoch, opened_at: Date.now(), wanted };
      const fact = { ...at, epoch, revision, ops: content.ops };
      const what = {
        document: row,
        content: fact,
        changes: [],
        queue: null,
        formerly: null,
        kept: [],
        epoch,
      };
      await store.write(user, document, what, false);
    } else if (row) await store.put({ ...row, wanted });
  }

  /** Lets go of the oldest copies that nobody asked to keep. */
  async trim(): Promise<void> {
    const rows = (await this.store.documents(this.user)).filter((row) => !row.wanted && !row.key);
    rows.sort((one, other) => other.opened_at - one.opened_at);
    for (const row of rows.slice(KEPT_COPIES)) await this.store.remove(this.user, row.document);
  }

  /** How many changes wait here to be delivered, in how many documents. */
  async waiting(): Promise<QueueRow[]> {
    return (await this.store.queues(this.user)).filter((row) => !isEmptyStart(row.start));
  }

  async waitingEdits(): Promise<number> {
    return (await this.waiting()).reduce((sum, row) => sum + editsIn(row.start), 0);
  }
}
