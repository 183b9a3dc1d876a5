/** `docs/protocol.md` section 3 as types: every message on the wire, its codes and limits. */

import type { Op } from "./delta";

export type Role = "owner" | "editor" | "commenter" | "viewer";

export function isRole(value: unknown): value is Role {
  return value === "owner" || value === "editor" || value === "commenter" || value === "viewer";
}

/** What a document can be shared as. */
export type SharedRole = Exclude<Role, "owner">;

export interface User {
  id: string;
  name: string;
  /** "#rrggbb", given by the server. */
  color: string;
  /** Path-absolute; without one, initials. */
  picture?: string;
  /** Somebody without an account. */
  guest?: boolean;
}

/** Where someone is, in UTF-16 code units; `length` is negative when selected backwards. */
export interface Cursor {
  index: number;
  length: number;
  /** Inside a table: its index, row id, column id. */
  path?: [number, string, string];
}

export interface Presence {
  client_id: string;
  user: User;
  /** null: here, but nowhere in the text. */
  cursor: Cursor | null;
  uploads?: Upload[];
}

/** The place of an image that is on its way to the document; `id` is its client's own. */
export interface Upload {
  id: string;
  index: number;
}

/** At most so many images on their way does one client show to the others. */
export const UPLOADS_SHOWN = 8;

/** An accepted operation: transformed, numbered, logged. */
export interface Change {
  revision: number;
  ops: Op[];
  client_id: string;
  seq: number;
  user_id: string;
  timestamp: string;
}

export interface Limits {
  operations_per_second: number;
  message_bytes: number;
  components: number;
}

export interface Hello {
  type: "hello";
  client_id: string;
  connection: number;
  epoch?: string;
  revision?: number;
}

export interface Operation {
  type: "operation";
  seq: number;
  base_revision: number;
  ops: readonly Op[];
}

export interface PresenceOut {
  type: "presence";
  revision: number;
  cursor: Cursor | null;
  uploads?: Upload[];
}

export type ClientMessage = Hello | Operation | PresenceOut | { type: "ping" };

export interface Welcome {
  type: "welcome";
  document_id: string;
  epoch: string;
  client_id: string;
  user: User;
  role: Role;
  revision: number;
  content: { ops: Op[] } | null;
  changes: Change[];
  last_seq: number;
  last_seq_revision: number;
  presences: Presence[];
  limits: Limits;
}

export interface ErrorMessage {
  type: "error";
  code: string;
  message: string;
  seq?: number;
  retry_after_ms?: number;
  current_revision?: number;
}

export type ServerMessage =
  | Welcome
  | { type: "changes"; changes: Change[] }
  | { type: "presence"; revision: number; presences: Presence[]; left?: string[] }
  | { type: "event"; event: string; data: unknown }
  | ErrorMessage
  | { type: "ack"; seq: number; revision: number }
  | { type: "redirect"; after_ms: number }
  | { type: "pong" };

export const SUBPROTOCOL = "octavo.v1";

/** Until a `welcome` says otherwise. */
export const DEFAULT_LIMITS: Limits = {
  operations_per_second: 100,
  message_bytes: 1_048_576,
  components: 10_000,
};

/** WebSocket close codes with a meaning of their own. */
export const Close = {
  notUnderstood: 4400,
  badTicket: 4401,
  noAccess: 4403,
  notFound: 4404,
  clientIdTaken: 4408,
  replaced: 4409,
  deleted: 4410,
  tooLarge: 4413,
  tooMany: 4429,
  draining: 4503,
} as const;

/** Refusals after which the same operation is sent again. */
export const TEMPORARY: ReadonlySet<string> = new Set([
  "RATE_LIMITED",
  "UNAVAILABLE",
  "INTERNAL",
  "ROOM_FULL",
  "DOCUMENT_LOCKED",
]);
