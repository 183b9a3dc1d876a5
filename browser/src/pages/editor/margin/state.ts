/** The comments of the open document: read, kept up by events, written; and which card is active. */

import { effect, signal } from "@preact/signals";
import { announce, notify } from "../../../components/notice";
import type { User } from "../../../core/protocol";
import { t } from "../../../i18n";
import { api, asApiError } from "../../account";
import type { Workspace } from "../workspace";
import type { Thread } from "./types";
import "./words";

export type Shown = "open" | "resolved" | "all";
export type Margin = ReturnType<typeof createMargin>;

/** What is being written about. */
export interface Draft {
  quote: string;
  index: number;
}

const KEPT = 100;

export function createMargin(workspace: Workspace) {
  const { documentId, editor, margin } = workspace;
  const threads = signal<ReadonlyMap<string, Thread>>(new Map());
  const shown = signal<Shown>("open");
  const person = signal<string | null>(null);
  const people = signal<readonly User[]>([]);
  /** A thread's or a suggestion's id. */
  const active = signal<string | null>(null);
  const draft = signal<Draft | null>(null);
  const path = `/documents/${encodeURIComponent(documentId)}/comments`;
  const of = (id: string) => `${path}/${encodeURIComponent(id)}`;

  function keep(thread: Thread): void {
    threads.value = new Map(threads.peek()).set(thread.id, thread);
    editor.peek()?.comments.place(thread.id, thread.anchor);
  }

  function forget(id: string): void {
    const left = new Map(threads.peek());
    left.delete(id);
    threads.value = left;
    editor.peek()?.comments.remove(id);
    if (active.peek() === id) active.value = null;
  }

  let reading = false;
  async function load(): Promise<void> {
    if (reading) return;
    reading = true;
    try {
      const { comments } = await api.request<{ comments: Thread[] }>("GET", path);
      threads.value = new Map(comments.map((thread) => [thread.id, thread]));
      editor.peek()?.comments.set(new Map(comments.map(({ id, anchor }) => [id, anchor])));
      openLinked();
    } catch (error) {
      notify(t("margin.notRead", { message: asApiError(error).message }), {
        label: t("app.retry"),
        run: () => void load(),
      });
    } finally {
      reading = false;
    }
  }

  /** A link to a comment brings its reader there. */
  function openLinked(): void {
    const id = new URLSearchParams(location.hash.slice(1)).get("comment");
    const thread = id === null ? undefined : threads.peek().get(id);
    if (!thread) return;
    if (thread.resolved) shown.value = "all";
    choose(thread.id, true);
  }

  async function readPeople(): Promise<void> {
    if (people.peek().length > 0) return;
    try {
      const found = await api.request<{ owner: User; people: { user: User }[] }>(
        "GET",
        `/documents/${encodeURIComponent(documentId)}/permissions`,
      );
      people.value = [found.owner, ...found.people.map(({ user }) => user)].slice(0, KEPT);
    } catch {
      people.value = []; // names can be written all the same; only the completion is missing
    }
  }

  function happened(event: string, data: unknown): void {
    if (!event.startsWith("comment.")) return;
    if (event === "comment.deleted") forget(String((data as { id?: unknown }).id));
    else keep(data as Thread);
    if (event === "comment.created") announce(t("margin.heard"));
  }

  /** Performs a request whose answer is the thread; what fails is said, and what was written stays. */
  async function ask(method: string, at: string, body?: unknown): Promise<Thread | null> {
    try {
      const thread = await api.request<Thread>(method, at, body);
      keep(thread);
      return thread;
    } catch (error) {
      notify(t("margin.notWritten", { message: asApiError(error).message }));
      return null;
    }
  }

  function choose(id: string | null, go = false): void {
    active.value = id;
    const here = editor.peek();
    if (id === null || !here) return;
    if (go && !here.comments.goTo(id)) here.suggesting.goTo(id);
  }

  function begin(): void {
    const begun = editor.peek()?.comments.begin() ?? null;
    if (!begun) {
      notify(t("margin.selectFirst"));
      return;
    }
    draft.value = begun;
    active.value = null;
    void readPeople();
  }

  function cancel(): void {
    draft.value = null;
    editor.peek()?.comments.cancel();
    editor.peek()?.focus();
  }

  async function submit(text: string, mentions: string[]): Promise<boolean> {
    const anchor = await editor.peek()?.comments.anchor();
    if (!anchor) {
      notify(t("margin.textGone"));
      return false;
    }
    const thread = await ask("POST", path, { anchor, text, mentions });
    if (!thread) return false;
    cancel();
    choose(thread.id);
    return true;
  }

  const reply = (id: string, text: string, mentions: string[]) =>
    ask("POST", `${of(id)}/replies`, { text, mentions }).then(Boolean);
  const rewrite = (id: string, text: string, mentions: string[]) =>
    ask("PATCH", of(id), { text, mentions }).then(Boolean);
  const react = (id: string, emoji: string, on: boolean) =>
    ask(on ? "PUT" : "DELETE", `${of(id)}/reactions/${encodeURIComponent(emoji)}`);

  async function resolve(id: string, resolved: boolean): Promise<void> {
    const thread = await ask("PATCH", of(id), { resolved });
    if (!thread || !resolved) return;
    if (active.peek() === id) active.value = null;
    notify(t("margin.resolvedNow"), { label: t("margin.reopen"), run: () => void resolve(id, false) });
  }

  async function remove(id: string, threadId: string): Promise<void> {
    try {
      await api.request("DELETE", of(id));
      if (id === threadId) forget(id);
    } catch (error) {
      notify(t("margin.notWritten", { message: asApiError(error).message }));
    }
  }

  /** What the list and the text show. */
  function visible(): Thread[] {
    const who = person.value;
    return [...threads.value.values()].filter((thread) => {
      if (shown.value !== "all" && thread.resolved !== (shown.value === "resolved")) return false;
      return who === null || [thread, ...thread.replies].some(({ user }) => user?.id === who);
    });
  }

  /** The next or previous card of all, in the order of the text. */
  function step(by: 1 | -1): void {
    const here = editor.peek();
    if (!here) return;
    const spans = here.comments.spans();
    const places = [
      ...visible().map(({ id }) => ({ id, index: spans.get(id)?.start ?? 0 })),
      ...here.suggesting.all().map(({ id, index }) => ({ id, index })),
    ].sort((one, other) => one.index - other.index);
    if (places.length === 0) return;
    const at = places.findIndex(({ id }) => id === active.peek());
    const next = at < 0 ? (by > 0 ? 0 : places.length - 1) : (at + by + places.length) % places.length;
    choose(places[next]?.id ?? null, true);
    const card = () =>
      document.querySelector<HTMLElement>(`[data-card="${CSS.escape(places[next]?.id ?? "")}"]`);
    requestAnimationFrame(() => card()?.focus({ preventScroll: true }));
  }

  /** Connects to the open editor; returns how to let go. */
  function start(): () => void {
    const deaf = workspace.hear(happened);
    const stops = [
      effect(() => {
        const opened = editor.value;
        if (opened) void load();
      }),
      // Marks in the text follow what the list shows and which card is active.
      effect(() => {
        const ids = new Set(visible().map(({ id }) => id));
        editor.value?.comments.show(ids, active.value);
      }),
      effect(() => {
        void workspace.moment.value;
        if (editor.value?.comments.stale) void load();
      }),
      effect(() => {
        const wish = margin.value;
        if (wish === null) return;
        margin.value = null;
        if (wish === "begin") begin();
        else step(wish === "next" ? 1 : -1);
      }),
    ];
    return () => {
      deaf();
      for (const stop of stops) stop();
    };
  }

  return {
    ...{ threads, shown, person, people, active, draft },
    ...{
      start,
      choose,
      begin,
      cancel,
      submit,
      reply,
      rewrite,
      react,
      resolve,
      remove,
      visible,
      step,
      readPeople,
    },
  };
}
