/** Random contents and deltas for property tests: text with astral characters, embeds, every kind of attribute. */

import fc from "fast-check";
import { type Attributes, type Delta, DeltaBuilder, type Embed, type Json } from "../../src/core/delta";

const text = fc.string({
  unit: fc.constantFrom("a", "b", "c", " ", "\n", "é", "漢", "😀", "\u{1f469}"),
  minLength: 1,
  maxLength: 6,
});
const embed = fc.constantFrom<Embed>(
  { image: "/api/v1/images/x" },
  { divider: true },
  { "page-break": true },
);

function attributes(nulls: boolean): fc.Arbitrary<Attributes | undefined> {
  const value = (...values: Json[]) => fc.constantFrom<Json>(...(nulls ? [...values, null] : values));
  const map = fc.record(
    {
      bold: value(true),
      color: value("#112233", "#445566"),
      header: value(1, 2),
      link: value("https://a.example/"),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Attributes>;
  return fc.option(
    map.filter((found) => Object.keys(found).length > 0),
    { nil: undefined },
  );
}

/** A document's content: inserts, the last unit a newline. */
export const content: fc.Arbitrary<Delta> = fc
  .array(
    fc.tuple(fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: embed }), attributes(false)),
    {
      maxLength: 6,
    },
  )
  .map((runs) => {
    const builder = new DeltaBuilder();
    for (const [insert, formats] of runs) builder.insert(insert, formats);
    return builder.insert("\n").build();
  });

type Step = {
  verb: "insert" | "retain" | "delete";
  length: number;
  insert: string | Embed;
  formats: Attributes | undefined;
};

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom("insert", "retain", "delete"),
  length: fc.integer({ min: 1, max: 5 }),
  insert: fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: embed }),
  formats: attributes(true),
});

/** The nearest place at or after `index` that does not cut a surrogate pair. */
function whole(units: string, index: number): number {
  const code = units.charCodeAt(index);
  return index > 0 && index < units.length && (code & 0xfc00) === 0xdc00 ? index + 1 : index;
}

/** A delta that fits `base`, never cuts a pair and leaves the final newline where it is. */
export function deltaFor(base: Delta, steps: Step[]): Delta {
  const units = base.text();
  const builder = new DeltaBuilder();
  let index = 0;
  for (const { verb, length, insert, formats } of steps) {
    if (verb === "insert") {
      const kept =
        formats && Object.fromEntries(Object.entries(formats).filter(([, value]) => value !== null));
      builder.insert(insert, kept);
      continue;
    }
    const end = whole(units, Math.min(index + length, units.length - 1));
    if (verb === "retain") builder.retain(end - index, formats);
    else builder.delete(end - index);
    index = end;
  }
  return builder.build();
}

export const steps: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 6 });

/** A content with two deltas for it. */
export const pair = fc
  .tuple(content, steps, steps)
  .map(([base, a, b]) => ({ base, a: deltaFor(base, a), b: deltaFor(base, b) }));
