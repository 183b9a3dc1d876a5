import back from "lucide:arrow-left";
import down from "lucide:chevron-down";
import up from "lucide:chevron-up";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../../../components/icon";
import { announce, notify } from "../../../components/notice";
import { Switch } from "../../../components/switch";
import { narrow } from "../../../components/window";
import { drawContent } from "../../../editor/drawing";
import { t } from "../../../i18n";
import { asApiError } from "../../account";
import type { Workspace } from "../workspace";
import { bringBack, passage } from "./going-back";
import { createHistory, type History } from "./model";
import { Sessions } from "./panel";
import { Player } from "./player";
import { RestoreBox, useOffer } from "./restore-box";
import { moment } from "./words";
import "../../../styles/panels.css";
import "../../../styles/history.css";

/** The changes of the pane, walked by button and key. */
function useChanges(pane: { current: HTMLElement | null }, count: number) {
  const [current, setCurrent] = useState(-1);
  useEffect(() => setCurrent(-1), [count]);
  const go = (direction: 1 | -1) => {
    if (count === 0) return;
    const first = direction > 0 ? 0 : count - 1;
    const next = current < 0 ? first : (current + direction + count) % count;
    setCurrent(next);
    for (const marked of pane.current?.querySelectorAll(".noted-current") ?? [])
      marked.classList.remove("noted-current");
    const found = pane.current?.querySelectorAll<HTMLElement>(`[data-change="${next}"]`) ?? [];
    for (const marked of found) marked.classList.add("noted-current");
    found[0]?.scrollIntoView({ block: "center" });
    announce([found[0]?.dataset.tip, found[0]?.textContent?.slice(0, 200)].filter(Boolean).join(": "));
  };
  return { current, go };
}

function Changes({
  history,
  count,
  current,
  go,
}: {
  history: History;
  count: number;
  current: number;
  go(by: 1 | -1): void;
}) {
  if (history.mode.value === "plain") return null;
  const text =
    count === 0
      ? t("history.none")
      : current < 0
        ? t("history.changes", { count })
        : t("history.place", { current: current + 1, count });
  return (
    <div class="history-changes">
      <span class="quiet" role="status">
        {text}
      </span>
      {(
        [
          ["history.previous", up, -1, "Shift+F8"],
          ["history.next", down, 1, "F8"],
        ] as const
      ).map(([label, icon, by, keys]) => (
        <button
          key={label}
          type="button"
          class="tool"
          aria-label={t(label)}
          data-tip={t(label)}
          data-keys={keys}
          aria-disabled={count === 0}
          onClick={() => go(by)}
        >
          <Icon shapes={icon} />
        </button>
      ))}
    </div>
  );
}

/** A version, drawn to be read. */
function Pane({
  history,
  onCount,
  paneRef,
}: {
  history: History;
  onCount(count: number): void;
  paneRef: { current: HTMLElement | null };
}) {
  const runs = history.runs.value;
  useLayoutEffect(() => {
    if (!runs || !paneRef.current) return;
    const drawn = drawContent(runs);
    paneRef.current.replaceChildren(drawn.nodes);
    onCount(drawn.changes);
  }, [runs]);
  return (
    <div class="paper">
      {/* The class is the editor's own: what is read looks as it does there. */}
      <div
        class="ProseMirror history-text"
        ref={(element) => {
          paneRef.current = element;
        }}
        role="document"
        aria-label={t("history.text")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls and is selected by keyboard
        tabIndex={0}
      />
    </div>
  );
}

function Head({
  history,
  workspace,
  close,
  play,
}: {
  history: History;
  workspace: Workspace;
  close(): void;
  play(): void;
}) {
  const chosen = history.chosen.value;
  const offer = useOffer(history, workspace);
  const version = chosen ? history.names.value.get(chosen.revision) : undefined;
  const at = history.when.value;
  return (
    <header class="history-head">
      <button
        type="button"
        class="button icon-only"
        aria-label={t("history.back")}
        data-tip={t("history.back")}
        onClick={close}
      >
        <Icon shapes={back} />
      </button>
      <div class="history-what">
        <h1>{version?.name ?? (at ? moment(at) : t("history.title"))}</h1>
        {chosen && <span class="quiet">{t("history.revision", { revision: chosen.revision })}</span>}
      </div>
      <div class="history-acts">
        <button type="button" class="button" onClick={play}>
          {t("history.playback")}
        </button>
        {offer.may && chosen && chosen.revision < history.head.value && (
          <button type="button" class="button primary" onClick={offer.ask}>
            {t("history.restore")}
          </button>
        )}
      </div>
      {offer.asking && <RestoreBox history={history} workspace={workspace} close={offer.end} done={close} />}
    </header>
  );
}

/** F8 walks the changes, Escape leads back: wherever the focus is. */
function useKeys(go: (by: 1 | -1) => void, close: () => void): void {
  useEffect(() => {
    const keyDown = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open], [popover]:popover-open")) return;
      if (event.key === "F8") go(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape" && !event.defaultPrevented) close();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", keyDown);
    return () => document.removeEventListener("keydown", keyDown);
  });
}

async function returnPassage(
  history: History,
  workspace: Workspace,
  pane: HTMLElement | null,
): Promise<void> {
  const range = pane && passage(pane);
  const shown = history.shown.peek();
  if (!range || !shown) return notify(t("history.selectFirst"));
  try {
    await bringBack(workspace.documentId, shown, range);
    notify(t("history.passageCopied"));
    await history.load();
  } catch (error) {
    notify(asApiError(error).message);
  }
}

/** What lies under the history is out of reach while it is open, and goes on. */
function useCover(root: { current: HTMLElement | null }): void {
  useEffect(() => {
    const under = [...(root.current?.parentElement?.children ?? [])].filter((one) => one !== root.current);
    for (const one of under) one.toggleAttribute("inert", true);
    return () => {
      for (const one of under) one.removeAttribute("inert");
    };
  }, []);
}

/** The history in place of the text, which goes on underneath. */
export default function HistoryView({
  workspace,
  mode,
}: {
  workspace: Workspace;
  mode: "changes" | "authors";
}) {
  const history = useMemo(() => createHistory(workspace), [workspace]);
  const pane = useRef<HTMLElement | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(0);
  const [playing, setPlaying] = useState(false);
  const changes = useChanges(pane, count);
  const close = () => {
    workspace.history.value = null;
    requestAnimationFrame(() => workspace.editor.peek()?.focus());
  };
  useKeys(changes.go, close);
  useCover(root);
  const moved = workspace.versionsMoved.value;
  useEffect(() => {
    if (mode === "authors") history.mode.value = "authors";
    void history.load();
  }, [history, moved]);
  useEffect(() => root.current?.querySelector<HTMLElement>("button")?.focus(), []);
  const canEdit = workspace.access.value.canEdit;
  return (
    <div class="history" ref={root}>
      <Head history={history} workspace={workspace} close={close} play={() => setPlaying(true)} />
      <div class="history-body">
        <main class="desk history-desk" aria-busy={history.opening.value}>
          {playing ? (
            <Player history={history} close={() => setPlaying(false)} />
          ) : (
            <>
              <div class="history-bar">
                <Switch
                  label={t("history.showChanges")}
                  on={history.mode.value === "changes"}
                  change={(on) => history.show(on ? "changes" : "plain")}
                />
                <Switch
                  label={t("history.showAuthors")}
                  on={history.mode.value === "authors"}
                  change={(on) => history.show(on ? "authors" : "plain")}
                />
                <Changes history={history} count={count} {...changes} />
                {canEdit && history.mode.value === "plain" && (
                  <button
                    type="button"
                    class="button"
                    onClick={() => void returnPassage(history, workspace, pane.current)}
                  >
                    {t("history.passage")}
                  </button>
                )}
              </div>
              {history.problem.value && <p class="banner danger">{history.problem.value}</p>}
              <Pane history={history} onCount={setCount} paneRef={pane} />
            </>
          )}
        </main>
        <Sessions history={history} workspace={workspace} narrow={narrow.value} />
      </div>
    </div>
  );
}
