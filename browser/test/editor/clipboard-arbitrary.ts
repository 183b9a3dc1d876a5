/** Random contents that use all of the schema, and a judge that knows it by protocol.md, section 6. */

import fc from "fast-check";
import {
  type Attributes,
  type Delta,
  DeltaBuilder,
  type Embed,
  type Json,
  type Op,
} from "../../src/core/delta";

const ID = "u1.abcdefghijklmnopqrstuv";

const TEXT: Record<string, readonly Json[]> = {
  bold: [true],
  italic: [true],
  underline: [true],
  strike: [true],
  code: [true],
  script: ["sub", "super"],
  link: ["https://a.example/x?y=1&z=%22", "mailto:a@b.example", "#there"],
  color: ["#112233", "#AABBCC"],
  background: ["#ffff00"],
  font: ["Georgia", "Courier New"],
  size: [6, 11, 96],
};
const LINE: Record<string, readonly Json[]> = {
  header: [1, 6],
  list: ["bullet", "ordered", "checked", "unchecked"],
  indent: [1, 8],
  align: ["center", "right", "justify"],
  direction: ["rtl"],
  "line-height": [1, 1.15, 3],
  blockquote: [true],
  "code-block": [true, "python", "c++"],
};
const IMAGE: Record<string, readonly Json[]> = { width: [8, 4096], alt: ['a "b" <c> & d'], caption: ["C"] };
const MARKS: Record<string, readonly Json[]> = {
  "suggest-insert": [ID],
  [`suggest-delete:${ID}`]: [true],
  [`suggest-format:${ID}`]: [{ bold: true, header: null }],
};

function some(...of: Record<string, readonly Json[]>[]): fc.Arbitrary<Attributes> {
  const values = Object.assign({}, ...of) as Record<string, readonly Json[]>;
  const each = Object.fromEntries(
    Object.entries(values).map(([name, all]) => [name, fc.constantFrom(...all)]),
  );
  const map = fc.record(each, { requiredKeys: [] }) as fc.Arbitrary<Attributes>;
  return fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: map });
}

const text = fc.string({
  unit: fc.constantFrom("a", "b", " ", "  ", "\t", "<", "&", '"', "'", "é", "漢", "😀", "\u00a0", "\u200d"),
  minLength: 1,
  maxLength: 6,
});

export interface Kinds {
  suggestions: boolean;
  images: boolean;
}

/** A document's content: lines, the last unit a newline. */
export function documents({ suggestions, images }: Kinds): fc.Arbitrary<Delta> {
  const marks = suggestions ? MARKS : {};
  const run = fc.tuple(text as fc.Arbitrary<string | Embed>, some(TEXT, marks));
  const rule = fc.tuple(
    fc.constantFrom<string | Embed>({ divider: true }, { "page-break": true }),
    some(marks),
  );
  const image = fc.tuple(
    fc.constant<string | Embed>({ image: "/api/v1/images/abc_-1" }),
    some(IMAGE, { link: TEXT.link as Json[] }),
  );
  const runs = fc.array(fc.oneof({ weight: 6, arbitrary: run }, rule, ...(images ? [image] : [])), {
    maxLength: 4,
  });
  const lines = fc.array(fc.tuple(runs, some(LINE, marks)), { minLength: 1, maxLength: 6 });
  return lines.map((all) => {
    const builder = new DeltaBuilder();
    for (const [at, [inline, attributes]] of all.entries()) {
      for (const [insert, formats] of inline) builder.insert(insert, formats);
      builder.insert("\n", at === all.length - 1 ? withoutMarks(attributes) : attributes);
    }
    return builder.build();
  });
}

/** Documents as people write them: each line is of one kind, and says nothing that its kind does not show. */
export function plainDocuments(): fc.Arbitrary<Delta> {
  const words = fc.constantFrom("alpha", "be ta", "x<y>&z", "d  e", "tab\there", "😀 漢");
  const runs = (formats: fc.Arbitrary<Attributes>) =>
    fc.array(fc.tuple(words, formats), { minLength: 1, maxLength: 3 });
  const { bold, italic, underline, strike, script } = TEXT as Record<string, readonly Json[]>;
  const shapes = some({ bold, italic, underline, strike, script } as typeof TEXT);
  const looks = some({
    bold,
    color: ["#aa2233"],
    background: ["#ffee00"],
    font: ["Georgia"],
    size: [9, 30],
  } as typeof TEXT);
  const links = some({ italic, link: ["https://a.example/x?y=1&z=2", "mailto:a@b.example"] } as typeof TEXT);
  const text = runs(fc.oneof(shapes, looks, links));
  const { align } = LINE as { align: readonly Json[] };
  const list = fc.tuple(fc.constantFrom(...(LINE.list as Json[])), fc.constantFrom(0, 1, 3));
  const line = fc.oneof(
    fc.tuple(text, some({ align, "line-height": [1, 1.15, 1.5, 2, 3], indent: [1, 3] })),
    fc.tuple(
      runs(some({ italic } as typeof TEXT)),
      fc.constantFrom<Attributes>({ header: 1 }, { header: 6 }),
    ),
    fc.tuple(
      text,
      list.map(([kind, indent]): Attributes => (indent ? { list: kind, indent } : { list: kind })),
    ),
    fc.tuple(text, fc.constantFrom<Attributes>({ blockquote: true }, { blockquote: true, indent: 1 })),
    fc.tuple(
      runs(fc.constant({})),
      fc.constantFrom<Attributes>({ "code-block": true }, { "code-block": "python" }),
    ),
    fc.constantFrom<[[Embed, Attributes][], Attributes]>(
      [[[{ divider: true }, {}]], {}],
      [[[{ "page-break": true }, {}]], {}],
    ),
  );
  return fc
    .array(line as fc.Arbitrary<[[string | Embed, Attributes][], Attributes]>, { maxLength: 6 })
    .map((lines) => {
      const builder = new DeltaBuilder().insert("first\n");
      for (const [all, attributes] of lines) {
        for (const [insert, formats] of all) builder.insert(insert, formats);
        builder.insert("\n", attributes);
      }
      return builder.insert("last\n").build();
    });
}

const withoutMarks = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith("suggest-")));

/** What is wrong with a content, in words; empty for a valid one. */
export function faults(ops: readonly Op[]): string[] {
  const found: string[] = [];
  for (const op of ops) {
    if (!("insert" in op)) found.push("not an insert");
    else found.push(...faultsOf(op.insert, op.attributes ?? {}));
  }
  const last = ops.at(-1);
  const end = last && "insert" in last ? last.insert : "";
  if (typeof end !== "string" || !end.endsWith("\n")) found.push("no final newline");
  return found;
}

function faultsOf(insert: string | Embed, attributes: Attributes): string[] {
  const found: string[] = [];
  const isLine = typeof insert === "string" && /^\n+$/.test(insert);
  const isImage = typeof insert !== "string" && "image" in insert;
  if (typeof insert === "string") {
    if (/\p{Cs}|[^\P{Cc}\t\n]/u.test(insert)) found.push(`text ${JSON.stringify(insert)}`);
  } else if (
    !/^\{"(divider|page-break)":true\}$|^\{"image":"\/api\/v1\/images\/[\w-]{1,64}"\}$/.test(
      JSON.stringify(insert),
    )
  ) {
    found.push(`embed ${JSON.stringify(insert)}`);
  }
  for (const [name, value] of Object.entries(attributes)) {
    const place =
      name in LINE ? isLine : name in IMAGE ? isImage : name in TEXT || name.startsWith("suggest-");
    if (!place || !isValue(name, value))
      found.push(`${name}: ${JSON.stringify(value)} on ${JSON.stringify(insert)}`);
  }
  return found;
}

const FONT =
  /^(Arial|Calibri|Cambria|Comic Sans MS|Courier New|Garamond|Georgia|Helvetica|Impact|Inter|Lato|Merriweather|Montserrat|Open Sans|Roboto|Roboto Mono|Source Code Pro|Tahoma|Times New Roman|Trebuchet MS|Verdana)$/;

function isValue(name: string, value: Json): boolean {
  const text = typeof value === "string" ? value : "";
  switch (name) {
    case "link":
      return text.length <= 2048 && /^(https?:\/\/[^/?#]|mailto:|#)[^\s"<>\\^`{|}]+$/i.test(text);
    case "color":
    case "background":
      return /^#[0-9a-f]{6}$/i.test(text);
    case "font":
      return FONT.test(text);
    case "size":
      return Number.isInteger(value) && Number(value) >= 6 && Number(value) <= 96;
    case "indent":
    case "header":
      return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= (name === "header" ? 6 : 8);
    case "line-height":
      return typeof value === "number" && [1, 1.15, 1.5, 2, 2.5, 3].includes(value);
    case "code-block":
      return value === true || /^[A-Za-z0-9+#._-]{1,32}$/.test(text);
    case "width":
      return typeof value === "number" && value >= 8 && value <= 4096;
    case "alt":
    case "caption":
      return typeof value === "string" && text.length <= 1000;
    default:
      return name.startsWith("suggest-") || (TEXT[name] ?? LINE[name] ?? []).includes(value);
  }
}
