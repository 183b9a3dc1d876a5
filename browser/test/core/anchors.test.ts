/** Ranges of comments go the server's way, whatever the client has pending. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { Anchors, moveSpan } from "../../src/core/anchors";
import { Delta, type Op } from "../../src/core/delta";
import type { Change } from "../../src/core/protocol";
import { content, deltaFor, steps } from "./arbitrary";

const change = (revision: number, ops: readonly Op[]): Change => ({
  revision,
  ops: [...ops],
  client_id: "c",
  seq: revision,
  user_id: "u",
  timestamp: "2026-01-01T00:00:00Z",
});

const insert = (at: number, text: string): Op[] =>
  at ? [{ retain: at }, { insert: text }] : [{ insert: text }];

it("what is typed at the borders stays outside, what is typed inside belongs to it", () => {
  const span = { start: 4, end: 7 };
  expect(moveSpan(span, new Delta(insert(4, "x")))).toEqual({ start: 5, end: 8 });
  expect(moveSpan(span, new Delta(insert(7, "x")))).toEqual(span);
  expect(moveSpan(span, new Delta(insert(5, "x")))).toEqual({ start: 4, end: 8 });
  expect(moveSpan({ start: 4, end: 4 }, new Delta(insert(4, "x")))).toEqual({ start: 4, end: 4 });
});

it("one stated late is moved to the present, one stated early waits for its revision", () => {
  const anchors = new Anchors(1);
  anchors.follow([change(2, insert(0, "ab")), change(3, insert(0, "c"))]);
  expect(anchors.place("late", { revision: 2, index: 4, length: 2 })).toBe(true);
  expect(anchors.place("early", { revision: 4, index: 9, length: 1 })).toBe(true);
  expect([...anchors.shown([])]).toEqual([["late", { start: 5, end: 7 }]]);
  anchors.follow([change(3, insert(0, "c")), change(4, insert(0, "d"))]);
  expect(anchors.shown([])).toEqual(
    new Map([
      ["late", { start: 6, end: 8 }],
      ["early", { start: 9, end: 10 }],
    ]),
  );
});

it("one of before anything that is remembered must be asked for anew", () => {
  const anchors = new Anchors(7);
  expect(anchors.place("old", { revision: 3, index: 0, length: 1 })).toBe(false);
  anchors.follow([change(8, insert(0, "a"))]);
  anchors.reset(20);
  expect(anchors.place("old", { revision: 8, index: 0, length: 1 })).toBe(false);
  expect(anchors.place("new", { revision: 20, index: 0, length: 1 })).toBe(true);
});

it("pending work moves what is shown, and nothing that is kept", () => {
  const anchors = new Anchors(1);
  anchors.place("one", { revision: 1, index: 2, length: 3 });
  expect(anchors.shown([new Delta(insert(0, "xy"))]).get("one")).toEqual({ start: 4, end: 7 });
  expect(anchors.shown([]).get("one")).toEqual({ start: 2, end: 5 });
});

it("an acknowledgement moves nothing that is shown", () => {
  fc.assert(
    fc.property(content, steps, fc.nat(20), fc.nat(20), (before, made, one, other) => {
      const delta = deltaFor(before, made);
      const [index, end] = [one, other].map((at) => Math.min(at, before.length)).sort((a, b) => a - b);
      const anchors = new Anchors(1);
      anchors.place("a", {
        revision: 1,
        index: index as number,
        length: (end as number) - (index as number),
      });
      const pending = anchors.shown([delta]);
      anchors.follow([change(2, delta.ops)]);
      expect(anchors.shown([])).toEqual(pending);
    }),
  );
});
