/**
 * What the toolbar and the keys do, as deltas on the selection's indexes.
 *
 * Every command is one delta, so that it is one step for the others, one operation and one item of undo.
 */

import type { Mark } from "prosemirror-model";
import { AllSelection, type EditorState, TextSelection } from "prosemirror-state";
import { type Attributes, type Delta, DeltaBuilder, equal, type Json } from "../core/delta";
import { isAllowedLink } from "../core/links";
import type { Lines } from "./lines";
import { attributeOf, attributesOfLine, markFor, unitsOfLine } from "./schema";

/** What commands work on; `apply` performs a delta as the user's edit and puts the caret at an index after it. */
export interface Target {
  state(): EditorState;
  lines(): Lines;
  canEdit(): boolean;
  apply(delta: Delta, caret?: number): void;
  /** Sets what the next typed text bears. */
  setTyping(name: string, value: Json): void;
}

const MAX_INDENT = 8;
const KINDS = ["header", "list", "blockquote", "code-block"];

export class Selected {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Indexes of the selection's ends. */
  range(): [from: number, to: number] {
    const { selection } = this.#target.state();
    const lines = this.#target.lines();
    if (selection instanceof AllSelection) return [0, lines.length - 1];
    return [lines.index(selection.from), Math.min(lines.index(selection.to), lines.length - 1)];
  }

  /** Numbers of the first and last line that the selection touches. */
  lineRange(): [first: number, last: number] {
    const [from, to] = this.range();
    const lines = this.#target.lines();
    const first = lines.place(from).line;
    const last = lines.place(to);
    // A selection that ends before a line's first character does not mean that line.
    return [first, last.offset === 0 && last.line > first ? last.line - 1 : last.line];
  }

  lineAttributes(): (Attributes | undefined)[] {
    const [first, last] = this.lineRange();
    const { doc } = this.#target.state();
    return Array.from({ length: last - first + 1 }, (_, at) => attributesOfLine(doc.child(first + at)));
  }

  /** The value that each run of selected text has for a name, null for none. */
  values(name: string): Json[] {
    const state = this.#target.state();
    const { from, to, empty, $head } = state.selection;
    const valueIn = (marks: readonly Mark[]) =>
      marks.map(attributeOf).find(([present]) => present === name)?.[1] ?? null;
    if (empty) return [valueIn(state.storedMarks ?? $head.marks())];
    const found: Json[] = [];
    state.doc.nodesBetween(from, to, (node) => {
      if (node.isInline) found.push(valueIn(node.marks));
      return true;
    });
    return found;
  }

  /** Ticks the box of a checklist's line, or unticks it. */
  tick(line: number): boolean {
    if (!this.#target.canEdit()) return false;
    const node = this.#target.state().doc.child(line);
    const list = attributesOfLine(node)?.list === "checked" ? "unchecked" : "checked";
    const newline = this.#target.lines().start(line) + unitsOfLine(node) - 1;
    this.#target.apply(new DeltaBuilder().retain(newline).retain(1, { list }).build());
    return true;
  }

  /** Sets one attribute of the selected text, or of what is typed next. */
  format(name: string, value: Json): boolean {
    if (!this.#target.canEdit()) return false;
    const [from, to] = this.range();
    if (from === to) this.#target.setTyping(name, value);
    else
      this.#target.apply(
        new DeltaBuilder()
          .retain(from)
          .retain(to - from, { [name]: value })
          .build(),
      );
    return true;
  }

  toggle(name: string): boolean {
    const values = this.values(name);
    return this.format(name, values.length > 0 && values.every((value) => value === true) ? null : true);
  }

  /** Changes the attributes of each selected line. */
  eachLine(change: (attributes: Attributes) => Attributes): boolean {
    if (!this.#target.canEdit()) return false;
    const [first, last] = this.lineRange();
    const { doc } = this.#target.state();
    const builder = new DeltaBuilder().retain(this.#target.lines().start(first));
    for (let at = first; at <= last; at += 1) {
      const line = doc.child(at);
      const has = attributesOfLine(line) ?? {};
      const patch = Object.entries(change(has)).filter(([name, value]) => !equal(has[name] ?? null, value));
      builder.retain(unitsOfLine(line) - 1).retain(1, Object.fromEntries(patch));
    }
    const delta = builder.build();
    if (!delta.isEmpty) this.#target.apply(delta);
    return !delta.isEmpty;
  }

  /** Makes the lines of one kind (heading, list, quote, code); if all are, makes them plain. */
  kind(name: string, value: Json): boolean {
    const all = this.lineAttributes().every((attributes) => equal(attributes?.[name] ?? null, value));
    const wanted = all ? null : value;
    return this.eachLine((has) => {
      const others = KINDS.filter((kind) => kind !== name && kind in has && wanted !== null);
      return { ...Object.fromEntries(others.map((kind) => [kind, null])), [name]: wanted };
    });
  }

  indent(by: 1 | -1): boolean {
    return this.eachLine((has) => {
      const level = Math.max(0, Math.min(MAX_INDENT, Number(has.indent ?? 0) + by));
      return { indent: level === 0 ? null : level };
    });
  }

  /** Takes away all formats of the selected text, and of the lines when whole lines are selected. */
  clear(): boolean {
    if (!this.#target.canEdit()) return false;
    const state = this.#target.state();
    const { from, to, empty } = state.selection;
    if (empty) return this.eachLine((has) => withoutLineFormats(has));
    const names = new Set<string>();
    state.doc.nodesBetween(from, to, (node) => {
      if (node.isText) for (const mark of node.marks) names.add(attributeOf(mark)[0]);
      return true;
    });
    const formats = [...names].filter((name) => !name.startsWith("suggest-"));
    const [start, end] = this.range();
    if (formats.length > 0) {
      const nulls = Object.fromEntries(formats.map((name) => [name, null]));
      this.#target.apply(
        new DeltaBuilder()
          .retain(start)
          .retain(end - start, nulls)
          .build(),
      );
    }
    const [first, last] = this.lineRange();
    const lines = this.#target.lines();
    const whole = start === lines.start(first) && end >= lines.start(last) + lines.lengthOf(last) - 1;
    return (whole && this.eachLine((has) => withoutLineFormats(has))) || formats.length > 0;
  }

  /** The link at the caret and the indexes that it covers. */
  linkAround(): { url: string; from: number; to: number } | null {
    const state = this.#target.state();
    const { $head } = state.selection;
    const lines = this.#target.lines();
    let at = $head.start();
    let found: { url: string; from: number; to: number } | null = null;
    $head.parent.forEach((child) => {
      const url = child.marks.find((mark) => mark.type.name === "link")?.attrs.value as string | undefined;
      const [from, to] = [lines.index(at), lines.index(at) + child.nodeSize];
      at += child.nodeSize;
      if (found && found.to === from && found.url === url && found.to <= lines.index($head.pos))
        found.to = to;
      else if (url && (!found || found.to < lines.index($head.pos)) && from <= lines.index($head.pos)) {
        found = { url, from, to };
      }
    });
    const link = found as { url: string; from: number; to: number } | null;
    return link && lines.index($head.pos) <= link.to ? link : null;
  }

  link(url: string | null): boolean {
    if (!this.#target.canEdit() || (url !== null && !isAllowedLink(url))) return false;
    const [from, to] = this.range();
    const link = from === to ? this.linkAround() : null;
    const [start, end] = link ? [link.from, link.to] : [from, to];
    const builder = new DeltaBuilder().retain(start);
    if (end > start) builder.retain(end - start, { link: url });
    else if (url !== null) builder.insert(url, { link: url });
    const delta = builder.build();
    if (delta.isEmpty) return false;
    this.#target.apply(delta, end > start ? undefined : start + (url?.length ?? 0));
    return true;
  }

  /** Puts an embed on a line of its own. */
  block(embed: { divider: true } | { "page-break": true }): boolean {
    if (!this.#target.canEdit()) return false;
    const [from, to] = this.range();
    const { line, offset } = this.#target.lines().place(from);
    const attributes = attributesOfLine(this.#target.state().doc.child(line));
    const builder = new DeltaBuilder().retain(from);
    if (offset > 0) builder.insert("\n", attributes);
    builder
      .insert(embed)
      .insert("\n")
      .delete(to - from);
    this.#target.apply(builder.build(), from + (offset > 0 ? 3 : 2));
    return true;
  }

  /** Enter: a new line; in an empty list item or quote, plain text instead. */
  newLine(): boolean {
    if (!this.#target.canEdit()) return false;
    const [from, to] = this.range();
    const lines = this.#target.lines();
    const { line, offset } = lines.place(from);
    const attributes = attributesOfLine(this.#target.state().doc.child(line)) ?? {};
    const empty = lines.lengthOf(line) === 1;
    if (from === to && empty && (attributes.list || attributes.blockquote)) {
      return attributes.indent && attributes.list
        ? this.indent(-1)
        : this.eachLine((has) => withoutKind(has));
    }
    const builder = new DeltaBuilder()
      .retain(from)
      .insert("\n", attributes)
      .delete(to - from);
    const end = lines.place(to);
    const rest = lines.lengthOf(end.line) - 1 - end.offset;
    // Behind a heading's end the text goes on as text, and behind a done item comes one to do.
    const atEnd = rest === 0 && offset > 0;
    if (atEnd && attributes.header) builder.retain(rest).retain(1, { header: null });
    else if (attributes.list === "checked") builder.retain(rest).retain(1, { list: "unchecked" });
    this.#target.apply(builder.build(), from + 1);
    return true;
  }

  /** Backspace before a line's first character: takes the line's kind away, or joins it to the one before. */
  backwards(): boolean {
    const state = this.#target.state();
    if (!this.#target.canEdit() || !(state.selection instanceof TextSelection) || !state.selection.empty)
      return false;
    const [from] = this.range();
    const lines = this.#target.lines();
    const { line, offset } = lines.place(from);
    if (offset > 0) return false;
    const has = attributesOfLine(state.doc.child(line)) ?? {};
    if (has.indent) return this.indent(-1);
    if (KINDS.some((kind) => kind in has)) return this.eachLine((attributes) => withoutKind(attributes));
    return line > 0 && this.#join(line - 1);
  }

  /** The Delete key behind a line's last character. */
  forwards(): boolean {
    const state = this.#target.state();
    if (!this.#target.canEdit() || !(state.selection instanceof TextSelection) || !state.selection.empty)
      return false;
    const [from] = this.range();
    const lines = this.#target.lines();
    const { line, offset } = lines.place(from);
    return offset === lines.lengthOf(line) - 1 && line < lines.count - 1 && this.#join(line);
  }

  /** Joins a line and the next: the first one's attributes stay, unless it is empty. */
  #join(line: number): boolean {
    const { doc } = this.#target.state();
    const lines = this.#target.lines();
    const newline = lines.start(line) + lines.lengthOf(line) - 1;
    const builder = new DeltaBuilder().retain(newline).delete(1);
    if (lines.lengthOf(line) > 1) {
      const has = attributesOfLine(doc.child(line)) ?? {};
      const other = attributesOfLine(doc.child(line + 1)) ?? {};
      const gone = Object.keys(other).filter((name) => !(name in has));
      const changed = Object.entries(has).filter(([name, value]) => !equal(other[name], value));
      builder.retain(lines.lengthOf(line + 1) - 1);
      builder.retain(1, Object.fromEntries([...changed, ...gone.map((name) => [name, null])]));
    }
    this.#target.apply(builder.build(), newline);
    return true;
  }
}

const withoutKind = (has: Attributes): Attributes =>
  Object.fromEntries(KINDS.filter((kind) => kind in has).map((kind) => [kind, null]));

const withoutLineFormats = (has: Attributes): Attributes =>
  Object.fromEntries(
    Object.keys(has)
      .filter((name) => !name.startsWith("suggest-"))
      .map((name) => [name, null]),
  );

/** The mark of an attribute as typing carries it on. */
export const typingMark = (name: string, value: Json) => markFor(name, value === null ? true : value);
