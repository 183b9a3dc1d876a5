import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Delta, type Op } from "../../src/core/delta";
import { placeOf, Undo } from "../../src/editor/undo";
import { content, deltaFor, steps } from "../core/arbitrary";

/** A content with an undo history, as the editor keeps them. */
class Desk {
  text: Delta;
  now = 0;
  readonly history = new Undo();

  constructor(text: string) {
    this.text = Delta.from([{ insert: `${text}\n` }]);
  }

  mine(ops: Op[], group: string | null = null): this {
    const delta = Delta.from(ops);
    this.history.record(delta, delta.invert(this.text), { now: this.now, group });
    this.text = this.text.compose(delta);
    return this;
  }

  theirs(ops: Op[]): this {
    const delta = Delta.from(ops);
    this.history.follow(delta);
    this.text = this.text.compose(delta);
    return this;
  }

  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  step(direction: "undo" | "redo"): string {
    this.history[direction]((delta) => {
      const inverse = delta.invert(this.text);
      this.text = this.text.compose(delta);
      return inverse;
    });
    return this.text.text().slice(0, -1);
  }
}

const at = (index: number, op: Op): Op[] => (index > 0 ? [{ retain: index }, op] : [op]);
const typed = (desk: Desk, index: number, text: string) => {
  for (const [offset, letter] of [...text].entries())
    desk.mine(at(index + offset, { insert: letter })).wait(50);
  return desk;
};

describe("the caret after an undo", () => {
  it.each<[Op[], number | undefined]>([
    [[{ retain: 3 }, { insert: "ab" }, { retain: 4 }, { retain: 1, attributes: { header: null } }], 5],
    [[{ retain: 3 }, { delete: 2 }], 3],
    [[{ insert: "a" }, { delete: 1 }, { retain: 2 }, { insert: "b" }, { delete: 3 }], 4],
    [[{ retain: 4 }, { retain: 1, attributes: { header: 1 } }], undefined],
  ])("stands where text changed last: %j", (ops, place) => expect(placeOf(Delta.from(ops))).toBe(place));
});

describe("undo", () => {
  it("takes one's own word back; letters typed inside it by others stay", () => {
    const desk = typed(new Desk("a  b"), 2, "word").theirs(at(4, { insert: "XY" }));
    expect(desk.text.text()).toBe("a woXYrd b\n");
    expect(desk.step("undo")).toBe("a XY b");
    expect(desk.step("redo")).toBe("a woXYrd b");
  });

  it("typing is one item until it pauses or jumps", () => {
    const desk = typed(typed(new Desk(""), 0, "one").wait(600), 3, "two");
    typed(desk, 0, "zero");
    expect(desk.step("undo")).toBe("onetwo");
    expect(desk.step("undo")).toBe("one");
    expect(desk.step("undo")).toBe("");
    expect(desk.step("redo")).toBe("one");
  });

  it("typing goes on as one item while others write elsewhere", () => {
    const desk = typed(new Desk("tail"), 0, "ab").theirs([{ insert: ">>" }]);
    typed(desk, 4, "cd");
    expect(desk.text.text()).toBe(">>abcdtail\n");
    expect(desk.step("undo")).toBe(">>tail");
  });

  it("one composition is one item, however long it takes", () => {
    const desk = new Desk("")
      .mine([{ insert: "に" }], "c1")
      .wait(3000)
      .mine([{ insert: "日本" }, { delete: 1 }], "c1");
    expect(desk.step("undo")).toBe("");
  });

  it("a deletion whose neighbours others deleted comes back where it was", () => {
    const desk = new Desk("abcdef").mine(at(2, { delete: 2 })).theirs(at(1, { delete: 2 }));
    expect(desk.step("undo")).toBe("acdf");
  });

  it("what later came from others has priority: their colour is not taken back", () => {
    const desk = new Desk("abc").mine([{ retain: 3, attributes: { color: "#111111" } }]);
    desk.theirs([{ retain: 3, attributes: { color: "#222222" } }]);
    desk.step("undo");
    expect(desk.text.ops[0]).toEqual({ insert: "abc", attributes: { color: "#222222" } });
  });

  it("an item that others made void is passed over", () => {
    const desk = typed(typed(new Desk("x"), 0, "a").wait(1000), 2, "b").theirs(at(2, { delete: 1 }));
    expect(desk.text.text()).toBe("ax\n");
    expect(desk.step("undo")).toBe("x");
  });

  it("a new edit ends what could be redone, and a thousand items are kept", () => {
    const desk = typed(new Desk(""), 0, "a");
    desk.step("undo");
    expect(desk.history.canRedo).toBe(true);
    for (let n = 0; n < 1100; n += 1) desk.wait(1000).mine([{ insert: "x" }]);
    expect(desk.history.canRedo).toBe(false);
    let undone = 0;
    while (desk.history.canUndo) {
      desk.step("undo");
      undone += 1;
    }
    expect(undone).toBe(1000);
  });

  it("undoing everything alone gives the first content, redoing everything the last", () => {
    fc.assert(
      fc.property(content, fc.array(steps, { maxLength: 6 }), (start, edits) => {
        const desk = new Desk("");
        desk.text = start;
        for (const edit of edits) {
          desk.wait(1000);
          const delta = deltaFor(desk.text, edit);
          if (!delta.isEmpty) desk.mine([...delta.ops]);
        }
        const last = desk.text;
        while (desk.history.canUndo) desk.step("undo");
        expect(desk.text.ops).toEqual(start.ops);
        while (desk.history.canRedo) desk.step("redo");
        expect(desk.text.ops).toEqual(last.ops);
      }),
      { numRuns: 500 },
    );
  });

  it("with others in between, every inverse fits the content", () => {
    fc.assert(
      fc.property(content, fc.array(fc.tuple(fc.nat(3), steps), { maxLength: 12 }), (start, acts) => {
        const desk = new Desk("");
        desk.text = start;
        for (const [kind, edit] of acts) {
          desk.wait(1000);
          const delta = deltaFor(desk.text, edit);
          if (kind === 0) desk.step("undo");
          else if (kind === 1) desk.step("redo");
          else if (delta.isEmpty) continue;
          else if (kind === 2) desk.mine([...delta.ops]);
          else desk.theirs([...delta.ops]);
          expect(desk.text.ops.every((op) => "insert" in op)).toBe(true);
          expect(desk.text.text().endsWith("\n")).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("gives what moving every item along at each change would give", () => {
    fc.assert(
      fc.property(content, fc.array(fc.tuple(fc.boolean(), steps), { maxLength: 16 }), (start, acts) => {
        const desk = new Desk("");
        desk.text = start;
        const eager: Delta[] = [];
        for (const [own, edit] of acts) {
          const delta = deltaFor(desk.text, edit);
          if (delta.isEmpty) continue;
          if (own) {
            eager.push(delta.invert(desk.text));
            desk.wait(1000).mine([...delta.ops], `${eager.length}`);
            continue;
          }
          let moved = delta;
          for (let item = eager.length - 1; item >= 0; item -= 1) {
            const inverse = eager[item] as Delta;
            eager[item] = inverse.transformAfter(moved);
            moved = moved.transformBefore(inverse);
          }
          desk.theirs([...delta.ops]);
        }
        const given: Delta[] = [];
        while (
          desk.history.undo((delta) => {
            given.push(delta);
            const inverse = delta.invert(desk.text);
            desk.text = desk.text.compose(delta);
            return inverse;
          })
        );
        const wanted = eager.reverse().filter((delta) => !delta.isEmpty);
        expect(given.map(({ ops }) => ops)).toEqual(wanted.map(({ ops }) => ops));
      }),
      { numRuns: 500 },
    );
  });
});
