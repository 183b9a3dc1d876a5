/** What a selection has of each format, gathered in one walk over it. */

import type { Mark } from "prosemirror-model";
import type { EditorState } from "prosemirror-state";
import { type Attributes, equal, type Json } from "../core/delta";
import { LINE_FORMATS } from "./formats";
import { attributeOf, attributesOfLine } from "./schema";

interface Found {
  first: Json;
  /** Other values than `first` were found. */
  differs: boolean;
  count: number;
}

/** Values of the names that some parts have; what has no entry is nowhere. */
class Tally {
  readonly #found = new Map<string, Found>();
  #total = 0;

  add(attributes: Iterable<[string, Json]>): void {
    this.#total += 1;
    for (const [name, value] of attributes) {
      const found = this.#found.get(name);
      if (!found) {
        // What came before had none of it.
        this.#found.set(name, { first: this.#total > 1 ? null : value, differs: this.#total > 1, count: 1 });
        continue;
      }
      found.count += 1;
      found.differs ||= !equal(found.first, value);
    }
  }

  value(name: string): Json {
    return this.#found.get(name)?.first ?? null;
  }

  /** What the first part has. */
  first(): Attributes {
    const entries = [...this.#found].map(([name, { first }]) => [name, first] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== null));
  }

  mixed(name: string): boolean {
    const found = this.#found.get(name);
    return found !== undefined && (found.differs || found.count < this.#total);
  }
}

export class Summary {
  readonly state: EditorState;
  readonly lines: readonly [first: number, last: number];
  readonly #text = new Tally();
  readonly #line = new Tally();
  #checklists = 0;
  #lists = 0;

  constructor(state: EditorState, lines: [first: number, last: number]) {
    this.state = state;
    this.lines = lines;
    const { empty, from, to, $head } = state.selection;
    const entries = (marks: readonly Mark[]) => marks.map(attributeOf);
    if (empty) this.#text.add(entries(state.storedMarks ?? $head.marks()));
    else {
      state.doc.nodesBetween(from, to, (node) => {
        if (node.isText) this.#text.add(entries(node.marks));
        return !node.isInline;
      });
    }
    for (let at = lines[0]; at <= lines[1]; at += 1) this.#addLine(attributesOfLine(state.doc.child(at)));
  }

  #addLine(attributes: Attributes = {}): void {
    this.#line.add(Object.entries(attributes));
    if (attributes.list !== undefined) this.#lists += 1;
    if (String(attributes.list).endsWith("checked")) this.#checklists += 1;
  }

  /** Some line is of a list, of a checklist. */
  get hasList(): boolean {
    return this.#lists > 0;
  }

  get hasChecklist(): boolean {
    return this.#checklists > 0;
  }

  get allChecklists(): boolean {
    return this.#checklists === this.lines[1] - this.lines[0] + 1;
  }

  get inCode(): boolean {
    return this.value("code-block") !== null && !this.mixed("code-block");
  }

  /** Formats of the first selected text. */
  textAttributes(): Attributes {
    return this.#text.first();
  }

  value(name: string): Json {
    return (LINE_FORMATS.has(name) ? this.#line : this.#text).value(name);
  }

  mixed(name: string): boolean {
    return (LINE_FORMATS.has(name) ? this.#line : this.#text).mixed(name);
  }

  /** Whether all of the selection has a value (any but none, when it is left out). */
  has(name: string, value?: Json): boolean | "mixed" {
    if (this.mixed(name)) return "mixed";
    const is = this.value(name);
    return value === undefined ? is !== null : equal(is, value);
  }
}
