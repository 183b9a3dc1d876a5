/** Copy, cut, paste, drag and drop: what must happen while their events last.  The rest is `board.ts`, fetched behind the text. */

import { type EditorState, Plugin, TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Delta } from "../../core/delta";
import type { Lines } from "../lines";
import type { Board } from "./board";
import type { PastedImage } from "./pasted";

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
export interface Brought {
  text: string;
  html: string;
  images: File[];
  /** Without formats. */
  plain: boolean;
  name: "paste" | "drop";
}

export function clipboard(host: ClipboardHost): Plugin {
  const events = new Events(host);
  return new Plugin({
    view: (view) => events.attach(view),
    props: {
      handleDOMEvents: {
        keydown: (_view, event) => events.keyDown(event),
        copy: (view, event) => events.copy(view, event, false),
        cut: (view, event) => events.copy(view, event, true),
        paste: (view, event) => events.paste(view, event),
        drop: (view, event) => events.dropFromOutside(view, event),
      },
      handleDrop: (view, event, _slice, moved) => events.dropWithin(view, event, moved),
    },
  });
}

class Events {
  readonly #host: ClipboardHost;
  #board: Board | null = null;
  #loading: Promise<Board | null> | null = null;
  #plainKey = false;

  constructor(host: ClipboardHost) {
    this.#host = host;
  }

  /** Null when it could not be fetched; it is tried again the next time. */
  #load(): Promise<Board | null> {
    this.#loading ??= import("./board").then(
      (module) => {
        this.#board ??= new module.Board(this.#host);
        return this.#board;
      },
      () => {
        this.#loading = null;
        return null;
      },
    );
    return this.#loading;
  }

  attach(view: EditorView): { destroy(): void } {
    // The text is drawn first.
    const timer = setTimeout(() => void this.#load());
    // Behind ProseMirror's own, which puts in what it would have copied.
    const started = (event: DragEvent) => this.#board?.dragged(view, event);
    view.dom.addEventListener("dragstart", started);
    return {
      destroy: () => {
        clearTimeout(timer);
        view.dom.removeEventListener("dragstart", started);
      },
    };
  }

  keyDown(event: KeyboardEvent): false {
    this.#plainKey = event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "v";
    return false;
  }

  copy(view: EditorView, event: ClipboardEvent, cut: boolean): boolean {
    const { selection, tr, doc } = view.state;
    if (selection.empty || !event.clipboardData) return false;
    event.preventDefault();
    if (this.#board) this.#board.give(event.clipboardData, selection);
    else event.clipboardData.setData("text/plain", doc.textBetween(selection.from, selection.to, "\n"));
    if (cut && this.#host.canEdit()) {
      view.dispatch(tr.deleteSelection().scrollIntoView().setMeta("uiEvent", "cut"));
    }
    return true;
  }

  paste(view: EditorView, event: ClipboardEvent): boolean {
    const data = event.clipboardData;
    if (!data) return false;
    event.preventDefault();
    const brought = read(data, "paste", this.#plainKey);
    this.#plainKey = false;
    if (view.composing) {
      // An input method must finish its word first, or it would write it twice.
      view.dom.addEventListener("compositionend", () => setTimeout(() => this.#take(view, brought)), {
        once: true,
      });
      return true;
    }
    this.#take(view, brought);
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
    this.#take(view, brought);
    return true;
  }

  #take(view: EditorView, brought: Brought): void {
    if (this.#board) {
      this.#board.take(brought);
      return;
    }
    void this.#load().then((board) => {
      if (board) board.take(brought);
      // Without a network the text at least.
      else if (this.#host.canEdit() && brought.text) view.pasteText(brought.text);
    });
  }

  dropWithin(view: EditorView, event: DragEvent, moved: boolean): boolean {
    this.#board?.dropWithin(view, event, moved);
    return true;
  }
}

function read(data: DataTransfer, name: "paste" | "drop", isPlain: boolean): Brought {
  const images = Array.from(data.files).filter((file) => file.type.startsWith("image/"));
  const text = data.getData("text/plain") || data.getData("text/uri-list");
  return { text, html: data.getData("text/html"), images, plain: isPlain && text !== "", name };
}
