/**
 * Other people's carets and selections, as decorations.
 *
 * Widgets have a key that does not change while someone moves, so that their element is moved and not made anew: that
 * would disturb a composition beside it.  Colours and names come in as data, never as markup.
 */

import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { readableColor } from "../core/colors";
import type { Presence } from "../core/protocol";
import type { Lines } from "./lines";

const key = new PluginKey<DecorationSet>("cursors");

export function cursorPlugin(): Plugin<DecorationSet> {
  return new Plugin({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply: (tr, set) => (tr.getMeta(key) as DecorationSet | undefined) ?? set.map(tr.mapping, tr.doc),
    },
    props: { decorations: (state) => key.getState(state) },
  });
}

/** A transaction that shows these people, whose cursors are indexes in the document that `lines` describes. */
export function showCursors(state: EditorState, presences: readonly Presence[], lines: Lines): Transaction {
  const decorations = presences.flatMap((presence) => decorationsOf(presence, lines));
  return state.tr.setMeta(key, DecorationSet.create(state.doc, decorations)).setMeta("addToHistory", false);
}

function decorationsOf(presence: Presence, lines: Lines): Decoration[] {
  const { cursor, user, client_id } = presence;
  // Inside a table there is no place for it yet.
  if (!cursor || cursor.path) return [];
  const position = (index: number) => lines.position(Math.max(0, Math.min(index, lines.length - 1)));
  const anchor = position(cursor.index);
  const head = position(cursor.index + cursor.length);
  const color = readableColor(user.color, user.id);
  const caret = Decoration.widget(head, () => caretElement(user.name, color), {
    key: `${client_id} ${color} ${user.name}`,
    side: -1,
    ignoreSelection: true,
  });
  if (anchor === head) return [caret];
  const selection = Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), {
    class: "cursor-selection",
    style: `--person:${color}`,
  });
  return [selection, caret];
}

function caretElement(name: string, color: string): HTMLElement {
  const caret = document.createElement("span");
  caret.className = "cursor";
  caret.contentEditable = "false";
  caret.style.setProperty("--person", color);
  caret.setAttribute("aria-hidden", "true");
  const flag = document.createElement("span");
  flag.className = "cursor-flag";
  flag.textContent = name;
  caret.append(flag);
  return caret;
}
