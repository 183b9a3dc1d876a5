/** The suggestions in the shown document: lines without marks cost one look each. */

import type { Node } from "prosemirror-model";
import { equal } from "../core/delta";
import { type Suggestion, SuggestionFinder } from "../core/suggestions";
import { attributesOf, attributesOfLine, unitsOfLine } from "./schema";

export class SuggestionList {
  /** Whether a line bears marks; a line is the same object until it changes. */
  readonly #marked = new WeakMap<Node, boolean>();
  #doc: Node | null = null;
  #found: readonly Suggestion[] = [];

  of(doc: Node): readonly Suggestion[] {
    if (doc === this.#doc) return this.#found;
    this.#doc = doc;
    const finder = new SuggestionFinder();
    let skipped = 0;
    doc.forEach((line) => {
      if (!this.#isMarked(line)) {
        skipped += unitsOfLine(line);
        return;
      }
      if (skipped > 0) finder.run(undefined, skipped, "");
      skipped = 0;
      line.forEach((child) => {
        finder.run(attributesOf(child.marks), child.nodeSize, child.text ?? "\ufffc");
      });
      finder.run(attributesOfLine(line), 1, "\n");
    });
    const found = finder.found();
    if (!equal(found, this.#found)) this.#found = found;
    return this.#found;
  }

  #isMarked(line: Node): boolean {
    let marked = this.#marked.get(line);
    if (marked === undefined) {
      marked =
        Object.keys(attributesOfLine(line) ?? {}).some(isMark) ||
        line.children.some((child) => child.marks.some((mark) => isMark(mark.type.name)));
      this.#marked.set(line, marked);
    }
    return marked;
  }
}

const isMark = (name: string): boolean => name.startsWith("suggest-");
