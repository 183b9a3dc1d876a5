/** What the history shows of one document, and how it is asked for. */

import { batch, computed, signal } from "@preact/signals";
import { colorOf } from "../../../core/colors";
import type { Attributes, Embed, Op } from "../../../core/delta";
import type { User } from "../../../core/protocol";
import type { NotedOp } from "../../../editor/drawing";
import { t } from "../../../i18n";
import { api, asApiError } from "../../account";
import type { Workspace } from "../workspace";
import { moment, nameOf } from "./words";

export interface Contributor extends User {
  inserted: number;
  deleted: number;
  changes: number;
}

export interface Part {
  user_id: string;
  action: string;
  section?: string;
  blocks?: string[];
  revision?: number;
}

export interface Version {
  revision: number;
  name: string;
  user: User;
  named_at: string;
}

export interface Session {
  from_revision: number;
  to_revision: number;
  started_at: string;
  ended_at: string;
  users: Contributor[];
  summary: string;
  parts: Part[];
  inserted: number;
  deleted: number;
  versions?: Version[];
}

interface MarkedOp {
  insert: string | Embed;
  attributes?: Attributes;
  change?: "inserted" | "deleted" | "formatted";
  user_id?: string;
  at?: string;
  before?: Attributes;
}

interface Diff {
  ops: MarkedOp[];
  users: User[];
}

interface Attributed {
  runs: Array<{ length: number; user_id: string | null; at: string | null }>;
  users: User[];
}

/** What stands in the reading pane. */
export interface Shown {
  revision: number;
  /** What the changes are counted from. */
  since: number;
  ops: MarkedOp[];
  users: Map<string, User>;
}

export type Mode = "changes" | "plain" | "authors";

export type History = ReturnType<typeof createHistory>;

const PAGE = 40;

export function createHistory(workspace: Workspace) {
  const { documentId } = workspace;
  const path = `/documents/${encodeURIComponent(documentId)}`;
  const sessions = signal<Session[]>([]);
  const next = signal<number | null>(null);
  const state = signal<"loading" | "ready" | "failed">("loading");
  const problem = signal("");
  const versions = signal<Version[]>([]);
  const onlyNamed = signal(false);
  /** Sessions that are opened into their steps, by `from_revision`. */
  const steps = signal<ReadonlyMap<number, Session[]>>(new Map());
  const mode = signal<Mode>("changes");
  const shown = signal<Shown | null>(null);
  const authored = signal<NotedOp[] | null>(null);
  const opening = signal(false);
  /** The revision chosen in the list; `since` is what it is compared with. */
  const chosen = signal<{ revision: number; since: number } | null>(null);
  /** Chosen to compare others with. */
  const base = signal<number | null>(null);
  const renaming = signal<number | null>(null);
  let asked = 0;
  let loading = false;

  const head = computed(() => sessions.value[0]?.to_revision ?? 0);
  const names = computed(
    () => new Map(versions.value.map((version) => [version.revision, version] as const)),
  );

  /** When the shown revision was reached. */
  const when = computed<string | null>(() => {
    const revision = chosen.value?.revision;
    if (revision === undefined) return null;
    const all = [...sessions.value, ...[...steps.value.values()].flat()];
    const exact = all.find((session) => session.to_revision === revision);
    const around = all.find((one) => one.from_revision < revision && revision <= one.to_revision);
    return (exact ?? around)?.ended_at ?? null;
  });

  async function load(more = false): Promise<void> {
    if (loading) return;
    loading = true;
    try {
      const before = more ? next.peek() : null;
      if (more && before === null) return;
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (before !== null) query.set("before", String(before));
      const [page, named] = await Promise.all([
        api.request<{ sessions: Session[]; next_before: number | null }>("GET", `${path}/history?${query}`),
        more ? null : api.request<{ versions: Version[] }>("GET", `${path}/versions`),
      ]);
      batch(() => {
        sessions.value = more ? [...sessions.peek(), ...page.sessions] : page.sessions;
        next.value = page.next_before;
        if (named) versions.value = named.versions;
        state.value = "ready";
      });
      if (!more && !chosen.peek()) openFirst();
    } catch (error) {
      batch(() => {
        problem.value = asApiError(error).message;
        state.value = "failed";
      });
    } finally {
      loading = false;
    }
  }

  function openFirst(): void {
    const [first] = sessions.peek();
    void open(first?.to_revision ?? 0, first?.from_revision ?? 0);
  }

  /** Shows a revision with what happened since another. */
  async function open(revision: number, since: number): Promise<void> {
    const mine = ++asked;
    chosen.value = { revision, since: Math.min(since, revision) };
    opening.value = true;
    try {
      const diff = await api.request<Diff>(
        "GET",
        `${path}/diff?from=${Math.min(since, revision)}&to=${revision}`,
      );
      if (mine !== asked) return;
      batch(() => {
        const users = new Map(diff.users.map((user) => [user.id, user] as const));
        shown.value = { revision, since, ops: diff.ops, users };
        authored.value = null;
      });
      if (mode.peek() === "authors") await loadAuthors();
    } catch (error) {
      if (mine === asked) problem.value = asApiError(error).message;
    } finally {
      if (mine === asked) opening.value = false;
    }
  }

  async function loadAuthors(): Promise<void> {
    const now = shown.peek();
    if (!now) return;
    const found = await api.request<Attributed>("GET", `${path}/attribution?revision=${now.revision}`);
    if (shown.peek() !== now) return;
    authored.value = byAuthor(now.ops, found);
  }

  function show(next: Mode): void {
    mode.value = next;
    if (next === "authors" && !authored.peek()) {
      loadAuthors().catch((error) => {
        problem.value = asApiError(error).message;
      });
    }
  }

  async function toggleSteps(session: Session): Promise<void> {
    const map = new Map(steps.peek());
    if (!map.delete(session.from_revision)) {
      const { from_revision: from, to_revision: to } = session;
      const answer = await api.request<{ steps: Session[] }>(
        "GET",
        `${path}/history/steps?from=${from}&to=${to}`,
      );
      map.set(from, answer.steps);
    }
    steps.value = map;
  }

  async function name(revision: number, text: string): Promise<void> {
    const named = text.trim();
    if (named) await api.request("PUT", `${path}/versions/${revision}`, { name: named });
    else if (names.peek().has(revision)) await api.request("DELETE", `${path}/versions/${revision}`);
    await load();
  }

  const restore = (revision: number) =>
    api.request<{ revision: number }>("POST", `${path}/restore`, { revision });
  const revert = (user_id: string, from: number, to: number, preview: boolean) =>
    api.request<Reversal>("POST", `${path}/revert`, {
      user_id,
      from_revision: from,
      to_revision: to,
      preview,
    });
  const copy = (revision: number) => api.request<{ id: string }>("POST", `${path}/copy`, { revision });

  /** What the pane draws. */
  const runs = computed<NotedOp[] | null>(() => {
    const now = shown.value;
    if (!now) return null;
    if (mode.value === "authors") return authored.value;
    return mode.value === "changes"
      ? withChanges(now)
      : now.ops.filter((op) => op.change !== "deleted").map(plain);
  });

  return {
    ...{ sessions, next, state, problem, versions, onlyNamed, steps, mode, shown, opening, chosen, base },
    ...{ renaming, head, names, when, runs, path },
    ...{ load, open, show, toggleSteps, name, restore, revert, copy },
  };
}

export interface Reversal {
  revision: number | null;
  base_revision: number;
  ops: Op[];
  changes: number;
  removes: number;
  returns: number;
  reformats: number;
  prevented: { deleted: number; formatted: number };
}

const plain = ({ insert, attributes }: MarkedOp): NotedOp =>
  attributes ? { insert, attributes } : { insert };

function withChanges(shown: Shown): NotedOp[] {
  return shown.ops.map((op) => {
    if (!op.change || !op.user_id) return plain(op);
    const user = shown.users.get(op.user_id ?? "");
    const text = t(`history.${op.change}`, { name: nameOf(user), time: moment(op.at) });
    const userId = op.user_id ?? "";
    return { ...plain(op), note: { kind: op.change, userId, color: user?.color ?? colorOf(userId), text } };
  });
}

/** The content cut into runs of one author each. */
function byAuthor(ops: readonly MarkedOp[], found: Attributed): NotedOp[] {
  const users = new Map(found.users.map((user) => [user.id, user] as const));
  const out: NotedOp[] = [];
  const runs = found.runs.values();
  let run = runs.next().value;
  let left = run?.length ?? 0;
  for (const op of ops) {
    if (op.change === "deleted") continue;
    const length = typeof op.insert === "string" ? op.insert.length : 1;
    for (let at = 0; at < length && run; ) {
      const taken = Math.min(left, length - at);
      const insert = typeof op.insert === "string" ? op.insert.slice(at, at + taken) : op.insert;
      const piece: NotedOp = op.attributes ? { insert, attributes: op.attributes } : { insert };
      if (run.user_id !== null) {
        const user = users.get(run.user_id);
        const text = t("history.wroteThis", { name: nameOf(user), time: moment(run.at ?? undefined) });
        piece.note = { kind: "author", userId: run.user_id, color: user?.color ?? "", text };
      }
      out.push(piece);
      at += taken;
      left -= taken;
      if (left === 0) {
        run = runs.next().value;
        left = run?.length ?? 0;
      }
    }
  }
  return out;
}
