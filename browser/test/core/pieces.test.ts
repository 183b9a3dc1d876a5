/** The small parts of the core: splitting, colours, links, and others' cursors. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COLORS, colorOf, readableColor } from "../../src/core/colors";
import { Delta, type Op } from "../../src/core/delta";
import { isAllowedLink } from "../../src/core/links";
import { Pointers } from "../../src/core/pointers";
import type { Change, Presence } from "../../src/core/protocol";
import { firstPart } from "../../src/core/split";
import { pair } from "./arbitrary";

describe("splitting", () => {
  const bytes = (delta: Delta) => new TextEncoder().encode(JSON.stringify(delta.ops)).length;

  it("parts compose to the whole, fit, and are few", () => {
    fc.assert(
      fc.property(
        pair,
        fc.integer({ min: 60, max: 200 }),
        fc.integer({ min: 2, max: 6 }),
        ({ a }, room, components) => {
          const limits = { operations_per_second: 1, message_bytes: 512 + room, components };
          let whole = new Delta();
          let rest: Delta | null = a;
          for (let n = 0; rest; n += 1) {
            const [part, next]: [Delta, Delta | null] = firstPart(rest, limits);
            // A single op with many attributes may be larger than these tiny limits; it is then left whole.
            if (part.ops.length > 2) expect(bytes(part)).toBeLessThanOrEqual(room + 1);
            expect(part.ops.length).toBeLessThanOrEqual(components);
            whole = whole.compose(part);
            rest = next;
            expect(n).toBeLessThan(100);
          }
          expect(whole.equals(a)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("three million characters go out in parts of less than a message", () => {
    const limits = { operations_per_second: 100, message_bytes: 1_048_576, components: 10_000 };
    let rest: Delta | null = Delta.from([{ insert: "line of text €\n".repeat(200_000) }]);
    const sizes: number[] = [];
    while (rest) {
      const [part, next]: [Delta, Delta | null] = firstPart(rest, limits);
      expect((part.ops[part.ops.length - 1] as { insert: string }).insert.endsWith("\n")).toBe(true);
      sizes.push(bytes(part));
      rest = next;
    }
    expect(Math.max(...sizes)).toBeLessThan(limits.message_bytes - 500);
    expect(sizes).toHaveLength(4);
  });
});

describe("colours", () => {
  it("the same id always has the same, and all twelve are used", () => {
    expect(colorOf("u1")).toBe(colorOf("u1"));
    const used = new Set(Array.from({ length: 500 }, (_, n) => colorOf(`u${n}`)));
    expect(used.size).toBe(COLORS.length);
  });

  it("only a colour goes into a style", () => {
    expect(readableColor("#d93025", "u1")).toBe("#d93025");
    expect(readableColor("red;background:url(//x)", "u1")).toBe(colorOf("u1"));
  });
});

it("links: what the server allows, and nothing else", () => {
  for (const url of ["https://a.example/b?c#d", "HTTP://a", "mailto:a@b.example", "#top"]) {
    expect(isAllowedLink(url)).toBe(true);
  }
  const tricks = [
    "javascript:x",
    "https:///a",
    "https://a b",
    "https://a\u00a0b",
    'https://a"b',
    "#",
    "mailto:",
    "a",
    "",
  ];
  for (const url of [...tricks, `https://${"a".repeat(2048)}`]) expect(isAllowedLink(url)).toBe(false);
});

describe("others' cursors", () => {
  const bob = (index: number): Presence => ({
    client_id: "c2",
    user: { id: "u2", name: "Bob", color: "#d93025" },
    cursor: { index, length: 0 },
  });
  const change = (revision: number, ops: Op[], client_id = "c9"): Change => ({
    revision,
    ops,
    client_id,
    seq: 1,
    user_id: "u9",
    timestamp: "2026-11-20T22:00:00Z",
  });

  it("one of an earlier revision is moved over the changes since", () => {
    const pointers = new Pointers();
    pointers.follow(change(6, [{ insert: "ab" }]), "c1");
    pointers.follow(change(7, [{ retain: 1 }, { delete: 1 }]), "c1");
    expect(pointers.receive({ revision: 5, presences: [bob(3)] }, 7, "c1")).toBe(true);
    expect(pointers.shown([])[0]?.cursor?.index).toBe(4);
  });

  it("one of a later revision waits for its change", () => {
    const pointers = new Pointers();
    expect(pointers.receive({ revision: 8, presences: [bob(3)] }, 7, "c1")).toBe(false);
    expect(pointers.shown([])).toEqual([]);
    expect(pointers.follow(change(8, [{ insert: "x" }]), "c1")).toBe(true);
    expect(pointers.shown([Delta.from([{ insert: "pending" }])])[0]?.cursor?.index).toBe(10);
  });
});
