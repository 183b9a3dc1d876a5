/** Bringing back a passage of an old version, as an ordinary operation. */

import { type Delta, DeltaBuilder } from "../../../core/delta";
import { api } from "../../account";
import type { Shown } from "./model";

export interface Range {
  start: number;
  end: number;
}

/** What of the pane is selected, in units of the version's content; null for nothing. */
export function passage(pane: HTMLElement): Range | null {
  const selection = getSelection();
  if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!pane.contains(range.commonAncestorContainer)) return null;
  const start = unitsBefore(pane, range.startContainer, range.startOffset);
  const end = unitsBefore(pane, range.endContainer, range.endOffset);
  return start < end ? { start, end } : null;
}

/** Units of the content in front of a place in its drawing: text, one for an embed, one for a line's end. */
function unitsBefore(pane: HTMLElement, node: globalThis.Node, offset: number): number {
  const before = document.createRange();
  before.setStart(pane, 0);
  before.setEnd(node, offset);
  const part = before.cloneContents();
  for (const caption of part.querySelectorAll(".embed-caption")) caption.remove();
  const embeds = part.querySelectorAll("img, .embed-divider, .embed-page-break, .embed-unknown");
  for (const unknown of part.querySelectorAll(".embed-unknown")) unknown.textContent = "";
  const lines = part.querySelectorAll(".line").length;
  return (part.textContent ?? "").length + embeds.length + Math.max(0, lines - 1);
}

interface Run {
  insert: string | object;
  change?: string;
}

const lengthOf = ({ insert }: Run): number => (typeof insert === "string" ? insert.length : 1);

/** The change that makes of the present place of a passage what it was; `now` is the diff from then to now. */
export function returning(then: Delta, range: Range, now: readonly Run[]): Delta {
  const builder = new DeltaBuilder();
  let old = 0;
  let put = false;
  const content = then.slice(range.start, range.end);
  for (const run of now) {
    const length = lengthOf(run);
    const inOld = run.change !== "inserted";
    const inNew = run.change !== "deleted";
    if (!put && (inOld ? old + length > range.start : old > range.start)) {
      const keep = inOld && inNew ? range.start - old : 0;
      builder.retain(Math.max(0, keep)).append(content);
      put = true;
    }
    if (inNew) {
      const from = inOld ? Math.max(0, range.start - old) : 0;
      const to = inOld
        ? Math.min(length, range.end - old)
        : old > range.start && old < range.end
          ? length
          : 0;
      const gone = Math.max(0, to - from);
      if (!put) builder.retain(length);
      else {
        builder.delete(gone);
        const rest = inOld ? length - Math.max(0, Math.min(length, range.end - old)) : length - gone;
        builder.retain(old + length > range.start ? rest : length);
      }
    }
    if (inOld) old += length;
  }
  return builder.build();
}

/** Submits it at the head; the server transforms it past whatever is typed meanwhile. */
export async function bringBack(documentId: string, shown: Shown, range: Range): Promise<void> {
  const path = `/documents/${encodeURIComponent(documentId)}`;
  const { epoch } = await api.request<{ epoch: string }>("POST", `${path}/ticket`);
  const diff = await api.request<{ to_revision: number; ops: Run[] }>(
    "GET",
    `${path}/diff?from=${shown.revision}`,
  );
  const builder = new DeltaBuilder();
  for (const op of shown.ops) if (op.change !== "deleted") builder.insert(op.insert, op.attributes);
  const delta = returning(builder.build(), range, diff.ops);
  const client_id = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  await api.request("POST", `${path}/operations`, {
    ...{ epoch, client_id, seq: 1, base_revision: diff.to_revision, ops: delta.ops },
    origin: { paste: { from: shown.revision, index: range.start } },
  });
}
