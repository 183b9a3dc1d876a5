/**
 * Between machine, socket and device: an operation leaves only when it lies on the device, and what the server says
 * is written beside it.
 */

import type { Delta } from "../core/delta";
import type { Effect, MachineEvent } from "../core/events";
import { type Change, type ClientMessage, Close } from "../core/protocol";
import type { Recorder, Surrounding } from "../editor/recorder";
import { STOPS } from "../editor/refusals";
import type { Api } from "../net/api";
import type { DeviceState, Keeper } from "./keeper";

export interface JournalStart {
  keeper: Keeper;
  /** For a document that only this device knows: makes it on the server, and gives its epoch. */
  create: (() => Promise<string>) | null;
}

export class Journal implements Recorder {
  #create: JournalStart["create"];
  readonly #keeper: Keeper;
  readonly #around: Surrounding;
  /** Counts sockets: what waited for the device under an earlier one is the machine's to send again. */
  #connection = 0;
  /** Up to where the log's changes were noted. */
  #noted: number;
  #persistence: boolean | null = null;
  #asked = false;

  constructor({ keeper, create }: JournalStart, around: Surrounding) {
    this.#keeper = keeper;
    this.#create = create;
    this.#around = around;
    const { machine } = around;
    this.#noted = machine.revision ?? 0;
    keeper.begin({
      stored: () => machine.stored,
      offline: () => !machine.joined,
      content: () => {
        const shown = machine.name === "synchronized" ? around.content() : null;
        return shown && machine.revision !== null ? { ops: shown.ops, revision: machine.revision } : null;
      },
      changed: () => around.changed(),
    });
  }

  get device(): DeviceState {
    return this.#keeper.state;
  }

  /** False: the browser may throw away what lies here, and was asked not to. */
  get persistent(): boolean | null {
    return this.#persistence;
  }

  /** The same, but that a document made here is made there before anybody connects to it. */
  api(api: Api): Api {
    return {
      ...api,
      ticket: async (id) => {
        if (this.#create) {
          const epoch = await this.#create();
          this.#create = null;
          this.#around.machine.begin(epoch);
        }
        return api.ticket(id);
      },
    };
  }

  /** What the user did, with the time when it has to wait. */
  edit(delta: Delta): MachineEvent {
    const at = this.#around.machine.joined ? {} : { at: `${new Date().toISOString().slice(0, 19)}Z` };
    return { event: "edited", ops: delta.ops, ...at };
  }

  send(message: ClientMessage): void {
    const keeper = this.#keeper;
    if (message.type !== "operation") {
      this.#around.send(message);
      return;
    }
    const connection = this.#connection;
    keeper.workChanged(this.#around.machine.clientId);
    void keeper.durable().then(() => {
      if (connection === this.#connection) this.#around.send(message);
    });
  }

  /** After the machine has taken `event`, and its effects were performed. */
  after(event: MachineEvent, effects: readonly Effect[]): void {
    if (event.event === "opened" || event.event === "closed") this.#connection += 1;
    const { machine } = this.#around;
    for (const effect of effects) {
      if (effect.effect === "reset") {
        this.#keeper.contentIs(machine.stored?.epoch ?? "", effect.revision, effect.ops);
        this.#noted = effect.revision;
      } else if (effect.effect === "refused" || effect.effect === "kept") {
        this.#keeper.keep(effect.code, effect.ops);
      } else if (effect.effect === "stop") {
        // Replaced by another connection of the same client: that one goes on with the queue.
        if (effect.code !== Close.replaced)
          this.#keeper.abandon(STOPS[effect.code]?.[0] ?? "STOPPED", effect.ops);
      }
    }
    if (event.event === "received") this.#note(event.message);
    if (event.event === "edited" || event.event === "received" || effects.some(isAboutWork))
      this.#keeper.workChanged(machine.clientId);
    if (event.event === "edited" && !machine.joined) void this.#persist();
  }

  #note(message: { type: string; changes?: readonly Change[] }): void {
    const head = this.#around.machine.revision;
    if (head === null || !message.changes) return;
    const fresh = message.changes.filter(({ revision }) => revision > this.#noted && revision <= head);
    if (fresh.length > 0) this.#keeper.changesAre(fresh);
    this.#noted = Math.max(this.#noted, head);
  }

  /** Asks the browser, once, not to throw away what exists nowhere else. */
  async #persist(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const { storage } = navigator;
      this.#persistence = (await storage.persisted()) || (await storage.persist());
    } catch {
      this.#persistence = false; // a browser without the question gives no promise either
    }
    this.#around.changed();
  }

  titled(title: string): void {
    const row = this.#keeper.row;
    if (row && row.title !== title) this.#keeper.describe({ ...row, title });
  }

  /** Resolves when what is left lies on the device, for another page to deliver. */
  async close(): Promise<void> {
    await this.#keeper.close();
  }
}

const isAboutWork = ({ effect }: Effect) => effect === "stop" || effect === "refused" || effect === "kept";
