/** What pages ask of the server, answered from this device when there is no network. */

import type { DocumentRow } from "../core/outbox";
import type { Device } from "./device";

/** Answers that are kept: lists, and what stands around them. */
const KEPT = /^\/api\/v1\/(documents|folders|tags|templates|server)(\?|$)/;
/** So long an answer may be to be kept, in characters. */
const LONGEST = 2_000_000;

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });

/** Keeps the server's answer to a question that can be asked again without a network. */
export async function keepAnswer(device: Device, path: string, answer: Response): Promise<void> {
  if (!KEPT.test(path)) return;
  const text = await answer.text();
  if (text.length <= LONGEST) await device.store.remember(device.user, path, text);
}

/** The answer that this device gives; null: it has none. */
export async function ownAnswer(
  device: Device,
  path: string,
  init: RequestInit = {},
): Promise<Response | null> {
  const { method = "GET", body } = init;
  // With a key it is a delivery of what was made here: it waits for the server.
  if (new Headers(init.headers).has("Idempotency-Key")) return null;
  const [route = "", search = ""] = path.split("?");
  if (method === "POST" && route === "/api/v1/documents") return created(device, String(body ?? "{}"));
  if (method === "PATCH") return renamed(device, route, String(body ?? "{}"));
  if (method !== "GET" || !KEPT.test(path)) return null;
  const known = await device.store.answer<string>(device.user, path);
  if (route !== "/api/v1/documents") return known === null ? null : json(JSON.parse(known));
  const asked = new URLSearchParams(search);
  const page = known === null ? null : (JSON.parse(known) as { documents: { id: string }[] });
  const rows = await device.store.documents(device.user);
  const mine = rows.sort((one, other) => other.opened_at - one.opened_at).map((row) => listed(device, row));
  if (page && !asked.has("cursor")) {
    const there = new Set(page.documents.map(({ id }) => id));
    const fresh = rows.filter((row) => row.key && !there.has(row.document)).map((row) => listed(device, row));
    return json({ ...page, documents: [...fresh, ...page.documents], next_cursor: null });
  }
  if (asked.has("trashed") || asked.has("folder_id") || asked.has("tag") || asked.has("template"))
    return json({ documents: [], next_cursor: null, breadcrumbs: [] });
  const query = (asked.get("query") ?? "").toLocaleLowerCase();
  const documents = mine.filter(({ title }) => title.toLocaleLowerCase().includes(query));
  return json({ documents, next_cursor: null, breadcrumbs: [] });
}

/** A document as lists tell of it, as far as the device knows. */
function listed(device: Device, row: DocumentRow) {
  const at = `${new Date(row.opened_at).toISOString().slice(0, 19)}Z`;
  const own = row.role === "owner";
  return {
    ...{ id: row.document, title: row.title, epoch: row.epoch, revision: 0, role: row.role },
    ...{ created_at: at, updated_at: at, opened_at: at, edited_at: null, edited_by: null, deleted_at: null },
    ...{
      starred: false,
      link_role: null,
      folder_id: null,
      tags: [],
      template: false,
      words: 0,
      characters: 0,
    },
    owner: { id: own ? device.user : "", name: row.owner, color: "#5f6368" },
    preview: null,
    match: { title: [], tags: [], passage: null },
  };
}

async function created(device: Device, body: string): Promise<Response | null> {
  const { title = "", content, template_id } = JSON.parse(body) as Record<string, unknown>;
  if (content || template_id) return null;
  const id = await device.create(String(title));
  const row = await device.store.document(device.user, id);
  return row && json({ ...listed(device, row), websocket_url: "" }, 201);
}

/** The title of what only this device knows. */
async function renamed(device: Device, route: string, body: string): Promise<Response | null> {
  const id = /^\/api\/v1\/documents\/([\w-]+)$/.exec(route)?.[1];
  const row = id ? await device.store.document(device.user, id) : null;
  const { title } = JSON.parse(body) as { title?: string };
  if (!row?.key || title === undefined) return null;
  await device.store.put({ ...row, title });
  return json(listed(device, { ...row, title }));
}
