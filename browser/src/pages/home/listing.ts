import { type ReadonlySignal, signal } from "@preact/signals";
import { announce } from "../../components/notice";
import { t } from "../../i18n";
import type { ApiError, Crumb, DocumentEntry } from "../../net/api";
import { api, asApiError, askToSignIn } from "../account";
import { filtersOf, type Place } from "./place";

const PAGE = 50;
/** What a question may ask for at most. */
const MOST = 200;

export const SORTS = ["updated", "opened", "created", "title", "words"] as const;
export type Sort = (typeof SORTS)[number];
export interface Order {
  sort: Sort;
  order: "asc" | "desc";
}

export type Listing = ReturnType<typeof createListing>;

interface Asked {
  place: Place;
  order: Order;
  preview: boolean;
}

/** The documents of a place, page after page, and what is changed in them before the server has said yes. */
export function createListing(asked: ReadonlySignal<Asked>) {
  const documents = signal<DocumentEntry[] | null>(null);
  const breadcrumbs = signal<Crumb[]>([]);
  const failure = signal<ApiError | null>(null);
  /** Why the next page did not come. */
  const moreFailure = signal<ApiError | null>(null);
  const next = signal<string | null>(null);
  const busy = signal(false);
  let question = 0;
  /** Changes on their way, and all that ever were: an answer that may not know of one yet is not shown. */
  let writing = 0;
  let written = 0;

  const ask = (limit: number, cursor: string | null) => {
    const { place, order, preview } = asked.peek();
    return api.listDocuments({
      ...filtersOf(place),
      ...(place.query ? {} : order),
      ...(preview ? { preview } : {}),
      ...(cursor ? { cursor } : {}),
      limit,
    });
  };

  function failed(error: unknown): void {
    const problem = asApiError(error);
    if (problem.status === 401) askToSignIn();
    else failure.value = problem;
  }

  /** Reads the present place from its start; an answer that a later question has overtaken is dropped. */
  async function load(keep = false): Promise<void> {
    question += 1;
    const mine = question;
    if (!keep) documents.value = null;
    failure.value = null;
    moreFailure.value = null;
    busy.value = true;
    try {
      const page = await ask(PAGE, null);
      if (mine !== question) return;
      documents.value = page.documents;
      breadcrumbs.value = page.breadcrumbs;
      next.value = page.next_cursor;
      if (asked.peek().place.query) announce(t("home.found", { count: page.documents.length }));
    } catch (error) {
      if (mine === question) failed(error);
    }
    if (mine === question) busy.value = false;
  }

  /** Reads what follows. */
  async function more(): Promise<void> {
    const cursor = next.peek();
    if (!cursor || busy.peek()) return;
    const mine = question;
    busy.value = true;
    moreFailure.value = null;
    try {
      const page = await ask(PAGE, cursor);
      if (mine !== question) return;
      const known = new Set(documents.peek()?.map(({ id }) => id));
      documents.value = [...(documents.peek() ?? []), ...page.documents.filter(({ id }) => !known.has(id))];
      next.value = page.next_cursor;
    } catch (error) {
      const problem = asApiError(error);
      if (mine !== question) return;
      if (problem.status === 401) askToSignIn();
      else moreFailure.value = problem;
    }
    if (mine === question) busy.value = false;
  }

  /** Reads again what is shown, without a word: what others have changed meanwhile shall be seen. */
  async function refresh(): Promise<void> {
    const shown = documents.peek();
    if (!shown || busy.peek() || writing > 0 || failure.peek()) return;
    const [mine, before] = [question, written];
    try {
      const page = await ask(Math.min(MOST, Math.max(PAGE, shown.length)), null);
      if (mine !== question || before !== written || busy.peek()) return;
      const fresh = new Set(page.documents.map(({ id }) => id));
      const rest = shown.length > MOST ? shown.slice(MOST).filter(({ id }) => !fresh.has(id)) : [];
      documents.value = [...page.documents, ...rest];
      breadcrumbs.value = page.breadcrumbs;
      if (rest.length === 0) next.value = page.next_cursor;
    } catch (error) {
      // Without an answer what is shown stays; that somebody is signed out must be told.
      if (mine === question && asApiError(error).status === 401) askToSignIn();
    }
  }

  /** The page is left: what is still to come is nobody's any more. */
  const leave = () => {
    question += 1;
  };

  const find = (id: string) => documents.peek()?.find((document) => document.id === id);

  /** Alters what is shown of a document. */
  function alter(id: string, patch: Partial<DocumentEntry>): void {
    documents.value =
      documents.peek()?.map((each) => (each.id === id ? { ...each, ...patch } : each)) ?? null;
  }

  /** Takes documents out of the list; the answer puts those named back to where they were. */
  function take(ids: ReadonlySet<string>): (back: readonly DocumentEntry[]) => void {
    const before = documents.peek() ?? [];
    const mine = question;
    documents.value = before.filter(({ id }) => !ids.has(id));
    return (back) => {
      if (mine !== question) return;
      const returning = new Map(back.map((document) => [document.id, document]));
      const now = documents.peek() ?? [];
      const there = new Set(now.map(({ id }) => id));
      const places = new Map(before.map(({ id }, place) => [id, place]));
      const merged = [...now, ...[...returning.values()].filter(({ id }) => !there.has(id))];
      const placeOf = (document: DocumentEntry) => places.get(document.id) ?? -1;
      documents.value = merged.sort((one, other) => placeOf(one) - placeOf(other));
    };
  }

  function put(document: DocumentEntry): void {
    documents.value = [document, ...(documents.peek() ?? [])];
  }

  /** While a change is on its way nothing is read again. */
  async function during<T>(work: () => Promise<T>): Promise<T> {
    writing += 1;
    written += 1;
    try {
      return await work();
    } finally {
      writing -= 1;
      written += 1;
    }
  }

  return {
    documents,
    breadcrumbs,
    failure,
    moreFailure,
    next,
    busy,
    load,
    more,
    refresh,
    leave,
    find,
    alter,
    take,
    put,
    during,
  };
}
