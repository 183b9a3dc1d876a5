/** The REST interface, typed: one method per route, every failure an `ApiError` with the server's code. */

import type { Op } from "../core/delta";
import type { Role, User } from "../core/protocol";

/** Oneself; a guest has no address. */
export interface Account extends User {
  email?: string;
  /** An administrator of this server. */
  admin?: boolean;
}

/** Read-only for all. */
export interface Lock {
  reason: string;
  at: string;
  by: User | null;
}

/** What a document's owner allows. */
export interface Switches {
  guests: boolean;
  comments: boolean;
  suggestions: boolean;
  copying: boolean;
}

export interface Collaborator {
  user: User;
  role: Role;
  online: boolean;
}

/** A document in a list. */
export interface DocumentSummary {
  id: string;
  title: string;
  role: Role;
  owner: User;
  created_at: string;
  updated_at: string;
}

/** A folder on the way to the one that is shown. */
export interface Crumb {
  id: string;
  name: string;
}

/** Where something was found, as [index, length] in code units of plain text. */
export type Range = readonly [index: number, length: number];

/** A document with what a list tells of it; folder, tags and star are one's own. */
export interface DocumentEntry extends DocumentSummary {
  revision: number;
  starred: boolean;
  link_role: Role | null;
  folder_id: string | null;
  tags: string[];
  template: boolean;
  opened_at: string | null;
  deleted_at: string | null;
  words: number;
  characters: number;
  edited_by: User | null;
  edited_at: string | null;
  /** The first lines, when they were asked for; null: not read yet. */
  preview?: { ops: Op[] } | null;
  /** With a query: where the document answers it. */
  match?: {
    title: readonly Range[];
    tags: readonly string[];
    passage: { text: string; ranges: readonly Range[] } | null;
  };
}

export interface OpenedDocument extends DocumentSummary {
  content: { ops: Op[] };
  epoch: string;
  revision: number;
  collaborators: Collaborator[];
  switches: Switches;
  /** Path-absolute, bears a ticket good for one connection within a minute. */
  websocket_url: string;
}

export interface Ticket {
  websocket_url: string;
  epoch: string;
  revision: number;
  role: Role;
}

/** A request that failed: `status` 0 when no answer came (no network, server down). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export interface Api {
  /** `invitation`: the token of the link that brought somebody here. */
  register(email: string, name: string, password: string, invitation?: string): Promise<Account>;
  login(email: string, password: string): Promise<Account>;
  logout(): Promise<void>;
  me(): Promise<Account>;
  createDocument(title?: string): Promise<OpenedDocument | DocumentSummary>;
  /** `options` are the parameters of the route: filters, `query`, `sort`, `order`, `preview`, `cursor`, `limit`. */
  listDocuments(
    options?: Record<string, string | number | boolean>,
  ): Promise<{ documents: DocumentEntry[]; next_cursor: string | null; breadcrumbs: Crumb[] }>;
  openDocument(id: string): Promise<OpenedDocument>;
  rename(id: string, title: string): Promise<void>;
  trash(id: string): Promise<void>;
  undelete(id: string): Promise<void>;
  ticket(id: string): Promise<Ticket>;
  /** Bytes as the body; what they are the server reads from them. */
  upload<T>(method: string, path: string, body: Blob): Promise<T>;
  /** Any other route under /api/v1: `request("GET", "/schema")`. */
  request<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
}

const BASE = "/api/v1";

async function readError(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status} ${response.statusText}.`;
  try {
    const { error } = (await response.json()) as { error?: Record<string, unknown> };
    const { code, message, ...details } = error ?? {};
    return new ApiError(response.status, String(code ?? "INTERNAL"), String(message ?? fallback), details);
  } catch {
    return new ApiError(response.status, response.status >= 500 ? "UNAVAILABLE" : "INTERNAL", fallback);
  }
}

/** Speaks to the server that this page came from, with the browser's cookie. */
export function createApi(fetcher: typeof fetch = fetch.bind(globalThis)): Api {
  async function request<T>(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json", ...more };
    const init: RequestInit = { method, credentials: "same-origin", headers };
    if (body instanceof Blob) init.body = body;
    else if (body !== undefined) {
      init.body = JSON.stringify(body);
      headers["Content-Type"] = "application/json";
    }
    let response: Response;
    try {
      response = await fetcher(BASE + path, init);
    } catch {
      throw new ApiError(0, "OFFLINE", "The server cannot be reached. Check the network and try again.");
    }
    if (!response.ok) throw await readError(response);
    if (response.status === 204) return undefined as T;
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  const document = (id: string) => `/documents/${encodeURIComponent(id)}`;
  return {
    request,
    upload: request,
    register: async (email, name, password, invitation) => {
      const body = { email, name, password, ...(invitation === undefined ? {} : { invitation }) };
      return (await request<{ user: Account }>("POST", "/auth/register", body)).user;
    },
    login: async (email, password) =>
      (await request<{ user: Account }>("POST", "/auth/login", { email, password })).user,
    logout: () => request("POST", "/auth/logout"),
    me: () => request("GET", "/users/me"),
    createDocument: (title) => request("POST", "/documents", title === undefined ? {} : { title }),
    listDocuments: (options = {}) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(options)) query.set(name, String(value));
      return request("GET", `/documents?${query}`);
    },
    openDocument: (id) => request("GET", document(id)),
    rename: (id, title) => request("PATCH", document(id), { title }),
    trash: (id) => request("DELETE", document(id)),
    undelete: (id) => request("POST", `${document(id)}/undelete`),
    ticket: (id) => request("POST", `${document(id)}/ticket`),
  };
}
