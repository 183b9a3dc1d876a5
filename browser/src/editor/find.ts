/**
 * Find and replace over the whole document, drawn or not.
 *
 * What a line has is kept with the line's node, which stays the same object until the line changes: after an edit only
 * the lines that it touched are searched again.  Plain searches run at once, regular expressions in a worker.
 */

import type { Node } from "prosemirror-model";
import { type Attributes, type Delta, DeltaBuilder, type Insert } from "../core/delta";
import type { Search } from "./bounded-search";
import type { Lines } from "./lines";
import { NONE, OBJECT, type Pattern, patternOf, type Ranges, rangesIn, replacement } from "./matching";
import type { FindQuery, FindState, HistoryName } from "./types";

/** All matches are marked up to here; of more, those in sight and the current one. */
const MARK_ALL = 300;
/** Lines around what is in sight that are marked too. */
const AROUND = 60;
/** Edits are taken in after this pause, in milliseconds: the marks move along at once. */
const REFRESH_MS = 80;

/** A match: number of its line, and units from the line's beginning. */
export interface Match {
  line: number;
  start: number;
  end: number;
}

export interface Mark {
  /** ProseMirror's positions. */
  from: number;
  to: number;
  current: boolean;
}

export interface FindHost {
  doc(): Node;
  lines(): Lines;
  /** Indexes of the selection. */
  selection(): [from: number, to: number];
  canEdit(): boolean;
  slice(start: number, end: number): Delta;
  apply(delta: Delta, name: HistoryName, caret?: number): void;
  /** Draws these marks and no others. */
  mark(marks: readonly Mark[]): void;
  visible(): [first: number, last: number];
  /** Scrolls to a range of positions. */
  show(from: number, to: number): void;
  select(from: number, to: number): void;
  changed(): void;
}

export class DocumentFinder {
  readonly #host: FindHost;
  readonly #search: Search;
  #query: FindQuery | null = null;
  #pattern: Pattern | null = null;
  #expression: RegExp | null = null;
  #problem: FindState["problem"] = null;
  #known = new WeakMap<Node, Ranges>();
  #matches: Match[] = [];
  #searching = false;
  /** Where the current match begins, moved along with every edit; null for none yet. */
  #at: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: FindHost, search: Search) {
    this.#host = host;
    this.#search = search;
  }

  get state(): FindState {
    return {
      query: this.#query,
      count: this.#matches.length,
      current: this.#current + 1,
      searching: this.#searching,
      problem: this.#problem,
    };
  }

  search(query: FindQuery | null): void {
    this.#search.stop();
    this.#searching = false;
    if (query === null) {
      this.#end();
      return;
    }
    const fresh = this.#query === null;
    this.#query = query;
    this.#pattern = patternOf(query);
    this.#expression = this.#pattern && new RegExp(this.#pattern.source, this.#pattern.flags);
    this.#problem = this.#pattern || !query.text ? null : "invalid";
    this.#known = new WeakMap();
    if (fresh || this.#at === null) this.#at = this.#host.selection()[0];
    this.#refresh(true);
  }

  /** The found match stays selected when the bar closes. */
  #end(): void {
    const match = this.#matches[this.#current];
    if (this.#query && match) this.#host.select(...this.#range(match));
    this.#query = null;
    this.#pattern = null;
    this.#problem = null;
    this.#at = null;
    this.#matches = [];
    this.close();
    this.#host.mark([]);
    this.#host.changed();
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#search.stop();
  }

  // --- the document changed or was scrolled

  follow(delta: Delta): void {
    if (!this.#pattern) return;
    if (this.#at !== null) this.#at = delta.transformIndex(this.#at, "left");
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#refresh(false);
    }, REFRESH_MS);
  }

  /** Other content altogether. */
  reset(): void {
    if (this.#query) this.search(this.#query);
  }

  scrolled(): void {
    if (this.#matches.length > MARK_ALL) this.#mark();
  }

  /** Brings the matches up to date; says whether they are already. */
  #refresh(show: boolean): boolean {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#pattern || this.#problem === "slow") {
      this.#gather(false);
      return true;
    }
    // What is asked now is answered first; what changed meanwhile is asked then.
    if (this.#searching) return false;
    const missing: Node[] = [];
    this.#host.doc().forEach((line) => {
      if (!this.#known.has(line)) missing.push(line);
    });
    if (this.#query?.regexp && missing.length > 0) {
      this.#ask(this.#pattern, missing, show);
      return false;
    }
    for (const line of missing) this.#known.set(line, rangesIn(textOf(line), this.#expression as RegExp));
    this.#gather(show);
    return true;
  }

  #ask(pattern: Pattern, lines: readonly Node[], show: boolean): void {
    this.#searching = true;
    this.#search.run(pattern, lines.map(textOf), (found) => {
      this.#searching = false;
      if (found) {
        for (const [at, line] of lines.entries()) this.#known.set(line, found[at] ?? NONE);
        this.#refresh(show);
        return;
      }
      this.#problem = "slow";
      this.#gather(false);
    });
    this.#host.changed();
  }

  #gather(show: boolean): void {
    const matches: Match[] = [];
    if (this.#pattern && this.#problem === null) {
      this.#host.doc().forEach((node, _offset, line) => {
        const ranges = this.#known.get(node) ?? NONE;
        for (let at = 0; at < ranges.length; at += 2) {
          matches.push({ line, start: ranges[at] as number, end: ranges[at + 1] as number });
        }
      });
    }
    this.#matches = matches;
    this.#mark();
    if (show) this.#show();
    this.#host.changed();
  }

  // --- the current match

  /** Number of the first match at or behind the place where the current one was; after the last, the first. */
  get #current(): number {
    if (this.#matches.length === 0 || this.#at === null) return -1;
    const { line, offset } = this.#host.lines().place(this.#at);
    return this.#firstBehind(line, offset) % this.#matches.length;
  }

  /** Number of the first match that begins at or behind a place. */
  #firstBehind(line: number, offset: number): number {
    let [low, high] = [0, this.#matches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const match = this.#matches[middle] as Match;
      if (match.line < line || (match.line === line && match.start < offset)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  next(): boolean {
    return this.#go(1);
  }

  previous(): boolean {
    return this.#go(-1);
  }

  #go(by: 1 | -1): boolean {
    if (!this.#refresh(false) || this.#matches.length === 0) return false;
    const count = this.#matches.length;
    const match = this.#matches[(this.#current + by + count) % count] as Match;
    this.#at = this.#index(match);
    this.#mark();
    this.#show();
    this.#host.changed();
    return true;
  }

  #show(): void {
    const match = this.#matches[this.#current];
    if (match) this.#host.show(...this.#range(match));
  }

  #index(match: Match): number {
    return this.#host.lines().start(match.line) + match.start;
  }

  #range(match: Match): [from: number, to: number] {
    const from = this.#index(match) + match.line + 1;
    return [from, from + match.end - match.start];
  }

  #mark(): void {
    const current = this.#current;
    let [from, to] = [0, this.#matches.length];
    if (to > MARK_ALL) {
      const [first, last] = this.#host.visible();
      from = this.#firstBehind(first - AROUND, 0);
      to = this.#firstBehind(last + AROUND + 1, 0);
    }
    const near = this.#matches.slice(from, to).map((match, at) => this.#marked(match, from + at === current));
    const match = this.#matches[current];
    if (match && (current < from || current >= to)) near.push(this.#marked(match, true));
    this.#host.mark(near);
  }

  #marked(match: Match, current: boolean): Mark {
    const [from, to] = this.#range(match);
    return { from, to, current };
  }

  // --- replacing

  replace(text: string): boolean {
    if (!this.#host.canEdit() || !this.#refresh(false)) return false;
    const match = this.#matches[this.#current];
    if (!match) return false;
    const builder = new DeltaBuilder();
    const length = this.#append(builder, match, 0, text);
    const behind = this.#index(match) + length;
    this.#host.apply(builder.build(), "replace", behind);
    this.#at = behind;
    this.#refresh(true);
    return true;
  }

  replaceAll(text: string): number {
    if (!this.#host.canEdit() || !this.#refresh(false)) return 0;
    const builder = new DeltaBuilder();
    let done = 0;
    let count = 0;
    for (const match of this.#matches) {
      this.#append(builder, match, done, text);
      done = this.#index(match) + match.end - match.start;
      count += 1;
    }
    const delta = builder.build();
    if (!delta.isEmpty) this.#host.apply(delta, "replace-all");
    this.#refresh(false);
    return delta.isEmpty ? 0 : count;
  }

  /** Appends one replacement, in the format of what it replaces; gives its length. */
  #append(builder: DeltaBuilder, match: Match, done: number, text: string): number {
    const index = this.#index(match);
    const length = match.end - match.start;
    const line = textOf(this.#host.doc().child(match.line));
    const pattern = this.#pattern as Pattern;
    const wanted = this.#query?.regexp ? replacement(line, match.start, match.end, pattern, text) : text;
    const inserted = wanted.replace(/[\r\n\u2028\u2029]+/g, " ");
    builder.retain(index - done);
    if (inserted) builder.insert(inserted, this.#formatAt(index));
    builder.delete(length);
    return inserted.length;
  }

  #formatAt(index: number): Attributes | undefined {
    const first = this.#host.slice(index, index + 1).ops[0] as Insert | undefined;
    const entries = Object.entries(first?.attributes ?? {}).filter(([name]) => !name.startsWith("suggest-"));
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }
}

/** A line's text, a unit for each unit of the content. */
export function textOf(line: Node): string {
  if (line.childCount === 1 && line.firstChild?.isText) return line.firstChild.text as string;
  return line.textBetween(0, line.content.size, "", OBJECT);
}
