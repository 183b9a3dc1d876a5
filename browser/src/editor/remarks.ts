/** Comments in the view: where they stand, which are at the caret, and the place of one that is being written. */

import { Anchors, type Span, type StatedAnchor } from "../core/anchors";
import type { ServerMessage } from "../core/protocol";
import { commentPlugin, DRAFT, draftRange, showComments } from "./comment-marks";
import type { Parts } from "./parts";
import type { Comments } from "./types";

export class Remarks implements Comments {
  readonly #parts: Parts;
  readonly #anchors: Anchors;
  #visible: ReadonlySet<string> | null = null;
  #active: string | null = null;
  #draft: Span | null = null;
  #stale = false;
  #frame: number | null = null;
  #waiting: (() => void)[] = [];

  constructor(parts: Parts, revision: number) {
    this.#parts = parts;
    this.#anchors = new Anchors(revision);
  }

  plugin = commentPlugin;

  /** What the machine has taken in. */
  received(message: ServerMessage): void {
    if (message.type === "welcome" && message.content) {
      this.#anchors.reset(message.revision);
      this.#stale = true;
      this.#parts.changed();
    } else if (message.type === "welcome" || message.type === "changes") {
      this.#anchors.follow(message.changes);
    } else {
      return;
    }
    this.#later();
  }

  /** The user's edit, or an acknowledgement. */
  edited(): void {
    if (this.#parts.machine.unsettled.length > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  // --- what the page says

  get stale(): boolean {
    return this.#stale;
  }

  set(anchors: ReadonlyMap<string, StatedAnchor>): void {
    const known = this.#anchors.shown([]);
    for (const id of known.keys()) if (!anchors.has(id)) this.#anchors.remove(id);
    this.#stale = false;
    for (const [id, anchor] of anchors) this.#stale = !this.#anchors.place(id, anchor) || this.#stale;
    this.#mark();
  }

  place(id: string, anchor: StatedAnchor): void {
    if (!this.#anchors.place(id, anchor)) this.#stale = true;
    this.#mark();
  }

  remove(id: string): void {
    this.#anchors.remove(id);
    this.#mark();
  }

  show(visible: ReadonlySet<string> | null, active: string | null): void {
    this.#visible = visible;
    this.#active = active;
    this.#mark();
  }

  // --- what the page asks

  spans(): ReadonlyMap<string, Span> {
    return this.#anchors.shown(this.#parts.machine.unsettled);
  }

  atCaret(): string[] {
    const { selection } = this.#parts.view().state;
    const index = this.#parts.binding().lines.index(selection.head);
    return [...this.spans()]
      .filter(([id, { start, end }]) => this.#isVisible(id) && start <= index && index <= end && start < end)
      .sort(([, one], [, other]) => one.end - one.start - (other.end - other.start))
      .map(([id]) => id);
  }

  topOf(index: number): number {
    const lines = this.#parts.binding().lines;
    const position = lines.position(Math.max(0, Math.min(index, lines.length - 1)));
    return this.#parts.view().coordsAtPos(position).top;
  }

  goTo(id: string): boolean {
    const span = this.spans().get(id);
    if (span) this.#parts.goTo(span.start);
    return span !== undefined;
  }

  begin(): { quote: string; index: number } | null {
    const { from, to, empty } = this.#parts.view().state.selection;
    if (empty) return null;
    const lines = this.#parts.binding().lines;
    const [start, end] = [lines.index(from), Math.min(lines.index(to), lines.length - 1)];
    if (start >= end) return null;
    this.#draft = { start, end };
    this.#mark();
    const quote = this.#parts.view().state.doc.textBetween(from, to, "\n", "\ufffc");
    return { quote, index: start };
  }

  cancel(): void {
    this.#draft = null;
    this.#mark();
  }

  async anchor(): Promise<StatedAnchor | null> {
    // Only when the server has all of the text can a range of it be named.
    while (this.#parts.machine.unsettled.length > 0)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const found = draftRange(this.#parts.view().state);
    const revision = this.#parts.machine.revision;
    if (!found || revision === null || found.from >= found.to) return null;
    const lines = this.#parts.binding().lines;
    const index = lines.index(found.from);
    return { revision, index, length: lines.index(found.to) - index };
  }

  // --- marks

  #isVisible(id: string): boolean {
    return this.#visible === null || this.#visible.has(id);
  }

  /** Once a frame, however many changes came. */
  #later(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.#parts.view().composing) this.#later();
      else this.#mark();
    });
  }

  #mark(): void {
    const { state } = this.#parts.view();
    const lines = this.#parts.binding().lines;
    const shown = new Map([...this.spans()].filter(([id]) => this.#isVisible(id)));
    const drafted = draftRange(state);
    if (this.#draft && drafted) {
      this.#draft = { start: lines.index(drafted.from), end: lines.index(drafted.to) };
    }
    if (this.#draft) shown.set(DRAFT, this.#draft);
    const tr = showComments(state, shown, this.#active, lines);
    if (tr) this.#parts.show(tr);
    this.#parts.changed();
  }
}
