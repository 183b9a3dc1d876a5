import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AccountMenu } from "../../components/account-menu";
import { Mark } from "../../components/mark";
import { notify } from "../../components/notice";
import { addMessages, t } from "../../i18n";
import messages from "../../i18n/en/editor.json";
import { account, api, asApiError } from "../account";
import { Problem, problemOf } from "../problem";
import { follow, setGuard } from "../router";
import { AccessButton } from "./access";
import { LinkBox } from "./link-box";
import { People } from "./people";
import { ReadOnlyBanner, RefusedBanner, SaveText } from "./save-state";
import { Title } from "./title";
import { Toolbar } from "./toolbar";
import { createWorkspace, type Workspace } from "./workspace";
import "../../styles/editor.css";

addMessages(messages);

/** Asks before leaving only when work would be lost with the page. */
function useLeaveWarning(workspace: Workspace): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if ((workspace.editor.peek()?.unsavedChanges() ?? 0) > 0) event.preventDefault();
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
      <a class="brand" href="/" onClick={follow} aria-label={t("app.home")} title={t("app.home")}>
        <Mark />
      </a>
      <div class="bar-title">
        <Title workspace={workspace} />
        <SaveText workspace={workspace} />
      </div>
      <div class="bar-end">
        <People workspace={workspace} />
        <AccessButton workspace={workspace} />
        {account.value && <AccountMenu account={account.value} />}
      </div>
    </header>
  );
}

/** Whether the document lies in one's own trash, so that one may take it out again. */
function useOwnTrash(documentId: string, deleted: boolean): boolean {
  const [mine, setMine] = useState(false);
  useEffect(() => {
    if (!deleted) return;
    const look = async () => {
      const { documents } = await api.listDocuments({ trashed: true, limit: 200 });
      setMine(documents.some((each) => each.id === documentId && each.role === "owner"));
    };
    look().catch(() => setMine(false)); // the page says what happened; only the button is missing
  }, [documentId, deleted]);
  return mine;
}

function Failed({ workspace, retry }: { workspace: Workspace; retry(): void }) {
  const failure = workspace.failure.value!;
  const kind = problemOf(failure);
  const mine = useOwnTrash(workspace.documentId, kind === "deleted");
  const restore = () =>
    api.undelete(workspace.documentId).then(retry, (error) => notify(asApiError(error).message));
  return (
    <Problem
      kind={kind}
      message={failure.message}
      {...(kind === "unreachable" || kind === "failed" ? { retry } : {})}
      {...(mine ? { restore: () => void restore() } : {})}
    />
  );
}

/** The mount point outlives every rendering: the editor owns what is inside. */
function Paper({ workspace }: { workspace: Workspace }) {
  const mount = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (mount.current) void workspace.open(mount.current);
    return () => workspace.close();
  }, [workspace]);
  const opening = workspace.state.value.kind === "opening";
  return (
    <main class="desk" id="content" tabIndex={-1} aria-busy={opening}>
      {opening && <p class="quiet late desk-opening">{t("editor.opening")}</p>}
      <div class="paper" ref={mount} />
    </main>
  );
}

/** One document, open: title, save state, people, toolbar and the text. */
export function EditorPage({ documentId }: { documentId: string }) {
  const workspace = useMemo(() => createWorkspace(documentId), [documentId]);
  useLeaveWarning(workspace);
  if (workspace.failure.value) return <Failed workspace={workspace} retry={() => location.reload()} />;
  return (
    <div class="editor">
      <Bar workspace={workspace} />
      <Toolbar workspace={workspace} />
      <div class="banners">
        <RefusedBanner workspace={workspace} />
        <ReadOnlyBanner workspace={workspace} />
      </div>
      <Paper workspace={workspace} />
      <LinkBox workspace={workspace} />
    </div>
  );
}
