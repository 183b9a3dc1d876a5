/**
 * One random case of the binding: a document, the user's transactions, someone's concurrent change.
 *
 * Runs without a DOM, and in Chromium with a real view.  The same seed gives the same case.
 */

import { Fragment, type Node, Slice } from "prosemirror-model";
import { EditorState, NodeSelection, TextSelection, type Transaction } from "prosemirror-state";
import { Delta, DeltaBuilder, type Embed, isNormal, type Json } from "../../src/core/delta";
import { Binding, measured } from "../../src/editor/binding";
import { markFor, schema, toContent, toDocument } from "../../src/editor/schema";

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A fraction 0 … 1 (mulberry32). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from 0 to below `n`. */
  below(n: number): number {
    return Math.floor(this.fraction() * n);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const TEXTS = ["a", "b", "ab", "aa", "word ", "é", "漢字", "😀", "\u{1f469}\u200d\u{1f4bb}"];
const EMBEDS: Embed[] = [{ divider: true }, { image: "/api/v1/images/x" }, { "page-break": true }];
const INLINE: [string, Json][] = [
  ["bold", true],
  ["italic", true],
  ["color", "#112233"],
  ["color", "#445566"],
  ["link", "https://a.example/"],
  ["suggest-insert", "u1.x"],
  ["suggest-delete:u1.x", true],
  ["suggest-format:u2.y", { bold: true }],
  ["suggest-format:u2.y", { bold: null, italic: true }],
  ["unknown", 7],
];
const LINE: [string, Json][] = [
  ["header", 1],
  ["header", 2],
  ["list", "bullet"],
  ["indent", 1],
  ["align", "center"],
  ["bold", true],
];

function formats(chance: Chance, from: [string, Json][], nulls = false) {
  if (chance.fraction() < 0.5) return undefined;
  const map: Record<string, Json> = {};
  for (let n = 1 + chance.below(2); n > 0; n -= 1) {
    const [name, value] = chance.of(from);
    map[name] = nulls && chance.fraction() < 0.4 ? null : value;
  }
  return map;
}

export function randomContent(chance: Chance, most = 6): Delta {
  const builder = new DeltaBuilder();
  for (let line = chance.below(most) + 1; line > 0; line -= 1) {
    for (let run = chance.below(4); run > 0; run -= 1) {
      const piece = chance.fraction() < 0.15 ? chance.of(EMBEDS) : chance.of(TEXTS);
      builder.insert(piece, formats(chance, INLINE));
    }
    builder.insert("\n", formats(chance, LINE));
  }
  return builder.build();
}

/** A delta as a server may send it for `base`: fits, cuts no pair, leaves the final newline. */
export function randomDelta(chance: Chance, base: Delta): Delta {
  const text = base.text();
  const builder = new DeltaBuilder();
  let index = 0;
  for (let n = 1 + chance.below(chance.fraction() < 0.02 ? 150 : 5); n > 0; n -= 1) {
    const kind = chance.below(4);
    if (kind === 0) {
      const insert =
        chance.fraction() < 0.2 ? chance.of(EMBEDS) : chance.of([...TEXTS, "\n", "\n", "x\ny\nz"]);
      builder.insert(insert, insert === "\n" ? formats(chance, LINE) : formats(chance, INLINE));
      continue;
    }
    let end = Math.min(index + 1 + chance.below(6), text.length - 1);
    if ((text.charCodeAt(end) & 0xfc00) === 0xdc00 && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800)
      end += 1;
    if (kind === 1) builder.delete(end - index);
    else if (kind === 2) builder.retain(end - index);
    else builder.retain(end - index, formats(chance, chance.of([INLINE, LINE]), true));
    index = end;
  }
  return builder.build();
}

/** A place in the text that cuts no surrogate pair. */
function randomPosition(chance: Chance, doc: Node): number {
  const $position = doc.resolve(TextSelection.near(doc.resolve(chance.below(doc.content.size + 1))).from);
  const before = $position.nodeBefore?.text ?? "";
  const inPair = $position.textOffset > 0 && (before.charCodeAt(before.length - 1) & 0xfc00) === 0xd800;
  return inPair ? $position.pos + 1 : $position.pos;
}

function randomRange(chance: Chance, doc: Node): [number, number] {
  const from = randomPosition(chance, doc);
  const to = chance.fraction() < 0.3 ? from : randomPosition(chance, doc);
  return from < to ? [from, to] : [to, from];
}

type Action = (tr: Transaction, chance: Chance) => void;

const lineStart = (doc: Node, line: number) => {
  let position = 0;
  for (let at = 0; at < line; at += 1) position += doc.child(at).nodeSize;
  return position;
};

const ACTIONS: Record<string, Action> = {
  type: (tr, chance) => void tr.insertText(chance.of(TEXTS), ...randomRange(chance, tr.doc)),
  delete: (tr, chance) => void tr.delete(...randomRange(chance, tr.doc)),
  split: (tr, chance) => void tr.split(randomPosition(chance, tr.doc)),
  join: (tr, chance) => {
    if (tr.doc.childCount > 1) tr.join(lineStart(tr.doc, 1 + chance.below(tr.doc.childCount - 1)));
  },
  mark: (tr, chance) => {
    const [from, to] = randomRange(chance, tr.doc);
    // ProseMirror lets marks of one family stand twice with one id; our own commands never do.
    tr.addMark(from, to, markFor(...chance.of(INLINE.slice(0, 7))));
  },
  unmark: (tr, chance) => void tr.removeMark(...randomRange(chance, tr.doc)),
  line: (tr, chance) => {
    const attributes = formats(chance, LINE) ?? null;
    tr.setNodeAttribute(lineStart(tr.doc, chance.below(tr.doc.childCount)), "attributes", attributes);
  },
  markup: (tr, chance) => {
    const attributes = formats(chance, LINE) ?? null;
    tr.setNodeMarkup(lineStart(tr.doc, chance.below(tr.doc.childCount)), null, { attributes });
  },
  paste: (tr, chance) => {
    const from = toDocument(randomContent(chance, 4));
    tr.setSelection(TextSelection.create(tr.doc, ...randomRange(chance, tr.doc)));
    tr.replaceSelection(from.slice(...randomRange(chance, from)));
  },
  pasteLines: (tr, chance) => {
    const lines = toDocument(randomContent(chance, 3)).content;
    const [a, b] = [chance.below(tr.doc.childCount + 1), chance.below(tr.doc.childCount + 1)].sort(
      (x, y) => x - y,
    );
    tr.replace(lineStart(tr.doc, a as number), lineStart(tr.doc, b as number), new Slice(lines, 0, 0));
  },
  deleteLines: (tr, chance) => {
    const count = tr.doc.childCount;
    const [a, b] = [chance.below(count + 1), chance.below(count + 1)].sort((x, y) => x - y) as [
      number,
      number,
    ];
    if (b - a < count) tr.delete(lineStart(tr.doc, a), lineStart(tr.doc, b));
  },
  embed: (tr, chance) => {
    const node = schema.node("embed", { value: chance.of(EMBEDS) });
    tr.setSelection(TextSelection.create(tr.doc, ...randomRange(chance, tr.doc)));
    tr.replaceSelectionWith(node, chance.fraction() < 0.5);
  },
  removeEmbed: (tr) => {
    let found = -1;
    tr.doc.descendants((node, position) => {
      if (node.type.name === "embed") found = position;
    });
    if (found >= 0) tr.setSelection(NodeSelection.create(tr.doc, found)).deleteSelection();
  },
  all: (tr, chance) => {
    const fragment =
      chance.fraction() < 0.5
        ? Fragment.from(schema.node("line"))
        : toDocument(randomContent(chance)).content;
    tr.replaceWith(0, tr.doc.content.size, fragment);
  },
};

export function randomTransaction(chance: Chance, tr: Transaction): string[] {
  const names: string[] = [];
  const many = chance.fraction() < 0.02;
  for (let n = many ? 120 : 1 + chance.below(2); n > 0; n -= 1) {
    const name = chance.of(many ? ["type", "line", "split", "delete"] : Object.keys(ACTIONS));
    names.push(name);
    (ACTIONS[name] as Action)(tr, chance);
  }
  return names;
}

/** What performs a transaction and gives the document that came of it. */
export interface Stage {
  state(): EditorState;
  dispatch(tr: Transaction): void;
}

export function stateStage(doc: Node): Stage {
  let state = EditorState.create({ doc });
  return {
    state: () => state,
    dispatch: (tr) => {
      state = state.apply(tr);
    },
  };
}

function demand(holds: boolean, what: string, details: () => unknown): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(details())}`);
}

function leavesFinalNewline(delta: Delta, length: number): boolean {
  let index = 0;
  for (const op of delta.ops) {
    if ("insert" in op ? index >= length : "delete" in op && index + op.delete >= length) return false;
    if ("retain" in op) index += op.retain;
    else if ("delete" in op) index += op.delete;
  }
  return index <= length;
}

function inStep(binding: Binding, doc: Node): void {
  doc.check();
  const fresh = measured(doc);
  demand(
    binding.lines.count === fresh.count && binding.lines.length === fresh.length,
    "lines fell out of step",
    () => [binding.lines.count, fresh.count],
  );
  for (let line = 0; line < fresh.count; line += 1) {
    demand(binding.lines.lengthOf(line) === fresh.lengthOf(line), "a line's length", () => line);
  }
}

/** Throws when anything is not as it must be. */
export function runCase(seed: number, stageFor: (doc: Node) => Stage = stateStage): void {
  const chance = new Chance(seed);
  const base = randomContent(chance);
  const stage = stageFor(toDocument(base));
  const binding = new Binding(stage.state().doc);
  demand(toContent(stage.state().doc).equals(base), "content → document → content", () => base.ops);

  let pending = new Delta();
  for (let n = 1 + chance.below(3); n > 0; n -= 1) {
    const before = toContent(stage.state().doc);
    const tr = stage.state().tr;
    const names = randomTransaction(chance, tr);
    const { delta, inverse } = binding.read(tr);
    stage.dispatch(tr);
    const after = toContent(stage.state().doc);
    const told = () => ({ seed, names, before: before.ops, delta: delta.ops, after: after.ops });
    demand(before.compose(delta).equals(after), "an edit's delta gives another content", told);
    demand(after.compose(inverse).equals(before), "its inverse does not take it back", told);
    demand(isNormal(delta.ops), "not in normal form", told);
    demand(leavesFinalNewline(delta, before.length), "touches the final newline", told);
    inStep(binding, stage.state().doc);
    pending = pending.compose(delta);
  }

  const remote = randomDelta(chance, base);
  const mine = base.compose(pending);
  const shown = remote.transformBefore(pending);
  stage.dispatch(binding.write(stage.state().tr, shown));
  const here = toContent(stage.state().doc);
  const there = base.compose(remote).compose(pending.transformAfter(remote));
  const told = () => ({ seed, mine: mine.ops, shown: shown.ops, here: here.ops, there: there.ops });
  demand(here.equals(mine.compose(shown)), "a change's steps give another content", told);
  demand(here.equals(there), "the two sides differ", told);
  inStep(binding, stage.state().doc);
}
