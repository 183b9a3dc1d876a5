/** What comes in by paste and drop, made fit for `doc = line+`: no newline inside a text, no half characters. */

import { Fragment, type Node, type NodeType, Slice } from "prosemirror-model";
import { schema } from "./schema";

const LINE_ENDS = /\r\n?|[\u2028\u2029]/g;
/** Controls but for tab and newline, and halves of surrogate pairs. */
const NOT_TEXT = /(?![\t\n])\p{Cc}|\p{Cs}/gu;

const clean = (text: string) => text.replace(LINE_ENDS, "\n").replace(NOT_TEXT, "");

/** Plain text as lines, open at both ends so that it joins what stands around it. */
export function pastedText(text: string): Slice {
  const lines = clean(text)
    .split("\n")
    .map((line) => schema.node("line", null, line ? [schema.text(line)] : []));
  return new Slice(Fragment.from(lines), 1, 1);
}

/** A parsed slice with each newline in a text made a line's end. */
export function pastedSlice(slice: Slice): Slice {
  if (slice.content.firstChild?.isInline) {
    const lines = splitLine(schema.node("line", null, slice.content), schema.nodes.line as NodeType);
    return lines.length > 1
      ? new Slice(Fragment.from(lines), 1, 1)
      : new Slice((lines[0] as Node).content, 0, 0);
  }
  const nodes: Node[] = [];
  let changed = false;
  slice.content.forEach((node) => {
    const split = node.type === schema.nodes.line ? splitLine(node, node.type) : [node];
    changed ||= split.length !== 1 || split[0] !== node;
    nodes.push(...split);
  });
  return changed ? new Slice(Fragment.from(nodes), slice.openStart, slice.openEnd) : slice;
}

function splitLine(line: Node, type: NodeType): Node[] {
  const lines: Node[][] = [[]];
  let same = true;
  line.forEach((child) => {
    if (!child.isText) {
      lines[lines.length - 1]?.push(child);
      return;
    }
    const text = clean(child.text as string);
    same &&= text === child.text && !text.includes("\n");
    for (const [at, part] of text.split("\n").entries()) {
      if (at > 0) lines.push([]);
      if (part) lines[lines.length - 1]?.push(schema.text(part, child.marks));
    }
  });
  return same ? [line] : lines.map((children) => type.create(line.attrs, children));
}

/** The text of a copy: a line of the document is a line of text. */
export function copiedText(slice: Slice): string {
  return slice.content.textBetween(0, slice.content.size, "\n", (leaf) =>
    leaf.attrs.value?.divider ? "---" : "",
  );
}
