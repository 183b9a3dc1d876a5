/** What goes out by copy, cut and drag: HTML that other programs understand, text, and our own form within the HTML. */

import type { Fragment, Node } from "prosemirror-model";
import { AllSelection, type Selection } from "prosemirror-state";
import { type Attributes, type Delta, DeltaBuilder, type Insert } from "../../core/delta";
import { attributesOf, attributesOfLine, readLine } from "../schema";
import { type CopiedLine, escaped, LineWriter } from "./markup";
import { OWN, writeOwn } from "./own";

export interface Copied {
  html: string;
  text: string;
  /** The form that the HTML bears. */
  own: string;
}

export interface SelectedContent {
  content: Delta;
  /** Attributes of the line that the selection ends in; null when it ends behind a line's end. */
  tail: Attributes | null;
  /** The first line is not there from its beginning. */
  isPartial: boolean;
}

/** The selected part as content. */
export function selectedContent(selection: Selection): SelectedContent {
  const { content } = selection.content();
  if (content.firstChild?.isInline) return { content: inlineContent(content), tail: {}, isPartial: true };
  const builder = new DeltaBuilder();
  const last = content.childCount - 1;
  content.forEach((line, _offset, at) => {
    readLine(builder, line, 0, at === last ? line.content.size : undefined);
  });
  const tail = tailOf(selection, content.lastChild, content.childCount);
  return { content: builder.build(), tail, isPartial: selection.$from.parentOffset > 0 };
}

function tailOf(selection: Selection, line: Node | null, count: number): Attributes | null {
  const attributes = (line && attributesOfLine(line)) ?? {};
  if (selection instanceof AllSelection) return attributes;
  const { $from, $to } = selection;
  const size = $to.parent.content.size;
  // Text of one line is only text, unless it is all of it.
  if (count === 1) return $from.parentOffset === 0 && $to.parentOffset === size ? attributes : {};
  return $to.parentOffset === 0 && size > 0 ? null : attributes;
}

function inlineContent(content: Fragment): Delta {
  const builder = new DeltaBuilder();
  content.forEach((node) => {
    builder.insert(node.isText ? (node.text as string) : node.attrs.value, attributesOf(node.marks));
  });
  return builder.build();
}

/** `address` is that of the page: addresses of images are made whole by it. */
export function copied(
  { content, tail, isPartial }: SelectedContent,
  documentId: string,
  address: string,
): Copied {
  const own = writeOwn(documentId, content, tail);
  const lines = linesOf(content, tail);
  const isInline = lines.length === 1 && tail !== null && Object.keys(tail).length === 0;
  const writer = new LineWriter(address);
  const body = isInline ? writer.inline(lines[0] as CopiedLine) : writer.blocks(lines);
  const tag = isInline ? "font" : "div";
  const html = `<meta charset="utf-8"><${tag} ${OWN}="${escaped(own)}">${body}</${tag}>`;
  const text = plainText(lines, isPartial || lines.length === 1) + (tail === null ? "\n" : "");
  return { html, text, own };
}

function linesOf(content: Delta, tail: Attributes | null): CopiedLine[] {
  const lines: CopiedLine[] = [];
  let runs: Insert[] = [];
  for (const op of content.ops as readonly Insert[]) {
    if (typeof op.insert !== "string") {
      runs.push(op);
      continue;
    }
    for (const [at, part] of op.insert.split("\n").entries()) {
      if (at > 0) {
        lines.push({ runs, attributes: op.attributes ?? {} });
        runs = [];
      }
      if (part) runs.push(op.attributes ? { insert: part, attributes: op.attributes } : { insert: part });
    }
  }
  if (tail !== null) lines.push({ runs, attributes: tail });
  return lines;
}

const INDENT = "    ";

/** Lines as people write them in plain text; the first one can be without its bullet. */
function plainText(lines: readonly CopiedLine[], isBare: boolean): string {
  const numbers: number[] = [];
  return lines
    .map(({ attributes, runs }, at) => {
      const marker = markerOf(attributes, numbers);
      return (at === 0 && isBare ? "" : marker) + textOf(runs);
    })
    .join("\n");
}

/** What stands for a bullet; `numbers` counts the items by level, as numbering.ts says. */
function markerOf(attributes: Attributes, numbers: number[]): string {
  const level = Number(attributes.indent ?? 0);
  const { list } = attributes;
  numbers.length = Math.min(numbers.length, typeof list === "string" ? level + 1 : level);
  if (typeof list !== "string" || attributes["code-block"] || attributes.header) return "";
  if (list === "ordered") numbers[level] = (numbers[level] ?? 0) + 1;
  const markers: Record<string, string> = { ordered: `${numbers[level]}.`, checked: "[x]", unchecked: "[ ]" };
  return `${INDENT.repeat(level)}${markers[list] ?? "•"} `;
}

function textOf(runs: readonly Insert[]): string {
  return runs
    .map(({ insert, attributes }) => {
      if (typeof insert === "string") return insert;
      return insert.divider ? "---" : typeof attributes?.alt === "string" ? attributes.alt : "";
    })
    .join("");
}
