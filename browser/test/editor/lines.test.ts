import fc from "fast-check";
import { expect, it } from "vitest";
import { Lines } from "../../src/editor/lines";

it("answers as a plain list of lengths would, after any splices", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 400 });
  const splices = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 300 }), lengths), { maxLength: 6 });
  fc.assert(
    fc.property(lengths, splices, fc.nat(), (initial, changes, probe) => {
      const plain = [...initial];
      const lines = new Lines(initial);
      for (const [at, removed, added] of changes) {
        const line = at % (plain.length + 1);
        const gone = Math.min(removed, plain.length - line);
        plain.splice(line, gone, ...added);
        lines.splice(line, gone, added);
      }
      const total = plain.reduce((sum, length) => sum + length, 0);
      expect([lines.count, lines.length]).toEqual([plain.length, total]);
      const line = probe % (plain.length + 1);
      const start = plain.slice(0, line).reduce((sum, length) => sum + length, 0);
      expect(lines.start(line)).toBe(start);
      if (line === plain.length) return;
      const offset = probe % (plain[line] as number);
      expect(lines.place(start + offset)).toEqual({ line, offset });
      expect(lines.tokenPlace(start + line + 1 + offset)).toEqual({ line, offset: offset + 1 });
      expect(lines.index(lines.position(start + offset))).toBe(start + offset);
    }),
    { numRuns: 500 },
  );
});
