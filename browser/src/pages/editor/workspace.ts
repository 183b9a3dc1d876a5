import { computed, signal } from "@preact/signals";
import { announce, notify } from "../../components/notice";
import { storedFlag } from "../../components/stored";
import { narrow } from "../../components/window";
import type {
  Access,
  Editor,
  Mode,
  PageCommandId,
  PastedImage,
  Person,
  SaveState,
} from "../../editor/editor";
import { openEditor } from "../../editor/editor";
import { t } from "../../i18n";
import type { Api, ApiError, Switches } from "../../net/api";
import { api, asApiError, askToSignIn } from "../account";
import { deliverSoon, ownDevice } from "../device";
import { openShare, sharingMoved } from "../share";
import { saveDetail } from "./save-text";
import { afterFrame } from "./use-editor";

export type Workspace = ReturnType<typeof createWorkspace>;

/** A dialog over the page; at most one is open. */
export type Panel = "link" | "image" | "image-text" | "menus" | "palette" | "shortcuts" | "word-count";

/** The open bar for searching; a new object each time it is asked for, so that it takes the selected text anew. */
export interface Finding {
  replace: boolean;
}

/** Whether the outline stands beside the text; remembered, but never over a narrow window's text from the start. */
const outlineKept = storedFlag("outline", false);

/** Events after which the roles, the requests or what is allowed may be others. */
const SHARING = /^(sharing|switches|permission|access|title)\.|^document\.(un)?locked$/;

/** Why a document that was open is shown no longer, and one's own text that has not reached it. */
export interface Lost {
  kind: "lost" | "gone" | "deleted" | "signedOut";
  text: string;
}

/** Codes after which nothing of the document may be shown. */
const ENDS: Record<string, Lost["kind"]> = {
  FORBIDDEN: "lost",
  NOT_FOUND: "gone",
  DOCUMENT_DELETED: "deleted",
};

const MODE = "octavo.mode.";

/** What was chosen for this document before; editing for who chose nothing. */
function keptMode(documentId: string): Mode {
  try {
    const kept = localStorage.getItem(MODE + documentId);
    return kept === "suggesting" || kept === "viewing" ? kept : "editing";
  } catch {
    return "editing";
  }
}

const LEAVE_WAIT_MS = 1_500;
const CLOSED: Access = { role: "viewer", mode: "viewing", canEdit: false, reason: "opening" };

/** Names of those who are in one list and not in the other, oneself left out. */
function namesMissing(from: Person[], others: Person[]): string[] {
  const there = new Set(others.map((person) => person.user.id));
  const missing = from.filter((person) => !person.self && !there.has(person.user.id));
  return [...new Set(missing.map((person) => person.user.name))];
}

/** Everything that the editor page shows about one open document, and how it is opened and closed. */
export function createWorkspace(documentId: string, onImages: (images: readonly PastedImage[]) => void) {
  const editor = signal<Editor | null>(null);
  const state = signal<SaveState>({ kind: "opening" });
  const people = signal<Person[]>([]);
  const title = signal("");
  const access = signal<Access>(CLOSED);
  const failure = signal<ApiError | null>(null);
  const panel = signal<Panel | null>(null);
  /** The bar for searching; null: closed. */
  const finding = signal<Finding | null>(null);
  const drawer = signal(false);
  /** The history in place of the text, and what it begins with. */
  const history = signal<"changes" | "authors" | null>(null);
  /** Counts what others told of versions. */
  const versionsMoved = signal(0);
  const fullScreen = signal(false);
  /** Images on their way to the server. */
  const uploads = signal(0);
  /** Counts what the editor has told; whoever shows its state reads this, and so is drawn again. */
  const moment = signal(0);
  /** What the margin shall do next; it may not have been fetched yet. */
  const margin = signal<"begin" | "next" | "previous" | null>(null);
  /** All comments and suggestions are listed beside the text. */
  const marginList = signal(false);
  const listeners = new Set<(event: string, data: unknown) => void>();
  /** Why the document is locked, as the owner said it. */
  const lockReason = signal("");
  /** The role was lowered while the document was open. */
  const demoted = signal(false);
  /** What the owner allows; null before it is known. */
  const switches = signal<Switches | null>(null);
  /** Whether the text may be taken along: editors always may. */
  const mayCopy = computed(() => {
    const { role } = access.value;
    return role === "owner" || role === "editor" || switches.value?.copying !== false;
  });
  /** The login ended elsewhere; with what was not yet sent. */
  const signedOut = signal<{ text: string } | null>(null);
  let attempt = 0;

  /** Why this page shows the document no longer, with one's own text that is not in it. */
  const lost = computed<Lost | null>(() => {
    if (signedOut.value) return { kind: "signedOut", ...signedOut.value };
    const now = state.value;
    const kind = now.kind === "refused" && now.stopped ? ENDS[now.code] : undefined;
    return kind && now.kind === "refused" ? { kind, text: now.text } : null;
  });

  /** Without a login no ticket is given, and the page must not wait for one for ever. */
  const ownApi: Api = {
    ...api,
    openDocument: async (id) => {
      const opened = await api.openDocument(id);
      switches.value = opened.switches;
      return opened;
    },
    ticket: async (id) => {
      try {
        return await api.ticket(id);
      } catch (error) {
        if (asApiError(error).status === 401) signedOut.value = { text: editor.peek()?.unsentText() ?? "" };
        throw error;
      }
    },
  };

  const outline = computed(() => (narrow.value ? drawer.value : outlineKept.value));

  function showOutline(shown: boolean): void {
    if (narrow.peek()) drawer.value = shown;
    else outlineKept.value = shown;
  }

  function showFullScreen(shown: boolean): void {
    fullScreen.value = shown;
    // The window's own bars go too where the browser lets them; without that the page alone is bare.
    if (shown) document.documentElement.requestFullscreen?.().catch(() => undefined);
    else if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
    editor.peek()?.focus();
  }

  function find(mode: "find" | "replace"): void {
    finding.value = { replace: mode === "replace" && access.peek().canEdit };
  }

  function endFinding(): void {
    finding.value = null;
    editor.peek()?.focus();
  }

  function step(direction: "next" | "previous"): void {
    if (finding.peek() === null) find("find");
    else editor.peek()?.aids.find[direction]();
  }

  function wish(next: NonNullable<typeof margin.value>): void {
    margin.value = next;
  }

  function decide(accept: boolean): void {
    const id = editor.peek()?.suggesting.atCaret();
    if (id) editor.peek()?.suggesting.decide([id], accept);
    else notify(t("suggestion.noneHere"));
  }

  /** Kept for this document in this browser. */
  function setMode(mode: Mode): void {
    editor.peek()?.suggesting.setMode(mode);
    try {
      localStorage.setItem(MODE + documentId, mode);
    } catch {
      // Without storage it holds until the page is left.
    }
  }

  /** Tells what the server told of the document; returns how to end it. */
  function hear(listener: (event: string, data: unknown) => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** What the page does for the commands that are its own. */
  function perform(id: PageCommandId): void {
    const acts: Partial<Record<PageCommandId, () => void>> = {
      find: () => find("find"),
      replace: () => find("replace"),
      "find-next": () => step("next"),
      "find-previous": () => step("previous"),
      save: () => notify(saveDetail(state.peek())),
      print: () => (mayCopy.peek() ? window.print() : notify(t("editor.noCopying"))),
      history: () => {
        history.value = "changes";
      },
      authors: () => {
        history.value = "authors";
      },
      outline: () => showOutline(!outline.peek()),
      "full-screen": () => showFullScreen(!fullScreen.peek()),
      comment: () => wish("begin"),
      comments: () => {
        marginList.value = !marginList.peek();
      },
      "next-comment": () => wish("next"),
      "previous-comment": () => wish("previous"),
      "accept-suggestion": () => decide(true),
      "reject-suggestion": () => decide(false),
      "mode-editing": () => setMode("editing"),
      "mode-suggesting": () => setMode("suggesting"),
      "mode-viewing": () => setMode("viewing"),
    };
    const act = acts[id];
    if (act) act();
    else panel.value = id as Panel;
  }

  function asked(data: unknown): void {
    const { user } = (data ?? {}) as { user?: { name?: unknown } };
    const text = t("share.asks", { name: String(user?.name ?? "") });
    notify(text, { label: t("share.look"), run: () => openShare(documentId) });
  }

  function happened(event: string, data: unknown): void {
    if (event === "version.named") versionsMoved.value += 1;
    if (SHARING.test(event)) sharingMoved.value += 1;
    for (const listener of listeners) listener(event, data);
    if (event === "access.requested") asked(data);
    if (event === "switches.changed") switches.value = (data as { switches: Switches }).switches;
    if (event !== "document.locked") return;
    const { locked } = (data ?? {}) as { locked?: { reason?: unknown } | null };
    lockReason.value = typeof locked?.reason === "string" ? locked.reason : "";
  }

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
        api: ownApi,
        device: ownDevice,
        label: t("editor.text"),
        mode: keptMode(documentId),
        imageComing: (name) => t("editor.imageComing", { name }),
        onState: (next) => {
          state.value = next;
        },
        onPeople: peopleChanged,
        onTitle: (next) => {
          title.value = next;
        },
        onAccess: (next) => {
          if (next.reason === "role" && access.peek().canEdit) demoted.value = true;
          access.value = next;
        },
        onLink: () => perform("link"),
        onCommand: perform,
        onImages: (images) => onImages(images),
        onEvent: happened,
      });
      if (mine !== attempt) return opened.close();
      editor.value = opened;
      opened.subscribe(
        afterFrame(() => {
          moment.value += 1;
        }),
      );
    } catch (error) {
      const problem = asApiError(error);
      if (mine !== attempt) return;
      if (problem.status === 401) askToSignIn();
      else failure.value = problem;
    }
  }

  function close(): void {
    attempt += 1;
    void editor.peek()?.close().then(deliverSoon);
    editor.value = null;
  }

  /** What is on its way gets a moment to arrive; whatever would be lost after that, the user decides. */
  async function mayLeave(): Promise<boolean> {
    if (uploads.peek() > 0 && !confirm(t("image.leave"))) return false;
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

  return {
    documentId,
    ...{ editor, state, people, title, access, demoted, mayCopy, failure, lost, lockReason, moment, uploads },
    ...{ panel, finding, outline, fullScreen, history, versionsMoved, margin, marginList },
    ...{ hear, setMode },
    ...{ open, close, rename, mayLeave, perform, endFinding, showOutline, showFullScreen },
  };
}
