import type { FunctionComponent } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { fetchLazy, lazy } from "../../components/lazy";
import { Mark } from "../../components/mark";
import { notify } from "../../components/notice";
import { narrow } from "../../components/window";
import type { PastedImage } from "../../editor/editor";
import { commandOfKey, isPageCommand } from "../../editor/shortcuts";
import { addMessages, t } from "../../i18n";
import messages from "../../i18n/en/editor.json";
import { follow, setGuard } from "../router";
import { watchNameFlags } from "./name-flags";
import { SaveText, useSpokenState } from "./save-state";
import { MAC } from "./shortcuts";
import { Title } from "./title";
import { createWorkspace, type Panel, type Workspace } from "./workspace";
import "../../styles/editor.css";

addMessages(messages);

/** What the text does not wait for: fetched when it is shown, or as soon as the document is open. */
const StatusLine = lazy(() => import("./status-line"));
const Tooltips = lazy(() => import("../../components/tooltip"));
const Toolbar = lazy(() => import("./toolbar"));
const BarEnd = lazy(() => import("./bar-end"));
const Banners = lazy(() => import("./banners"));
const CopyGuard = lazy(() => import("./copy-guard"));
const Failed = lazy(() => import("./failed"));
const Menus = lazy(() => import("./menus-part"));
const Outline = lazy(() => import("./outline"));
const Margin = lazy(() => import("./margin/margin"));
const Markers = lazy(() => import("./markers"));
const LinkBubble = lazy(() => import("./link-bubble"));
const ImageTools = lazy(() => import("./images/image-tools"));
const HistoryView = lazy(() => import("./history/view"));
const FindBar = lazy(() => import("./find-bar"));
const PANELS: Partial<Record<Panel, FunctionComponent<{ workspace: Workspace; close(): void }>>> = {
  image: lazy(() => import("./images/insert-image")),
  "image-text": lazy(() => import("./images/image-text")),
  link: lazy(() => import("./link-box")),
  palette: lazy(() => import("./palette")),
  shortcuts: lazy(() => import("./shortcut-list")),
  "word-count": lazy(() => import("./word-count")),
};

/** Asks before leaving only when work would be lost with the page. */
function useLeaveWarning(workspace: Workspace): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      const unsaved = workspace.editor.peek()?.unsavedChanges() ?? 0;
      if (unsaved + workspace.uploads.peek() > 0) event.preventDefault();
    };
    addEventListener("beforeunload", warn);
    setGuard(workspace.mayLeave);
    return () => {
      removeEventListener("beforeunload", warn);
      setGuard(null);
    };
  }, [workspace]);
}

function Bar({ workspace }: { workspace: Workspace }) {
  return (
    <header class="bar">
      <a class="brand" href="/" onClick={follow} aria-label={t("app.home")} data-tip={t("app.home")}>
        <Mark />
      </a>
      <div class="bar-title">
        <Title workspace={workspace} />
        <div class="menus-place">
          {narrow.value ? <SaveText workspace={workspace} /> : <Menus workspace={workspace} />}
        </div>
      </div>
      <div class="bar-end">
        <BarEnd workspace={workspace}>{narrow.value && <Menus workspace={workspace} />}</BarEnd>
      </div>
    </header>
  );
}

function OpenPanel({ workspace }: { workspace: Workspace }) {
  const { panel } = workspace;
  const name = panel.value;
  const Shown = name && PANELS[name];
  if (!Shown) return null;
  const close = () => {
    if (panel.peek() === name) panel.value = null;
  };
  return <Shown key={name} workspace={workspace} close={close} />;
}

/** The mount point outlives every rendering: the editor owns what is inside. */
function Paper({ workspace }: { workspace: Workspace }) {
  const mount = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!mount.current) return;
    void workspace.open(mount.current).then(fetchLazy);
    const unwatch = watchNameFlags(mount.current);
    return () => {
      unwatch();
      workspace.close();
    };
  }, [workspace]);
  const opening = workspace.state.value.kind === "opening";
  return (
    <main class="desk" id="content" tabIndex={-1} aria-busy={opening}>
      {opening && <p class="quiet late desk-opening">{t("editor.opening")}</p>}
      <div class="paper" ref={mount} />
      <Margin workspace={workspace} />
    </main>
  );
}

/** The page's own commands by key wherever the focus is, and the way out of full screen. */
function useKeys(workspace: Workspace): void {
  useEffect(() => {
    const keyDown = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return;
      // In the text the editor takes every Escape for itself, though it has no use for it.
      const escaped = event.key === "Escape" && !event.isComposing;
      if (escaped && workspace.finding.peek()) workspace.endFinding();
      else if (escaped && workspace.fullScreen.peek()) workspace.showFullScreen(false);
      if (event.defaultPrevented) return;
      const id = commandOfKey(event, MAC);
      if (!id || !isPageCommand(id)) return;
      event.preventDefault();
      if (workspace.editor.peek()?.commands.status(id).enabled) workspace.perform(id);
    };
    // The browser leaves its full screen by itself: with Escape, or when it is closed from outside.
    const left = () => {
      if (!document.fullscreenElement && workspace.fullScreen.peek()) workspace.showFullScreen(false);
    };
    document.addEventListener("keydown", keyDown);
    document.addEventListener("fullscreenchange", left);
    return () => {
      document.removeEventListener("keydown", keyDown);
      document.removeEventListener("fullscreenchange", left);
    };
  }, [workspace]);
}

/** What a paste or drop brought; the part that uploads is fetched with the others. */
async function take(workspace: Workspace, images: readonly PastedImage[]): Promise<void> {
  try {
    (await import("./images/pending")).takeImages(workspace, images);
  } catch {
    notify(t("app.partFailed"));
  }
}

/** One document, open: title, menus, tools, people, the text, and what stands around it. */
export function EditorPage({ documentId }: { documentId: string }) {
  const workspace = useMemo(() => {
    const made: Workspace = createWorkspace(documentId, (images) => void take(made, images));
    return made;
  }, [documentId]);
  useLeaveWarning(workspace);
  useKeys(workspace);
  useSpokenState(workspace);
  if (workspace.failure.value || workspace.lost.value) return <Failed workspace={workspace} />;
  const bare = workspace.fullScreen.value;
  const finding = workspace.finding.value;
  return (
    <div class={bare ? "editor bare" : "editor"}>
      {!bare && <Bar workspace={workspace} />}
      {!bare && (
        <div class="toolbar-place">
          <Toolbar workspace={workspace} />
        </div>
      )}
      <div class="banners">
        <Banners workspace={workspace} />
      </div>
      <div class="room">
        {workspace.outline.value && !bare && <Outline workspace={workspace} />}
        <Paper key="paper" workspace={workspace} />
        <Markers workspace={workspace} />
        {finding && <FindBar workspace={workspace} finding={finding} />}
      </div>
      {!bare && !narrow.value && (
        <div class="status-place">
          <StatusLine workspace={workspace} />
        </div>
      )}
      {!finding && <LinkBubble workspace={workspace} />}
      <ImageTools workspace={workspace} />
      <OpenPanel workspace={workspace} />
      <CopyGuard workspace={workspace} />
      {workspace.history.value && <HistoryView workspace={workspace} mode={workspace.history.value} />}
      <Tooltips />
    </div>
  );
}
