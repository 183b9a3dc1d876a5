/** Find and replace, loaded when something is first looked for. */

import type { Delta } from "../core/delta";
import type { DocumentFinder, FindHost } from "./find";
import type { Finder, FindQuery, FindState } from "./types";

export class LazyFinder implements Finder {
  readonly #host: FindHost;
  #finder: DocumentFinder | null = null;
  /** What is looked for as soon as the finder is there. */
  #wanted: FindQuery | null = null;
  #closed = false;

  constructor(host: FindHost) {
    this.#host = host;
  }

  get state(): FindState {
    if (this.#finder) return this.#finder.state;
    return { query: this.#wanted, count: 0, current: 0, searching: this.#wanted !== null, problem: null };
  }

  search(query: FindQuery | null): void {
    if (this.#finder) {
      this.#finder.search(query);
      return;
    }
    const loading = this.#wanted !== null;
    this.#wanted = query;
    if (query && !loading) void this.#load();
  }

  async #load(): Promise<void> {
    const [{ DocumentFinder }, { BoundedSearch }] = await Promise.all([
      import("./find"),
      import("./bounded-search"),
    ]);
    if (this.#closed || this.#finder) return;
    this.#finder = new DocumentFinder(this.#host, new BoundedSearch());
    if (this.#wanted) this.#finder.search(this.#wanted);
  }

  next(): boolean {
    return this.#finder?.next() ?? false;
  }

  previous(): boolean {
    return this.#finder?.previous() ?? false;
  }

  replace(text: string): boolean {
    return this.#finder?.replace(text) ?? false;
  }

  replaceAll(text: string): number {
    return this.#finder?.replaceAll(text) ?? 0;
  }

  selectedText(): string {
    const [from, to] = this.#host.selection();
    const lines = this.#host.lines();
    const place = lines.place(from);
    if (to <= from || place.line !== lines.place(to).line) return "";
    const line = this.#host.doc().child(place.line);
    return line.textBetween(place.offset, place.offset + to - from);
  }

  follow(delta: Delta): void {
    this.#finder?.follow(delta);
  }

  reset(): void {
    this.#finder?.reset();
  }

  scrolled(): void {
    this.#finder?.scrolled();
  }

  close(): void {
    this.#closed = true;
    this.#finder?.close();
  }
}
