/**
 * Between ProseMirror's transactions and deltas, both ways, at the cost of what changed.
 *
 * `read` turns the steps of a transaction into a delta (and its inverse) from their ranges, `write` turns a delta into
 * minimal steps, so that the caret and a word being typed beside a remote change survive.  Both keep `lines` in step
 * with the document; every document that the view shows has passed here.
 *
 * A line's newline is its closing token.  Two rules follow: where a step leaves the newline but changes the node that
 * it closes (a join keeps the first line's node), the newline's attributes change; and a step may take the last line
 * away, while a delta never touches the final newline: then the newline before it goes in its place.
 */

import { Fragment, type Node, Slice } from "prosemirror-model";
import { TextSelection, type Transaction } from "prosemirror-state";
import { AddMarkStep, AttrStep, RemoveMarkStep, ReplaceStep, type Step } from "prosemirror-transform";
import { attributeDifference, composeAttributes } from "../core/attributes";
import {
  type Attributes,
  Delta,
  DeltaBuilder,
  equal,
  type Insert,
  type Json,
  lengthOf,
  type Op,
} from "../core/delta";
import { Lines } from "./lines";
import {
  attributeOf,
  attributesOfLine,
  lineAttributes,
  markFor,
  readLine,
  toLines,
  unitsOfLine,
} from "./schema";

/** More steps or ops than this are taken as one change of all lines that they touch. */
const MANY = 100;

export interface Edit {
  delta: Delta;
  /** What takes it back. */
  inverse: Delta;
}

export class Binding {
  lines: Lines;

  constructor(doc: Node) {
    this.lines = measured(doc);
  }

  /** The units of `doc`, which `lines` describes, from `start` to `end`. */
  slice(doc: Node, start: number, end: number): Delta {
    const builder = new DeltaBuilder();
    const { line, offset } = this.lines.place(start);
    let from = offset;
    let left = end - start;
    for (let at = line; left > 0 && at < doc.childCount; at += 1) {
      const node = doc.child(at);
      const to = Math.min(unitsOfLine(node), from + left);
      readLine(builder, node, from, to);
      left -= to - from;
      from = 0;
    }
    return builder.build();
  }

  // --- from the view

  /** What a transaction did; call it once for each that reaches the view. */
  read(tr: Transaction): Edit {
    if (tr.steps.length > MANY) return this.#readWhole(tr.before, tr.doc);
    let delta = new Delta();
    let inverse = new Delta();
    for (const [at, step] of tr.steps.entries()) {
      const before = tr.docs[at] as Node;
      const after = tr.docs[at + 1] ?? tr.doc;
      const edit = this.#readStep(step, before, after);
      delta = delta.compose(edit.delta);
      inverse = edit.inverse.compose(inverse);
    }
    return { delta, inverse };
  }

  #readStep(step: Step, before: Node, after: Node): Edit {
    if (step instanceof AddMarkStep || step instanceof RemoveMarkStep) {
      const first = this.lines.tokenPlace(step.from).line;
      const last = Math.min(this.lines.tokenPlace(step.to).line, before.childCount - 1);
      return this.#readLines(before, after, first, last - first + 1, last - first + 1);
    }
    if (!(step instanceof ReplaceStep)) return this.#readWhole(before, after);
    const range = rangeOf(step);
    if (!range) return { delta: new Delta(), inverse: new Delta() };
    const delta = this.#readReplace(before, after, range);
    const inverse = delta.invert({ slice: (start, end) => this.slice(before, start, end) });
    this.#follow(before, after, range);
    return { delta, inverse };
  }

  #readReplace(before: Node, after: Node, range: Range): Delta {
    const start = this.lines.index(range.from);
    const end = this.lines.index(range.to);
    const inserted = this.#inserted(after, range);
    const builder = new DeltaBuilder();
    if (end === this.lines.length && (start === end || inserted.isEmpty)) {
      if (start !== end || !inserted.isEmpty) this.#readAtEnd(builder, before, start, end, inserted);
      return builder.build();
    }
    builder.retain(start);
    if (start === end) builder.append(inserted);
    else if (inserted.isEmpty) builder.delete(end - start);
    else appendDifference(builder, this.slice(before, start, end), inserted);
    this.#readStraddled(builder, before, after, range.to, end);
    return builder.build();
  }

  /** What stands in `after` where the range was. */
  #inserted(after: Node, range: Range): Delta {
    const builder = new DeltaBuilder();
    let line = this.lines.tokenPlace(range.from).line;
    let inside = this.lines.start(line) + line + 1;
    for (; line < after.childCount && inside <= range.newTo; line += 1) {
      const node = after.child(line);
      readLine(
        builder,
        node,
        Math.max(0, range.from - inside),
        Math.min(unitsOfLine(node), range.newTo - inside),
      );
      inside += node.nodeSize;
    }
    return builder.build();
  }

  /** Lines put behind the last one, or the last ones taken away: said without touching the final newline. */
  #readAtEnd(builder: DeltaBuilder, before: Node, start: number, end: number, inserted: Delta): void {
    const final = attributesOfLine(before.child(before.childCount - 1));
    if (inserted.isEmpty) {
      const kept = attributesOfLine(before.child(this.lines.place(start - 1).line));
      builder.retain(start - 1).delete(end - start);
      builder.retain(1, attributeDifference(final, kept));
      return;
    }
    const length = inserted.length;
    const last = inserted.slice(length - 1, length).ops[0] as Insert;
    builder
      .retain(end - 1)
      .insert("\n", final)
      .append(inserted.slice(0, length - 1));
    builder.retain(1, attributeDifference(final, last.attributes));
  }

  /** The newline behind the range, if the node that it closes became another. */
  #readStraddled(builder: DeltaBuilder, before: Node, after: Node, position: number, index: number): void {
    const { line, offset } = this.lines.tokenPlace(position);
    if (offset === 0) return;
    const was = before.child(line);
    const is = after.child(line + after.childCount - before.childCount);
    const change = attributeDifference(attributesOfLine(was), attributesOfLine(is));
    if (change) builder.retain(this.lines.start(line) + unitsOfLine(was) - 1 - index).retain(1, change);
  }

  /** By comparing the lines that are not the same nodes: for rare steps, and the oracle of the tests. */
  #readWhole(before: Node, after: Node): Edit {
    const shorter = Math.min(before.childCount, after.childCount);
    let first = 0;
    while (first < shorter && before.child(first) === after.child(first)) first += 1;
    let same = 0;
    const fromEnd = (doc: Node) => doc.child(doc.childCount - 1 - same);
    while (same < shorter - first && fromEnd(before) === fromEnd(after)) same += 1;
    // With the line behind, so that both sides end with a newline that stays.
    const kept = same > 0 ? same - 1 : 0;
    return this.#readLines(
      before,
      after,
      first,
      before.childCount - kept - first,
      after.childCount - kept - first,
    );
  }

  #readLines(before: Node, after: Node, first: number, removed: number, added: number): Edit {
    const was = new DeltaBuilder();
    const is = new DeltaBuilder();
    for (let at = first; at < first + removed; at += 1) readLine(was, before.child(at));
    for (let at = first; at < first + added; at += 1) readLine(is, after.child(at));
    const builder = new DeltaBuilder().retain(this.lines.start(first));
    appendDifference(builder, was.build(), is.build());
    const delta = builder.build();
    const inverse = delta.invert({ slice: (start, end) => this.slice(before, start, end) });
    this.#splice(after, first, removed, added);
    return { delta, inverse };
  }

  // --- to the view

  /** Adds to a transaction, which has no steps yet, what makes its document have `delta`; keeps the selection. */
  write(tr: Transaction, delta: Delta): Transaction {
    const selection = this.#selection(tr);
    if (delta.ops.length > MANY) this.#writeWhole(tr, delta);
    else this.#writeOps(tr, delta);
    if (selection && tr.docChanged) {
      const [anchor, head] = selection.map((index) =>
        this.#textPosition(delta.transformIndex(index, "left")),
      );
      if (tr.selection.anchor !== anchor || tr.selection.head !== head) {
        tr.setSelection(TextSelection.create(tr.doc, anchor as number, head as number));
      }
    }
    return tr;
  }

  #textPosition(index: number): number {
    return this.lines.position(Math.min(index, this.lines.length - 1));
  }

  /** Anchor and head as indexes; null for a selection of a node, which maps itself. */
  #selection(tr: Transaction): [number, number] | null {
    const { selection } = tr;
    if (!(selection instanceof TextSelection)) return null;
    return [this.lines.index(selection.anchor), this.lines.index(selection.head)];
  }

  #writeOps(tr: Transaction, delta: Delta): void {
    let index = 0;
    for (const op of delta.ops) {
      if ("delete" in op) {
        this.#writeDelete(tr, index, index + op.delete);
        continue;
      }
      if ("insert" in op) this.#writeInsert(tr, index, op);
      else if (op.attributes) this.#writeFormat(tr, index, index + op.retain, op.attributes);
      index += lengthOf(op);
    }
  }

  #writeInsert(tr: Transaction, index: number, op: Insert): void {
    const { lines, open } = toLines(new Delta([op]));
    const { line } = this.lines.place(index);
    const position = this.lines.position(index);
    if (lines.length === 0) {
      this.#step(tr, new ReplaceStep(position, position, new Slice(Fragment.from(open), 0, 0)));
      return;
    }
    const node = tr.doc.child(line);
    // What stood behind the place keeps its line's attributes; what stood before takes those of the new newline.
    const content = Fragment.from([...lines, node.type.create(node.attrs, open)]);
    this.#step(tr, new ReplaceStep(position, position, new Slice(content, 1, 1)));
    this.#writeLine(tr, line, op.attributes);
  }

  #writeDelete(tr: Transaction, start: number, end: number): void {
    const from = this.lines.place(start);
    const to = this.lines.place(end);
    if (from.line !== to.line && from.offset === 0 && to.offset === 0) {
      this.#step(tr, new ReplaceStep(start + from.line, end + to.line, Slice.empty));
      return;
    }
    const attributes = attributesOfLine(tr.doc.child(to.line));
    this.#step(tr, new ReplaceStep(this.lines.position(start), this.lines.position(end), Slice.empty));
    if (from.line !== to.line) this.#writeLine(tr, from.line, attributes);
  }

  #writeFormat(tr: Transaction, start: number, end: number, attributes: Attributes): void {
    const from = this.lines.position(start);
    const to = this.lines.position(end - 1) + 1;
    const first = this.lines.place(start).line;
    const last = this.lines.place(end).line;
    for (const name in attributes) writeMark(tr, from, to, name, attributes[name] as Json);
    // Lines from first to last - 1 have their newline in the range.
    if (last - first > MANY) {
      const nodes: Node[] = [];
      for (let at = first; at < last; at += 1) {
        const node = tr.doc.child(at);
        const composed = composeAttributes(attributesOfLine(node), attributes, false);
        nodes.push(node.type.create(lineAttributes(composed), node.content));
      }
      const [begin, stop] = [first, last].map((line) => this.lines.start(line) + line) as [number, number];
      tr.step(new ReplaceStep(begin, stop, new Slice(Fragment.from(nodes), 0, 0)));
      return;
    }
    for (let at = first; at < last; at += 1) {
      this.#writeLine(tr, at, composeAttributes(attributesOfLine(tr.doc.child(at)), attributes, false));
    }
  }

  #writeLine(tr: Transaction, line: number, attributes: Attributes | undefined): void {
    if (equal(attributesOfLine(tr.doc.child(line)), attributes)) return;
    const position = this.lines.start(line) + line;
    tr.step(new AttrStep(position, "attributes", lineAttributes(attributes).attributes));
  }

  /** Puts new lines in place of all from the first to the last that the delta touches. */
  #writeWhole(tr: Transaction, delta: Delta): void {
    const opening = delta.ops[0] as Op;
    const touched = "retain" in opening && !opening.attributes ? opening.retain : 0;
    const first = this.lines.place(touched).line;
    const last = Math.min(this.lines.place(delta.baseLength).line, tr.doc.childCount - 1);
    const [start, end] = [this.lines.start(first), this.lines.start(last + 1)];
    const content = this.slice(tr.doc, start, end).compose(delta.slice(start));
    const slice = new Slice(Fragment.from(toLines(content).lines), 0, 0);
    this.#step(tr, new ReplaceStep(start + first, end + last + 1, slice));
  }

  #step(tr: Transaction, step: ReplaceStep): void {
    const before = tr.doc;
    tr.step(step);
    const range = rangeOf(step);
    if (range) this.#follow(before, tr.doc, range);
  }

  // --- lines

  #follow(before: Node, after: Node, range: Range): void {
    const first = this.lines.tokenPlace(range.from).line;
    const to = this.lines.tokenPlace(range.to);
    const removed = to.line - first + (to.offset > 0 ? 1 : 0);
    this.#splice(after, first, removed, removed + after.childCount - before.childCount);
  }

  #splice(after: Node, first: number, removed: number, added: number): void {
    const lengths: number[] = [];
    for (let at = first; at < first + added; at += 1) lengths.push(unitsOfLine(after.child(at)));
    this.lines.splice(first, removed, lengths);
  }
}

interface Range {
  from: number;
  to: number;
  newTo: number;
}

/** The one range that a step replaces; null when it replaces nothing. */
function rangeOf(step: ReplaceStep): Range | null {
  let range: Range | null = null;
  step.getMap().forEach((from, to, _newFrom, newTo) => {
    range = { from, to, newTo };
  });
  return range;
}

export function measured(doc: Node): Lines {
  const lengths: number[] = [];
  doc.forEach((line) => {
    lengths.push(unitsOfLine(line));
  });
  return new Lines(lengths);
}

function appendDifference(builder: DeltaBuilder, was: Delta, is: Delta): void {
  const difference = was.diff(is);
  builder.append(difference).retain(was.length - difference.baseLength);
}

/** Sets or takes away one attribute of text and embeds. */
function writeMark(tr: Transaction, from: number, to: number, name: string, value: Json): void {
  const wanted = value === null ? null : markFor(name, value);
  const others = new Set<string>();
  let inline = false;
  tr.doc.nodesBetween(from, to, (node) => {
    if (!node.isInline) return true;
    inline = true;
    for (const mark of node.marks) {
      const [present, its] = attributeOf(mark);
      const key = JSON.stringify(its);
      if (present !== name || wanted?.eq(mark) || others.has(key)) continue;
      others.add(key);
      tr.step(new RemoveMarkStep(from, to, mark));
    }
    return false;
  });
  if (wanted && inline) tr.step(new AddMarkStep(from, to, wanted));
}
