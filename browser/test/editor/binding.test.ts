import fc from "fast-check";
import { EditorState, TextSelection } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { Delta, type Op } from "../../src/core/delta";
import { Binding } from "../../src/editor/binding";
import { toContent, toDocument } from "../../src/editor/schema";
import { runCase } from "./fuzz";

function opened(...ops: Op[]) {
  const doc = toDocument(new Delta(ops));
  return { state: EditorState.create({ doc }), binding: new Binding(doc) };
}

describe("both ways, fuzzed", () => {
  it("4,000 random documents, edits and remote changes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => runCase(seed)),
      { numRuns: 4000, seed: 20261120 },
    );
  });
});

describe("reading", () => {
  it("says where a repeated character was typed", () => {
    const { state, binding } = opened({ insert: "aaa\n" });
    expect(binding.read(state.tr.insertText("a", 3)).delta.ops).toEqual([{ retain: 2 }, { insert: "a" }]);
  });

  it("a split gives the first half the line's attributes", () => {
    const { state, binding } = opened({ insert: "ab" }, { insert: "\n", attributes: { header: 1 } });
    const { delta, inverse } = binding.read(state.tr.split(2));
    expect(delta.ops).toEqual([{ retain: 1 }, { insert: "\n", attributes: { header: 1 } }]);
    expect(inverse.ops).toEqual([{ retain: 1 }, { delete: 1 }]);
  });

  it("a join keeps the first line's attributes, on the newline that stays", () => {
    const { state, binding } = opened(
      { insert: "a" },
      { insert: "\n", attributes: { header: 1 } },
      { insert: "b\n" },
    );
    const { delta } = binding.read(state.tr.join(3));
    expect(delta.ops).toEqual([
      { retain: 1 },
      { delete: 1 },
      { retain: 1 },
      { retain: 1, attributes: { header: 1 } },
    ]);
  });

  it("the last line taken away leaves the final newline", () => {
    const { state, binding } = opened({ insert: "a\nb" }, { insert: "\n", attributes: { header: 1 } });
    const { delta } = binding.read(state.tr.delete(3, 6));
    expect(delta.ops).toEqual([{ retain: 1 }, { delete: 2 }, { retain: 1, attributes: { header: null } }]);
  });
});

describe("writing", () => {
  it("text before a new newline takes its attributes", () => {
    const { state, binding } = opened({ insert: "ab" }, { insert: "\n", attributes: { list: "bullet" } });
    const change = Delta.from([{ retain: 1 }, { insert: "\n", attributes: { header: 2 } }]);
    const { doc } = binding.write(state.tr, change);
    expect(doc.child(0).attrs.attributes).toEqual({ header: 2 });
    expect(doc.child(1).attrs.attributes).toEqual({ list: "bullet" });
  });

  it("the caret stays on its characters, and left of what others insert at it", () => {
    const { state, binding } = opened({ insert: "hello world\n" });
    const at = (index: number) => state.tr.setSelection(TextSelection.create(state.doc, index + 1));
    const caretAfter = (index: number, ops: Op[]) => {
      const fresh = new Binding(state.doc);
      const tr = fresh.write(at(index), Delta.from(ops));
      return fresh.lines.index(tr.selection.head);
    };
    expect(caretAfter(6, [{ insert: "oh, " }])).toBe(10);
    expect(caretAfter(6, [{ retain: 6 }, { insert: "big " }])).toBe(6);
    expect(caretAfter(6, [{ retain: 2 }, { delete: 6 }])).toBe(2);
    expect(caretAfter(6, [{ insert: "new line\n" }])).toBe(15);
    expect(binding.lines.count).toBe(1);
  });

  it("a keystroke in 20,000 lines replaces one line's node only", () => {
    const { state, binding } = opened({ insert: "some text\n".repeat(20000) });
    const change = Delta.from([{ retain: 100_003 }, { insert: "x" }]);
    const { doc } = binding.write(state.tr, change);
    let changed = 0;
    for (let line = 0; line < doc.childCount; line += 1)
      if (doc.child(line) !== state.doc.child(line)) changed += 1;
    expect(changed).toBe(1);
    expect(binding.lines.place(100_004)).toEqual({ line: 10_000, offset: 4 });
  });

  it("formats 20,000 lines, and pastes and deletes a million characters", () => {
    const text = "some text of a line that is fifty characters wide.\n".repeat(20000);
    const { state, binding } = opened({ insert: "\n" });
    const tr = binding.write(state.tr, Delta.from([{ insert: text }]));
    expect(tr.doc.childCount).toBe(20001);
    const next = EditorState.create({ doc: tr.doc });
    const bold = Delta.from([{ retain: text.length, attributes: { bold: true, header: 2 } }]);
    const formatted = binding.write(next.tr, bold);
    expect(toContent(formatted.doc).slice(0, 1).ops).toEqual([
      { insert: "s", attributes: { bold: true, header: 2 } },
    ]);
    expect(formatted.doc.child(19_999).attrs.attributes).toEqual({ bold: true, header: 2 });
    const last = EditorState.create({ doc: formatted.doc });
    const { delta, inverse } = binding.read(last.tr.delete(1, last.doc.content.size - 1));
    expect(delta.changeLength).toBe(-text.length);
    expect(inverse.changeLength).toBe(text.length);
    expect(binding.lines.count).toBe(1);
  });
});
