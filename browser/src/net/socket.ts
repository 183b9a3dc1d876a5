/**
 * One document's connection: tickets, sockets, and when to try again.
 *
 * What is decided is decided by the machine; this only opens and closes sockets when told, at once when the network
 * comes back or the tab is shown while a wait is on, and reports what happened.  A socket that was given up is never
 * heard again.
 */

import type { ClientMessage, ServerMessage } from "../core/protocol";
import { Close, SUBPROTOCOL } from "../core/protocol";
import { type Api, ApiError } from "./api";

/** A connection that is not open after this long is given up, in milliseconds. */
const OPENING_MS = 10_000;
const ABNORMAL = 1006;

const CODE_OF_STATUS: Record<number, number> = {
  401: Close.badTicket,
  403: Close.noAccess,
  404: Close.notFound,
  410: Close.deleted,
  429: Close.tooMany,
};

export interface SocketEvents {
  opened(): void;
  received(message: ServerMessage): void;
  /** Also when no socket could be opened: with the code that says why. */
  closed(code: number): void;
}

export class Socket {
  readonly #api: Api;
  readonly #documentId: string;
  readonly #events: SocketEvents;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** A wait before connecting is on, and may be cut short. */
  #waiting = false;
  /** Counts attempts, so that what belongs to an earlier one is not heard. */
  #attempt = 0;
  readonly #hurry = () => {
    if (document.visibilityState !== "hidden") this.now();
  };

  constructor(api: Api, documentId: string, events: SocketEvents) {
    this.#api = api;
    this.#documentId = documentId;
    this.#events = events;
    window.addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
  }

  /** Gives up the present socket and opens another after so many seconds; `url` spares asking for a ticket. */
  connect(after: number, url?: string): void {
    this.#giveUp();
    this.#waiting = true;
    this.#timer = setTimeout(() => void this.#open(url), after * 1000);
  }

  /** Cuts a wait short. */
  now(): void {
    if (this.#waiting) this.connect(0);
  }

  send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#giveUp();
    window.removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
  }

  #giveUp(): void {
    this.#attempt += 1;
    this.#waiting = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
  }

  async #open(given: string | undefined): Promise<void> {
    this.#waiting = false;
    const attempt = this.#attempt;
    const current = () => attempt === this.#attempt;
    const fail = (code: number) => {
      if (!current()) return;
      this.#giveUp();
      this.#events.closed(code);
    };
    this.#timer = setTimeout(() => fail(ABNORMAL), OPENING_MS);
    try {
      const path = given ?? (await this.#api.ticket(this.#documentId)).websocket_url;
      if (!current()) return;
      const url = new URL(path, window.location.href);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(url, SUBPROTOCOL);
      this.#socket = socket;
      socket.onopen = () => {
        if (!current()) return;
        if (this.#timer) clearTimeout(this.#timer);
        this.#events.opened();
      };
      socket.onmessage = (event) => {
        if (!current()) return;
        const message = parsed(event.data);
        if (message) this.#events.received(message);
      };
      socket.onclose = (event) => fail(event.code);
    } catch (error) {
      fail(error instanceof ApiError ? (CODE_OF_STATUS[error.status] ?? ABNORMAL) : ABNORMAL);
    }
  }
}

/** null for what is not a message: a proxy's word, perhaps; silence then ends the connection. */
function parsed(data: unknown): ServerMessage | null {
  try {
    const message = JSON.parse(String(data));
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}
