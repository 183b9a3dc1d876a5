/** What is said, and what is kept for copying, when work was refused or the document can no longer be edited here. */

import type { Op } from "../core/delta";
import { Close } from "../core/protocol";

/** Closes that are final, by their code. */
export const STOPS: Record<number, [code: string, message: string]> = {
  [Close.noAccess]: ["FORBIDDEN", "You no longer have access to this document."],
  [Close.notFound]: ["NOT_FOUND", "This document does not exist any more, or you may not see it."],
  [Close.deleted]: ["DOCUMENT_DELETED", "This document was deleted."],
  [Close.replaced]: ["REPLACED", "This document was opened again in place of this page."],
};

/** Why a machine's work was kept apart, in the reader's words. */
export const KEPT: Record<string, string> = {
  EPOCH_CHANGED: "The document was restored from a backup, and what was not yet saved here does not fit it.",
  OUTDATED_COPY:
    "What lay on this device was not the latest of your work: it may be in the document already, and is kept apart.",
  NOT_EDITABLE: "The document cannot be edited at the moment.",
};

/** The text that a delta would have brought in. */
export function insertedText(ops: readonly Op[]): string {
  return ops.map((op) => ("insert" in op && typeof op.insert === "string" ? op.insert : "")).join("");
}

/** Why the document can be written to no more; null while it can. */
export type ClosedReason = "locked" | "deleted" | "stopped" | null;

/** The reason after an event of the server. */
export function closedAfter(event: string, reason: ClosedReason): ClosedReason {
  if (event === "document.locked") return "locked";
  if (event === "document.deleted") return "deleted";
  const ended = { "document.unlocked": "locked", "document.undeleted": "deleted" }[event];
  return ended !== undefined && ended === reason ? null : reason;
}
