/** What stands between machine and socket: what may have to be written down before it is sent (`offline/journal.ts`). */

import { Delta } from "../core/delta";
import type { Effect, MachineEvent, Start } from "../core/events";
import { randomId } from "../core/ids";
import type { Machine } from "../core/machine";
import type { ClientMessage, Role } from "../core/protocol";
import type { Api, OpenedDocument } from "../net/api";
import type { DeviceState } from "../offline/keeper";
import type { EditorOptions } from "./types";

export interface Surrounding {
  machine: Machine;
  send(message: ClientMessage): void;
  /** The content at the machine's revision, asked only when nothing is pending; null where none is held. */
  content(): Delta | null;
  changed(): void;
}

export interface Recorder {
  readonly device: DeviceState;
  /** False: the browser may throw away what lies here, and was asked not to. */
  readonly persistent: boolean | null;
  /** The same, but that a document made here is made there before anybody connects to it. */
  api(api: Api): Api;
  send(message: ClientMessage): void;
  /** What the user did, with the time when it has to wait. */
  edit(delta: Delta): MachineEvent;
  /** After the machine has taken `event`, and its effects were performed. */
  after(event: MachineEvent, effects: readonly Effect[]): void;
  titled(title: string): void;
  /** Resolves when what is left lies on the device, for another page to deliver. */
  close(): Promise<void>;
}

/** How a document is opened. */
export interface Beginning {
  start: Start;
  /** What is shown, unacknowledged work included. */
  content: Delta;
  role: Role;
  /** Whether those suggest who may not edit. */
  maySuggest: boolean;
  title: string;
  /** The first connection's address, when one came with the content. */
  url: string | undefined;
  /** The server could not be reached. */
  offline: boolean;
  recorder(around: Surrounding): Recorder;
}

/** Rejects with an `ApiError`. */
export async function begin(options: EditorOptions): Promise<Beginning> {
  const device = await options.device?.();
  return device ? device.begin(options) : fromServer(await options.api.openDocument(options.documentId));
}

/** What needs the network, and nothing else. */
export function fromServer(opened: OpenedDocument): Beginning {
  const { epoch, revision, role, title, websocket_url: url } = opened;
  const maySuggest = opened.switches.suggestions;
  return {
    ...{ role, maySuggest, title, url, offline: false },
    start: { client_id: randomId(), epoch, revision },
    content: new Delta(opened.content.ops),
    recorder: (around) => ({
      device: "none",
      persistent: null,
      api: (api) => api,
      send: around.send,
      edit: (delta) => ({ event: "edited", ops: delta.ops }),
      after: () => undefined,
      titled: () => undefined,
      close: async () => undefined,
    }),
  };
}
