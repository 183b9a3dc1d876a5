/** What may truthfully be said about the user's work: "saved" only for what is acknowledged, and so durable. */

import type { DeviceState, SaveState } from "./types";

/** A connection that is gone longer is called offline, in milliseconds. */
export const OFFLINE_AFTER_MS = 30_000;

export interface Facts {
  now: number;
  joined: boolean;
  stopped: boolean;
  unacknowledged: number;
  /** Whether the unacknowledged work lies on this device. */
  device: DeviceState;
  /** False: the browser may throw away what lies here. */
  persistent: boolean | null;
  /** The time of day, in milliseconds since 1970. */
  date: number;
}

export class SaveStates {
  #refusal: Extract<SaveState, { kind: "refused" }> | null = null;
  #everJoined = false;
  #goneSince: number | null = null;
  /** Work made without a connection is being delivered. */
  #delivering = false;
  /** Since when what is said holds: all is saved, or there is no connection. */
  #savedAt = 0;
  #lostAt = 0;
  /** Opened without the server: there is nothing to wait for before this is called offline. */
  #offline: boolean;

  constructor(offline = false) {
    this.#offline = offline;
  }

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

  tell({ now, joined, unacknowledged: changes, device, persistent, date }: Facts): SaveState {
    if (changes > 0 || !joined) this.#savedAt = 0;
    else this.#savedAt ||= date;
    if (joined) {
      this.#delivering = changes > 0 && (this.#delivering || (this.#goneSince !== null && this.#everJoined));
      this.#everJoined = true;
      this.#offline = false;
      this.#goneSince = null;
    } else {
      if (this.#goneSince === null) this.#lostAt = date;
      this.#goneSince ??= now;
    }
    if (this.#refusal) return this.#refusal;
    if (this.#goneSince === null) {
      if (changes === 0) return { kind: "saved", at: this.#savedAt };
      return this.#delivering ? { kind: "sending", changes } : { kind: "saving" };
    }
    const away = { changes, device, persistent, at: this.#lostAt };
    if (this.#offline || now - this.#goneSince >= OFFLINE_AFTER_MS) return { kind: "offline", ...away };
    return this.#everJoined || changes > 0 ? { kind: "reconnecting", ...away } : { kind: "opening" };
  }
}
