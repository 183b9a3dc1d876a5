/** What may truthfully be said about the user's work: "saved" only for what is acknowledged, and so durable. */

import type { SaveState } from "./types";

/** A connection that is gone longer is called offline, in milliseconds. */
export const OFFLINE_AFTER_MS = 30_000;

export interface Facts {
  now: number;
  joined: boolean;
  stopped: boolean;
  unacknowledged: number;
}

export class SaveStates {
  #refusal: Extract<SaveState, { kind: "refused" }> | null = null;
  #everJoined = false;
  #goneSince: number | null = null;
  /** Work made without a connection is being delivered. */
  #delivering = false;

  refuse(code: string, message: string, text: string, stopped: boolean): void {
    const earlier = this.#refusal?.text;
    const all = [earlier, text].filter((part) => part).join("\n");
    this.#refusal = { kind: "refused", code, message, text: all, stopped };
  }

  /** The user has dealt with it. */
  dismiss(): void {
    if (!this.#refusal?.stopped) this.#refusal = null;
  }

  /** When, in milliseconds from now, the answer may change by itself. */
  dueIn(now: number): number | null {
    return this.#goneSince === null ? null : Math.max(0, this.#goneSince + OFFLINE_AFTER_MS - now);
  }

  tell({ now, joined, unacknowledged: changes }: Facts): SaveState {
    if (joined) {
      this.#delivering = changes > 0 && (this.#delivering || (this.#goneSince !== null && this.#everJoined));
      this.#everJoined = true;
      this.#goneSince = null;
    } else {
      this.#goneSince ??= now;
    }
    if (this.#refusal) return this.#refusal;
    if (this.#goneSince === null) {
      if (changes === 0) return { kind: "saved" };
      return this.#delivering ? { kind: "sending", changes } : { kind: "saving" };
    }
    if (now - this.#goneSince >= OFFLINE_AFTER_MS) return { kind: "offline", changes };
    return this.#everJoined || changes > 0 ? { kind: "reconnecting", changes } : { kind: "opening" };
  }
}
