/** What the editor lends to those who do a part of its work. */

import type { Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Delta } from "../core/delta";
import type { Machine } from "../core/machine";
import type { Role } from "../core/protocol";
import type { Binding } from "./binding";
import type { HistoryName } from "./types";

export interface Parts {
  readonly machine: Machine;
  view(): EditorView;
  binding(): Binding;
  role(): Role;
  /** Whether the document's owner lets those suggest who may not edit. */
  maySuggest(): boolean;
  /** An edit of the user's; a decision on suggestions is none itself, in whatever mode. */
  perform(delta: Delta, name: HistoryName, caret?: number, decides?: boolean): void;
  /** Shows a transaction that changes no text. */
  show(tr: Transaction): void;
  goTo(index: number): void;
  changed(): void;
}
