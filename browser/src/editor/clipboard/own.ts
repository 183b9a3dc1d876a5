/** What was copied, as this editor writes it for itself into the HTML: nothing is lost on the way back. */

import { type Attributes, type Delta, DeltaBuilder, type Embed, type Insert } from "../../core/delta";
import { cleanText, fitting, imageIdOf, isRule, type Pasted, type PastedImage } from "./pasted";

/** The attribute that bears it. */
export const OWN = "data-octavo";

interface Form {
  v: 1;
  document: string;
  ops: readonly Insert[];
  tail: Attributes | null;
}

export function writeOwn(document: string, content: Delta, tail: Attributes | null): string {
  return JSON.stringify({ v: 1, document, ops: content.ops, tail });
}

const ENTITIES: Record<string, string> = {
  quot: '"',
  amp: "&",
  lt: "<",
  gt: ">",
  "#39": "'",
  nbsp: "\u00a0",
};

/** What browsers put around what was copied. */
const AROUND = String.raw`(?:\s|<!--[^>]*-->|</?(?:html|head|body|meta)\b[^>]*>)*`;
const BEFORE = new RegExp(`^${AROUND}<(div|font) $`);
const BEHIND = new RegExp(`^${AROUND}$`);

/** The form that HTML bears; null for HTML that was not copied here, or that holds more than was. */
export function findOwn(html: string): string | null {
  const begin = html.indexOf(`${OWN}="`);
  const tag = begin >= 0 && begin < 2000 && BEFORE.exec(html.slice(0, begin))?.[1];
  if (!tag) return null;
  const start = begin + OWN.length + 2;
  const end = html.indexOf('"', start);
  // No element of that name is written within.
  const close = end < 0 ? -1 : html.indexOf(`</${tag}>`, end);
  if (close < 0 || html.length - close > 2000 || !BEHIND.test(html.slice(close + tag.length + 3)))
    return null;
  return html
    .slice(start, end)
    .replace(/&(quot|amp|lt|gt|#39|nbsp);/g, (_, name: string) => ENTITIES[name] as string);
}

export interface Reader {
  /** The document that it is pasted into: images of others must be taken over. */
  document: string;
  /** What this page itself copied last; any other text may come from anywhere and is held against the schema. */
  copied: string | null;
}

/** Reads a form; null for one that is broken. */
export function readOwn(text: string, { document, copied }: Reader): Pasted | null {
  let form: Form;
  try {
    form = JSON.parse(text) as Form;
  } catch {
    return null;
  }
  if (form?.v !== 1 || !Array.isArray(form.ops)) return null;
  const builder = new DeltaBuilder();
  const images: PastedImage[] = [];
  const trusted = text === copied;
  let length = 0;
  for (const op of form.ops as unknown[]) {
    const { insert, attributes } = (op ?? {}) as { insert?: unknown; attributes?: Attributes };
    if (typeof insert === "string") {
      const line = /^\n+$/.test(insert);
      const clean = trusted ? insert : cleanText(insert);
      builder.insert(clean, trusted ? attributes : fitting(attributes, line ? "line" : "text"));
      length += clean.length;
      continue;
    }
    if (typeof insert !== "object" || insert === null) continue;
    const imageId = imageIdOf((insert as Embed).image);
    const isKnown = trusted || isRule(insert as Embed) || (imageId !== null && form.document === document);
    if (imageId !== null && form.document !== document) {
      images.push({ source: { imageId }, index: length, attributes: fitting(attributes, "image") });
    } else if (isKnown) {
      const embed =
        imageId === null || trusted ? (insert as Embed) : { image: (insert as Embed).image as string };
      builder.insert(embed, trusted ? attributes : fitting(attributes, imageId === null ? "embed" : "image"));
      length += 1;
    }
  }
  const tail = form.tail === null || trusted ? form.tail : fitting(form.tail, "line");
  return { content: builder.build(), tail: tail ?? null, images };
}
