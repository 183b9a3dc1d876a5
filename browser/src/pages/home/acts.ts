import { announce, notify } from "../../components/notice";
import { t } from "../../i18n";
import type { ApiError, DocumentEntry, DocumentSummary } from "../../net/api";
import { api, asApiError } from "../account";
import { shownTitle } from "../documents";
import { navigate } from "../router";
import type { Listing } from "./listing";
import { type Place, ROOT } from "./place";
import type { Shelves } from "./shelves";
import { tell } from "./told";

/** What a title or a folder's name may have at most, in code units. */
export const TITLE_LIMIT = 255;
/** Requests on their way at a time: a browser would send no more of them to one server either. */
const AT_ONCE = 4;

type Failed = { document: DocumentEntry; error: ApiError };
export type Acts = ReturnType<typeof createActs>;

interface Change {
  /** What the document is like afterwards; null: it leaves the list. */
  patch(document: DocumentEntry): Partial<DocumentEntry> | null;
  send(document: DocumentEntry): Promise<unknown>;
  /** What was not done, for the one titled so or for so many. */
  refused(count: number, title: string): string;
}

const route = (document: { id: string }) => `/documents/${encodeURIComponent(document.id)}`;
const update = (document: { id: string }, patch: object) => api.request("PATCH", route(document), patch);

/** Whether a document is still one of those that a place shows. */
export function belongs(place: Place, document: DocumentEntry): boolean {
  if (place.section === "starred" && !document.starred) return false;
  if (place.tag && !document.tags.includes(place.tag)) return false;
  return place.section !== "folder" || (document.folder_id ?? ROOT) === place.folder;
}

async function eachOf(
  documents: readonly DocumentEntry[],
  send: (document: DocumentEntry) => Promise<unknown>,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  const waiting = [...documents];
  const worker = async () => {
    for (let document = waiting.shift(); document; document = waiting.shift()) {
      try {
        await send(document);
      } catch (error) {
        failed.push({ document, error: asApiError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failed;
}

/** What can be done with documents: shown at once, taken back when the server refuses, told with what helps. */
export function createActs(listing: Listing, shelves: Shelves, place: () => Place) {
  /** Answers with those that were changed. */
  async function change(documents: readonly DocumentEntry[], how: Change): Promise<DocumentEntry[]> {
    const after = new Map(documents.map((document) => [document.id, how.patch(document)]));
    const leaves = (document: DocumentEntry) => {
      const patch = after.get(document.id);
      return !patch || !belongs(place(), { ...document, ...patch });
    };
    for (const [id, patch] of after) if (patch) listing.alter(id, patch);
    const giveBack = listing.take(new Set(documents.filter(leaves).map(({ id }) => id)));
    const failed = await listing.during(() => eachOf(documents, how.send));
    if (failed.length > 0) {
      // What is gone, or not one's own to see any more, does not come back.
      giveBack(failed.filter(({ error }) => error.status !== 404).map(({ document }) => document));
      for (const { document, error } of failed) {
        if (error.status === 404) listing.take(new Set([document.id]));
        else listing.alter(document.id, document);
      }
      const again = failed.map(({ document }) => document);
      tell(
        how.refused(failed.length, shownTitle(failed[0]!.document)),
        failed[0]!.error,
        () => void change(again, how),
      );
    }
    return documents.filter((document) => !failed.some((each) => each.document.id === document.id));
  }

  /** Says what was done, with the way back. */
  function said(done: readonly DocumentEntry[], text: string, undo?: () => void): void {
    if (done.length > 0) notify(text, undo && { label: t("home.undo"), run: undo });
  }

  const names = (done: readonly DocumentEntry[]) => ({
    count: done.length,
    title: done[0] ? shownTitle(done[0]) : "",
  });

  async function rename(document: DocumentEntry, title: string): Promise<void> {
    if (title === document.title) return;
    await change([document], {
      patch: () => ({ title }),
      send: () => api.rename(document.id, title),
      refused: () => t("home.notRenamed", { title: shownTitle(document) }),
    });
  }

  async function star(documents: readonly DocumentEntry[], starred: boolean): Promise<void> {
    const done = await change(documents, {
      patch: () => ({ starred }),
      send: (document) => update(document, { starred }),
      refused: (count, title) => t("home.notStarred", { count, title }),
    });
    if (done.length > 0) announce(t(starred ? "home.starOn" : "home.starOff", names(done)));
  }

  /** To where `to` says for each; `undo` is given for the first time only. */
  async function moveEach(
    documents: readonly DocumentEntry[],
    to: (document: DocumentEntry) => string | null,
  ): Promise<DocumentEntry[]> {
    const done = await change(
      documents.filter((document) => document.folder_id !== to(document)),
      {
        patch: (document) => ({ folder_id: to(document) }),
        send: (document) => update(document, { folder_id: to(document) }),
        refused: (count, title) => t("home.notMoved", { count, title }),
      },
    );
    if (done.length > 0) void shelves.load();
    return done;
  }

  async function move(documents: readonly DocumentEntry[], folder: string | null): Promise<void> {
    const done = await moveEach(documents, () => folder);
    const before = new Map(done.map((document) => [document.id, document.folder_id]));
    const name = shelves.byId(folder)?.name ?? t("home.foldersTop");
    said(done, t("home.moved", { ...names(done), folder: name }), () => {
      const moved = done.map((document) => ({ ...document, folder_id: folder }));
      void moveEach(moved, ({ id }) => before.get(id) ?? null).then(() => listing.load(true));
    });
  }

  /** Adds tags to each of the documents and takes others away. */
  async function tag(
    documents: readonly DocumentEntry[],
    add: readonly string[],
    remove: readonly string[],
  ): Promise<void> {
    const tagsOf = (document: DocumentEntry) =>
      [...new Set([...document.tags.filter((name) => !remove.includes(name)), ...add])].sort();
    const done = await change(documents, {
      patch: (document) => ({ tags: tagsOf(document) }),
      send: (document) => update(document, { tags: tagsOf(document) }),
      refused: (count, title) => t("home.notTagged", { count, title }),
    });
    if (done.length === 0) return;
    announce(t("home.tagged", names(done)));
    void shelves.load();
  }

  async function trash(documents: readonly DocumentEntry[]): Promise<void> {
    const done = await change(documents, {
      patch: () => null,
      send: (document) => api.trash(document.id),
      refused: (count, title) => t("home.notTrashed", { count, title }),
    });
    if (done.length > 0) void shelves.load();
    said(done, t("home.trashedMany", names(done)), () => void restore(done, false));
  }

  /** Out of the trash; `away` if that is where one is. */
  async function restore(documents: readonly DocumentEntry[], away: boolean): Promise<void> {
    const done = await change(documents, {
      patch: () => (away ? null : {}),
      send: (document) => api.undelete(document.id),
      refused: (count, title) => t("home.notRestored", { count, title }),
    });
    if (done.length === 0) return;
    void shelves.load();
    said(done, t("home.restoredMany", names(done)), away ? () => void trashAgain(done) : undefined);
    if (!away) await listing.load(true);
  }

  async function trashAgain(documents: readonly DocumentEntry[]): Promise<void> {
    const failed = await listing.during(() => eachOf(documents, (document) => api.trash(document.id)));
    if (failed[0]) tell(t("home.notTrashed", names(failed.map(({ document }) => document))), failed[0].error);
    await listing.load(true);
  }

  async function erase(documents: readonly DocumentEntry[]): Promise<void> {
    const done = await change(documents, {
      patch: () => null,
      send: (document) => api.request("DELETE", `${route(document)}?forever=true`),
      refused: (count, title) => t("home.notErased", { count, title }),
    });
    said(done, t("home.erased", names(done)));
  }

  async function emptyTrash(): Promise<void> {
    try {
      const { deleted } = await listing.during(() => api.request<{ deleted: number }>("DELETE", "/trash"));
      notify(t("home.emptied", { count: deleted }));
    } catch (error) {
      tell(t("home.notEmptied"), error, () => void emptyTrash());
    }
    await listing.load(true);
  }

  async function useAsTemplate(document: DocumentEntry, template: boolean): Promise<void> {
    const done = await change([document], {
      patch: () => ({ template }),
      send: () => update(document, { template }),
      refused: (_, title) => t("home.notTemplate", { title }),
    });
    said(done, t(template ? "home.templateOn" : "home.templateOff", names(done)));
  }

  async function copy(document: DocumentEntry): Promise<void> {
    const wanted = t("home.copyTitle", { title: shownTitle(document) });
    const title = wanted.length > TITLE_LIMIT ? document.title : wanted;
    try {
      const made = await api.request<DocumentSummary>("POST", `${route(document)}/copy`, {
        title,
        folder_id: document.folder_id,
      });
      await listing.load(true);
      void shelves.load();
      const open = { label: t("home.open"), run: () => void navigate(`/d/${made.id}`) };
      notify(t("home.copied", { title: shownTitle(document) }), open);
    } catch (error) {
      tell(t("home.notCopied", { title: shownTitle(document) }), error, () => void copy(document));
    }
  }

  /** A new document, empty or from a template, in the folder where one is; it opens at once. */
  async function create(from: { template_id?: string; title?: string } = {}): Promise<void> {
    const { section, folder } = place();
    const inFolder = section === "folder" && folder !== ROOT ? { folder_id: folder } : {};
    try {
      const made = await api.request<DocumentSummary>("POST", "/documents", { ...from, ...inFolder });
      await navigate(`/d/${made.id}`);
    } catch (error) {
      tell(t("home.notCreated"), error, () => void create(from));
    }
  }

  return {
    rename,
    star,
    move,
    tag,
    trash,
    restore,
    erase,
    emptyTrash,
    useAsTemplate,
    copy,
    create,
  };
}
