/** The 20,000 cases of `vectors/delta/`, made by quill-delta and read by the Python algebra too. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Delta, isNormal, type Op } from "../../src/core/delta";

interface Case {
  a: Op[];
  b: Op[];
  content: Op[];
  expected: Op[];
  index: number;
  left: number;
  right: number;
}

const cases = (name: string): Case[] =>
  JSON.parse(readFileSync(new URL(`../../../vectors/delta/${name}.json`, import.meta.url), "utf8"));

/** Plays every case of a file; the first that differs is shown whole. */
function play(name: string, differs: (example: Case) => boolean): void {
  const all = cases(name);
  expect(all.length).toBeGreaterThan(1000);
  expect(all.find(differs)).toBeUndefined();
}

const isNot = (delta: Delta, expected: Op[]) => !delta.equals(new Delta(expected)) || !isNormal(delta.ops);

it("compose", () =>
  play("compose", ({ a, b, expected }) => isNot(new Delta(a).compose(new Delta(b)), expected)));

it("transformAfter", () =>
  play("transform_after", ({ a, b, expected }) =>
    isNot(new Delta(b).transformAfter(new Delta(a)), expected),
  ));

it("transformBefore", () =>
  play("transform_before", ({ a, b, expected }) =>
    isNot(new Delta(a).transformBefore(new Delta(b)), expected),
  ));

it("invert", () =>
  play("invert", ({ a, content, expected }) => isNot(new Delta(a).invert(new Delta(content)), expected)));

it("diff, by what it gives", () =>
  play("diff", ({ a, b }) => isNot(new Delta(a).compose(new Delta(a).diff(new Delta(b))), b)));

it("transformIndex", () =>
  play("transform_index", ({ a, index, left, right }) => {
    const delta = new Delta(a);
    return delta.transformIndex(index, "left") !== left || delta.transformIndex(index, "right") !== right;
  }));
