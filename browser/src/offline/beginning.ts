/** How a document is opened: from the server, or from this device when there is no other way or work waits here. */

import { type Beginning, fromServer } from "../editor/recorder";
import type { EditorOptions } from "../editor/types";
import { ApiError, type OpenedDocument } from "../net/api";
import type { Device, Taken } from "./device";
import { Journal } from "./journal";

/** So long the server is waited for where the device has a copy, in milliseconds. */
const PATIENCE_MS = 2_500;

/** Rejects with an `ApiError`. */
export async function begin(device: Device, options: EditorOptions): Promise<Beginning> {
  const taken = await device.take(options.documentId);
  // Work of an earlier page stands on what lies here, and the socket brings the rest.
  if (taken.resumed || taken.row?.key) return fromDevice(options, device, taken, !navigator.onLine);
  try {
    return andKept(await patiently(options, taken), taken);
  } catch (error) {
    if (taken.content && isUnreachable(error)) return fromDevice(options, device, taken, true);
    await taken.keeper.close();
    throw error;
  }
}

const isUnreachable = (error: unknown) =>
  error instanceof ApiError && (error.status === 0 || error.status >= 502);

async function patiently({ api, documentId }: EditorOptions, taken: Taken): Promise<OpenedDocument> {
  if (!taken.content) return api.openDocument(documentId);
  const late = new ApiError(0, "OFFLINE", "The server does not answer.");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(late), navigator.onLine ? PATIENCE_MS : 0);
  });
  try {
    return await Promise.race([api.openDocument(documentId), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function andKept(opened: OpenedDocument, { keeper }: Taken): Beginning {
  const { id, epoch, revision, role, title } = opened;
  const { user, clientId } = keeper;
  const wanted = keeper.row?.wanted ?? false;
  const owner = opened.owner.name;
  keeper.describe({ user, document: id, title, role, owner, epoch, opened_at: Date.now(), wanted });
  keeper.contentIs(epoch, revision, opened.content.ops);
  return {
    ...fromServer(opened),
    start: { client_id: clientId, epoch, revision },
    recorder: (around) => new Journal({ keeper, create: null }, around),
  };
}

function fromDevice({ api }: EditorOptions, device: Device, taken: Taken, offline: boolean): Beginning {
  const { keeper, row, start, content } = taken;
  if (!row || !start || !content)
    throw new ApiError(
      0,
      "OFFLINE",
      "This document is not on this device. Connect to the network to open it.",
    );
  keeper.describe({ ...row, opened_at: Date.now() });
  const create = async () => {
    const epoch = await device.deliverCreation(api, keeper.row ?? row);
    keeper.created(epoch);
    return epoch;
  };
  return {
    // The switch is the server's to ask: what it forbids comes back refused, with the text.
    ...{ role: row.role, maySuggest: true, title: row.title, url: undefined },
    ...{ start, content, offline },
    recorder: (around) => new Journal({ keeper, create: row.key ? create : null }, around),
  };
}
