/** What helps in writing and reading: find, counts, the outline, the link and the image at hand, people out of sight. */

import { NodeSelection, TextSelection, type Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Delta } from "../core/delta";
import type { Presence } from "../core/protocol";
import type { Selected } from "./commands";
import { Counter } from "./counting";
import { showFound } from "./find-marks";
import { LazyFinder } from "./lazy-finder";
import type { Linking } from "./linking";
import { Headings } from "./outline";
import type {
  Alignment,
  LinkAtCaret,
  OffScreen,
  Outline,
  Person,
  SelectedImage,
  Statistics,
  WritingAids,
} from "./types";
import { Viewport } from "./viewport";

/** After an edit, what depends on where things are drawn is looked at again in so many milliseconds. */
const LOOK_MS = 150;
/** How far below the window's top a heading counts as the one that is read, in CSS pixels. */
const READING = 80;

export interface AidsHost {
  view(): EditorView;
  selected: Selected;
  linking: Linking;
  slice(start: number, end: number): Delta;
  cursors(): readonly Presence[];
  people(): readonly Person[];
  /** Takes in a caret that the browser moved and has not told of: showing something would put it back. */
  readView(): void;
  /** Performs a transaction that changes no content. */
  show(tr: Transaction): void;
  changed(): void;
}

export class Aids implements WritingAids {
  readonly find: LazyFinder;
  readonly viewport: Viewport;
  readonly #host: AidsHost;
  readonly #counter = new Counter();
  readonly #headings = new Headings();
  #current: number | null = null;
  #offScreen: OffScreen = { above: [], below: [] };
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #scrolled = () => {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.find.scrolled();
      this.#look();
    });
  };

  constructor(host: AidsHost) {
    this.#host = host;
    this.viewport = new Viewport(host.view);
    const { selected } = host;
    this.find = new LazyFinder({
      doc: () => host.view().state.doc,
      lines: () => selected.target.lines(),
      selection: () => selected.range(),
      canEdit: () => selected.canEdit,
      slice: host.slice,
      apply: (delta, name, caret) => selected.target.apply(delta, name, caret),
      mark: (marks) => {
        host.readView();
        const tr = showFound(host.view().state, marks);
        if (tr) host.show(tr);
      },
      visible: () => this.viewport.lines(),
      show: (from) => this.viewport.show(from),
      select: (from, to) => {
        const { tr } = host.view().state;
        host.view().dispatch(tr.setSelection(TextSelection.create(tr.doc, from, to)));
      },
      changed: () => host.changed(),
    });
    // Scrolling does not bubble; whichever element scrolls the text, it is seen on its way down.
    document.addEventListener("scroll", this.#scrolled, { capture: true, passive: true });
    addEventListener("resize", this.#scrolled);
  }

  close(): void {
    document.removeEventListener("scroll", this.#scrolled, { capture: true });
    removeEventListener("resize", this.#scrolled);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    if (this.#timer) clearTimeout(this.#timer);
    this.find.close();
  }

  /** The content changed: by a delta, or altogether. */
  follow(delta: Delta | null): void {
    if (delta) this.find.follow(delta);
    else this.find.reset();
    this.lookSoon();
  }

  lookSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, LOOK_MS);
  }

  /** Reads where things are drawn; tells when that says something else than before. */
  #look(): void {
    const { doc } = this.#host.view().state;
    const headings = this.#headings.of(doc);
    const others = this.#host.cursors().some(({ cursor }) => cursor !== null);
    if (
      headings.length === 0 &&
      !others &&
      this.#offScreen.above.length + this.#offScreen.below.length === 0
    ) {
      return;
    }
    const [first, last] = this.viewport.lines();
    const current = this.#headings.at(doc, this.viewport.lineAt(this.viewport.window.top + READING));
    const offScreen = others ? this.#awayFrom(first, last) : { above: [], below: [] };
    const same = current === this.#current && names(offScreen) === names(this.#offScreen);
    this.#current = current;
    this.#offScreen = offScreen;
    if (!same) this.#host.changed();
  }

  #awayFrom(first: number, last: number): OffScreen {
    const lines = this.#host.selected.target.lines();
    const people = new Map(this.#host.people().map((person) => [person.clientId, person]));
    const away: { person: Person; index: number; side: "above" | "below" }[] = [];
    for (const { client_id, cursor } of this.#host.cursors()) {
      const person = people.get(client_id);
      if (!person || !cursor || cursor.path) continue;
      const index = Math.max(0, Math.min(cursor.index + cursor.length, lines.length - 1));
      const { line } = lines.place(index);
      const side = line > first && line < last ? null : this.#side(line, first, last, lines.position(index));
      if (side) away.push({ person, index, side });
    }
    away.sort((a, b) => a.index - b.index);
    return {
      above: away
        .filter(({ side }) => side === "above")
        .map(({ person }) => person)
        .reverse(),
      below: away.filter(({ side }) => side === "below").map(({ person }) => person),
    };
  }

  /** In a line at the window's border the very place decides. */
  #side(line: number, first: number, last: number, position: number): "above" | "below" | null {
    if (line < first) return "above";
    if (line > last) return "below";
    const place = this.#host.view().coordsAtPos(position);
    const { top, bottom } = this.viewport.window;
    if (place.bottom <= top) return "above";
    return place.top >= bottom ? "below" : null;
  }

  offScreen(): OffScreen {
    return this.#offScreen;
  }

  outline(): Outline {
    return { headings: this.#headings.of(this.#host.view().state.doc), current: this.#current };
  }

  goToHeading(key: number): boolean {
    const { doc } = this.#host.view().state;
    const line = this.#headings.lineOf(doc, key);
    if (line === null) return false;
    const lines = this.#host.selected.target.lines();
    const position = lines.start(line) + line + 1;
    const { tr } = this.#host.view().state;
    const end = position + lines.lengthOf(line) - 1;
    this.#host.view().dispatch(tr.setSelection(TextSelection.create(tr.doc, end)));
    this.#host.view().focus();
    this.viewport.show(position, true);
    return true;
  }

  /** Scrolls to an index; nothing of the selection changes. */
  goTo(index: number): void {
    const lines = this.#host.selected.target.lines();
    this.viewport.show(lines.position(Math.max(0, Math.min(index, lines.length - 1))));
  }

  statistics(): Statistics {
    const { doc } = this.#host.view().state;
    const document = this.#counter.document(doc);
    const [from, to] = this.#host.selected.range();
    if (from === to) return { document, selection: null };
    const lines = this.#host.selected.target.lines();
    const [start, end] = [lines.place(from), lines.place(to)];
    const selection = this.#counter.range(doc, [start.line, start.offset], [end.line, end.offset]);
    return { document, selection };
  }

  linkAtCaret(): LinkAtCaret | null {
    const view = this.#host.view();
    if (!view.state.selection.empty) return null;
    const link = this.#host.linking.around();
    if (!link) return null;
    const lines = this.#host.selected.target.lines();
    const start = view.coordsAtPos(lines.position(link.from));
    const end = view.coordsAtPos(lines.position(link.to), -1);
    // Over several rows of text: where it begins.
    const right = end.top > start.top ? start.right : end.right;
    const rect = new DOMRect(
      start.left,
      start.top,
      Math.max(0, right - start.left),
      start.bottom - start.top,
    );
    return { url: link.url, text: this.#host.linking.textOf(link), rect };
  }

  selectedImage(): SelectedImage | null {
    const view = this.#host.view();
    const { selection } = view.state;
    const image = this.#host.selected.selectedImage();
    const element = image && selection instanceof NodeSelection ? view.nodeDOM(selection.from) : null;
    if (!image || !(element instanceof HTMLElement)) return null;
    const { alt = null, caption = null, width = null } = image.format;
    const { align = "left" } = this.#host.selected.attributesOf(image.line);
    return {
      src: image.src,
      alt: alt as string | null,
      caption: caption as string | null,
      width: width as number | null,
      align: align as Alignment,
      rect: (element.querySelector("img") ?? element).getBoundingClientRect(),
    };
  }
}

const names = ({ above, below }: OffScreen): string =>
  [above, below].map((people) => people.map(({ clientId }) => clientId).join(" ")).join("|");
