/**
 * The editor as a page sees it: what to give `openEditor`, what it tells back, and what a toolbar may do.
 * Nothing of ProseMirror, of the wire or of the machine shows here.
 */

import type { Role, User } from "../core/protocol";
import type { Api } from "../net/api";

/** What the page says about the user's work; each is true at the moment it is told. */
export type SaveState =
  /** The content is being fetched or the first connection made; nothing can be typed yet. */
  | { kind: "opening" }
  /** Edits are on their way and not yet acknowledged. */
  | { kind: "saving" }
  /** Everything is acknowledged, and therefore durable on the server. */
  | { kind: "saved" }
  /** The connection was lost less than 30 s ago; typing goes on. */
  | { kind: "reconnecting"; changes: number }
  /** No connection for longer; `changes` edits exist on this page only. */
  | { kind: "offline"; changes: number }
  /** Connected again, delivering what was made meanwhile. */
  | { kind: "sending"; changes: number }
  /**
   * Edits were refused for good, or the document can no longer be edited here.  `text` is what was lost, for
   * copying ("" when nothing was).  `stopped`: this page will not connect again.
   */
  | { kind: "refused"; code: string; message: string; text: string; stopped: boolean };

/** Someone who has the document open; the list starts with the user of this page. */
export interface Person {
  clientId: string;
  user: User;
  self: boolean;
  /** Their caret is in the text, so that `goToPerson` can show it. */
  hasCursor: boolean;
}

/** What may be done here now. */
export interface Access {
  role: Role;
  canEdit: boolean;
  /** Why not, when `canEdit` is false. */
  reason: "role" | "locked" | "deleted" | "stopped" | "opening" | null;
}

export interface EditorOptions {
  /** An empty element that the editor fills; its classes and styles are the page's. */
  mount: HTMLElement;
  documentId: string;
  api: Api;
  /** Accessible name of the text; default "Document". */
  label?: string;
  onState(state: SaveState): void;
  onPeople(people: Person[]): void;
  /** The title, at opening and whenever someone changes it. */
  onTitle(title: string): void;
  onAccess(access: Access): void;
  /** Every `event` of the server, also those handled here (`comment.*`, `permission.changed` …). */
  onEvent?(event: string, data: unknown): void;
  /** Ctrl+K: ask for a URL and call `commands.link`; `current` is the link under the caret. */
  onLink?(current: string | null): void;
}

export type ListKind = "bullet" | "ordered" | "checked" | "unchecked";
export type Alignment = "left" | "center" | "right" | "justify";
export type CommandName =
  | "bold"
  | "italic"
  | "underline"
  | "strike"
  | "code"
  | "link"
  | "header"
  | "list"
  | "align"
  | "blockquote"
  | "code-block";

/** What a toolbar does.  Each returns whether it did anything, and gives the focus back to the text. */
export interface Commands {
  bold(): boolean;
  italic(): boolean;
  underline(): boolean;
  strike(): boolean;
  code(): boolean;
  /** 0 is normal text, 1 … 6 a heading; the level that is there already is taken away. */
  header(level: 0 | 1 | 2 | 3 | 4 | 5 | 6): boolean;
  /** The kind that is there already is taken away; null removes any. */
  list(kind: ListKind | null): boolean;
  blockquote(): boolean;
  codeBlock(): boolean;
  /** Sets the link of the selection (or of the link under the caret); null removes it.  False for a URL not allowed. */
  link(url: string | null): boolean;
  indent(): boolean;
  outdent(): boolean;
  align(side: Alignment): boolean;
  color(value: string | null): boolean;
  background(value: string | null): boolean;
  divider(): boolean;
  pageBreak(): boolean;
  /** Takes away every character format of the selection, and the line formats when whole lines are selected. */
  clear(): boolean;
  undo(): boolean;
  redo(): boolean;
  canUndo(): boolean;
  canRedo(): boolean;
  /** Whether the selection has it: `isActive("bold")`, `isActive("header", 2)`, `isActive("list", "bullet")`. */
  isActive(name: CommandName, value?: string | number): boolean;
  /** Its value at the caret: the link's URL, the heading's level, the list's kind; null when there is none. */
  valueOf(name: string): unknown;
}

export interface Editor {
  readonly commands: Commands;
  readonly user: User | null;
  /** Called after anything that may change the toolbar (selection, content, access).  Returns how to stop it. */
  subscribe(listener: () => void): () => void;
  focus(): void;
  /** The whole text as shown, for word counts and copies. */
  text(): string;
  /** Scrolls to that person's caret; false when it is nowhere in the text. */
  goToPerson(clientId: string): boolean;
  /** Edits that exist on this page only: ask before leaving when > 0. */
  unsavedChanges(): number;
  /** The user has dealt with a refusal: go on (nothing happens when stopped). */
  dismissRefusal(): void;
  /** Try to connect now. */
  reconnect(): void;
  close(): void;
}
