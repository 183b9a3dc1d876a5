/** Puts what was pasted where the selection is, as one delta. */

import type { EditorState, Selection } from "prosemirror-state";
import { attributeDifference } from "../../core/attributes";
import { type Attributes, type Delta, DeltaBuilder, type Insert } from "../../core/delta";
import type { Lines } from "../lines";
import { attributesOf, attributesOfLine } from "../schema";
import type { Pasted, PastedImage } from "./pasted";

/** Where it goes: the selection, as indexes, and the lines around it. */
export interface Spot {
  from: number;
  to: number;
  /** Attributes of the lines that `from` and `to` are in. */
  first: Attributes;
  last: Attributes;
  /** Units in the first line before `from`, and in the last line from `to` to its newline. */
  before: number;
  after: number;
  sameLine: boolean;
  /** The last line is the document's. */
  isFinal: boolean;
  /** What text typed here bears. */
  text: Attributes;
}

const TEXT_FORMATS: ReadonlySet<string> = new Set([
  ...[
    "bold",
    "italic",
    "underline",
    "strike",
    "code",
    "script",
    "link",
    "color",
    "background",
    "font",
    "size",
  ],
]);

/** Where a selection is; a document's final newline is never within. */
export function spotOf(state: EditorState, lines: Lines, selection: Selection): Spot {
  const [from, to] = [selection.from, selection.to].map((position) =>
    Math.min(lines.index(position), lines.length - 1),
  ) as [number, number];
  const [first, last] = [lines.place(from), lines.place(to)];
  const attributesAt = (line: number) => attributesOfLine(state.doc.child(line)) ?? {};
  const marks =
    state.storedMarks ??
    (selection.empty ? selection.$from.marks() : selection.$from.marksAcross(selection.$to));
  const text = Object.entries(attributesOf(marks ?? []) ?? {}).filter(([name]) => TEXT_FORMATS.has(name));
  return {
    from,
    to,
    first: attributesAt(first.line),
    last: attributesAt(last.line),
    before: first.offset,
    after: lines.lengthOf(last.line) - 1 - last.offset,
    sameLine: first.line === last.line,
    isFinal: last.line === lines.count - 1,
    text: Object.fromEntries(text),
  };
}

/** `own`: it keeps what it has. `foreign`: lists go as deep as the one they come into. `plain`: it takes what is there. */
export type Manner = "own" | "foreign" | "plain";

export interface Placed {
  delta: Delta;
  /** Indexes once the delta is applied. */
  caret: number;
  images: readonly PastedImage[];
}

const KINDS = ["header", "list", "blockquote", "code-block"];
const hasKind = (attributes: Attributes | undefined): boolean =>
  attributes !== undefined && KINDS.some((kind) => kind in attributes);

export function place(pasted: Pasted, spot: Spot, manner: Manner): Placed {
  const { content, tail } = pasted;
  const builder = new DeltaBuilder().retain(spot.from);
  const adopt = adopter(pasted, spot, manner);
  let first = true;
  for (const op of content.ops as readonly Insert[]) {
    const { insert } = op;
    if (typeof insert !== "string" || !insert.includes("\n") || !(first || adopt)) {
      builder.insert(insert, adopt?.text(op) ?? op.attributes);
      continue;
    }
    let start = 0;
    for (let end = insert.indexOf("\n"); end >= 0; end = insert.indexOf("\n", start)) {
      if (!first && !adopt) break;
      builder.insert(insert.slice(start, end), adopt?.text(op) ?? op.attributes);
      builder.insert(
        "\n",
        first ? firstLine(op.attributes, spot, manner, adopt) : adopt?.line(op.attributes),
      );
      start = end + 1;
      first = false;
    }
    builder.insert(insert.slice(start), adopt?.text(op) ?? op.attributes);
  }
  builder.delete(spot.to - spot.from);
  const wanted = lastLine(tail, first, spot, manner, adopt);
  if (wanted) builder.retain(spot.after).retain(1, attributeDifference(spot.last, bearable(wanted, spot)));
  const images = pasted.images.map((image) => ({ ...image, index: image.index + spot.from }));
  return { delta: builder.build(), caret: spot.from + content.length, images };
}

/** What changes attributes on the way in. */
interface Adopter {
  text(op: Insert): Attributes | undefined;
  line(own: Attributes | undefined): Attributes | undefined;
}

/** Null when everything stays as it was pasted, so that long contents need not be taken apart. */
function adopter(pasted: Pasted, spot: Spot, manner: Manner): Adopter | null {
  const around = continued(spot.first);
  if (manner === "plain") {
    const hasText = Object.keys(spot.text).length > 0;
    if (!hasText && Object.keys(around).length === 0) return null;
    return { text: () => spot.text, line: () => around };
  }
  const text = (op: Insert) => op.attributes;
  // Text without any structure goes on with the list that it comes into.
  const isPlain =
    !hasKind(pasted.tail ?? undefined) &&
    !pasted.content.ops.some((op) => hasKind((op as Insert).attributes));
  if (isPlain && spot.first.list) return { text, line: (own) => ({ ...own, ...around }) };
  const by = Number(spot.first.indent ?? 0);
  if (manner === "own" || !spot.first.list || by === 0) return null;
  return {
    text,
    line: (own) => (own?.list ? { ...own, indent: Math.min(8, Number(own.indent ?? 0) + by) } : own),
  };
}

/** The attributes of a line that goes on where one with `attributes` was: as Enter makes it. */
function continued(attributes: Attributes): Attributes {
  const { header: _, ...others } = attributes;
  const kept = Object.entries(others).filter(([name]) => !name.startsWith("suggest-"));
  return Object.fromEntries(
    kept.map(([name, value]) => (value === "checked" ? [name, "unchecked"] : [name, value])),
  );
}

function firstLine(
  own: Attributes | undefined,
  spot: Spot,
  manner: Manner,
  adopt: Adopter | null,
): Attributes | undefined {
  if (spot.before > 0 || manner === "plain") return spot.first;
  return adopt ? adopt.line(own) : own;
}

/** What the line becomes into which the end of the content goes; null to leave it as it is. */
function lastLine(
  tail: Attributes | null,
  isOneLine: boolean,
  spot: Spot,
  manner: Manner,
  adopt: Adopter | null,
): Attributes | null {
  if (tail === null) return null;
  const kept = spot.sameLine || !isOneLine ? null : spot.first;
  if (spot.after > 0) return kept;
  if (isOneLine && (spot.before > 0 || manner === "plain" || Object.keys(tail).length === 0)) return kept;
  if (manner === "plain") return continued(spot.first);
  return adopt?.line(tail) ?? tail;
}

/** Suggestions to insert or delete never stand on a document's final newline; those that are there stay. */
function bearable(wanted: Attributes, spot: Spot): Attributes {
  const isSuggestion = (name: string) => name.startsWith("suggest-");
  const there = Object.entries(spot.last).filter(([name]) => isSuggestion(name));
  const others = Object.entries(wanted).filter(([name]) => !spot.isFinal || !isSuggestion(name));
  return Object.fromEntries([...there, ...others]);
}
