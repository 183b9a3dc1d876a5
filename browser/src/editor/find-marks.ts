/** What was found, marked in the text; edits move the marks along until the next search. */

import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { Mark } from "./find";

const key = new PluginKey<DecorationSet>("found");

export function foundPlugin(): Plugin<DecorationSet> {
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

/** A transaction that shows just these marks; null when there are none and were none. */
export function showFound(state: EditorState, marks: readonly Mark[]): Transaction | null {
  if (marks.length === 0 && key.getState(state) === DecorationSet.empty) return null;
  const set = DecorationSet.create(
    state.doc,
    marks.map(({ from, to, current }) =>
      Decoration.inline(from, to, { class: current ? "found found-current" : "found" }),
    ),
  );
  return state.tr.setMeta(key, set).setMeta("addToHistory", false);
}
