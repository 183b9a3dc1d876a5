// @vitest-environment happy-dom
import fc from "fast-check";
import { expect, test } from "vitest";
import { addMessages, bytes } from "../../src/i18n";
import share from "../../src/i18n/en/share.json";
import { pushed, square, ZOOM_LIMIT } from "../../src/pages/settings/crop";
import { type Entry, sentence } from "../../src/pages/share/audit";

addMessages(share);

const side = fc.integer({ min: 1, max: 8_000 });
const part = fc.double({ min: -2, max: 2, noNaN: true });
const crop = fc.record({
  zoom: fc.double({ min: 0, max: 2 * ZOOM_LIMIT, noNaN: true }),
  x: part,
  y: part,
});

test("what is cut out of a picture lies within it, however it is zoomed and pushed", () => {
  fc.assert(
    fc.property(side, side, crop, part, part, (width, height, start, right, down) => {
      const { left, top, side: cut } = square(width, height, pushed(width, height, start, right, down));
      const slack = 1e-6 * Math.max(width, height);
      expect(cut).toBeGreaterThan(0);
      expect(left).toBeGreaterThanOrEqual(-slack);
      expect(top).toBeGreaterThanOrEqual(-slack);
      expect(left + cut).toBeLessThanOrEqual(width + slack);
      expect(top + cut).toBeLessThanOrEqual(height + slack);
    }),
  );
});

test("a picture follows the pointer: pushed to the right, more of its left is seen", () => {
  const before = { zoom: 2, x: 0.5, y: 0.5 };
  const after = pushed(1_000, 500, before, 0.1, 0);
  expect(square(1_000, 500, after).left).toBeCloseTo(square(1_000, 500, before).left - 25);
  expect(after.y).toBe(0.5);
});

test("bytes are told in steps of 1,024", () => {
  expect(bytes(0)).toBe("0 kB");
  expect(bytes(512)).toBe("0.5 kB");
  expect(bytes(3 * 1024 ** 2)).toBe("3 MB");
  expect(bytes(15 * 1024 ** 3)).toBe("15 GB");
});

const entry: Entry = {
  id: 1,
  at: "2026-11-20T12:00:00Z",
  actor: { id: "ada", name: "Ada", color: "#000000" },
  action: "role.given",
  document_id: "d",
  subject: "bob",
  detail: { role: "editor" },
  person: { id: "bob", name: "Bob <b>", color: "#000000" },
};

test("the audit is told in sentences, also where the person is gone or the action is a later one", () => {
  expect(sentence(entry)).toBe("gave Bob <b> the role: Editor");
  const { person: _, ...gone } = entry;
  expect(sentence({ ...gone, subject: "new@example.org" })).toBe("gave new@example.org the role: Editor");
  expect(sentence({ ...entry, action: "role.taken", subject: "ada" })).toBe("gave up the own role");
  expect(sentence({ ...entry, action: "link.changed", detail: { role: null } })).toBe(
    "closed it to those who have only the link",
  );
  expect(sentence({ ...entry, action: "document.locked", detail: { reason: "Signed" } })).toBe(
    "locked the document: Signed",
  );
  expect(sentence({ ...entry, action: "moon.landed" })).toBe("moon.landed");
});
