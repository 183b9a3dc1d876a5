/**
 * Suggestions in the content (docs/protocol.md §6): their marks, deciding on them, and making an edit one.
 *
 * The twin of `octavo/delta/suggestions.py`; both play `vectors/suggestions/`.  A suggestion's id is
 * `{user id}.{random}`.  Three marks bear it: `suggest-insert` (its value is the id), `suggest-delete:{id}` and
 * `suggest-format:{id}`.
 */

import { type Attributes, attributeDifference, equal, type Json } from "./attributes";
import { type Delta, DeltaBuilder, type Insert, lengthOf, type Sliceable } from "./delta";

const INSERTED = "suggest-insert";
const DELETED = "suggest-delete:";
const FORMATTED = "suggest-format:";
const MARK = "suggest-";
/** Code units of a text that are kept for showing. */
const SHOWN = 1000;

export const authorOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf(".")));

/** The suggestion that an attribute bears; null for one that is no mark, or takes one away. */
export function markId(name: string, value: Json | undefined): string | null {
  if (value === null || value === undefined || !name.startsWith(MARK)) return null;
  return name === INSERTED ? String(value) : name.slice(DELETED.length);
}

/** The suggestions whose marks a delta puts or, as content, bears. */
export function idsIn(delta: Delta): Set<string> {
  const found = new Set<string>();
  for (const op of delta.ops) {
    if (!("attributes" in op)) continue;
    for (const name in op.attributes) {
      const id = markId(name, op.attributes[name]);
      if (id !== null) found.add(id);
    }
  }
  return found;
}

// --- finding

export type SuggestionKind = "insert" | "delete" | "replace" | "format";

/** One suggestion as it stands in a content: from `index` its marks cover up to `length` units. */
export interface Suggestion {
  id: string;
  author: string;
  kind: SuggestionKind;
  index: number;
  length: number;
  /** Texts are cut after 1,000 code units; an embed is U+FFFC. */
  inserted: string;
  deleted: string;
  formatted: string;
  /** New values; null for what goes. */
  formats: Attributes;
}

type Draft = Omit<Suggestion, "kind">;

/** The suggestions in a content, in the order in which they begin. */
export function findSuggestions(content: Delta): Suggestion[] {
  const finder = new SuggestionFinder();
  for (const op of content.ops) {
    const { insert, attributes } = op as Insert;
    finder.run(attributes, lengthOf(op), typeof insert === "string" ? insert : "\ufffc");
  }
  return finder.found();
}

/** Collects suggestions run by run, for those who have their content in another form. */
export class SuggestionFinder {
  readonly #drafts = new Map<string, Draft>();
  #index = 0;

  /** The next run. */
  run(attributes: Attributes | undefined, length: number, text: string): void {
    for (const name in attributes) {
      const value = attributes[name] as Json;
      const id = markId(name, value);
      if (id === null) continue;
      const draft = this.#draft(id);
      draft.length = this.#index + length - draft.index;
      if (name === INSERTED) draft.inserted = shown(draft.inserted, text);
      else if (name.startsWith(DELETED)) draft.deleted = shown(draft.deleted, text);
      else {
        draft.formatted = shown(draft.formatted, text);
        draft.formats = { ...draft.formats, ...(value as Attributes) };
      }
    }
    this.#index += length;
  }

  found(): Suggestion[] {
    return [...this.#drafts.values()].map((draft) => ({ ...draft, kind: kindOf(draft) }));
  }

  #draft(id: string): Draft {
    let draft = this.#drafts.get(id);
    if (!draft) {
      draft = {
        id,
        author: authorOf(id),
        index: this.#index,
        length: 0,
        inserted: "",
        deleted: "",
        formatted: "",
        formats: {},
      };
      this.#drafts.set(id, draft);
    }
    return draft;
  }
}

function kindOf(draft: Draft): SuggestionKind {
  if (draft.inserted) return draft.deleted ? "replace" : "insert";
  return draft.deleted ? "delete" : "format";
}

function shown(before: string, more: string): string {
  const text = before + more.slice(0, SHOWN + 1);
  if (text.length <= SHOWN) return text;
  const cut = text.charCodeAt(SHOWN) >> 10 === 0x37 ? SHOWN - 1 : SHOWN;
  return text.slice(0, cut);
}

// --- deciding

/** The change to `content` that accepts or rejects these suggestions (null: all); empty when none is there. */
export function decide(content: Delta, ids: ReadonlySet<string> | null, accept: boolean): Delta {
  const out = new DeltaBuilder();
  for (const op of content.ops) {
    const { attributes } = op as Insert;
    const chosen = chosenIn(attributes, ids);
    if (!attributes || chosen.length === 0) {
      out.retain(lengthOf(op));
      continue;
    }
    const goes = accept ? chosen.some((name) => name.startsWith(DELETED)) : chosen.includes(INSERTED);
    if (goes) {
      out.delete(lengthOf(op));
      continue;
    }
    const kept = Object.fromEntries(Object.entries(attributes).filter(([name]) => !chosen.includes(name)));
    const after = accept ? formatted(kept, chosen, attributes) : kept;
    out.retain(lengthOf(op), attributeDifference(attributes, after));
  }
  return out.build();
}

export const accepted = (content: Delta): Delta => content.compose(decide(content, null, true));

export const rejected = (content: Delta): Delta => content.compose(decide(content, null, false));

function chosenIn(attributes: Attributes | undefined, ids: ReadonlySet<string> | null): string[] {
  return Object.keys(attributes ?? {}).filter((name) => {
    const id = markId(name, attributes?.[name]);
    return id !== null && (ids === null || ids.has(id));
  });
}

function formatted(kept: Attributes, chosen: readonly string[], marks: Attributes): Attributes {
  const result: Record<string, Json> = { ...kept };
  // Sorted as the server sorts, by code point: ids are ASCII, where both orders are the same.
  for (const name of [...chosen].sort()) {
    if (name.startsWith(FORMATTED)) Object.assign(result, marks[name] as Attributes);
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== null));
}

// --- making an edit a suggestion

/**
 * What an edit to `content` becomes when its author may only suggest, or wants to.
 *
 * Text comes in marked; what would be deleted is marked, but for one's own suggested insertions, which go; formats
 * are kept in the mark, but on one's own suggested insertions, which take them.  Marks of one's own that the edit puts
 * or takes stay as they are (undo), others' are left out.  What replaces text comes behind it.
 */
export function suggest(edit: Delta, content: Sliceable, id: string): Delta {
  const author = authorOf(id);
  const out = new DeltaBuilder();
  let waiting: Insert[] = [];
  const insertWaiting = () => {
    for (const { insert, attributes } of waiting) {
      if (isOwned(attributes?.[INSERTED], author)) out.insert(insert, withoutOthers(attributes, author));
      // Marks that a new line took over from the one it parts are not its own.
      else out.insert(insert, { ...withoutMarks(attributes), [INSERTED]: id });
    }
    waiting = [];
  };
  let index = 0;
  for (const op of edit.ops) {
    if ("insert" in op) {
      waiting.push(op);
      continue;
    }
    const end = index + lengthOf(op);
    if ("delete" in op) {
      for (const run of content.slice(index, end).ops) suggestDeletion(out, run as Insert, id);
    }
    insertWaiting();
    if ("retain" in op && op.attributes) {
      for (const run of content.slice(index, end).ops) {
        out.retain(lengthOf(run), formatSuggested((run as Insert).attributes ?? {}, op.attributes, id));
      }
    } else if ("retain" in op) {
      out.retain(op.retain);
    }
    index = end;
  }
  insertWaiting();
  return out.build();
}

function isOwned(id: Json | undefined, author: string): boolean {
  return typeof id === "string" && authorOf(id) === author;
}

/** Attributes without the marks of suggestions. */
export const withoutMarks = (attributes: Attributes | undefined): Attributes =>
  Object.fromEntries(Object.entries(attributes ?? {}).filter(([name]) => !name.startsWith(MARK)));

function withoutOthers(attributes: Attributes | undefined, author: string): Attributes {
  const entries = Object.entries(attributes ?? {});
  return Object.fromEntries(
    entries.filter(([name, value]) => {
      const id = markId(name, value);
      return id === null || authorOf(id) === author;
    }),
  );
}

function suggestDeletion(out: DeltaBuilder, run: Insert, id: string): void {
  const author = authorOf(id);
  const present = run.attributes ?? {};
  if (isOwned(present[INSERTED], author)) {
    out.delete(lengthOf(run));
    return;
  }
  const marked = Object.keys(present).some(
    (name) => name.startsWith(DELETED) && authorOf(name.slice(DELETED.length)) === author,
  );
  out.retain(lengthOf(run), marked ? undefined : { [DELETED + id]: true });
}

/** The change of a run's attributes that suggests this change of them. */
function formatSuggested(present: Attributes, change: Attributes, id: string): Attributes {
  const author = authorOf(id);
  const result: Record<string, Json> = {};
  const wanted: Record<string, Json> = {};
  for (const name in change) {
    const value = change[name] as Json;
    if (!name.startsWith(MARK)) wanted[name] = value;
    else if (isOwnMark(name, value, present, author)) result[name] = value;
  }
  if (isOwned(present[INSERTED], author)) return { ...wanted, ...result };
  const mark = FORMATTED + id;
  const pending = { ...(present[mark] as Attributes | undefined), ...wanted };
  const kept = Object.fromEntries(
    Object.entries(pending).filter(([name, value]) => !equal(present[name] ?? null, value)),
  );
  const some = Object.keys(kept).length > 0 ? kept : null;
  if (Object.keys(wanted).length > 0 && !equal(present[mark] ?? null, some)) result[mark] = some;
  return result;
}

/** Whether this change of a mark is one that its author may make: `suggest-insert` is not taken off or put on. */
function isOwnMark(name: string, value: Json, present: Attributes, author: string): boolean {
  if (name === INSERTED) return false;
  return authorOf(name.slice(DELETED.length)) === author && !equal(present[name] ?? null, value);
}
