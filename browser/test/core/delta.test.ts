import fc from "fast-check";
import QuillDelta from "quill-delta";
import { describe, expect, it } from "vitest";
import { Delta, isNormal, type Op } from "../../src/core/delta";
import { content, deltaFor, pair, steps } from "./arbitrary";

const RUNS = { numRuns: 3000 };
const quill = (delta: Delta) => new QuillDelta(structuredClone(delta.ops) as never);
const same = (ours: Delta, theirs: QuillDelta) => expect(ours.ops).toEqual(theirs.ops);
const check = (property: fc.IProperty<never> | fc.IRawProperty<unknown>) =>
  fc.assert(property as never, RUNS);

describe("laws", () => {
  it("grouping: (d + a) + b == d + (a + b)", () => {
    check(
      fc.property(content, steps, steps, (d, first, second) => {
        const a = deltaFor(d, first);
        const b = deltaFor(d.compose(a), second);
        expect(d.compose(a).compose(b).ops).toEqual(d.compose(a.compose(b)).ops);
      }),
    );
  });

  it("convergence: d + a + b.transformAfter(a) == d + b + a.transformBefore(b)", () => {
    check(
      fc.property(pair, ({ base, a, b }) => {
        const left = base.compose(a).compose(b.transformAfter(a));
        const right = base.compose(b).compose(a.transformBefore(b));
        expect(left.equals(right)).toBe(true);
      }),
    );
  });

  it("undo: d + a + a.invert(d) == d, without a needless null", () => {
    check(
      fc.property(pair, ({ base, a }) => {
        const inverse = a.invert(base);
        expect(base.compose(a).compose(inverse).equals(base)).toBe(true);
        expect(inverse.invert(base.compose(a)).invert(base).equals(inverse)).toBe(true);
      }),
    );
    const bold = Delta.from([{ retain: 1, attributes: { bold: null } }]);
    expect(bold.invert(Delta.from([{ insert: "a\n" }])).ops).toEqual([]);
  });

  it("diff: d + d.diff(e) == e, keeps the final newline and cuts no pair", () => {
    check(
      fc.property(content, content, (before, after) => {
        const found = before.diff(after);
        expect(before.compose(found).equals(after)).toBe(true);
        expect(found.baseLength).toBeLessThanOrEqual(before.length);
        const last = found.ops[found.ops.length - 1];
        if (last && !("retain" in last)) expect(found.baseLength).toBeLessThan(before.length);
        for (const op of found.ops) {
          if ("insert" in op && typeof op.insert === "string")
            expect(/\p{Surrogate}/u.test(op.insert)).toBe(false);
        }
      }),
    );
  });

  it("everything stays in normal form", () => {
    check(
      fc.property(pair, ({ base, a, b }) => {
        for (const delta of [
          a,
          a.compose(b.transformAfter(a)),
          a.transformBefore(b),
          a.invert(base),
          base.diff(base.compose(a)),
        ])
          expect(isNormal(delta.ops)).toBe(true);
      }),
    );
  });

  it("slices: joined again they are the whole", () => {
    check(
      fc.property(content, fc.nat(20), (base, cut) => {
        const joined = Delta.from([...base.slice(0, cut).ops, ...base.slice(cut).ops]);
        expect(joined.equals(base)).toBe(true);
      }),
    );
  });
});

describe("agrees with quill-delta", () => {
  it("compose and both transforms", () => {
    check(
      fc.property(pair, ({ base, a, b }) => {
        same(base.compose(a), quill(base).compose(quill(a)));
        same(b.transformAfter(a), quill(a).transform(quill(b), true));
        same(a.transformBefore(b), quill(b).transform(quill(a), false));
        same(a.compose(b.transformAfter(a)), quill(a).compose(quill(a).transform(quill(b), true)));
      }),
    );
  });

  it("transformIndex", () => {
    check(
      fc.property(pair, fc.nat(30), ({ a }, index) => {
        expect(a.transformIndex(index, "left")).toBe(quill(a).transformPosition(index, true));
        expect(a.transformIndex(index, "right")).toBe(quill(a).transformPosition(index, false));
      }),
    );
  });

  it("invert, but for its needless nulls", () => {
    check(
      fc.property(pair, ({ base, a }) => {
        const theirs = quill(a).invert(quill(base));
        same(base.compose(a).compose(a.invert(base)), quill(base).compose(quill(a)).compose(theirs));
      }),
    );
  });
});

describe("originalIndex", () => {
  it("undoes transformIndex outside of inserts and stands where a pending insert begins", () => {
    const delta = Delta.from([{ retain: 2 }, { insert: "xyz" }, { retain: 1 }, { delete: 2 }]);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((index) => delta.originalIndex(index))).toEqual([
      0, 1, 2, 2, 2, 2, 3, 6,
    ]);
    check(
      fc.property(pair, fc.nat(20), ({ a }, index) => {
        const shown = a.transformIndex(index, "right");
        expect(a.transformIndex(a.originalIndex(shown), "right")).toBe(shown);
      }),
    );
  });
});

describe("the textbook examples", () => {
  const at = (index: number, ...ops: Op[]) => Delta.from([{ retain: index }, ...ops]);
  const both = (base: string, a: Delta, b: Delta) => {
    const start = Delta.from([{ insert: `${base}\n` }]);
    const left = start.compose(a).compose(b.transformAfter(a)).text();
    expect(start.compose(b).compose(a.transformBefore(b)).text()).toBe(left);
    return left.slice(0, -1);
  };

  it.each([
    ["Hello", at(5, { insert: " World" }), at(5, { insert: "!" }), "Hello World!"],
    [
      "Hello World",
      at(6, { insert: "Beautiful " }),
      at(6, { insert: "Cruel " }),
      "Hello Beautiful Cruel World",
    ],
    ["Hello", at(5, { insert: "!" }), at(3, { delete: 1 }), "Helo!"],
    ["abc", at(0, { insert: "x" }), at(1, { delete: 1 }), "xac"],
  ])("%s", (base, a, b, expected) => expect(both(base, a, b)).toBe(expected));
});

it("knows what is not normal", () => {
  const bad: Op[][] = [
    [{ insert: "" }],
    [{ retain: 0 }],
    [{ delete: 1 }, { insert: "a" }],
    [{ insert: "a" }, { insert: "b" }],
    [{ retain: 1 }, { retain: 1 }],
    [{ insert: "a", attributes: {} }],
    [{ insert: "a", attributes: { bold: null } }],
  ];
  for (const ops of bad) expect(isNormal(ops)).toBe(false);
  expect(isNormal([{ insert: { divider: true } }, { insert: { divider: true } }, { retain: 1 }])).toBe(true);
});
