/**
 * Lines of long documents in groups of about a hundred, so that a key costs a browser what stands near it.
 *
 * Ten thousand boxes in one parent make Chromium walk all of them at each layout, hit test, commit and moved caret (40 ms
 * and more a key).  A group is a mark on its lines, for which ProseMirror draws one element around neighbours: positions
 * and content do not know of it.  Out of sight it is skipped (`content-visibility` in `styles/text.css`), which also shuts
 * in the counters of lists: a group begins with a line that ends every list anyway.
 */

import { Fragment, type Mark, type Node, Slice } from "prosemirror-model";
import { type EditorState, Plugin, PluginKey, Selection, type Transaction } from "prosemirror-state";
import { AddNodeMarkStep, ReplaceStep } from "prosemirror-transform";
import { changedLines } from "./changes";
import { attributesOfLine, schema } from "./schema";

/** Documents of fewer lines are drawn as they are. */
export const MANY_LINES = 1000;
const CHUNK = 100;
/** A group that grew past this ends at the next line that can begin one. */
const FULL = 200;
/** More lines than this are put into groups by one step. */
const BY_ONE_STEP = 100;
/** Units in a row, about: for the height of what was never drawn. */
const ROW = 80;

const key = new PluginKey("chunks");
let nextId = 1;

const chunkOf = (line: Node): Mark | null => line.marks.find(({ type }) => type.name === "chunk") ?? null;
const fresh = (rows: number): Mark => schema.mark("chunk", { id: nextId++, rows });

/** Whether no list goes on behind this line. */
function canBegin(line: Node): boolean {
  const attributes = attributesOfLine(line);
  return !attributes || (attributes.list === undefined && attributes.indent === undefined);
}

/** The same document with its lines in groups, if it is long. */
export function inChunks(doc: Node): Node {
  if (doc.childCount < MANY_LINES) return doc;
  const lines: Node[] = [];
  let group: Node[] = [];
  const close = () => {
    const rows = group.reduce((sum, line) => sum + Math.ceil((line.content.size + 1) / ROW), 0);
    const chunk = fresh(rows);
    for (const line of group) lines.push(line.mark([chunk]));
    group = [];
  };
  doc.forEach((line) => {
    if (group.length >= CHUNK && canBegin(line)) close();
    group.push(line);
  });
  close();
  return doc.copy(Fragment.from(lines));
}

/** The groups that lines shall have which are not in the right one, by the lines' numbers. */
function wanted(before: Node, doc: Node): Map<number, Mark> {
  const { first, added } = changedLines(before, doc);
  const found = new Map<number, Mark>();
  let open = first > 0 ? chunkOf(doc.child(first - 1)) : null;
  let size = 0;
  while (open && size < FULL && size < first && chunkOf(doc.child(first - 1 - size)) === open) size += 1;
  for (let at = first; at < doc.childCount; at += 1) {
    const line = doc.child(at);
    const own = chunkOf(line);
    const begins = canBegin(line);
    const stays = own !== null && (own === open || open === null || begins);
    // A line behind what changed may go on a list now, so that its group can no longer begin with it.
    if (at >= first + added && stays) break;
    const full = own === null && size >= FULL && begins;
    const right = stays ? own : full || !open ? fresh(CHUNK) : open;
    if (right !== own) found.set(at, right);
    size = right === open ? size + 1 : 1;
    open = right;
  }
  return found;
}

function regroup(state: EditorState, groups: Map<number, Mark>): Transaction {
  const { tr, selection, storedMarks } = state;
  const numbers = [...groups.keys()];
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  let position = 0;
  for (let at = 0; at < first; at += 1) position += state.doc.child(at).nodeSize;
  if (groups.size > BY_ONE_STEP) {
    const lines: Node[] = [];
    for (let at = first; at <= last; at += 1) {
      const line = state.doc.child(at);
      const chunk = groups.get(at);
      lines.push(chunk ? line.mark([chunk]) : line);
    }
    const content = Fragment.from(lines);
    tr.step(new ReplaceStep(position, position + content.size, new Slice(content, 0, 0)));
    tr.setSelection(Selection.fromJSON(tr.doc, selection.toJSON()));
  } else {
    for (let at = first; at <= last; at += 1) {
      const chunk = groups.get(at);
      if (chunk) tr.step(new AddNodeMarkStep(position, chunk));
      position += state.doc.child(at).nodeSize;
    }
  }
  return tr.setStoredMarks(storedMarks).setMeta(key, true).setMeta("addToHistory", false);
}

/** Puts new lines into the groups around them, and a document that became long into groups. */
export function chunks(): Plugin {
  return new Plugin({
    key,
    appendTransaction: (transactions, before, state) => {
      if (!transactions.some((tr) => tr.docChanged && !tr.getMeta(key))) return null;
      const { doc } = state;
      const grouped =
        doc.childCount > 0 && [doc.firstChild, doc.lastChild].some((line) => line && chunkOf(line));
      if (!grouped && doc.childCount < MANY_LINES) return null;
      const groups = grouped
        ? wanted(before.doc, doc)
        : new Map(inChunks(doc).children.map((line, at) => [at, chunkOf(line) as Mark]));
      return groups.size > 0 ? regroup(state, groups) : null;
    },
  });
}
