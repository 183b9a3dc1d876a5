/**
 * Other people's carets, selections and places of images on their way, as decorations.
 *
 * Edits move them along; of those who moved themselves, and of nobody else, they are made anew.  Widgets have a key that
 * does not change while someone moves, so that their element is moved and not made anew: that would disturb a
 * composition beside it.  Colours and names come in as data, never as markup.
 */

import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet, type EditorView } from "prosemirror-view";
import { readableColor } from "../core/colors";
import type { Machine } from "../core/machine";
import type { Presence } from "../core/protocol";
import type { Lines } from "./lines";
import type { Person } from "./types";

/** A caret that goes farther, in CSS pixels, is there at once. */
const GLIDE_REACH = 600;
const GLIDE_MS = 110;

const key = new PluginKey<DecorationSet>("cursors");

interface Spec {
  client: string;
  look: string;
}

/** Where someone is, in positions. */
interface Shown {
  client: string;
  anchor: number;
  head: number;
  color: string;
  name: string;
  /** What stands where an image is to come; without it, it is a caret. */
  coming?: string;
}

export function cursorPlugin(): Plugin<DecorationSet> {
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

/**
 * A transaction that shows these people, whose cursors are indexes in the document that `lines` describes, and the ids
 * of those who moved; null when all are shown already.
 */
export function showCursors(
  state: EditorState,
  presences: readonly Presence[],
  lines: Lines,
  coming: (name: string) => string = String,
): { tr: Transaction; moved: string[] } | null {
  const set = key.getState(state) ?? DecorationSet.empty;
  const wanted = new Map(
    presences
      .flatMap((presence) => [...caretOf(presence, lines), ...imagesOf(presence, lines, coming)])
      .map((one) => [one.client, one]),
  );
  const present = new Map<string, Decoration[]>();
  for (const decoration of set.find()) {
    const { client } = decoration.spec as Spec;
    const its = present.get(client);
    if (its) its.push(decoration);
    else present.set(client, [decoration]);
  }
  const moved = [...wanted.values()].filter((one) => !isShown(one, present.get(one.client)));
  const gone = [...present.keys()].filter((client) => !wanted.has(client));
  if (moved.length === 0 && gone.length === 0) return null;
  const old = [...gone, ...moved.map(({ client }) => client)].flatMap((client) => present.get(client) ?? []);
  const next = set.remove(old).add(state.doc, moved.flatMap(decorationsOf));
  const tr = state.tr.setMeta(key, next).setMeta("addToHistory", false);
  return { tr, moved: moved.map(({ client }) => client) };
}

const position = (lines: Lines, index: number) =>
  lines.position(Math.max(0, Math.min(index, lines.length - 1)));

function imagesOf({ uploads, user, client_id }: Presence, lines: Lines, coming: (name: string) => string) {
  return (uploads ?? []).map(({ id, index }): Shown => {
    const at = position(lines, index);
    const client = `${client_id} ${id}`;
    const color = readableColor(user.color, user.id);
    return { client, anchor: at, head: at, color, name: user.name, coming: coming(user.name) };
  });
}

function caretOf({ cursor, user, client_id }: Presence, lines: Lines): Shown[] {
  // Inside a table there is no place for it yet.
  if (!cursor || cursor.path) return [];
  const color = readableColor(user.color, user.id);
  const anchor = position(lines, cursor.index);
  const head = position(lines, cursor.index + cursor.length);
  return [{ client: client_id, anchor, head, color, name: user.name }];
}

const lookOf = ({ client, color, name }: Shown): string => `${client} ${color} ${name}`;

function isShown(one: Shown, decorations: readonly Decoration[] = []): boolean {
  const [from, to] = [Math.min(one.anchor, one.head), Math.max(one.anchor, one.head)];
  const caret = decorations.find((decoration) => decoration.from === decoration.to);
  const selection = decorations.find((decoration) => decoration.from < decoration.to);
  if (caret?.from !== one.head || (caret.spec as Spec).look !== lookOf(one)) return false;
  return selection ? selection.from === from && selection.to === to : from === to;
}

function decorationsOf(one: Shown): Decoration[] {
  const { client, anchor, head, color, name } = one;
  const spec: Spec = { client, look: lookOf(one) };
  const { coming } = one;
  const element = () =>
    coming === undefined ? caretElement(client, name, color) : placeElement(coming, color);
  const caret = Decoration.widget(head, element, {
    ...spec,
    key: spec.look,
    // What is written where an image is to come stands before it.
    side: coming === undefined ? -1 : 1,
    ignoreSelection: true,
  });
  if (anchor === head) return [caret];
  const style = { class: "cursor-selection", style: `--person:${color}` };
  return [Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), style, spec), caret];
}

function placeElement(text: string, color: string): HTMLElement {
  const place = document.createElement("span");
  place.className = "coming";
  place.contentEditable = "false";
  place.style.setProperty("--person", color);
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", text);
  // Not a text node: a browser would let the caret into it.
  place.dataset.text = text;
  return place;
}

function caretElement(client: string, name: string, color: string): HTMLElement {
  const caret = document.createElement("span");
  caret.className = "cursor";
  caret.contentEditable = "false";
  caret.style.setProperty("--person", color);
  caret.dataset.client = client;
  caret.setAttribute("aria-hidden", "true");
  // A box of its own within the line, for an inline element cannot be transformed.
  const bar = document.createElement("span");
  bar.className = "cursor-bar";
  const flag = document.createElement("span");
  flag.className = "cursor-flag";
  flag.textContent = name;
  bar.append(flag);
  caret.append(bar);
  return caret;
}

/** Lets carets glide to where they are now from where they were: first, last, invert, play. */
export class Glide {
  readonly #places = new Map<string, { x: number; y: number }>();

  /** Measures those who moved and starts them; to be called once in a frame, after the view was updated. */
  play(view: EditorView, moved: Iterable<string>): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const origin = view.dom.getBoundingClientRect();
    for (const client of moved) {
      const caret = view.dom.querySelector(`.cursor[data-client="${CSS.escape(client)}"]`);
      const rect = caret?.getBoundingClientRect();
      const before = this.#places.get(client);
      if (!caret || !rect) {
        this.#places.delete(client);
        continue;
      }
      const place = { x: rect.left - origin.left, y: rect.top - origin.top };
      this.#places.set(client, place);
      const [x, y] = before ? [before.x - place.x, before.y - place.y] : [0, 0];
      if (still || (x === 0 && y === 0) || Math.hypot(x, y) > GLIDE_REACH) continue;
      caret.firstElementChild?.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
        duration: GLIDE_MS,
        easing: "ease-out",
      });
    }
  }

  forget(clients: ReadonlySet<string>): void {
    for (const client of this.#places.keys()) if (!clients.has(client)) this.#places.delete(client);
  }
}

/** Everybody who has the document open, oneself first. */
export function peopleHere(machine: Machine): Person[] {
  const { user, clientId } = machine;
  const self: Person[] = user ? [{ clientId, user, self: true, hasCursor: true }] : [];
  const others = machine.cursors().map((presence) => ({
    clientId: presence.client_id,
    user: presence.user,
    self: false,
    hasCursor: presence.cursor !== null,
  }));
  return [...self, ...others];
}
