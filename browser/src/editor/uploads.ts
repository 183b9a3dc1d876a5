/** Places in the text that images are on their way to: a mark each, which moves along with everybody's edits. */

import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { type Delta, DeltaBuilder } from "../core/delta";
import type { Upload } from "../core/protocol";
import { isAllowedImage } from "./formats";
import type { Lines } from "./lines";
import type { HistoryName, PendingImage } from "./types";

type Change = { add: Decoration } | { remove: Decoration[] };
const key = new PluginKey<DecorationSet>("uploads");

export function uploadPlugin(): Plugin<DecorationSet> {
  return new Plugin({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply: (tr, set) => {
        const moved = set.map(tr.mapping, tr.doc);
        const change = tr.getMeta(key) as Change | undefined;
        if (!change) return moved;
        return "add" in change ? moved.add(tr.doc, [change.add]) : moved.remove(change.remove);
      },
    },
    props: { decorations: (state) => key.getState(state) },
  });
}

interface Host {
  state(): EditorState;
  lines(): Lines;
  canEdit(): boolean;
  /** Shows a transaction that changes no text. */
  show(tr: Transaction): void;
  apply(delta: Delta, as: HistoryName, caret?: number): void;
  /** What the others are to see of it has changed. */
  changed(): void;
}

export class Uploads {
  readonly #host: Host;
  /** The ids of those that the others see. */
  readonly #told = new Set<string>();
  #last = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Shows `mark` at `index`, or at the caret; the page draws in it what it likes. */
  begin(mark: HTMLElement, index: number | null): PendingImage {
    const { selection, tr } = this.#host.state();
    const position = index === null ? selection.to : this.#host.lines().position(index);
    this.#last += 1;
    const id = String(this.#last);
    mark.contentEditable = "false";
    const spec = { id, key: `upload ${id}`, side: 1, ignoreSelection: true, stopEvent: () => true };
    this.#host.show(tr.setMeta(key, { add: Decoration.widget(position, mark, spec) } satisfies Change));
    this.#tell(id, true);
    return {
      place: (image) => this.#place(id, image),
      remove: () => {
        this.#remove(id);
        this.#tell(id, false);
      },
      underWay: (is) => this.#tell(id, is),
    };
  }

  #tell(id: string, shown: boolean): void {
    if (shown) this.#told.add(id);
    else this.#told.delete(id);
    this.#host.changed();
  }

  /** Where images are on their way to, as the others are told. */
  shown(): Upload[] {
    if (this.#told.size === 0) return [];
    const marks = key.getState(this.#host.state())?.find() ?? [];
    return marks.flatMap((mark) => {
      const { id } = mark.spec as { id: string };
      return this.#told.has(id) ? [{ id, index: this.#host.lines().index(mark.from) }] : [];
    });
  }

  /** Where the mark stood; where the caret is when the text around it was replaced as a whole. */
  #remove(id: string): number {
    const state = this.#host.state();
    const marks = key.getState(state)?.find(undefined, undefined, (spec) => spec.id === id) ?? [];
    // Read before it goes: taking decorations away empties the list that names them.
    const at = this.#host.lines().index(marks[0]?.from ?? state.selection.to);
    if (marks.length > 0) this.#host.show(state.tr.setMeta(key, { remove: marks } satisfies Change));
    return at;
  }

  #place(id: string, { src, ...format }: Parameters<PendingImage["place"]>[0]): boolean {
    const index = this.#remove(id);
    this.#told.delete(id);
    if (!this.#host.canEdit() || !isAllowedImage(format)) {
      this.#host.changed();
      return false;
    }
    const given = Object.entries(format).filter(([, value]) => value !== null && value !== undefined);
    const delta = new DeltaBuilder().retain(index).insert({ image: src }, Object.fromEntries(given)).build();
    const { selection } = this.#host.state();
    const atCaret = selection.empty && this.#host.lines().index(selection.head) === index;
    this.#host.apply(delta, "image", atCaret ? index + 1 : undefined);
    this.#host.changed();
    return true;
  }
}
