/** Edits made suggestions, on a state without a view: what the view did is put right, and what touches belongs together. */

import fc from "fast-check";
import { TextSelection } from "prosemirror-state";
import { expect, it } from "vitest";
import { Delta, DeltaBuilder, type Op } from "../../src/core/delta";
import { accepted, findSuggestions, idsIn, rejected } from "../../src/core/suggestions";
import { caretIn, Suggesting, takenAway } from "../../src/editor/suggesting";
import { Desk } from "./desk";

const random = () => {
  let count = 0;
  return () => String(++count).padStart(22, "0");
};

class Table extends Desk {
  readonly suggesting = new Suggesting(() => "ada", random());

  #content = { slice: (start: number, end: number) => this.binding.slice(this.state.doc, start, end) };

  /** A transaction of the view, as the editor takes it. */
  view(edit: (desk: Desk) => typeof this.state.tr): Delta {
    const tr = edit(this);
    const plain = this.binding.read(tr);
    this.state = this.state.apply(tr);
    const made = this.suggesting.ofView(plain, this.#content, this.binding.lines.length);
    this.state = this.state.apply(this.binding.write(this.state.tr, made.correction));
    return made.delta;
  }

  /** A command, with the caret behind it. */
  command(edit: Delta, caret: number): this {
    const delta = this.suggesting.ofCommand(edit, this.#content, this.binding.lines.length);
    this.state = this.state.apply(this.binding.write(this.state.tr, delta));
    return this.select(caretIn(delta, edit, caret));
  }

  typed(text: string): this {
    for (const letter of text) this.view(() => this.state.tr.insertText(letter));
    return this;
  }

  erased(from: number, to: number): this {
    this.view(() => {
      const { lines } = this.binding;
      return this.state.tr.delete(lines.position(from), lines.position(to));
    });
    return this;
  }

  get content(): Delta {
    return new Delta(this.ops);
  }
}

const TEXT: Op[] = [{ insert: "The colour of it\n" }];

it("typing is one suggestion", () => {
  const desk = new Table(...TEXT).select(4) as Table;
  desk.typed("new ");
  expect(rejected(desk.content).ops).toEqual(TEXT);
  expect(accepted(desk.content).text()).toBe("The new colour of it\n");
  expect(findSuggestions(desk.content)).toMatchObject([{ kind: "insert", inserted: "new ", index: 4 }]);
  expect(desk.caret).toBe(8);
});

it("a deletion is marked, and the caret stands before it", () => {
  const desk = new Table(...TEXT).select(10) as Table;
  desk.erased(9, 10).erased(8, 9);
  expect(findSuggestions(desk.content)).toMatchObject([{ kind: "delete", deleted: "ur" }]);
  expect(desk.caret).toBe(8);
});

it("a replacement is one suggestion, the new text behind the old", () => {
  const desk = new Table(...TEXT).command(
    new DeltaBuilder().retain(4).insert("c").delete(6).build(),
    5,
  ) as Table;
  desk.typed("olor");
  expect(desk.text).toBe("The colourcolor of it\n");
  expect(findSuggestions(desk.content)).toMatchObject([
    { kind: "replace", deleted: "colour", inserted: "color" },
  ]);
  expect(desk.caret).toBe(15);
});

it("one's own suggested text goes when it is deleted", () => {
  const desk = new Table(...TEXT).select(4) as Table;
  desk.typed("new ").erased(6, 8);
  expect(desk.text).toBe("The necolour of it\n");
  desk.erased(4, 6);
  expect(desk.ops).toEqual(TEXT);
});

it("a suggested join and a suggested split leave the lines as they are", () => {
  const lines: Op[] = [{ insert: "one" }, { insert: "\n", attributes: { header: 1 } }, { insert: "two\n" }];
  const desk = new Table(...lines);
  desk.erased(3, 4);
  expect(rejected(desk.content).ops).toEqual(lines);
  expect(accepted(desk.content).text()).toBe("onetwo\n");
  expect(desk.state.doc.childCount).toBe(2);
  const split = new Table(...lines).select(1) as Table;
  split.view(() => split.state.tr.split(split.state.selection.from));
  expect(rejected(split.content).ops).toEqual(lines);
  expect(accepted(split.content).text()).toBe("o\nne\ntwo\n");
});

it("what is apart is a suggestion of its own", () => {
  const desk = new Table(...TEXT).select(4) as Table;
  desk.typed("a");
  (desk.select(15) as Table).typed("b");
  expect(findSuggestions(desk.content)).toHaveLength(2);
});

it("another person's suggestion is not carried on", () => {
  const desk = new Table(
    { insert: "x", attributes: { "suggest-insert": `bob.${"1".repeat(22)}` } },
    { insert: "\n" },
  ).select(1) as Table;
  desk.typed("y");
  expect([...idsIn(desk.content)]).toHaveLength(2);
});

it("the caret of a command stands behind its text", () => {
  const edit = new Delta([{ retain: 4 }, { insert: "color" }, { delete: 6 }]);
  const suggested = new Delta([{ retain: 4 }, { retain: 6, attributes: { x: true } }, { insert: "color" }]);
  expect(caretIn(suggested, edit, 9)).toBe(15);
  expect(caretIn(suggested, edit, 4)).toBe(4);
  expect(takenAway(edit)).toBe(0);
  expect(takenAway(new Delta([{ retain: 3 }, { delete: 2 }]))).toBe(2);
});

it("whatever the view does, rejecting it all leaves what there was", () => {
  const act = fc.record({
    kind: fc.constantFrom("type", "erase", "split", "replace"),
    from: fc.nat(30),
    length: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 8 }), (acts) => {
      const start: Op[] = [
        { insert: "one two" },
        { insert: "\n", attributes: { header: 2 } },
        { insert: "three", attributes: { bold: true } },
        { insert: "\nfour\n" },
      ];
      const desk = new Table(...start);
      for (const { kind, from, length } of acts) {
        const last = desk.binding.lines.length - 1;
        const at = Math.min(from, last);
        const to = Math.min(at + length, last);
        const before = desk.content;
        const position = (index: number) => desk.binding.lines.position(index);
        desk.state = desk.state.apply(
          desk.state.tr.setSelection(TextSelection.create(desk.state.doc, position(at))),
        );
        const delta = desk.view(() => {
          const { tr } = desk.state;
          if (kind === "type") return tr.insertText("xy", position(at));
          if (kind === "split") return tr.split(position(at));
          if (kind === "erase") return tr.delete(position(at), position(to));
          return tr.insertText("z", position(at), position(to));
        });
        expect(before.compose(delta).ops).toEqual(desk.ops);
        expect(rejected(desk.content).ops).toEqual(start);
      }
    }),
  );
});
