/**
 * Where the numbers of a list go on and where they begin anew.
 *
 * The content has no number: it follows from the lines, by level.  A line further out ends the lists further in, and a
 * line that is no item ends those whose items do not stand further out than it.  So an indented paragraph belongs to
 * the item above, and numbering goes on behind it; style sheets draw just that (`styles/lists.css`).
 */

import { type Attributes, DeltaBuilder } from "../core/delta";
import { MAX_INDENT, type Selected } from "./commands";

/** How far up a list to go on with is looked for, in lines. */
const REACH = 500;

const levelOf = (attributes: Attributes): number => Number(attributes.indent ?? 0);

export class Numbering {
  readonly #selected: Selected;

  constructor(selected: Selected) {
    this.#selected = selected;
  }

  get canRestart(): boolean {
    return this.#selected.attributesOf(this.#line).list === "ordered";
  }

  get canGoOn(): boolean {
    return this.#between() !== null;
  }

  get #line(): number {
    return this.#selected.lineRange()[0];
  }

  /** Begins with 1 (a, i) at the selected item: an empty line of its level in front ends the list before. */
  restart(): boolean {
    const { target } = this.#selected;
    if (!target.canEdit() || !this.canRestart) return false;
    const line = this.#line;
    const level = levelOf(this.#selected.attributesOf(line));
    const [caret] = this.#selected.range();
    const builder = new DeltaBuilder().retain(target.lines().start(line));
    builder.insert("\n", level > 0 ? { indent: level } : undefined);
    target.apply(builder.build(), "restart-numbering", caret + 1);
    return true;
  }

  /** Goes on with the numbers of the list above: what stands between is indented as part of its last item. */
  goOn(): boolean {
    const between = this.#between();
    if (!this.#selected.canEdit || !between) return false;
    const level = levelOf(this.#selected.attributesOf(this.#line));
    const indent = Math.min(MAX_INDENT, level + 1);
    return this.#selected.changeLines("continue-numbering", between[0], between[1], (has) =>
      !has.list && levelOf(has) <= level ? { indent } : {},
    );
  }

  /** The first and last line between the selected item and the one of its level above that it could go on from. */
  #between(): [first: number, last: number] | null {
    if (!this.canRestart) return null;
    const line = this.#line;
    const level = levelOf(this.#selected.attributesOf(line));
    if (level >= MAX_INDENT) return null;
    let interrupted = false;
    for (let at = line - 1; at >= 0 && at >= line - REACH; at -= 1) {
      const has = this.#selected.attributesOf(at);
      if (has.list === undefined) interrupted ||= levelOf(has) <= level;
      else if (levelOf(has) < level) return null;
      else if (has.list === "ordered" && levelOf(has) === level)
        return interrupted ? [at + 1, line - 1] : null;
    }
    return null;
  }
}
