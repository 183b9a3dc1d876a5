/**
 * The client machine: what a client does with edits, messages and time, as a pure function of them.
 *
 * It holds no content, only the revision that the shown content builds on and the user's work that the server has
 * not acknowledged: one operation in flight and a buffer behind it (the client of Jupiter, Nichols et al., UIST 1995,
 * as in Google Wave).  Each event returns the effects that the shell performs, in order.  Its twin is
 * `octavo/client/machine.py`; both play the scripts of `vectors/client/`, whose README lists events and effects.
 */

import { Delta, type Op } from "./delta";
import type { Effect, MachineEvent, Sent, Start, StateName, Surroundings } from "./events";
import { Pointers, presenceOut } from "./pointers";
import {
  type Change,
  Close,
  type Cursor,
  DEFAULT_LIMITS,
  type ErrorMessage,
  type Hello,
  type Limits,
  type Presence,
  type Role,
  type ServerMessage,
  TEMPORARY,
  type Upload,
  type User,
  type Welcome,
} from "./protocol";
import { firstPart } from "./split";

export const PING_AFTER = 8;
export const DEAD_AFTER = 4;
const RETRY_AFTER_MS = 1000;
const BACKOFF_START = 0.5;
const BACKOFF_LIMIT = 30;
const TOO_MANY_WAIT = 5;
/** So many INTERNAL answers to one seq count as a final refusal. */
const INTERNAL_IS_FINAL = 5;

const GONE: ReadonlySet<number> = new Set([Close.noAccess, Close.notFound, Close.deleted, Close.replaced]);
const UNREADABLE: ReadonlySet<number> = new Set([Close.notUnderstood, Close.tooLarge]);

/** The operation sent and not acknowledged. */
interface InFlight {
  clientId: string;
  /** Exactly as first sent: a resend does not differ in a byte. */
  sent: Sent;
  /** The same, moved along all that was received since. */
  moved: Delta;
  /** How many of the user's edits end in it. */
  edits: number;
  onThisSocket: boolean;
  internalErrors: number;
}

/** Work not yet sent, composed into one. */
interface Work {
  delta: Delta;
  edits: number;
  at: string | undefined;
  origin: unknown;
}

export class Machine {
  #clientId: string;
  #epoch: string | null;
  /** null while the whole content is awaited: at first, and after a final refusal. */
  #revision: number | null;
  #seq: number;
  #inFlight: InFlight | null = null;
  #buffer: Work | null = null;
  #connection = 0;
  #user: User | null = null;
  #role: Role | null = null;
  #limits: Limits = DEFAULT_LIMITS;
  #open = false;
  #joined = false;
  #stopped = false;
  #greeting = false;
  #greetAgain = false;
  #attempts = 0;
  #retryAt: number | null = null;
  #heardAt = 0;
  #pingedAt: number | null = null;
  /** The revision that must be reached before a conflicting operation goes out anew. */
  #rebaseAt: number | null = null;
  /** The client id was taken from us, and what was in flight is looked for in the log under the old one. */
  #adopting = false;
  /** Work was brought from storage, and no welcome has confirmed yet that what lay there was the latest. */
  #restored: boolean;
  readonly #pointers = new Pointers();

  constructor(start: Start) {
    this.#clientId = start.client_id;
    this.#epoch = start.epoch ?? null;
    this.#revision = start.revision ?? null;
    this.#seq = start.seq ?? 0;
    if (start.in_flight) {
      const { moved, client_id, edits, ...message } = start.in_flight;
      this.#inFlight = {
        clientId: client_id ?? start.client_id,
        sent: { type: "operation", ...message },
        moved: new Delta(moved ?? message.ops),
        edits: edits ?? 1,
        onThisSocket: false,
        internalErrors: 0,
      };
      this.#adopting = this.#inFlight.clientId !== this.#clientId;
    }
    if (start.buffer) {
      const { buffer_edits: edits, buffer_at: at } = start;
      this.#buffer = { delta: new Delta(start.buffer), edits: edits ?? 1, at, origin: undefined };
    }
    this.#restored = this.#buffer !== null && !this.#adopting;
  }

  /** Takes any event; what comes out is to be performed in order. */
  handle(event: MachineEvent, around: Surroundings): Effect[] {
    switch (event.event) {
      case "opened":
        return this.#opened(around);
      case "received":
        return this.#received(event.message, around);
      case "edited":
        return this.#edited(new Delta(event.ops), event.at, event.origin);
      case "cursor":
        return this.#pointed(event.cursor, event.uploads);
      case "closed":
        return this.#closed(event.code, around);
      case "tick":
        return this.#ticked(around);
    }
  }

  // --- what the shell may ask

  /** What is not acknowledged, as one change of what the server has. */
  get pending(): readonly Op[] {
    return this.#pending().ops;
  }

  get clientId(): string {
    return this.#clientId;
  }

  get user(): User | null {
    return this.#user;
  }

  get role(): Role | null {
    return this.#role;
  }

  get joined(): boolean {
    return this.#joined;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether edits can be taken: a content is known, and the document is not given up. */
  get editable(): boolean {
    return this.#revision !== null && !this.#stopped;
  }

  get name(): StateName {
    if (this.#inFlight) return this.#buffer ? "awaitingWithBuffer" : "awaitingAck";
    return this.#buffer ? "buffering" : "synchronized";
  }

  /** How many of the user's edits are not known to be in the log. */
  get unacknowledged(): number {
    return (this.#inFlight?.edits ?? 0) + (this.#buffer?.edits ?? 0);
  }

  /** When `tick` is due next, in seconds of the caller's clock. */
  get wakeAt(): number | null {
    const times: number[] = this.#retryAt === null ? [] : [this.#retryAt];
    if (this.#open)
      times.push(this.#pingedAt === null ? this.#heardAt + PING_AFTER : this.#pingedAt + DEAD_AFTER);
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** The content shown is that of this revision and the `unsettled`; null while the whole content is awaited. */
  get revision(): number | null {
    return this.#revision;
  }

  /** What is not acknowledged: the operation in flight, moved along, and the buffer. */
  get unsettled(): readonly Delta[] {
    return this.#pendingDeltas();
  }

  /** Where the others are, in what is shown. */
  cursors(): Presence[] {
    return this.#pointers.shown(this.#pendingDeltas());
  }

  /** What has to be stored for another machine to go on exactly here; null without a content. */
  get stored(): Start | null {
    if (this.#revision === null || this.#epoch === null) return null;
    const inFlight = this.#inFlight;
    const { type: _, ...sent } = inFlight?.sent ?? { type: null };
    return {
      client_id: this.#clientId,
      epoch: this.#epoch,
      revision: this.#revision,
      seq: this.#seq,
      in_flight: inFlight && {
        ...(sent as Omit<Sent, "type">),
        moved: inFlight.moved.ops,
        client_id: inFlight.clientId,
        edits: inFlight.edits,
      },
      buffer: this.#buffer?.delta.ops ?? null,
      buffer_edits: this.#buffer?.edits ?? 0,
      ...(this.#buffer?.at === undefined ? {} : { buffer_at: this.#buffer.at }),
    };
  }

  /** The document that this machine was begun for exists on the server now, with this history. */
  begin(epoch: string): void {
    this.#epoch ||= epoch;
  }

  /** Everything that the scripts compare. */
  state() {
    const inFlight = this.#inFlight;
    return {
      state: this.name,
      joined: this.#joined,
      stopped: this.#stopped,
      client_id: this.#clientId,
      epoch: this.#epoch,
      revision: this.#revision,
      seq: this.#seq,
      in_flight: inFlight && {
        seq: inFlight.sent.seq,
        base_revision: inFlight.sent.base_revision,
        ops: inFlight.sent.ops,
        moved: inFlight.moved.ops,
      },
      buffer: this.#buffer?.delta.ops ?? null,
      wake_at: this.wakeAt,
      cursors: this.cursors(),
    };
  }

  // --- what the user does

  #edited(delta: Delta, at: string | undefined, origin: unknown): Effect[] {
    if (delta.isEmpty) return [];
    if (!this.editable) return [{ effect: "kept", code: "NOT_EDITABLE", ops: delta.ops }];
    const held = this.#buffer;
    if (held) {
      held.delta = held.delta.compose(delta);
      held.edits += 1;
      if (held.origin !== origin) held.origin = undefined;
      this.#dropEmptyBuffer();
    } else {
      this.#buffer = { delta, edits: 1, at, origin };
    }
    return this.#sendBuffer();
  }

  #pointed(cursor: Cursor | null, uploads: readonly Upload[] = []): Effect[] {
    if (!this.#joined || this.#revision === null) return [];
    const message = presenceOut(this.#revision, cursor, uploads, this.#pendingDeltas());
    return [{ effect: "send", message }];
  }

  // --- the connection

  #opened({ now }: Surroundings): Effect[] {
    if (this.#stopped) return [];
    this.#open = true;
    this.#heardAt = now;
    this.#pingedAt = null;
    this.#connection += 1;
    return this.#greet();
  }

  /** Says hello, once at a time: the server answers each, and only the last answer counts. */
  #greet(): Effect[] {
    this.#joined = false;
    if (this.#greeting) {
      this.#greetAgain = true;
      return [];
    }
    this.#greeting = true;
    const message: Hello = { type: "hello", client_id: this.#clientId, connection: this.#connection };
    if (this.#revision !== null && this.#epoch !== null) {
      message.epoch = this.#epoch;
      message.revision = this.#revision;
    }
    return [{ effect: "send", message }];
  }

  #disconnect(): Effect[] {
    this.#open = this.#joined = this.#greeting = this.#greetAgain = false;
    this.#retryAt = this.#pingedAt = null;
    if (this.#inFlight) this.#inFlight.onThisSocket = false;
    return this.#pointers.clear() ? [{ effect: "presence" }] : [];
  }

  #closed(code: number, { random, freshId }: Surroundings): Effect[] {
    const sentHere = this.#inFlight?.onThisSocket ?? false;
    const effects = this.#disconnect();
    if (this.#stopped) return effects;
    if (GONE.has(code)) {
      this.#stopped = true;
      return [...effects, { effect: "stop", code, ops: this.#pending().ops }];
    }
    if (UNREADABLE.has(code) && sentHere) {
      effects.push(...this.#refuse("INVALID_OPERATION", `the server closed the connection with ${code}`));
    }
    if (code === Close.clientIdTaken && freshId !== null) {
      this.#clientId = freshId;
      this.#seq = 0;
      this.#adopting = this.#inFlight !== null;
      return [...effects, { effect: "connect", after: 0 }];
    }
    if (code === Close.tooMany)
      return [...effects, { effect: "connect", after: TOO_MANY_WAIT * (1 + random) }];
    if (code === Close.badTicket && this.#attempts === 0) {
      this.#attempts = 1;
      return [...effects, { effect: "connect", after: 0 }];
    }
    return [...effects, this.#backOff(random)];
  }

  #backOff(random: number): Effect {
    const wait = Math.min(BACKOFF_LIMIT, BACKOFF_START * 2 ** Math.min(this.#attempts, 10));
    this.#attempts += 1;
    return { effect: "connect", after: random * wait };
  }

  #ticked({ now, random }: Surroundings): Effect[] {
    const effects: Effect[] = [];
    if (this.#retryAt !== null && now >= this.#retryAt) effects.push(...this.#resend());
    if (!this.#open) return effects;
    if (this.#pingedAt !== null && now >= this.#pingedAt + DEAD_AFTER) {
      return [...this.#disconnect(), this.#backOff(random)];
    }
    if (this.#pingedAt === null && now >= this.#heardAt + PING_AFTER) {
      this.#pingedAt = now;
      effects.push({ effect: "send", message: { type: "ping" } });
    }
    return effects;
  }

  // --- what the server says

  #received(message: ServerMessage, around: Surroundings): Effect[] {
    if (this.#stopped || !this.#open) return [];
    this.#heardAt = around.now;
    this.#pingedAt = null;
    switch (message.type) {
      case "changes":
        return this.#joined ? this.#receiveChanges(message.changes) : [];
      case "welcome":
        return this.#receiveWelcome(message, around.random);
      case "error":
        return this.#receiveError(message, around.now);
      case "presence": {
        if (!this.#joined || this.#revision === null) return [];
        const changed = this.#pointers.receive(message, this.#revision, this.#clientId);
        return changed ? [{ effect: "presence" }] : [];
      }
      case "event": {
        const resent = message.event === "document.unlocked" ? this.#resend() : [];
        return [...resent, { effect: "event", event: message.event, data: message.data }];
      }
      case "redirect":
        return [{ effect: "connect", after: (around.random * message.after_ms) / 1000 }];
      default:
        return [];
    }
  }

  #receiveWelcome(welcome: Welcome, random: number): Effect[] {
    if (!this.#greeting) return [];
    this.#greeting = false;
    if (this.#greetAgain) {
      this.#greetAgain = false;
      return this.#greet();
    }
    if (!welcome.content && (welcome.epoch !== this.#epoch || this.#revision === null)) {
      // Nothing that we have fits this answer: ask a new connection for the whole content.
      this.#revision = null;
      return [...this.#disconnect(), this.#backOff(random)];
    }
    this.#role = welcome.role;
    this.#user = welcome.user;
    this.#limits = welcome.limits ?? DEFAULT_LIMITS;
    this.#joined = true;
    this.#attempts = 0;
    this.#pointers.clear();
    const effects: Effect[] = [{ effect: "joined" }];
    const stale = this.#restored && welcome.last_seq > this.#seq && !welcome.content;
    this.#restored = false;
    if (stale) {
      // Whoever stored this went on without storing it: what lies here may be in the log already.
      const kept: Effect = { effect: "kept", code: "OUTDATED_COPY", ops: this.#pending().ops };
      this.#drop();
      this.#revision = this.#epoch = null;
      return [kept, ...this.#greet()];
    }
    if (welcome.content) {
      effects.push(...this.#rebuild(welcome, welcome.content.ops));
    } else {
      effects.push(...this.#takeIn(welcome.changes));
      if (!this.#joined) return effects;
    }
    if (!this.#adopting) this.#seq = Math.max(this.#seq, welcome.last_seq);
    this.#pointers.take(welcome.presences, welcome.client_id);
    return [...effects, ...this.#resume(welcome)];
  }

  /** Another history than ours: what was not sent cannot be placed in it, so it is kept as a copy. */
  #rebuild(welcome: Welcome, content: readonly Op[]): Effect[] {
    const lost = this.#pending();
    this.#drop();
    this.#adopting = false;
    this.#epoch = welcome.epoch;
    this.#revision = welcome.revision;
    const reset: Effect = { effect: "reset", ops: content, revision: welcome.revision };
    return lost.isEmpty ? [reset] : [{ effect: "kept", code: "EPOCH_CHANGED", ops: lost.ops }, reset];
  }

  /** What becomes of the operation that was in flight when the connection broke. */
  #resume(welcome: Welcome): Effect[] {
    const inFlight = this.#inFlight;
    if (this.#adopting) {
      // Its change may still be among what follows.
      if (welcome.changes.length > 0 && inFlight) return this.#greet();
      this.#adopting = false;
      return this.#sendAnew();
    }
    if (!inFlight) return this.#sendBuffer();
    if (this.#rebaseAt !== null) return this.#rebase();
    return welcome.last_seq >= inFlight.sent.seq ? [] : this.#resend();
  }

  // --- changes

  #receiveChanges(changes: readonly Change[]): Effect[] {
    const effects = this.#takeIn(changes);
    if (!this.#joined) return effects;
    return [...effects, ...(this.#rebaseAt === null ? this.#sendBuffer() : this.#rebase())];
  }

  /** Takes changes in up to the first gap, which is asked for. */
  #takeIn(changes: readonly Change[]): Effect[] {
    const effects: Effect[] = [];
    for (const change of changes) {
      if (this.#revision === null || change.revision <= this.#revision) continue;
      if (change.revision !== this.#revision + 1) return [...effects, ...this.#greet()];
      effects.push(...this.#receiveChange(change));
    }
    return effects;
  }

  #receiveChange(change: Change): Effect[] {
    this.#revision = change.revision;
    const others: Effect[] = this.#pointers.follow(change, this.#clientId) ? [{ effect: "presence" }] : [];
    const inFlight = this.#inFlight;
    if (inFlight && change.client_id === inFlight.clientId && change.seq === inFlight.sent.seq) {
      this.#inFlight = this.#retryAt = this.#rebaseAt = null;
      return [{ effect: "acknowledged", seq: change.seq, revision: change.revision }, ...others];
    }
    let delta = new Delta(change.ops);
    for (const mine of [inFlight, this.#buffer]) {
      if (!mine) continue;
      const key = "moved" in mine ? mine.moved : mine.delta;
      const moved = key.transformAfter(delta);
      delta = delta.transformBefore(key);
      if ("moved" in mine) mine.moved = moved;
      else mine.delta = moved;
    }
    this.#dropEmptyBuffer();
    return [
      { effect: "apply", ops: delta.ops, revision: change.revision, client_id: change.client_id },
      ...others,
    ];
  }

  // --- sending

  #pendingDeltas(): Delta[] {
    const deltas: Delta[] = [];
    if (this.#inFlight) deltas.push(this.#inFlight.moved);
    if (this.#buffer) deltas.push(this.#buffer.delta);
    return deltas;
  }

  #pending(): Delta {
    return this.#pendingDeltas().reduce((earlier, later) => earlier.compose(later), new Delta());
  }

  #drop(): void {
    this.#inFlight = this.#buffer = this.#retryAt = this.#rebaseAt = null;
  }

  #dropEmptyBuffer(): void {
    if (this.#buffer?.delta.isEmpty) this.#buffer = null;
  }

  #sendBuffer(): Effect[] {
    const work = this.#buffer;
    if (!this.#joined || this.#inFlight || !work) return [];
    this.#buffer = null;
    return this.#send(work);
  }

  /** Puts work in flight under the next seq, or as much of it as one message may carry. */
  #send(work: Work): Effect[] {
    const [part, rest] = firstPart(work.delta, this.#limits);
    if (rest) {
      const held = this.#buffer;
      const delta = held ? rest.compose(held.delta) : rest;
      this.#buffer = { ...work, delta, edits: work.edits + (held?.edits ?? 0) };
      this.#dropEmptyBuffer();
    }
    this.#seq += 1;
    const sent: Sent = {
      type: "operation",
      seq: this.#seq,
      base_revision: this.#revision as number,
      ops: part.ops,
      ...(work.at === undefined ? {} : { at: work.at }),
      ...(work.origin === undefined || work.origin === null ? {} : { origin: work.origin }),
    };
    this.#inFlight = {
      clientId: this.#clientId,
      sent,
      moved: part,
      edits: rest ? 0 : work.edits,
      onThisSocket: true,
      internalErrors: 0,
    };
    return [{ effect: "send", message: sent }];
  }

  /** The operation exactly as first sent, with its first base revision. */
  #resend(): Effect[] {
    this.#retryAt = null;
    if (!this.#inFlight || !this.#joined) return [];
    this.#inFlight.onThisSocket = true;
    return [{ effect: "send", message: this.#inFlight.sent }];
  }

  /** The copy that was moved along, under the next seq and based on the present revision. */
  #sendAnew(): Effect[] {
    this.#rebaseAt = null;
    const inFlight = this.#inFlight;
    if (!inFlight) return this.#sendBuffer();
    this.#inFlight = null;
    const { moved, edits, sent } = inFlight;
    return this.#send({ delta: moved, edits, at: sent.at, origin: sent.origin });
  }

  #rebase(): Effect[] {
    const reached = this.#rebaseAt !== null && this.#revision !== null && this.#revision >= this.#rebaseAt;
    return reached ? this.#sendAnew() : [];
  }

  // --- refusals

  #receiveError(error: ErrorMessage, now: number): Effect[] {
    if (error.seq === undefined || error.seq === null) {
      return [{ effect: "failed", code: error.code, message: error.message }];
    }
    const inFlight = this.#inFlight;
    // Else it is about what is settled already.
    if (!inFlight?.onThisSocket || error.seq !== inFlight.sent.seq) return [];
    if (error.code === "REVISION_CONFLICT") {
      this.#rebaseAt = error.current_revision ?? 0;
      return this.#greet();
    }
    if (error.code === "INTERNAL") inFlight.internalErrors += 1;
    if (!TEMPORARY.has(error.code) || inFlight.internalErrors >= INTERNAL_IS_FINAL) {
      return this.#refuse(error.code, error.message);
    }
    const locked = error.code === "DOCUMENT_LOCKED";
    this.#retryAt = locked ? null : now + (error.retry_after_ms ?? RETRY_AFTER_MS) / 1000;
    return [{ effect: "delayed", code: error.code, message: error.message }];
  }

  /** Drops what was refused and all that stood on it, and asks for the whole content. */
  #refuse(code: string, message: string): Effect[] {
    const refused: Effect = { effect: "refused", code, message, ops: this.#pending().ops };
    this.#drop();
    this.#revision = this.#epoch = null;
    return [refused, ...(this.#open ? this.#greet() : [])];
  }
}
