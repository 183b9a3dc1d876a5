/** Copy, cut, paste, drag and drop.  Each paste or drop is one delta: one operation, one item of undo. */

import { type EditorState, NodeSelection, Plugin, type Selection, TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { type Attributes, type Delta, DeltaBuilder } from "../../core/delta";
import type { Lines } from "../lines";
import { linkOf } from "../linking";
import { findOwn, readOwn } from "./own";
import { type Pasted, type PastedImage, plain } from "./pasted";
import { type Manner, place, type Spot, spotOf } from "./place";

export interface ClipboardHost {
  documentId: string;
  state(): EditorState;
  lines(): Lines;
  canEdit(): boolean;
  apply(delta: Delta, name: "paste" | "drop", caret: number): void;
  /** Links the selection when the text is an address; says whether it did. */
  link(text: string): boolean;
  /** Images that came along, with their places in the document as it is now. */
  onImages(images: readonly PastedImage[]): void;
}

/** What a paste or a drop bears, read while its event lasts. */
interface Brought {
  text: string;
  html: string;
  images: File[];
  /** Without formats. */
  plain: boolean;
  name: "paste" | "drop";
}

type Writer = typeof import("./copy");
type ReadHtml = (html: string, address: string) => Pasted;

export function clipboard(host: ClipboardHost): Plugin {
  const board = new Clipboard(host);
  return new Plugin({
    view: (view) => board.attach(view),
    props: {
      handleDOMEvents: {
        keydown: (_view, event) => board.keyDown(event),
        copy: (view, event) => board.copy(view, event, false),
        cut: (view, event) => board.copy(view, event, true),
        paste: (view, event) => board.paste(view, event),
        drop: (view, event) => board.dropFromOutside(view, event),
      },
      handleDrop: (view, event, _slice, moved) => board.dropWithin(view, event, moved),
    },
  });
}

class Clipboard {
  readonly #host: ClipboardHost;
  /** The form that was copied last, here. */
  #copied: string | null = null;
  #plainKey = false;
  #readHtml: ReadHtml | null = null;
  /** Comes behind the editor too; until then ProseMirror's own form is copied. */
  #writer: Writer | null = null;

  constructor(host: ClipboardHost) {
    this.#host = host;
  }

  /** The reader of foreign HTML comes behind the editor; it is there long before the first paste. */
  async #load(): Promise<ReadHtml | null> {
    const module = await import("./html").catch(() => null);
    this.#readHtml = module?.readHtml ?? null;
    return this.#readHtml;
  }

  attach(view: EditorView): { destroy(): void } {
    void this.#load();
    const came = (writer: Writer) => {
      this.#writer = writer;
    };
    import("./copy").then(came, () => undefined);
    // Behind ProseMirror's own, which puts in what it would have copied.
    const started = (event: DragEvent) => this.#dragged(view, event);
    view.dom.addEventListener("dragstart", started);
    return { destroy: () => view.dom.removeEventListener("dragstart", started) };
  }

  keyDown(event: KeyboardEvent): false {
    this.#plainKey = event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "v";
    return false;
  }

  // --- out

  copy(view: EditorView, event: ClipboardEvent, cut: boolean): boolean {
    const { selection, tr } = view.state;
    if (selection.empty || !event.clipboardData || !this.#writer) return false;
    event.preventDefault();
    this.#give(event.clipboardData, selection, this.#writer);
    if (cut && this.#host.canEdit()) {
      view.dispatch(tr.deleteSelection().scrollIntoView().setMeta("uiEvent", "cut"));
    }
    return true;
  }

  #give(data: DataTransfer, selection: Selection, { copied, selectedContent }: Writer): void {
    const { html, text, own } = copied(selectedContent(selection), this.#host.documentId, location.href);
    data.clearData();
    data.setData("text/html", html);
    data.setData("text/plain", text);
    this.#copied = own;
  }

  #dragged(view: EditorView, event: DragEvent): void {
    if (!view.dragging || !event.dataTransfer || !this.#writer) return;
    this.#give(event.dataTransfer, draggedSelection(view, view.state), this.#writer);
  }

  // --- in

  paste(view: EditorView, event: ClipboardEvent): boolean {
    const data = event.clipboardData;
    if (!data) return false;
    event.preventDefault();
    const brought = read(data, "paste", this.#plainKey);
    this.#plainKey = false;
    if (view.composing) {
      // An input method must finish its word first, or it would write it twice.
      view.dom.addEventListener("compositionend", () => setTimeout(() => this.#take(brought)), {
        once: true,
      });
      return true;
    }
    this.#take(brought);
    return true;
  }

  dropFromOutside(view: EditorView, event: DragEvent): boolean {
    if (view.dragging || !event.dataTransfer) return false;
    // Whatever is dropped: the browser must not open it in place of the page.
    event.preventDefault();
    const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
    if (!at || !this.#host.canEdit()) return true;
    const brought = read(event.dataTransfer, "drop", event.shiftKey);
    view.dispatch(view.state.tr.setSelection(TextSelection.near(view.state.doc.resolve(at.pos))));
    view.focus();
    this.#take(brought);
    return true;
  }

  #take(brought: Brought): void {
    if (!this.#host.canEdit()) return;
    const form = brought.plain ? null : findOwn(brought.html);
    const own = form && readOwn(form, { document: this.#host.documentId, copied: this.#copied });
    const isForeign = !own && !brought.plain && brought.html !== "";
    if (isForeign && !this.#readHtml) {
      void this.#load().then((readHtml) => {
        this.#take(readHtml ? brought : { ...brought, html: "", plain: brought.text !== "" });
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
    const writer = this.#writer;
    if (!at || !view.dragging || !writer || !this.#host.canEdit()) return true;
    event.preventDefault();
    const { state } = view;
    const dragged = draggedSelection(view, state);
    const lines = this.#host.lines();
    const target = TextSelection.near(state.doc.resolve(at.pos));
    if (target.from >= dragged.from && target.to <= dragged.to) return true;
    const pasted = { ...writer.selectedContent(dragged), images: [] };
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

function read(data: DataTransfer, name: "paste" | "drop", isPlain: boolean): Brought {
  const images = Array.from(data.files).filter((file) => file.type.startsWith("image/"));
  const text = data.getData("text/plain") || data.getData("text/uri-list");
  return { text, html: data.getData("text/html"), images, plain: isPlain && text !== "", name };
}

/** Image files, one behind the other. */
function asImages(files: readonly File[]): Pasted {
  const images = files.map((file) => ({ source: { file }, index: 0, attributes: {} }));
  return { ...plain(""), images };
}
