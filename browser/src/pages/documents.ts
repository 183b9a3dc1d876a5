import { signal } from "@preact/signals";
import { announce, notify } from "../components/notice";
import { t } from "../i18n";
import type { ApiError, DocumentSummary } from "../net/api";
import { api, asApiError, askToSignIn } from "./account";

const PAGE = 50;

export type DocumentList = ReturnType<typeof createDocumentList>;

/** The title as people see it: a document without one still needs something to be called by. */
export const shownTitle = (document: { title: string }) => document.title || t("app.untitled");

/** The list behind the home page, or with `trashed` behind the trash: what is shown and what can be done. */
export function createDocumentList(trashed: boolean) {
  const documents = signal<DocumentSummary[] | null>(null);
  const failure = signal<ApiError | null>(null);
  const next = signal<string | null>(null);
  const query = signal("");
  let asked = 0;

  function failed(error: unknown): void {
    const problem = asApiError(error);
    if (problem.status === 401) askToSignIn();
    else if (documents.peek()) notify(problem.message);
    else failure.value = problem;
  }

  /** Reads from the start, or with `more` what follows; an answer overtaken by a later question is dropped. */
  async function load(more = false): Promise<void> {
    const question = ++asked;
    const cursor = more ? next.peek() : null;
    failure.value = null;
    try {
      const page = await api.listDocuments({
        ...(trashed ? { trashed } : {}),
        ...(query.peek() ? { query: query.peek() } : {}),
        ...(cursor ? { cursor } : {}),
        limit: PAGE,
      });
      if (question !== asked) return;
      documents.value = more ? [...(documents.peek() ?? []), ...page.documents] : page.documents;
      next.value = page.next_cursor;
      if (query.peek()) announce(t("home.count", { count: documents.value.length }));
    } catch (error) {
      if (question === asked) failed(error);
    }
  }

  const without = (id: string) => {
    documents.value = documents.peek()?.filter((document) => document.id !== id) ?? null;
  };

  async function rename(document: DocumentSummary, title: string): Promise<void> {
    if (title === document.title) return;
    const show = (shown: string) => {
      documents.value =
        documents.peek()?.map((each) => (each.id === document.id ? { ...each, title: shown } : each)) ?? null;
    };
    show(title);
    try {
      await api.rename(document.id, title);
    } catch (error) {
      show(document.title);
      failed(error);
    }
  }

  async function restore(document: DocumentSummary): Promise<void> {
    try {
      await api.undelete(document.id);
      if (trashed) {
        without(document.id);
        notify(t("home.restored", { title: shownTitle(document) }));
      } else await load();
    } catch (error) {
      failed(error);
    }
  }

  async function trash(document: DocumentSummary): Promise<void> {
    try {
      await api.trash(document.id);
      without(document.id);
      const undo = { label: t("home.undo"), run: () => void restore(document) };
      notify(t("home.trashed", { title: shownTitle(document) }), undo);
    } catch (error) {
      failed(error);
    }
  }

  return { documents, failure, next, query, load, rename, trash, restore };
}
