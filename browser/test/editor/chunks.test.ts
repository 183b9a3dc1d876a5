import type { Node } from "prosemirror-model";
import { EditorState, TextSelection } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { type Attributes, Delta, DeltaBuilder, type Op } from "../../src/core/delta";
import { Binding, measured } from "../../src/editor/binding";
import { chunks, inChunks, MANY_LINES } from "../../src/editor/chunks";
import { attributesOfLine, toContent, toDocument } from "../../src/editor/schema";
import { seeded } from "../browser/support/random";

type Random = () => number;
const pick = (random: Random, count: number) => Math.floor(random() * count);

function attributes(random: Random): Attributes | undefined {
  return [
    undefined,
    undefined,
    { list: "ordered" },
    { list: "bullet", indent: 1 },
    { indent: 2 },
    { header: 1 },
  ][pick(random, 6)];
}

function lines(random: Random, count: number): Op[] {
  return Array.from({ length: count }, (_, at): Op[] => {
    const has = attributes(random);
    return [{ insert: `line ${at}` }, has ? { insert: "\n", attributes: has } : { insert: "\n" }];
  }).flat();
}

const content = (random: Random, count: number) =>
  lines(random, count)
    .reduce((builder, op) => builder.append(new Delta([op])), new DeltaBuilder())
    .build();

/** The groups in order, each with its lines. */
function groups(doc: Node): Node[][] {
  const found: { id: unknown; lines: Node[] }[] = [];
  doc.forEach((line) => {
    const id = line.marks[0]?.attrs.id ?? null;
    if (found.at(-1)?.id !== id) found.push({ id, lines: [] });
    found.at(-1)?.lines.push(line);
  });
  expect(found.every(({ id }) => id !== null)).toBe(true);
  return found.map((group) => group.lines);
}

/** No list goes on from one group to the next: its numbers would begin anew. */
function expectWhole(doc: Node): void {
  for (const group of groups(doc).slice(1)) {
    const has = attributesOfLine(group[0] as Node);
    expect([has?.list, has?.indent]).toEqual([undefined, undefined]);
  }
}

describe("groups of lines", () => {
  it("leave a short document as it is", () => {
    const doc = toDocument(content(seeded(1), MANY_LINES - 1));
    expect(inChunks(doc)).toBe(doc);
  });

  it("change no content, and begin where every list has ended", () => {
    const whole = content(seeded(2), 5000);
    const doc = inChunks(toDocument(whole));
    expect(toContent(doc)).toEqual(whole);
    expectWhole(doc);
    expect(groups(doc).length).toBeGreaterThan(30);
    expect(Math.max(...groups(doc).map((group) => group.length))).toBeLessThan(150);
  });

  it("take in a document that becomes long, and its selection stays", () => {
    const doc = toDocument(new Delta([{ insert: "start\n" }]));
    const binding = new Binding(doc);
    const selection = TextSelection.create(doc, 4);
    let state = EditorState.create({ doc, selection, plugins: [chunks()] });
    const pasted = content(seeded(3), 3000);
    state = state.apply(binding.write(state.tr, pasted));
    expectWhole(state.doc);
    expect(groups(state.doc).length).toBeGreaterThan(20);
    expect(binding.lines.index(state.selection.head)).toBe(pasted.length + 3);
  });

  for (let seed = 1; seed <= 8; seed += 1) {
    it(`hold through random changes, seed ${seed}`, () => {
      const random = seeded(seed);
      let expected = content(random, 1100 + pick(random, 500));
      let state = EditorState.create({ doc: inChunks(toDocument(expected)), plugins: [chunks()] });
      const binding = new Binding(state.doc);
      for (let round = 0; round < 60; round += 1) {
        const delta = change(random, expected.length);
        state = state.apply(binding.write(state.tr, delta));
        expected = expected.compose(delta);
        expect(toContent(state.doc)).toEqual(expected);
        expect(binding.lines.length).toBe(measured(state.doc).length);
        if (state.doc.childCount > 1) expectWhole(state.doc);
      }
    });
  }
});

/** Typing, new lines (now and then hundreds), a stretch taken away, lines that become something else. */
function change(random: Random, length: number): Delta {
  const at = pick(random, length - 1);
  const builder = new DeltaBuilder().retain(at);
  const most = Math.min(length - 1 - at, 1 + pick(random, random() < 0.1 ? 2000 : 20));
  switch (pick(random, 5)) {
    case 0:
      return builder.insert("typed").build();
    case 1:
      return builder.insert("\n", attributes(random)).build();
    case 2:
      return builder.append(content(random, random() < 0.2 ? 400 : 3)).build();
    case 3:
      return builder.delete(Math.max(1, most)).build();
    default:
      return builder.retain(Math.max(1, most), { list: random() < 0.5 ? "ordered" : null }).build();
  }
}
