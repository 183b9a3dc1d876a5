/** What is copied out of the document and taken into it.  Each paste or drop is one delta: one operation, one item of undo. */

import { type EditorState, NodeSelection, type Selection, TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { type Attributes, type Delta, DeltaBuilder } from "../../core/delta";
import { linkOf } from "../linking";
import { copied, type SelectedContent, selectedContent } from "./copy";
import { findOwn, readOwn } from "./own";
import { type Pasted, plain } from "./pasted";
import { type Manner, place, type Spot, spotOf } from "./place";
import type { Brought, ClipboardHost } from "./plugin";

type ReadHtml = (html: string, address: string) => Pasted;

/** What goes out to the clipboard and comes in; it is fetched behind the text. */
export class Board {
  readonly #host: ClipboardHost;
  /** The form that was copied last, here. */
  #copied: string | null = null;
  #readHtml: ReadHtml | null = null;

  constructor(host: ClipboardHost) {
    this.#host = host;
    void this.#load();
  }

  /** The reader of foreign HTML is a part of its own; it is there long before the first paste. */
  async #load(): Promise<ReadHtml | null> {
    const module = await import("./html").catch(() => null);
    this.#readHtml = module?.readHtml ?? null;
    return this.#readHtml;
  }

  // --- out

  give(data: DataTransfer, selection: Selection): void {
    this.#give(data, selectedContent(selection));
  }

  #give(data: DataTransfer, selected: SelectedContent): void {
    const { html, text, own } = copied(selected, this.#host.documentId, location.href);
    data.clearData();
    data.setData("text/html", html);
    data.setData("text/plain", text);
    this.#copied = own;
  }

  dragged(view: EditorView, event: DragEvent): void {
    if (!view.dragging || !event.dataTransfer) return;
    this.#give(event.dataTransfer, selectedContent(draggedSelection(view, view.state)));
  }

  // --- in

  take(brought: Brought): void {
    if (!this.#host.canEdit()) return;
    const form = brought.plain ? null : findOwn(brought.html);
    const own = form && readOwn(form, { document: this.#host.documentId, copied: this.#copied });
    const isForeign = !own && !brought.plain && brought.html !== "";
    if (isForeign && !this.#readHtml) {
      void this.#load().then((readHtml) => {
        this.take(readHtml ? brought : { ...brought, html: "", plain: brought.text !== "" });
      });
      return;
    }
    if (this.#spot().first["code-block"] && brought.text)
      this.#insert(plain(brought.text), "plain", brought.name);
    else if (!brought.plain && this.#host.link(brought.text)) return;
    else if (own) this.#insert(own, "own", brought.name);
    else this.#takeForeign(brought, isForeign);
  }

  #takeForeign(brought: Brought, isHtml: boolean): void {
    const { text, html, images, name } = brought;
    const pasted = isHtml ? this.#readHtml?.(html, location.href) : null;
    const isImage = pasted?.content.isEmpty === true && pasted.images.length <= 1;
    // An image copied from a page comes both as its bytes and as its address: the bytes are at hand.
    if (images.length > 0 && (pasted ? isImage : !text)) this.#insert(asImages(images), "foreign", name);
    else if (pasted && !(isImage && pasted.images.length === 0)) this.#insert(pasted, "foreign", name);
    else if (text) this.#insertText(text, brought);
  }

  #insertText(text: string, brought: Brought): void {
    const url = text.trim();
    const isAddress = !brought.plain && /^https?:/i.test(url) && linkOf(url) === url;
    if (!isAddress) {
      this.#insert(plain(text), "plain", brought.name);
      return;
    }
    const content = new DeltaBuilder().insert(url, { ...this.#spot().text, link: url }).build();
    this.#insert({ content, tail: {}, images: [] }, "own", brought.name);
  }

  #insert(pasted: Pasted, manner: Manner, name: "paste" | "drop"): void {
    const spot = this.#spot();
    const inCode = spot.first["code-block"] !== undefined;
    const what =
      inCode && manner !== "plain" ? plain(pasted.content.text().replaceAll("\ufffc", "")) : pasted;
    const { delta, caret, images } = place(what, spot, inCode ? "plain" : manner);
    if (!delta.isEmpty) this.#host.apply(delta, name, caret);
    if (images.length > 0) this.#host.onImages(images);
  }

  #spot(): Spot {
    const state = this.#host.state();
    return spotOf(state, this.#host.lines(), state.selection);
  }

  // --- within the document

  dropWithin(view: EditorView, event: DragEvent, moved: boolean): boolean {
    const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
    if (!at || !view.dragging || !this.#host.canEdit()) return true;
    event.preventDefault();
    const { state } = view;
    const dragged = draggedSelection(view, state);
    const lines = this.#host.lines();
    const target = TextSelection.near(state.doc.resolve(at.pos));
    if (target.from >= dragged.from && target.to <= dragged.to) return true;
    const pasted = { ...selectedContent(dragged), images: [] };
    const placed = place(pasted, spotOf(state, lines, target), "own");
    const removed = moved ? removal(spotOf(state, lines, dragged)).transformAfter(placed.delta) : null;
    const delta = removed ? placed.delta.compose(removed) : placed.delta;
    const caret = removed ? removed.transformIndex(placed.caret, "left") : placed.caret;
    this.#host.apply(delta, "drop", caret);
    view.focus();
    return true;
  }
}

/** What is being dragged: the selection, or a node that was taken without being selected. */
function draggedSelection(view: EditorView, state: EditorState): Selection {
  const { node } = view.dragging as unknown as { node?: NodeSelection };
  return node ? NodeSelection.create(state.doc, node.from) : state.selection;
}

/** Takes the text away; a line that was only begun keeps its own format. */
function removal(spot: Spot): Delta {
  const builder = new DeltaBuilder().retain(spot.from).delete(spot.to - spot.from);
  if (spot.sameLine || spot.before === 0) return builder.build();
  const gone = Object.keys(spot.last).filter((name) => !(name in spot.first));
  const kept: Attributes = { ...spot.first, ...Object.fromEntries(gone.map((name) => [name, null])) };
  return builder.retain(spot.after).retain(1, withoutSuggestions(kept)).build();
}

const withoutSuggestions = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith("suggest-")));

/** Image files, one behind the other. */
function asImages(files: readonly File[]): Pasted {
  const images = files.map((file) => ({ source: { file }, index: 0, attributes: {} }));
  return { ...plain(""), images };
}
