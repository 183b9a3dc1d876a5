/**
 * Delivers what pages that are gone have left behind: each queue by the machine it belonged to, under its lock, without
 * showing anything.
 */

import type { Effect, MachineEvent } from "../core/events";
import { randomId } from "../core/ids";
import { Machine } from "../core/machine";
import type { QueueRow } from "../core/outbox";
import { type Api, ApiError } from "../net/api";
import { Socket } from "../net/socket";
import type { Device } from "./device";
import { Journal } from "./journal";
import { Keeper } from "./keeper";

/** So often it is looked for what was left behind, in milliseconds. */
const EVERY_MS = 20_000;
const FIRST_MS = 3_000;
/** One that does not come through is let go of, for a page that opens the document meanwhile. */
const PATIENCE_MS = 30_000;

export class Delivery {
  readonly #device: Device;
  readonly #api: Api;
  /** What has come through or found no place: pages that show the state of this device look again. */
  readonly #changed: () => void;
  #timer: ReturnType<typeof setInterval> | null = null;
  #first: ReturnType<typeof setTimeout> | null = null;
  #busy = false;
  #again = false;
  readonly #soon = () => void this.run();

  constructor(device: Device, api: Api, changed: () => void) {
    this.#device = device;
    this.#api = api;
    this.#changed = changed;
  }

  start(): void {
    addEventListener("online", this.#soon);
    this.#timer = setInterval(this.#soon, EVERY_MS);
    // First the page that is being opened takes what is its own.
    this.#first = setTimeout(this.#soon, FIRST_MS);
  }

  stop(): void {
    removeEventListener("online", this.#soon);
    if (this.#timer) clearInterval(this.#timer);
    if (this.#first) clearTimeout(this.#first);
  }

  /** Looks once through everything that waits; one run at a time. */
  async run(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#round();
      } while (this.#again);
    } catch (error) {
      console.error(`What waits on this device could not be looked through: ${error}`);
    } finally {
      this.#busy = false;
    }
  }

  /** Whether trying makes sense: what is held meanwhile, a page that opens the document cannot show. */
  async #reachable(): Promise<boolean> {
    if (!navigator.onLine) return false;
    const [waiting, rows] = [
      await this.#device.waiting(),
      await this.#device.store.documents(this.#device.user),
    ];
    if (waiting.length === 0 && !rows.some((row) => row.key)) return false;
    try {
      return (await this.#api.me()).id === this.#device.user;
    } catch {
      return false;
    }
  }

  async #round(): Promise<void> {
    if (!(await this.#reachable())) return;
    const { store, user } = this.#device;
    for (const queue of await this.#device.waiting()) {
      const release = await this.#device.orphan(queue);
      if (!release) continue;
      const row = await store.document(user, queue.document);
      const at = { user, document: queue.document, clientId: queue.client_id, row, stored: true };
      await this.#deliver(queue, new Keeper(store, at, release));
      this.#changed();
    }
    for (const row of await store.documents(user)) if (row.key) await this.#create(row.document);
  }

  /** A document that was made here and has nothing to be delivered. */
  async #create(document: string): Promise<void> {
    const taken = await this.#device.take(document);
    try {
      // With work in it another round delivers both.
      if (!taken.row?.key || taken.resumed) return;
      taken.keeper.created(await this.#device.deliverCreation(this.#api, taken.row));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      await taken.keeper.close();
      this.#changed();
    }
  }

  /** Resolves when the queue is empty, has no place any more, or has to wait on. */
  async #deliver(queue: QueueRow, keeper: Keeper): Promise<void> {
    const machine = new Machine(queue.start);
    const { row } = keeper;
    const create = row?.key
      ? async () => {
          const epoch = await this.#device.deliverCreation(this.#api, row);
          keeper.created(epoch);
          return epoch;
        }
      : null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let leave = (): void => undefined;
    await new Promise<void>((done) => {
      const giveUp = setTimeout(done, PATIENCE_MS);
      const finish = () => {
        clearTimeout(giveUp);
        done();
      };
      const handle = (event: MachineEvent) => {
        const freshId = event.event === "closed" ? randomId() : null;
        const around = { now: performance.now() / 1000, random: Math.random(), freshId };
        const effects = machine.handle(event, around);
        for (const effect of effects) this.#perform(effect, socket, journal);
        journal.after(event, effects);
        if (timer) clearTimeout(timer);
        const at = machine.wakeAt;
        if (at !== null)
          timer = setTimeout(() => handle({ event: "tick" }), Math.max(1, at * 1000 - performance.now()));
        if (machine.stopped || (machine.joined && machine.name === "synchronized")) finish();
      };
      const journal: Journal = new Journal(
        { keeper, create },
        { machine, send: (message) => socket.send(message), content: () => null, changed: () => undefined },
      );
      const socket = new Socket(journal.api(this.#api), queue.document, {
        opened: () => handle({ event: "opened" }),
        received: (message) => handle({ event: "received", message }),
        closed: (code) => {
          handle({ event: "closed", code });
          finish(); // the next round tries again
        },
      });
      socket.connect(0);
      leave = () => {
        if (timer) clearTimeout(timer);
        socket.close();
      };
    });
    leave();
    await keeper.close();
  }

  #perform(effect: Effect, socket: Socket, journal: Journal): void {
    if (effect.effect === "send") journal.send(effect.message);
    else if (effect.effect === "connect") socket.connect(effect.after);
  }
}
