/**
 * What Enter, Backspace, Delete and Tab do where lines begin and end.
 *
 * A newline is always a line's end: the content knows no softer break.  So Shift+Enter begins a line of the same kind;
 * in a list, one without a number, indented to stand under the item, over which the numbering goes on.
 */

import { NodeSelection, TextSelection } from "prosemirror-state";
import { type Attributes, DeltaBuilder, equal } from "../core/delta";
import { KINDS, MAX_INDENT, type Place, type Selected, withoutKind } from "./commands";
import { attributeOf } from "./schema";

/** How far Tab moves code, in columns. */
const CODE_INDENT = "  ";

export class Borders {
  readonly #selected: Selected;

  constructor(selected: Selected) {
    this.#selected = selected;
  }

  // --- Enter

  newLine(): boolean {
    const { target } = this.#selected;
    if (!target.canEdit()) return false;
    const { selection } = target.state();
    if (selection instanceof NodeSelection) return this.#lineBehind(target.lines().index(selection.to));
    const [from, to] = this.#selected.range();
    const place = this.#selected.at(from);
    if (from === to && place.offset === place.length && this.#leave(place)) return true;
    if (place.attributes["code-block"]) return this.#codeLine(from, to, place);
    const marks = this.#marksCarriedOn(to);
    // In front of a heading comes plain text: the heading moves down as it is.
    const before = from === to && place.offset === 0 && place.length > 0;
    this.#split(from, to, before ? without(place.attributes, "header") : place.attributes, place);
    for (const [name, value] of marks) target.setTyping(name, value);
    return true;
  }

  softLine(): boolean {
    const { target } = this.#selected;
    if (!target.canEdit()) return false;
    const [from, to] = this.#selected.range();
    const { attributes } = this.#selected.at(to);
    if (!attributes.list) {
      if (attributes["code-block"]) return this.newLine();
      const builder = new DeltaBuilder().retain(from).insert("\n", this.#selected.at(from).attributes);
      target.apply(builder.delete(to - from).build(), "new-line", from + 1);
      return true;
    }
    // What stands behind the caret goes under the item, so the newline that ends it changes.
    const end = this.#selected.at(to);
    const indent = Math.min(MAX_INDENT, Number(attributes.indent ?? 0) + 1);
    const builder = new DeltaBuilder().retain(from).insert("\n", this.#selected.at(from).attributes);
    builder
      .delete(to - from)
      .retain(end.length - end.offset)
      .retain(1, { list: null, indent });
    target.apply(builder.build(), "new-line", from + 1);
    return true;
  }

  #lineBehind(index: number): boolean {
    const { attributes } = this.#selected.at(index);
    const delta = new DeltaBuilder().retain(index).insert("\n", attributes).build();
    this.#selected.target.apply(delta, "new-line", index + 1);
    return true;
  }

  /** Enter in an empty line of a list, a quote or the end of code: one level out, or plain text. */
  #leave({ line, length, attributes }: Place): boolean {
    if (attributes["code-block"]) return this.#leaveCode(line);
    if (length > 0 || (!attributes.list && !attributes.blockquote)) return false;
    if (attributes.indent) return this.#selected.indent(-1);
    return this.#selected.eachLine("new-line", withoutKind);
  }

  /** Two blank lines at the end of a code block become one plain line behind it. */
  #leaveCode(line: number): boolean {
    const { target } = this.#selected;
    const lines = target.lines();
    const { doc } = target.state();
    const isCode = (at: number) => at < lines.count && "code-block" in this.#selected.attributesOf(at);
    const isBlank = (at: number) => at >= 0 && isCode(at) && /^[ \t]*$/.test(doc.child(at).textContent);
    if (!isBlank(line) || !isBlank(line - 1) || isCode(line + 1)) return false;
    const start = lines.start(line - 1);
    const delta = new DeltaBuilder()
      .retain(start)
      .delete(lines.lengthOf(line - 1) + lines.lengthOf(line) - 1)
      .retain(1, { "code-block": null });
    target.apply(delta.build(), "new-line", start);
    return true;
  }

  /** A new line of code begins as far in as the one before. */
  #codeLine(from: number, to: number, place: Place): boolean {
    const { target } = this.#selected;
    const text = target.state().doc.child(place.line).textContent;
    const indent = (/^[ \t]*/.exec(text)?.[0] ?? "").slice(0, place.offset);
    const builder = new DeltaBuilder().retain(from).insert("\n", place.attributes);
    if (indent) builder.insert(indent);
    target.apply(builder.delete(to - from).build(), "new-line", from + 1 + indent.length);
    return true;
  }

  #split(from: number, to: number, attributes: Attributes, place: Place): void {
    const builder = new DeltaBuilder()
      .retain(from)
      .insert("\n", attributes)
      .delete(to - from);
    const end = this.#selected.at(to);
    const rest = end.length - end.offset;
    // Behind a heading's end the text goes on as text, and behind a done item comes one to do.
    if (rest === 0 && place.offset > 0 && place.attributes.header)
      builder.retain(rest).retain(1, { header: null });
    else if (place.attributes.list === "checked") builder.retain(rest).retain(1, { list: "unchecked" });
    this.#selected.target.apply(builder.build(), "new-line", from + 1);
  }

  /** Formats of the text before the caret that go on in the new line, when nothing stands behind the caret. */
  #marksCarriedOn(to: number) {
    const { selection, storedMarks } = this.#selected.target.state();
    const { offset, length, attributes } = this.#selected.at(to);
    if (offset < length || attributes.header || !selection.empty) return [];
    const marks = storedMarks ?? selection.$head.marks();
    return marks.filter((mark) => mark.type.spec.inclusive !== false).map(attributeOf);
  }

  // --- Backspace and Delete

  /** In front of a line's first character: takes indent, then kind away, then joins it to the one before. */
  backwards(): boolean {
    const place = this.#caret();
    if (!place) return false;
    if (place.offset > 0) return this.#deleteEmbed(place.index - 1);
    const { line, attributes } = place;
    const code = attributes["code-block"] !== undefined;
    const goesOn = code && line > 0 && "code-block" in this.#selected.attributesOf(line - 1);
    if (!goesOn) {
      if (attributes.indent) return this.#selected.indent(-1);
      if (KINDS.some((kind) => kind in attributes)) return this.#selected.eachLine("deleting", withoutKind);
    }
    if (line === 0) return false;
    return this.#isDivision(line - 1) ? this.#deleteLine(line - 1) : this.#join(line - 1);
  }

  /** The Delete key behind a line's last character. */
  forwards(): boolean {
    const place = this.#caret();
    if (!place) return false;
    const { line, offset, length } = place;
    if (offset < length) return this.#deleteEmbed(place.index);
    if (line === this.#selected.target.lines().count - 1) return false;
    return length > 0 && this.#isDivision(line + 1) ? this.#deleteLine(line + 1) : this.#join(line);
  }

  #caret(): Place | null {
    const { target } = this.#selected;
    const { selection } = target.state();
    if (!target.canEdit() || !(selection instanceof TextSelection) || !selection.empty) return null;
    return this.#selected.at(this.#selected.range()[0]);
  }

  /** Browsers are not agreed on what a key does beside an element that cannot be edited. */
  #deleteEmbed(index: number): boolean {
    const { target } = this.#selected;
    const node = target.state().doc.nodeAt(target.lines().position(index));
    if (node?.type.name !== "embed") return false;
    target.apply(new DeltaBuilder().retain(index).delete(1).build(), "deleting", index);
    return true;
  }

  /** The line holds a divider or page break and nothing else. */
  #isDivision(line: number): boolean {
    const node = this.#selected.target.state().doc.child(line);
    const value = node.childCount === 1 ? node.firstChild?.attrs.value : null;
    return Boolean(value?.divider ?? value?.["page-break"]);
  }

  #deleteLine(line: number): boolean {
    const { target } = this.#selected;
    const lines = target.lines();
    const [caret] = this.#selected.range();
    const [start, length] = [lines.start(line), lines.lengthOf(line)];
    const builder = new DeltaBuilder();
    // The final newline stays, and bears no attributes after a divider.
    if (line < lines.count - 1) builder.retain(start).delete(length);
    else {
      builder
        .retain(start - 1)
        .delete(length)
        .retain(1, this.#patch(line, this.#selected.attributesOf(line - 1)));
    }
    target.apply(builder.build(), "deleting", start < caret ? caret - length : caret);
    return true;
  }

  /** Joins a line and the next: the first one's attributes stay, unless it is empty. */
  #join(line: number): boolean {
    const { target } = this.#selected;
    const lines = target.lines();
    const newline = lines.start(line) + lines.lengthOf(line) - 1;
    const builder = new DeltaBuilder().retain(newline).delete(1);
    if (lines.lengthOf(line) > 1) {
      builder.retain(lines.lengthOf(line + 1) - 1);
      builder.retain(1, this.#patch(line + 1, this.#selected.attributesOf(line)));
    }
    target.apply(builder.build(), "deleting", newline);
    return true;
  }

  /** What makes a line's attributes become others. */
  #patch(line: number, wanted: Attributes): Attributes {
    const has = this.#selected.attributesOf(line);
    const gone = Object.keys(has).filter((name) => !(name in wanted));
    const changed = Object.entries(wanted).filter(([name, value]) => !equal(has[name], value));
    return Object.fromEntries([...changed, ...gone.map((name) => [name, null])]);
  }

  // --- Tab

  /** In a list and over several lines one level; in code two columns; at a line's beginning an indent; else a tab. */
  tab(): boolean {
    const { target } = this.#selected;
    if (!target.canEdit()) return false;
    const [from, to] = this.#selected.range();
    const summary = this.#selected.summary();
    const [first, last] = summary.lines;
    if (summary.inCode && first < last) return this.#moveCode(first, last, 1);
    const { offset } = this.#selected.at(from);
    if (!summary.inCode && (summary.hasList || first < last || (offset === 0 && from === to))) {
      this.#selected.indent(1);
      return true;
    }
    const text = summary.inCode ? CODE_INDENT : "\t";
    const builder = new DeltaBuilder().retain(from).insert(text);
    target.apply(builder.delete(to - from).build(), "typing", from + text.length);
    return true;
  }

  backTab(): boolean {
    if (!this.#selected.canEdit) return false;
    const summary = this.#selected.summary();
    if (summary.inCode) this.#moveCode(...summary.lines, -1);
    else this.#selected.indent(-1);
    return true;
  }

  #moveCode(first: number, last: number, by: 1 | -1): boolean {
    const { target } = this.#selected;
    const { doc } = target.state();
    const lines = target.lines();
    const builder = new DeltaBuilder();
    let done = 0;
    for (let line = first; line <= last; line += 1) {
      const start = lines.start(line);
      builder.retain(start - done);
      done = start;
      if (by > 0 && lines.lengthOf(line) > 1) builder.insert(CODE_INDENT);
      const blanks = /^(\t| {1,2})/.exec(doc.child(line).textContent)?.[0].length ?? 0;
      if (by < 0) {
        builder.delete(blanks);
        done += blanks;
      }
    }
    const delta = builder.build();
    if (!delta.isEmpty) target.apply(delta, by > 0 ? "indent" : "outdent");
    return true;
  }

  // --- beside a divider

  /** Text typed in a divider's own line gets a line before or behind it.  Says whether it was. */
  typedBesideDivision(text: string): boolean {
    const place = this.#caret();
    if (!place || !this.#isDivision(place.line)) return false;
    const { index, offset } = place;
    const builder = new DeltaBuilder().retain(index);
    if (offset === 0) builder.insert(`${text}\n`);
    else builder.insert("\n").insert(text);
    const caret = offset === 0 ? index + text.length : index + 1 + text.length;
    this.#selected.target.apply(builder.build(), "typing", caret);
    return true;
  }
}

const without = (attributes: Attributes, name: string): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([present]) => present !== name));
