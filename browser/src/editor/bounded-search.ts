/** Regular expressions with a bound on their time: in a worker, which is ended when it does not answer. */

import type { Result, Task } from "./find-worker";
import type { Pattern, Ranges } from "./matching";

const LIMIT_MS = 1_500;

/** Gives the ranges of each text, or null when it took too long; a new search ends the one before without an answer. */
export interface Search {
  run(pattern: Pattern, texts: readonly string[], done: (found: readonly Ranges[] | null) => void): void;
  stop(): void;
}

export class BoundedSearch implements Search {
  #worker: Worker | null = null;
  #id = 0;
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  run(pattern: Pattern, texts: readonly string[], done: (found: readonly Ranges[] | null) => void): void {
    if (this.#busy) this.stop();
    const id = ++this.#id;
    const worker = this.#open();
    this.#busy = true;
    const end = (found: readonly Ranges[] | null) => {
      if (id !== this.#id || !this.#busy) return;
      if (this.#timer) clearTimeout(this.#timer);
      this.#busy = false;
      if (!found) this.stop();
      done(found);
    };
    worker.onmessage = ({ data }: MessageEvent<Result>) => data.id === id && end(data.ranges);
    worker.onerror = () => end(null);
    this.#timer = setTimeout(() => end(null), LIMIT_MS);
    worker.postMessage({ id, pattern, texts } satisfies Task);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#busy = false;
    this.#worker?.terminate();
    this.#worker = null;
  }

  #open(): Worker {
    this.#worker ??= new Worker(new URL("./find-worker.ts", import.meta.url), { type: "module" });
    return this.#worker;
  }
}
