/**
 * Commented text, and the text that a comment is being written about, as decorations.
 *
 * The view moves them along with each edit by the rule of the anchors themselves; after changes of others they are set
 * anew from the anchors.
 */

import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { Span } from "../core/anchors";
import type { Lines } from "./lines";

const key = new PluginKey<DecorationSet>("comments");

/** The id of what is being written about. */
export const DRAFT = "draft";

interface Spec {
  id: string;
  look: string;
}

export function commentPlugin(): Plugin<DecorationSet> {
  return new Plugin({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply: (tr, set) =>
        (tr.getMeta(key) as DecorationSet | undefined) ?? (tr.docChanged ? set.map(tr.mapping, tr.doc) : set),
    },
    props: { decorations: (state) => key.getState(state) },
  });
}

/** A transaction that marks these and no others; null when it is so already. */
export function showComments(
  state: EditorState,
  spans: ReadonlyMap<string, Span>,
  active: string | null,
  lines: Lines,
): Transaction | null {
  const set = key.getState(state) ?? DecorationSet.empty;
  const present = new Map(set.find().map((each) => [(each.spec as Spec).id, each]));
  const old: Decoration[] = [];
  const added: Decoration[] = [];
  for (const [id, span] of spans) {
    const last = lines.length - 1;
    const from = lines.position(Math.min(span.start, last));
    const to = lines.position(Math.min(span.end, last));
    const look = id === active || id === DRAFT ? "comment-mark active" : "comment-mark";
    const before = present.get(id);
    present.delete(id);
    if (before && before.from === from && before.to === to && (before.spec as Spec).look === look) continue;
    if (before) old.push(before);
    const spec: Spec = { id, look };
    if (from < to) added.push(Decoration.inline(from, to, { class: look, "data-comment": id }, spec));
  }
  old.push(...present.values());
  if (old.length === 0 && added.length === 0) return null;
  const next = set.remove(old).add(state.doc, added);
  return state.tr.setMeta(key, next).setMeta("addToHistory", false);
}

/** Where what is being written about stands now, in positions; null when there is none, or nothing left of it. */
export function draftRange(state: EditorState): { from: number; to: number } | null {
  const found = key.getState(state)?.find(undefined, undefined, (spec) => spec.id === DRAFT)[0];
  return found ? { from: found.from, to: found.to } : null;
}
