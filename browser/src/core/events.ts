/** What goes into the client machine and what comes out: the table is in `vectors/client/README.md`. */

import type { Op } from "./delta";
import type { ClientMessage, Cursor, Operation, ServerMessage, Upload } from "./protocol";

export type MachineEvent =
  | { event: "opened" }
  | { event: "received"; message: ServerMessage }
  | { event: "edited"; ops: readonly Op[]; at?: string; origin?: unknown }
  | { event: "cursor"; cursor: Cursor | null; uploads?: readonly Upload[] }
  | { event: "closed"; code: number }
  | { event: "tick" };

/** What the machine cannot know by itself: seconds of any clock, chance 0 … 1, an id for when the present one is taken. */
export interface Surroundings {
  now: number;
  random: number;
  freshId: string | null;
}

export type Effect =
  | { effect: "send"; message: ClientMessage }
  | { effect: "joined" }
  | { effect: "apply"; ops: readonly Op[]; revision: number; client_id: string }
  | { effect: "reset"; ops: readonly Op[]; revision: number }
  | { effect: "acknowledged"; seq: number; revision: number }
  | { effect: "refused"; code: string; message: string; ops: readonly Op[] }
  | { effect: "kept"; code: string; ops: readonly Op[] }
  | { effect: "delayed"; code: string; message: string }
  | { effect: "presence" }
  | { effect: "event"; event: string; data: unknown }
  | { effect: "failed"; code: string; message: string }
  | { effect: "connect"; after: number }
  | { effect: "stop"; code: number; ops: readonly Op[] };

/** The operation in flight exactly as first sent, and moved along what came since. */
export interface StoredInFlight {
  seq: number;
  base_revision: number;
  ops: readonly Op[];
  at?: string;
  origin?: unknown;
  moved?: readonly Op[];
  /** Under which it was sent, when that is no longer this machine's. */
  client_id?: string;
  edits?: number;
}

/** What a machine starts from; without `epoch` and `revision` its first `hello` asks for the content. */
export interface Start {
  client_id: string;
  epoch?: string | null;
  revision?: number | null;
  seq?: number;
  in_flight?: StoredInFlight | null;
  buffer?: readonly Op[] | null;
  /** How many of the user's edits the buffer holds, and when the first was made. */
  buffer_edits?: number;
  buffer_at?: string;
}

export type StateName = "synchronized" | "buffering" | "awaitingAck" | "awaitingWithBuffer";

/** An operation on its way, as sent. */
export type Sent = Operation & { at?: string; origin?: unknown };
