/**
 * The editor as a page sees it: what to give `openEditor`, what it tells back, and what a toolbar may do.
 * Nothing of ProseMirror, of the wire or of the machine shows here.
 */

import type { Span, StatedAnchor } from "../core/anchors";
import type { Role, User } from "../core/protocol";
import type { Suggestion } from "../core/suggestions";
import type { Api } from "../net/api";
import type { Device } from "../offline/device";
import type { DeviceState } from "../offline/keeper";
import type { ImageSource, PastedImage } from "./clipboard/pasted";
import type { CommandId, PageCommandId } from "./shortcuts";

export type {
  CommandId,
  DeviceState,
  ImageSource,
  PageCommandId,
  PastedImage,
  Span,
  StatedAnchor,
  Suggestion,
};

/** What the page says about the user's work; each is true at the moment it is told. */
export type SaveState =
  /** The content is being fetched or the first connection made; nothing can be typed yet. */
  | { kind: "opening" }
  /** Edits are on their way and not yet acknowledged. */
  | { kind: "saving" }
  /** Everything is acknowledged, and therefore durable on the server; since `at`, milliseconds since 1970. */
  | { kind: "saved"; at: number }
  /** The connection was lost less than 30 s ago; typing goes on. */
  | { kind: "reconnecting"; changes: number; device: DeviceState; persistent: boolean | null; at: number }
  /** No connection since `at`; `changes` edits are not on the server, and on this device if `device` says so. */
  | { kind: "offline"; changes: number; device: DeviceState; persistent: boolean | null; at: number }
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

/** What the user's edits do: change the text, propose changes to it, or nothing. */
export type Mode = "editing" | "suggesting" | "viewing";

/** What may be done here now. */
export interface Access {
  role: Role;
  mode: Mode;
  canEdit: boolean;
  /** Why not, when `canEdit` is false. */
  reason: "role" | "viewing" | "locked" | "deleted" | "stopped" | "opening" | null;
}

export interface EditorOptions {
  /** An empty element that the editor fills; its classes and styles are the page's. */
  mount: HTMLElement;
  documentId: string;
  api: Api;
  /** What of the user's lies on this device; null, or left out: nothing can be stored here. */
  device?(): Promise<Device | null>;
  /** Accessible name of the text; default "Document". */
  label?: string;
  /** What stands where somebody's image is to come, of which nothing is here yet; default their name. */
  imageComing?: (name: string) => string;
  onState(state: SaveState): void;
  onPeople(people: Person[]): void;
  /** The title, at opening and whenever someone changes it. */
  onTitle(title: string): void;
  onAccess(access: Access): void;
  /** Every `event` of the server, also those handled here (`comment.*`, `permission.changed` …). */
  onEvent?(event: string, data: unknown): void;
  /** What edits do from the start; "editing" when left out. */
  mode?: Mode;
  /** Ctrl+K: ask for a URL and call `commands.link`; `current` is the link under the caret. */
  onLink?(current: string | null): void;
  /**
   * Images that a paste or drop brought: to be uploaded, fetched by the server or taken over from another document,
   * and put in at their indexes in the document as it is at this moment.  Left out, they are left out of the paste.
   */
  onImages?(images: readonly PastedImage[]): void;
  /** A command that the page performs (Ctrl+F, Ctrl+S …), by its key in the text or by `commands.run`. */
  onCommand?(id: PageCommandId): void;
}

export type ListKind = "bullet" | "ordered" | "checked" | "unchecked";
export type Alignment = "left" | "center" | "right" | "justify";
export type LineHeight = 1 | 1.15 | 1.5 | 2 | 2.5 | 3;
export type HeadingLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6;
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

/** Formats that have a value; what each may be is in `Formats`. */
export interface Formats {
  /** One of `FONTS`; null is the document's own. */
  font: string;
  /** Points, a whole number 6 … 96; null is the style's own. */
  size: number;
  color: string;
  background: string;
  script: "sub" | "super";
  link: string;
  header: Exclude<HeadingLevel, 0>;
  list: ListKind;
  indent: number;
  align: Exclude<Alignment, "left">;
  direction: "rtl";
  "line-height": LineHeight;
  /** True, or a language's name. */
  "code-block": true | string;
}
export type FormatName = keyof Formats;

/** What the selection has of one format. */
export interface FormatState<Name extends FormatName = FormatName> {
  /** At the beginning of the selection; null for none. */
  value: Formats[Name] | null;
  /** Parts of the selection have another value, or none. */
  mixed: boolean;
}

/** Why a command can do nothing now; each has a text `reason.<name>` in the catalogue. */
export type Reason =
  | NonNullable<Access["reason"]>
  | "nothing-to-undo"
  | "nothing-to-redo"
  | "no-selection"
  | "no-link"
  | "no-image"
  | "no-list"
  | "no-checklist"
  | "in-code";

export interface CommandStatus {
  enabled: boolean;
  /** Why not, when it is not enabled. */
  reason: Reason | null;
  /** Whether all of the selection has it; null for a command that is never "on". */
  active: boolean | "mixed" | null;
}

/** What an item of undo did: a command, or one of these; each has a text `history.<name>` in the catalogue. */
export type HistoryName =
  | CommandId
  | "typing"
  | "deleting"
  | "paste"
  | "cut"
  | "drop"
  | "replace"
  | "replace-all"
  | "markdown"
  | "autolink"
  | "format"
  | "new-line";

export interface ImageData {
  /** `/api/v1/images/{id}` */
  src: string;
  alt?: string | null;
  caption?: string | null;
  /** Pixels, 8 … 4,096; null for its own size. */
  width?: number | null;
}

/** An image on its way to its place in the text. */
export interface PendingImage {
  /** Puts the image where its mark is now, and takes the mark away; false when nothing may be changed any more. */
  place(image: ImageData & { link?: string | null }): boolean;
  /** Takes the mark away. */
  remove(): void;
  /** Whether the others see at this place that an image is on its way; true from the start. */
  underWay(is: boolean): void;
}

export interface SelectedImage extends Required<ImageData> {
  align: Alignment;
  /** Where it is on the screen, in CSS pixels of the viewport. */
  rect: DOMRect;
}

export interface LinkAtCaret {
  url: string;
  text: string;
  /** Where it is on the screen, in CSS pixels of the viewport. */
  rect: DOMRect;
}

/** What a toolbar does.  Each returns whether it did anything, and gives the focus back to the text. */
export interface Commands {
  /** Performs any command of `COMMANDS` (editor/shortcuts.ts); one of the page goes to `onCommand`. */
  run(id: CommandId): boolean;
  status(id: CommandId): CommandStatus;
  /** Sets a format of the selection, or of what is typed next; null takes it away.  False for a value not allowed. */
  set<Name extends FormatName>(name: Name, value: Formats[Name] | null): boolean;
  format<Name extends FormatName>(name: Name): FormatState<Name>;
  bold(): boolean;
  italic(): boolean;
  underline(): boolean;
  strike(): boolean;
  code(): boolean;
  /** 0 is normal text, 1 … 6 a heading; the level that is there already is taken away. */
  header(level: HeadingLevel): boolean;
  /** The kind that is there already is taken away; null removes any. */
  list(kind: ListKind | null): boolean;
  blockquote(): boolean;
  codeBlock(): boolean;
  /** Sets the link of the selection (or of the link under the caret); null removes it.  False for a URL not allowed. */
  link(url: string | null): boolean;
  /** The same, with the text it stands on replaced (or put in where nothing is selected). */
  linkWithText(url: string, text: string): boolean;
  indent(): boolean;
  outdent(): boolean;
  align(side: Alignment): boolean;
  color(value: string | null): boolean;
  background(value: string | null): boolean;
  divider(): boolean;
  pageBreak(): boolean;
  /** Puts an image in place of the selection. */
  image(image: ImageData): boolean;
  /** Changes width, text or caption of the selected image; null takes one away, what is left out stays. */
  setImage(change: Omit<ImageData, "src">): boolean;
  /** Takes away every character format of the selection (links stay), and the line formats when whole lines are selected. */
  clear(): boolean;
  undo(): boolean;
  redo(): boolean;
  canUndo(): boolean;
  canRedo(): boolean;
  /** What `undo` would take back, to be named in menus and tooltips; null for nothing. */
  undoName(): HistoryName | null;
  redoName(): HistoryName | null;
  /** Whether the selection has it: `isActive("bold")`, `isActive("header", 2)`, `isActive("list", "bullet")`. */
  isActive(name: CommandName, value?: string | number): boolean;
  /** Its value at the caret: the link's URL, the heading's level, the list's kind; null when there is none. */
  valueOf(name: string): unknown;
}

export interface FindQuery {
  text: string;
  matchCase: boolean;
  wholeWord: boolean;
  regexp: boolean;
}

export interface FindState {
  /** Null while the bar is closed. */
  query: FindQuery | null;
  count: number;
  /** The number of the match that is current, from 1; 0 for none. */
  current: number;
  /** A new search is under way; `count` is still of what was found before. */
  searching: boolean;
  /** `invalid`: no regular expression; `slow`: it took too long and was given up. */
  problem: "invalid" | "slow" | null;
}

/** Find and replace.  It stays in step with everybody's edits; `Editor.subscribe` tells of each change. */
export interface Finder {
  readonly state: FindState;
  /** Marks all matches and makes the first one behind the caret current; null ends it. */
  search(query: FindQuery | null): void;
  /** Makes the next match current and shows it; after the last comes the first. */
  next(): boolean;
  previous(): boolean;
  /** Replaces the current match and goes to the next; `$1` … are groups of a regular expression. */
  replace(text: string): boolean;
  /** Replaces every match as one item of undo; how many. */
  replaceAll(text: string): number;
  /** The selected text, when it is within one line: what the bar starts with. */
  selectedText(): string;
}

export interface Counts {
  words: number;
  /** As people count: an emoji is one. */
  characters: number;
  charactersWithoutSpaces: number;
  /** Reading time, rounded up to whole minutes. */
  minutes: number;
}

export interface Statistics {
  document: Counts;
  /** Null when nothing is selected. */
  selection: Counts | null;
}

export interface Heading {
  /** The same for a heading as long as it is there, whatever happens before it. */
  key: number;
  level: Exclude<HeadingLevel, 0>;
  text: string;
}

export interface Outline {
  readonly headings: readonly Heading[];
  /** Key of the heading whose part is being read (at the top of the window); null before the first. */
  readonly current: number | null;
}

/** People whose carets are out of sight, nearest first. */
export interface OffScreen {
  above: readonly Person[];
  below: readonly Person[];
}

/** What helps in writing and reading. */
export interface WritingAids {
  readonly find: Finder;
  /** Words and characters; cheap enough to be asked for after each change. */
  statistics(): Statistics;
  outline(): Outline;
  /** Shows a heading at the top of the window and puts the caret into it; false when it is gone. */
  goToHeading(key: number): boolean;
  /** The link under the caret, for the bubble; null when there is none or it is not drawn. */
  linkAtCaret(): LinkAtCaret | null;
  /** The image that is selected. */
  selectedImage(): SelectedImage | null;
  /** Who is out of sight; changes with scrolling too, of which `subscribe` tells. */
  offScreen(): OffScreen;
}

/** Where comments stand.  The page tells which there are; `Editor.subscribe` tells when one has moved. */
export interface Comments {
  /** Anchors were lost (another content came, or one stated too long ago): read the comments anew and `set` them. */
  readonly stale: boolean;
  /** All threads, with their anchors as the server states them. */
  set(anchors: ReadonlyMap<string, StatedAnchor>): void;
  place(id: string, anchor: StatedAnchor): void;
  remove(id: string): void;
  /** Which are marked in the text (null: all), and which of them stands out. */
  show(visible: ReadonlySet<string> | null, active: string | null): void;
  /** By id, in the shown text; empty ones are of deleted text. */
  spans(): ReadonlyMap<string, Span>;
  /** Those at the caret, the shortest first. */
  atCaret(): string[];
  /** Where an index is on the screen: CSS pixels from the window's top. */
  topOf(index: number): number;
  goTo(id: string): boolean;
  /** Marks the selection as what a comment is being written about; null when nothing is selected. */
  begin(): { quote: string; index: number } | null;
  cancel(): void;
  /** Where that stands now, once the server has all of its text; null when nothing is left of it. */
  anchor(): Promise<StatedAnchor | null>;
}

/** Suggestions in the document, whoever made them. */
export interface Suggestions {
  /** In the order of the text; the same array as long as none has changed. */
  all(): readonly Suggestion[];
  /** Accepts or rejects these (null: all) as one edit and one item of undo; false when there was nothing to do. */
  decide(ids: readonly string[] | null, accept: boolean): boolean;
  /** Shows it and puts the caret there; false when it is gone. */
  goTo(id: string): boolean;
  /** The one that the caret is in. */
  atCaret(): string | null;
  /** What edits do from now on; whoever may not do it gets what comes next to it. */
  setMode(mode: Mode): void;
}

export interface Editor {
  readonly aids: WritingAids;
  readonly suggesting: Suggestions;
  readonly comments: Comments;
  readonly commands: Commands;
  /** Shows `mark` where an image will be, at `index` or at the caret; it moves along with everybody's edits. */
  awaitImage(mark: HTMLElement, index: number | null): PendingImage;
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
  /** The text of these edits, as far as it is text. */
  unsentText(): string;
  /** The user has dealt with a refusal: go on (nothing happens when stopped). */
  dismissRefusal(): void;
  /** Try to connect now. */
  reconnect(): void;
  /** Resolves when what was not acknowledged lies on this device, where it can. */
  close(): Promise<void>;
}
