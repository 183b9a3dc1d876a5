// @vitest-environment happy-dom
import { EditorState, TextSelection, type Transaction } from "prosemirror-state";
import { expect, test } from "vitest";
import { Delta } from "../../src/core/delta";
import { Binding } from "../../src/editor/binding";
import { toContent, toDocument } from "../../src/editor/schema";
import { Uploads, uploadPlugin } from "../../src/editor/uploads";

/** An editor without a view: a state, its binding, and the uploads under test. */
function desk(text: string, caret: number) {
  const doc = toDocument(new Delta([{ insert: text }]));
  const binding = new Binding(doc);
  let state = EditorState.create({ doc, plugins: [uploadPlugin()] });
  const show = (tr: Transaction) => {
    state = state.apply(tr);
  };
  show(state.tr.setSelection(TextSelection.create(doc, binding.lines.position(caret))));
  const apply = (delta: Delta) => show(binding.write(state.tr, delta));
  let changes = 0;
  const changed = () => {
    changes += 1;
  };
  const host = { state: () => state, lines: () => binding.lines, canEdit: () => true, show, apply, changed };
  return {
    uploads: new Uploads(host),
    apply,
    content: () => toContent(state.doc).ops,
    changes: () => changes,
  };
}

const SRC = "/api/v1/images/i1";

test("an image comes where its mark has moved to meanwhile", () => {
  const { uploads, apply, content } = desk("before\nafter\n", 6);
  const pending = uploads.begin(document.createElement("span"), null);
  apply(new Delta([{ insert: "long " }]));
  apply(new Delta([{ retain: 11 }, { insert: "!" }]));
  expect(pending.place({ src: SRC, alt: "A", width: null })).toBe(true);
  expect(content()).toEqual([
    { insert: "long before!" },
    { insert: { image: SRC }, attributes: { alt: "A" } },
    { insert: "\nafter\n" },
  ]);
});

test("two images on their way do not disturb each other, and one can be left out", () => {
  const { uploads, content } = desk("before\nafter\n", 0);
  const first = uploads.begin(document.createElement("span"), 3);
  const second = uploads.begin(document.createElement("span"), 9);
  first.remove();
  expect(second.place({ src: SRC })).toBe(true);
  expect(content()).toEqual([{ insert: "before\naf" }, { insert: { image: SRC } }, { insert: "ter\n" }]);
});

test("the others are told the places of what is under way, moved along; not of what failed, was left out or has come", () => {
  const { uploads, apply, changes } = desk("before\nafter\n", 0);
  const [first, second, third] = [3, 6, 9].map((at) => uploads.begin(document.createElement("span"), at));
  apply(new Delta([{ insert: "long " }]));
  const told = () => uploads.shown().map(({ index }) => index);
  expect(told()).toEqual([8, 11, 14]);
  second!.underWay(false);
  expect(told()).toEqual([8, 14]);
  second!.underWay(true);
  expect(told()).toEqual([8, 11, 14]);
  const before = changes();
  first!.remove();
  expect(third!.place({ src: SRC })).toBe(true);
  expect(told()).toEqual([11]);
  expect(changes()).toBe(before + 2);
});
