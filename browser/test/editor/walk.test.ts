import { describe, expect, it } from "vitest";
import { Delta, type Op } from "../../src/core/delta";
import { isAllowed, LINE_FORMATS } from "../../src/editor/formats";
import { COMMANDS, type CommandId } from "../../src/editor/shortcuts";
import type { FormatName } from "../../src/editor/types";
import { seeded } from "../browser/support/random";
import { Desk } from "./desk";

const START: Op[] = [
  { insert: "Title" },
  { insert: "\n", attributes: { header: 1 } },
  { insert: "plain and " },
  { insert: "bold", attributes: { bold: true } },
  { insert: "\n" },
  { insert: { divider: true } },
  { insert: "\nitem" },
  { insert: "\n", attributes: { list: "ordered", indent: 1 } },
  { insert: "x = 1" },
  { insert: "\n", attributes: { "code-block": "python" } },
  { insert: { image: "/api/v1/images/a" }, attributes: { width: 100 } },
  { insert: "\nend\n" },
];
const SIGNS = ["a", "b", " ", " ", "#", "-", "*", "`", "~", "1", ".", "[", "]", "(", ")", ">", "\n", "\n"];
const IDS = COMMANDS.filter(({ page, native }) => !page && !native).map(({ id }) => id);
const HISTORY: readonly CommandId[] = ["undo", "redo"];

/** One thing that someone at the keyboard does. */
function act(desk: Desk, random: () => number): void {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const { length } = desk.binding.lines;
  const kind = random();
  if (kind < 0.25) desk.select(Math.floor(random() * length));
  else if (kind < 0.35) {
    const [a, b] = [Math.floor(random() * length), Math.floor(random() * length)];
    desk.select(Math.min(a, b), Math.max(a, b));
  } else if (kind < 0.65) {
    const sign = pick(SIGNS);
    if (sign === "\n" || !desk.borders.typedBesideDivision(sign)) desk.type(sign);
  } else if (kind < 0.72) desk.borders.backwards();
  else if (kind < 0.77) desk.borders.forwards();
  else if (kind < 0.81) desk.borders.tab();
  else if (kind < 0.83) desk.borders.backTab();
  else if (kind < 0.85) desk.borders.softLine();
  else desk.commands.run(pick(IDS.filter((id) => !HISTORY.includes(id))));
}

/** What the server's schema says, as far as commands can break it. */
function faults(ops: readonly Op[]): string[] {
  const found: string[] = [];
  for (const op of ops) {
    if (!("insert" in op)) return ["not a content"];
    for (const [name, value] of Object.entries(op.attributes ?? {})) {
      const onLines = typeof op.insert === "string" && /^\n+$/.test(op.insert);
      if (LINE_FORMATS.has(name) && !onLines) found.push(`${name} on text`);
      if (["font", "size", "script", "link", "header", "list", "indent"].includes(name)) {
        if (!isAllowed(name as FormatName, value)) found.push(`${name}: ${JSON.stringify(value)}`);
      }
      if (name === "width" && typeof op.insert === "string") found.push("a width on text");
    }
  }
  const last = ops.at(-1);
  if (!last || !("insert" in last) || typeof last.insert !== "string" || !last.insert.endsWith("\n"))
    found.push("no newline at the end");
  return found;
}

describe("three hundred random walks at the keyboard", () => {
  it("keep to the schema, and undo takes all of them back", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seeded(seed);
      const desk = new Desk(...START);
      for (let n = 0; n < 40; n += 1) {
        act(desk, random);
        desk.now += 1000;
        expect(faults(desk.ops), `seed ${seed}, step ${n}`).toEqual([]);
      }
      const after = desk.ops;
      while (desk.commands.undo());
      expect(desk.ops, `seed ${seed}, undone`).toEqual(Delta.from(START).ops);
      while (desk.commands.redo());
      expect(desk.ops, `seed ${seed}, redone`).toEqual(after);
    }
  });
});
