/** Which lines differ between two documents, by identity: lines that nobody touched are the same objects. */

import type { Node } from "prosemirror-model";

export interface ChangedLines {
  /** Number of the first line that differs. */
  first: number;
  removed: number;
  added: number;
}

export function changedLines(before: Node, after: Node): ChangedLines {
  const was = before.children;
  const is = after.children;
  const shorter = Math.min(was.length, is.length);
  let first = 0;
  while (first < shorter && was[first] === is[first]) first += 1;
  let same = 0;
  while (same < shorter - first && was[was.length - 1 - same] === is[is.length - 1 - same]) same += 1;
  return { first, removed: was.length - same - first, added: is.length - same - first };
}
