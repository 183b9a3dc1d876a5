/**
 * What the toolbar and the keys do, as deltas on the selection's indexes.
 *
 * Every command is one delta, so that it is one step for the others, one operation and one item of undo.
 */

import { AllSelection, type EditorState, NodeSelection } from "prosemirror-state";
import { type Attributes, type Delta, DeltaBuilder, type Embed, equal, type Json } from "../core/delta";
import { withoutMarks } from "../core/suggestions";
import { DEFAULT_SIZES, isAllowedImage, MAX_SIZE, MIN_SIZE } from "./formats";
import type { Lines } from "./lines";
import { attributesOf, attributesOfLine, markFor, unitsOfLine } from "./schema";
import { Summary } from "./summary";
import type { HistoryName, ImageData } from "./types";

/** What commands work on; `apply` performs a delta as the user's edit, and puts the caret at an index after it. */
export interface Target {
  state(): EditorState;
  lines(): Lines;
  canEdit(): boolean;
  /** `name` is what undo calls it. */
  apply(delta: Delta, name: HistoryName, caret?: number): void;
  /** Sets what the next typed text bears. */
  setTyping(name: string, value: Json): void;
}

export const MAX_INDENT = 8;
export const KINDS = ["header", "list", "blockquote", "code-block"];

export interface Place {
  /** Index in the document. */
  index: number;
  line: number;
  /** Units from the line's beginning. */
  offset: number;
  /** Units of the line without its newline. */
  length: number;
  attributes: Attributes;
}

export class Selected {
  readonly target: Target;
  #summary: Summary | null = null;

  constructor(target: Target) {
    this.target = target;
  }

  get canEdit(): boolean {
    return this.target.canEdit();
  }

  /** Indexes of the selection's ends. */
  range(): [from: number, to: number] {
    const { selection } = this.target.state();
    const lines = this.target.lines();
    if (selection instanceof AllSelection) return [0, lines.length - 1];
    return [lines.index(selection.from), Math.min(lines.index(selection.to), lines.length - 1)];
  }

  /** Numbers of the first and last line that the selection touches. */
  lineRange(): [first: number, last: number] {
    const [from, to] = this.range();
    const lines = this.target.lines();
    const first = lines.place(from).line;
    const last = lines.place(to);
    // A selection that ends before a line's first character does not mean that line.
    return [first, last.offset === 0 && last.line > first ? last.line - 1 : last.line];
  }

  at(index: number): Place {
    const lines = this.target.lines();
    const { line, offset } = lines.place(index);
    return { index, line, offset, length: lines.lengthOf(line) - 1, attributes: this.attributesOf(line) };
  }

  /** The line's own; marks of suggestions lie on this line end and are no other's. */
  attributesOf(line: number): Attributes {
    return withoutMarks(attributesOfLine(this.target.state().doc.child(line)));
  }

  /** What the selection has, worked out once for each state. */
  summary(): Summary {
    const state = this.target.state();
    if (this.#summary?.state !== state) this.#summary = new Summary(state, this.lineRange());
    return this.#summary;
  }

  // --- formats of text

  /** Sets one attribute of the selected text, or of what is typed next. */
  format(name: string, value: Json, as: HistoryName): boolean {
    if (!this.canEdit) return false;
    const [from, to] = this.range();
    if (from === to) this.target.setTyping(name, value);
    else this.target.apply(retained(from, to - from, { [name]: value }), as);
    return true;
  }

  toggle(name: string, as: HistoryName, value: Json = true): boolean {
    return this.format(name, this.summary().has(name, value) === true ? null : value, as);
  }

  /** Makes each selected run of text larger or smaller by so many points. */
  resize(by: number, as: HistoryName): boolean {
    if (!this.canEdit) return false;
    const state = this.target.state();
    const [from, to] = this.range();
    const bounded = (size: Json | undefined, header: Json | undefined) =>
      Math.max(
        MIN_SIZE,
        Math.min(MAX_SIZE, Number(size ?? DEFAULT_SIZES[Number(header ?? 0)] ?? DEFAULT_SIZES[0]) + by),
      );
    if (from === to) {
      const size = bounded(
        this.summary().value("size") ?? undefined,
        this.attributesOf(this.lineRange()[0]).header,
      );
      this.target.setTyping("size", size);
      return true;
    }
    const lines = this.target.lines();
    const builder = new DeltaBuilder();
    let done = 0;
    state.doc.nodesBetween(lines.position(from), lines.position(to), (node, position, parent) => {
      if (!node.isText || !parent) return !node.isText;
      const start = Math.max(from, lines.index(position));
      const end = Math.min(to, lines.index(position) + node.nodeSize);
      const size = bounded(attributesOf(node.marks)?.size, attributesOfLine(parent)?.header);
      builder.retain(start - done).retain(end - start, { size });
      done = end;
      return false;
    });
    return this.#applied(builder.build(), as);
  }

  // --- formats of lines

  /** Changes the attributes of each selected line. */
  eachLine(as: HistoryName, change: (attributes: Attributes) => Attributes): boolean {
    if (!this.canEdit) return false;
    const [first, last] = this.lineRange();
    return this.changeLines(as, first, last, change);
  }

  changeLines(
    as: HistoryName,
    first: number,
    last: number,
    change: (attributes: Attributes) => Attributes,
  ): boolean {
    const builder = new DeltaBuilder().retain(this.target.lines().start(first));
    this.#appendLines(builder, first, last, change);
    return this.#applied(builder.build(), as);
  }

  #appendLines(
    builder: DeltaBuilder,
    first: number,
    last: number,
    change: (has: Attributes) => Attributes,
  ): void {
    const { doc } = this.target.state();
    for (let at = first; at <= last; at += 1) {
      const line = doc.child(at);
      const has = attributesOfLine(line) ?? {};
      const patch = Object.entries(change(has)).filter(([name, value]) => !equal(has[name] ?? null, value));
      builder.retain(unitsOfLine(line) - 1).retain(1, Object.fromEntries(patch));
    }
  }

  /** Makes the lines of one kind (heading, list, quote, code); with null, plain. */
  setKind(name: string, value: Json, as: HistoryName): boolean {
    return this.eachLine(as, (has) => ({ ...(value === null ? {} : withoutKind(has)), [name]: value }));
  }

  /** The same, but plain if all the lines are of that kind already. */
  toggleKind(name: string, value: Json, as: HistoryName): boolean {
    return this.setKind(name, this.summary().has(name, value) === true ? null : value, as);
  }

  indent(by: 1 | -1): boolean {
    return this.eachLine(by > 0 ? "indent" : "outdent", (has) => {
      const level = Math.max(0, Math.min(MAX_INDENT, Number(has.indent ?? 0) + by));
      return { indent: level === 0 ? null : level };
    });
  }

  /** Ticks the box of a checklist's line, or unticks it. */
  tick(line: number): boolean {
    if (!this.canEdit) return false;
    const list = this.attributesOf(line).list === "checked" ? "unchecked" : "checked";
    return this.changeLines("tick", line, line, () => ({ list }));
  }

  /** Ticks the selected boxes; unticks them if all are ticked. */
  tickSelected(): boolean {
    const list = this.summary().has("list", "checked") === true ? "unchecked" : "checked";
    return this.eachLine("tick", (has) => (String(has.list).endsWith("checked") ? { list } : {}));
  }

  /** Takes away all formats of the selected text, and of the lines when whole lines are selected. */
  clear(): boolean {
    if (!this.canEdit) return false;
    const [from, to] = this.range();
    const [first, last] = this.lineRange();
    const lines = this.target.lines();
    const builder = new DeltaBuilder();
    let done = from;
    builder.retain(from);
    const whole =
      from === to || (from === lines.start(first) && to >= lines.start(last) + lines.lengthOf(last) - 1);
    const state = this.target.state();
    const clearText = (end: number) => {
      state.doc.nodesBetween(lines.position(done), lines.position(end), (node, position) => {
        if (!node.isText) return true;
        const start = Math.max(done, lines.index(position));
        const stop = Math.min(end, lines.index(position) + node.nodeSize);
        builder.retain(start - done).retain(stop - start, textNulls(attributesOf(node.marks)));
        done = stop;
        return false;
      });
    };
    for (let line = first; line <= last; line += 1) {
      const newline = lines.start(line) + lines.lengthOf(line) - 1;
      if (from !== to && done < Math.min(to, newline)) clearText(Math.min(to, newline));
      const nulls = whole ? lineNulls(this.attributesOf(line)) : {};
      if (Object.keys(nulls).length === 0 || newline < done) continue;
      builder.retain(newline - done).retain(1, nulls);
      done = newline + 1;
    }
    return this.#applied(builder.build(), "clear");
  }

  // --- what is put in

  /** Puts an embed on a line of its own. */
  block(embed: { divider: true } | { "page-break": true }): boolean {
    if (!this.canEdit) return false;
    const [from, to] = this.range();
    const { offset, attributes } = this.at(from);
    const builder = new DeltaBuilder().retain(from);
    if (offset > 0) builder.insert("\n", attributes);
    const delta = builder
      .insert(embed)
      .insert("\n")
      .delete(to - from)
      .build();
    const name = "divider" in embed ? "divider" : "page-break";
    this.target.apply(delta, name, from + (offset > 0 ? 3 : 2));
    return true;
  }

  /** Puts an image in place of the selection. */
  image({ src, ...format }: ImageData): boolean {
    if (!this.canEdit || !isAllowedImage(format)) return false;
    const [from, to] = this.range();
    const builder = new DeltaBuilder().retain(from).insert({ image: src }, withoutNulls(format));
    this.target.apply(builder.delete(to - from).build(), "image", from + 1);
    return true;
  }

  /** The image that is selected. */
  selectedImage(): { index: number; src: string; format: Attributes; line: number } | null {
    const { selection } = this.target.state();
    if (!(selection instanceof NodeSelection)) return null;
    const { image } = (selection.node.attrs.value ?? {}) as Embed;
    if (typeof image !== "string") return null;
    const index = this.target.lines().index(selection.from);
    return {
      index,
      src: image,
      format: attributesOf(selection.node.marks) ?? {},
      line: this.at(index).line,
    };
  }

  setImage(change: Omit<ImageData, "src">): boolean {
    const image = this.selectedImage();
    if (!this.canEdit || !image || !isAllowedImage(change)) return false;
    const patch = Object.entries(change).filter(([name, value]) => (image.format[name] ?? null) !== value);
    return this.#applied(retained(image.index, 1, Object.fromEntries(patch) as Attributes), "image");
  }

  #applied(delta: Delta, as: HistoryName): boolean {
    if (!delta.isEmpty) this.target.apply(delta, as);
    return !delta.isEmpty;
  }
}

const retained = (from: number, length: number, attributes: Attributes): Delta =>
  new DeltaBuilder().retain(from).retain(length, attributes).build();

const withoutNulls = (format: object): Attributes =>
  Object.fromEntries(Object.entries(format).filter(([, value]) => value !== null)) as Attributes;

export const withoutKind = (has: Attributes): Attributes =>
  Object.fromEntries(KINDS.filter((kind) => kind in has).map((kind) => [kind, null]));

const nulls = (has: Attributes | undefined, keep: (name: string) => boolean): Attributes =>
  Object.fromEntries(
    Object.keys(has ?? {})
      .filter((name) => !keep(name))
      .map((name) => [name, null]),
  );
const lineNulls = (has: Attributes): Attributes => nulls(has, (name) => name.startsWith("suggest-"));
const textNulls = (has: Attributes | undefined): Attributes =>
  nulls(has, (name) => name.startsWith("suggest-") || name === "link");

/** The mark of an attribute as typing carries it on. */
export const typingMark = (name: string, value: Json) => markFor(name, value === null ? true : value);
