/** The cases of `vectors/suggestions/`, which the server's algebra made and plays too. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Delta, isNormal, type Op } from "../../src/core/delta";
import { decide, findSuggestions, suggest } from "../../src/core/suggestions";

interface Case<Expected> {
  content: Op[];
  expected: Expected;
}

function cases<Expected, More>(name: string): (Case<Expected> & More)[] {
  const url = new URL(`../../../vectors/suggestions/${name}.json`, import.meta.url);
  const found = JSON.parse(readFileSync(url, "utf8"));
  expect(found.length).toBe(400);
  return found;
}

it("decides as the server does", () => {
  for (const each of cases<Op[], { ids: string[] | null; accept: boolean }>("decide")) {
    const made = decide(new Delta(each.content), each.ids && new Set(each.ids), each.accept);
    expect(made.ops).toEqual(each.expected);
    expect(isNormal(made.ops)).toBe(true);
  }
});

it("makes of an edit the suggestion that the server makes", () => {
  for (const each of cases<Op[], { edit: Op[]; id: string }>("suggest")) {
    const made = suggest(new Delta(each.edit), new Delta(each.content), each.id);
    expect(made.ops).toEqual(each.expected);
    expect(isNormal(made.ops)).toBe(true);
  }
});

it("finds what the server finds", () => {
  for (const each of cases<object[], unknown>("find")) {
    const found = findSuggestions(new Delta(each.content)).map(({ author: _, ...rest }) => rest);
    expect(found).toEqual(each.expected);
  }
});

it("cuts a long text between characters", () => {
  const text = `${"x".repeat(999)}😀`;
  const content = new Delta([{ insert: text, attributes: { "suggest-insert": "a.b" } }, { insert: "\n" }]);
  expect(findSuggestions(content)[0]?.inserted).toBe("x".repeat(999));
});
