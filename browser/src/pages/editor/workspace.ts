import { signal } from "@preact/signals";
import { announce, notify } from "../../components/notice";
import type { Access, Editor, Person, SaveState } from "../../editor/editor";
import { openEditor } from "../../editor/editor";
import { t } from "../../i18n";
import type { ApiError } from "../../net/api";
import { api, asApiError, askToSignIn } from "../account";

export type Workspace = ReturnType<typeof createWorkspace>;

const LEAVE_WAIT_MS = 1_500;
const CLOSED: Access = { role: "viewer", canEdit: false, reason: "opening" };

/** Names of those who are in one list and not in the other, oneself left out. */
function namesMissing(from: Person[], others: Person[]): string[] {
  const there = new Set(others.map((person) => person.user.id));
  const missing = from.filter((person) => !person.self && !there.has(person.user.id));
  return [...new Set(missing.map((person) => person.user.name))];
}

/** Everything that the editor page shows about one open document, and how it is opened and closed. */
export function createWorkspace(documentId: string) {
  const editor = signal<Editor | null>(null);
  const state = signal<SaveState>({ kind: "opening" });
  const people = signal<Person[]>([]);
  const title = signal("");
  const access = signal<Access>(CLOSED);
  const failure = signal<ApiError | null>(null);
  /** Null: the link box is closed; else the link under the caret, "" for none. */
  const link = signal<string | null>(null);
  let attempt = 0;

  function peopleChanged(now: Person[]): void {
    const before = people.peek();
    people.value = now;
    if (before.length === 0) return;
    for (const name of namesMissing(now, before)) announce(t("people.came", { name }));
    for (const name of namesMissing(before, now)) announce(t("people.left", { name }));
  }

  /** Opens the document in `mount`; what fails becomes `failure`, which the page shows in its place. */
  async function open(mount: HTMLElement): Promise<void> {
    const mine = ++attempt;
    failure.value = null;
    try {
      const opened = await openEditor({
        mount,
        documentId,
        api,
        label: t("editor.text"),
        onState: (next) => {
          state.value = next;
        },
        onPeople: peopleChanged,
        onTitle: (next) => {
          title.value = next;
        },
        onAccess: (next) => {
          access.value = next;
        },
        onLink: (current) => {
          link.value = current ?? "";
        },
      });
      if (mine === attempt) editor.value = opened;
      else opened.close();
    } catch (error) {
      const problem = asApiError(error);
      if (mine !== attempt) return;
      if (problem.status === 401) askToSignIn();
      else failure.value = problem;
    }
  }

  function close(): void {
    attempt += 1;
    editor.peek()?.close();
    editor.value = null;
  }

  /** What is on its way gets a moment to arrive; whatever would be lost after that, the user decides. */
  async function mayLeave(): Promise<boolean> {
    const unsaved = () => (editor.peek()?.unsavedChanges() ?? 0) > 0;
    if (unsaved()) {
      await new Promise<void>((settled) => {
        const done = () => {
          clearTimeout(timer);
          stop?.();
          settled();
        };
        const stop = editor.peek()?.subscribe(() => unsaved() || done());
        const timer = setTimeout(done, LEAVE_WAIT_MS);
      });
    }
    return !unsaved() || confirm(t("editor.leave"));
  }

  async function rename(next: string): Promise<void> {
    const before = title.peek();
    if (next === before) return;
    title.value = next;
    try {
      await api.rename(documentId, next);
    } catch (error) {
      title.value = before;
      notify(t("editor.renameFailed", { message: asApiError(error).message }));
    }
  }

  return { documentId, editor, state, people, title, access, failure, link, open, close, rename, mayLeave };
}
