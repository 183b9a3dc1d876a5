/**
 * Content drawn to be read, with what was changed in it: without an editor, in the page's own document.
 *
 * The same schema draws it as in the editor.  Each run may bear a note (who, when, what kind of change); for ProseMirror
 * it is one more attribute, which only this serializer knows how to draw.  History uses it, and whatever else shows a
 * change before it is there.
 */

import { DOMSerializer, type Mark, type Node } from "prosemirror-model";
import { readableColor } from "../core/colors";
import { type Attributes, type Delta, DeltaBuilder, type Embed, type Json } from "../core/delta";
import { inChunks } from "./chunks";
import { lineDOM, markDOM } from "./rendering";
import { schema, toDocument } from "./schema";

export type ChangeKind = "inserted" | "deleted" | "formatted" | "author";

/** A run of content, and what is to be said of it. */
export interface NotedOp {
  insert: string | Embed;
  attributes?: Attributes;
  note?: Note;
}

export interface Note {
  kind: ChangeKind;
  /** Whose it is; the colour follows from it. */
  userId: string;
  color: string;
  /** What a tooltip says: who, when, what. */
  text: string;
}

const NOTE = "@note";
const TAGS: Record<ChangeKind, string> = {
  inserted: "ins",
  deleted: "del",
  formatted: "span",
  author: "span",
};

interface Numbered extends Note {
  /** Changes that touch have one number, from 0. */
  number: number;
}

const noteOf = (attributes: Attributes | null): Numbered | null =>
  (attributes?.[NOTE] as unknown as Numbered | undefined) ?? null;

function html(note: Numbered, line: boolean): Record<string, string> {
  return {
    class: `${line ? "noted-line" : "noted"} noted-${note.kind}`,
    style: `--author:${readableColor(note.color, note.userId)}`,
    "data-change": String(note.number),
    "data-tip": note.text,
  };
}

/** A line to be read: an item of a list only by its looks, for no list stands around it. */
export function drawLine(node: Node): ReturnType<typeof lineDOM> {
  const given = node.attrs.attributes as Attributes | null;
  const note = noteOf(given);
  const { [NOTE]: _, ...attributes } = given ?? {};
  const drawn = lineDOM(attributes) as [string, Record<string, string>, 0];
  if (drawn[1].role === "listitem") {
    const { role: _role, "aria-level": _level, ...looks } = drawn[1];
    drawn[1] = looks;
  }
  if (!note) return drawn;
  const own = html(note, true);
  return [
    drawn[0],
    {
      ...drawn[1],
      ...own,
      class: `${drawn[1].class} ${own.class}`,
      style: [drawn[1].style, own.style].filter(Boolean).join(";"),
    },
    0,
  ];
}

function drawOther(mark: Mark): ReturnType<typeof markDOM> {
  if (mark.attrs.name !== NOTE) return markDOM(mark);
  const note = mark.attrs.value as Numbered;
  return [TAGS[note.kind], html(note, false), 0];
}

const serializer = new DOMSerializer(
  { ...DOMSerializer.nodesFromSchema(schema), line: drawLine },
  { ...DOMSerializer.marksFromSchema(schema), other: drawOther },
);

export interface Drawn {
  nodes: DocumentFragment;
  /** How many changes are marked: `[data-change="0"]` … */
  changes: number;
}

/** Draws runs; those with a note are marked. */
export function drawContent(ops: readonly NotedOp[], root: Document = document): Drawn {
  const builder = new DeltaBuilder();
  let changes = 0;
  let open = false;
  for (const op of ops) {
    if (!op.note) {
      builder.insert(op.insert, op.attributes);
      open = false;
      continue;
    }
    if (!open || op.note.kind === "author") changes += 1;
    open = true;
    const note = { ...op.note, number: changes - 1 } as unknown as Json;
    builder.insert(op.insert, { ...op.attributes, [NOTE]: note });
  }
  const doc = inChunks(toDocument(builder.build()));
  return {
    nodes: serializer.serializeFragment(doc.content, { document: root }) as DocumentFragment,
    changes,
  };
}

/** Content as runs without notes. */
export const plainOps = (content: Delta): NotedOp[] =>
  content.ops.flatMap((op) => ("insert" in op ? [op as NotedOp] : []));
