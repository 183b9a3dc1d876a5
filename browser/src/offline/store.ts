/** What lies on this device, in IndexedDB; every row is keyed by the user that it belongs to. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { ChangeRow, ContentRow, DocumentRow, KeptRow, QueueRow } from "../core/outbox";
import { contentAt, needless, STORED_VERSION } from "../core/outbox";

const NAME = "octavo";

interface Tables extends DBSchema {
  documents: { key: [string, string]; value: DocumentRow };
  contents: { key: [string, string, number]; value: ContentRow };
  changes: { key: [string, string, number]; value: ChangeRow };
  queues: { key: [string, string, string]; value: QueueRow };
  kept: { key: number; value: KeptRow; indexes: { user: string } };
  /** Answers of the server that pages show without a network: `[user, name]`. */
  answers: { key: [string, string]; value: { user: string; name: string; value: unknown; at: number } };
}

type Database = IDBPDatabase<Tables>;
const ALL = ["documents", "contents", "changes", "queues", "kept", "answers"] as const;
const OF_A_DOCUMENT = ["documents", "contents", "changes", "queues", "kept"] as const;

/** What one transaction writes of a document. */
export interface Writing {
  document?: DocumentRow;
  content?: ContentRow;
  changes: readonly ChangeRow[];
  /** `null`: there is nothing unacknowledged any more. */
  queue: QueueRow | null;
  /** Under which client id the queue lies here so far. */
  formerly: string | null;
  kept: readonly KeptRow[];
  /** Facts of another history go. */
  epoch: string;
}

/** Everything that is stored of one document. */
export interface Found {
  document: DocumentRow | null;
  contents: ContentRow[];
  changes: ChangeRow[];
  queues: QueueRow[];
}

const under = (user: string, document?: string) =>
  document === undefined
    ? IDBKeyRange.bound([user], [user, []])
    : IDBKeyRange.bound([user, document], [user, document, []]);

export class Store {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects where there is no storage, or the user forbids it. */
  static async open(): Promise<Store> {
    const database = await openDB<Tables>(NAME, STORED_VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore("documents", { keyPath: ["user", "document"] });
        fresh.createObjectStore("contents", { keyPath: ["user", "document", "revision"] });
        fresh.createObjectStore("changes", { keyPath: ["user", "document", "revision"] });
        fresh.createObjectStore("queues", { keyPath: ["user", "document", "client_id"] });
        const kept = fresh.createObjectStore("kept", { keyPath: "id", autoIncrement: true });
        kept.createIndex("user", "user");
        fresh.createObjectStore("answers", { keyPath: ["user", "name"] });
      },
      // A page of a later build wants another form: it waits for nobody.
      blocking: (_current, _next, event) => (event.target as IDBDatabase).close(),
    });
    return new Store(database);
  }

  close(): void {
    this.#database.close();
  }

  /** One transaction: all of it is on the device when this resolves, or nothing is. */
  async write(user: string, document: string, what: Writing, strict: boolean): Promise<void> {
    const durability = strict ? "strict" : "relaxed";
    const tx = this.#database.transaction(OF_A_DOCUMENT, "readwrite", { durability });
    const done = tx.done;
    const puts: Promise<unknown>[] = [];
    if (what.document) {
      puts.push(tx.objectStore("documents").put(what.document));
      for (const name of ["contents", "changes"] as const) {
        const rows = tx.objectStore(name);
        for await (const cursor of rows.iterate(under(user, document))) {
          if (cursor.value.epoch !== what.epoch) puts.push(cursor.delete());
        }
      }
    }
    if (what.content) puts.push(tx.objectStore("contents").put(what.content));
    for (const row of what.changes) puts.push(tx.objectStore("changes").put(row));
    for (const row of what.kept) puts.push(tx.objectStore("kept").put(row));
    if (what.formerly !== null && what.formerly !== what.queue?.client_id)
      puts.push(tx.objectStore("queues").delete([user, document, what.formerly]));
    if (what.queue) puts.push(tx.objectStore("queues").put(what.queue));
    // The transaction says whether it was done; a failure of one request is a failure of all.
    for (const put of puts) put.catch(() => undefined);
    await done;
  }

  async find(user: string, document: string): Promise<Found> {
    const tx = this.#database.transaction(["documents", "contents", "changes", "queues"]);
    const range = under(user, document);
    const [row, contents, changes, queues] = await Promise.all([
      tx.objectStore("documents").get([user, document]),
      tx.objectStore("contents").getAll(range),
      tx.objectStore("changes").getAll(range),
      tx.objectStore("queues").getAll(range),
    ]);
    return { document: row ?? null, contents, changes, queues };
  }

  /** Folds the changes into one content, and lets go of what nobody needs any more. */
  async fold(user: string, document: string, content: ContentRow | null): Promise<void> {
    const tx = this.#database.transaction(["contents", "changes", "queues"], "readwrite");
    const range = under(user, document);
    if (content) await tx.objectStore("contents").put(content);
    const contents = await tx.objectStore("contents").getAll(range);
    const queues = await tx.objectStore("queues").getAll(range);
    const below = needless(contents, queues);
    for (const row of contents)
      if (row.revision < below) await tx.objectStore("contents").delete([user, document, row.revision]);
    await tx.objectStore("changes").delete(IDBKeyRange.bound([user, document, 0], [user, document, below]));
    await tx.done;
  }

  async documents(user: string): Promise<DocumentRow[]> {
    return this.#database.getAll("documents", under(user));
  }

  async document(user: string, document: string): Promise<DocumentRow | null> {
    return (await this.#database.get("documents", [user, document])) ?? null;
  }

  async put(row: DocumentRow): Promise<void> {
    await this.#database.put("documents", row);
  }

  async queues(user: string): Promise<QueueRow[]> {
    return this.#database.getAll("queues", under(user));
  }

  async kept(user: string): Promise<KeptRow[]> {
    return this.#database.getAllFromIndex("kept", "user", user);
  }

  async dismiss(id: number): Promise<void> {
    await this.#database.delete("kept", id);
  }

  async answer<T>(user: string, name: string): Promise<T | null> {
    return ((await this.#database.get("answers", [user, name]))?.value as T | undefined) ?? null;
  }

  async remember(user: string, name: string, value: unknown): Promise<void> {
    await this.#database.put("answers", { user, name, value, at: Date.now() });
  }

  /** Whether the document can be opened without a network. */
  async opens(user: string, document: string): Promise<boolean> {
    const { document: row, contents, changes } = await this.find(user, document);
    return row !== null && contentAt(contents, changes, row.epoch) !== null;
  }

  /** Roughly how many bytes each document takes here. */
  async sizes(user: string): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const name of ["contents", "changes", "queues"] as const) {
      for (const row of await this.#database.getAll(name, under(user))) {
        sizes.set(row.document, (sizes.get(row.document) ?? 0) + 2 * JSON.stringify(row).length);
      }
    }
    return sizes;
  }

  /** Takes the copy of a document from this device; unacknowledged work stays until it is delivered. */
  async remove(user: string, document: string): Promise<void> {
    const tx = this.#database.transaction(["documents", "contents", "changes", "queues"], "readwrite");
    const range = under(user, document);
    if ((await tx.objectStore("queues").count(range)) === 0) {
      for (const name of ["documents", "contents", "changes"] as const)
        await tx.objectStore(name).delete(range);
    }
    await tx.done;
  }

  /** Nothing of this user stays here. */
  async forget(user: string): Promise<void> {
    const tx = this.#database.transaction(ALL, "readwrite");
    for (const name of ["documents", "contents", "changes", "queues", "answers"] as const)
      await tx.objectStore(name).delete(under(user));
    for await (const cursor of tx.objectStore("kept").index("user").iterate(user)) await cursor.delete();
    await tx.done;
  }
}

/** Whether a failure means that there is no room left. */
export const isFull = (error: unknown) =>
  error instanceof DOMException && (error.name === "QuotaExceededError" || error.name === "UnknownError");
