import { useEffect, useState } from "preact/hooks";
import { CopyField } from "../../components/copy";
import { Mark } from "../../components/mark";
import { notify } from "../../components/notice";
import { type MessageKey, t } from "../../i18n";
import type { ApiError } from "../../net/api";
import { account, api, asApiError, signOut } from "../account";
import { Problem, type ProblemKind, problemOf } from "../problem";
import { follow, navigate, setGuard } from "../router";
import { AskForm } from "../share/ask";
import "../share/messages";
import type { Lost, Workspace } from "./workspace";
import "../../styles/share.css";

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

async function restore(documentId: string): Promise<void> {
  try {
    await api.undelete(documentId);
    location.reload();
  } catch (error) {
    notify(asApiError(error).message);
  }
}

const LOOK_EVERY_MS = 5_000;
const LOOK_SELDOM_MS = 30_000;
const SELDOM_AFTER = 60;

/** Looks now and then, while the page is shown, whether access has been given. */
function useGranted(documentId: string, look: boolean): boolean {
  const [granted, setGranted] = useState(false);
  useEffect(() => {
    if (!look || granted) return;
    let timer: ReturnType<typeof setTimeout>;
    let times = 0;
    const ask = async () => {
      clearTimeout(timer);
      try {
        if (document.visibilityState === "visible") {
          await api.ticket(documentId);
          return setGranted(true);
        }
      } catch {
        // Not yet; or the server is away, which the next look will tell.
      }
      times += 1;
      timer = setTimeout(() => void ask(), times < SELDOM_AFTER ? LOOK_EVERY_MS : LOOK_SELDOM_MS);
    };
    const shown = () => document.visibilityState === "visible" && void ask();
    timer = setTimeout(() => void ask(), LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", shown);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [documentId, look, granted]);
  return granted;
}

/** The text must not go with the page before the user has dealt with it. */
function useTextWarning(text: string): void {
  useEffect(() => {
    if (!text) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    setGuard(async () => confirm(t("lost.leave")));
    return () => {
      removeEventListener("beforeunload", warn);
      setGuard(null);
    };
  }, [text]);
}

/** Who somebody without access is here, and how to be somebody else. */
function Who() {
  const user = account.value;
  const next = `/login?next=${encodeURIComponent(location.pathname)}`;
  if (!user || user.guest) {
    return (
      <a class="button primary" href={next} onClick={follow}>
        {t("account.signIn")}
      </a>
    );
  }
  const another = async () => {
    try {
      await signOut();
      await navigate(next, true);
    } catch (error) {
      notify(asApiError(error).message);
    }
  };
  return (
    <p class="quiet">
      {t("lost.signedInAs", { email: user.email ?? user.name })}{" "}
      <button type="button" class="button link-like" onClick={() => void another()}>
        {t("lost.another")}
      </button>
    </p>
  );
}

interface NoAccessProps {
  documentId: string;
  kind: "never" | "lost" | "signedOut" | "deleted" | "gone";
  /** One's own, unsent. */
  text: string;
  restore?: (() => void) | undefined;
}

/** In place of a document that one may not see (any more): why, one's own text, and how to get in. */
function NoAccess({ documentId, kind, text, restore }: NoAccessProps) {
  useTextWarning(text);
  const mayAsk = (kind === "never" || kind === "lost") && account.value !== null && !account.value?.guest;
  const granted = useGranted(documentId, kind === "never" || kind === "lost");
  const title = t(`lost.${kind}.title` as MessageKey);
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  useEffect(() => {
    if (granted && !text) location.reload();
  }, [granted, text]);
  return (
    <main class="centred" id="content">
      <div class="card problem">
        <Mark size={44} />
        <div role="alert" class="stack">
          <h1>{title}</h1>
          <p>{t(`lost.${kind}.text` as MessageKey)}</p>
        </div>
        {text && <CopyField label={t("lost.ownText")} value={text} long />}
        {granted && (
          <div class="ask-sent" role="status">
            <strong>{t("lost.granted")}</strong>
            <button type="button" class="button primary" onClick={() => location.reload()}>
              {t("lost.open")}
            </button>
          </div>
        )}
        {mayAsk && !granted && <AskForm documentId={documentId} above={null} />}
        {kind === "signedOut" && (
          <a
            class="button primary"
            href={`/login?next=${encodeURIComponent(location.pathname)}`}
            onClick={follow}
          >
            {t("lost.signIn")}
          </a>
        )}
        {restore && (
          <button type="button" class="button primary" onClick={restore}>
            {t("problem.deleted.restore")}
          </button>
        )}
        {(kind === "never" || kind === "lost") && <Who />}
        {kind !== "signedOut" && !account.value?.guest && (
          <a class="button" href="/" onClick={follow}>
            {t("app.home")}
          </a>
        )}
      </div>
    </main>
  );
}

/** A guest of another document comes in by this one's link too, as who they are; true: it was tried in vain. */
function useGuestEntry(documentId: string, wanted: boolean): boolean {
  const [refused, setRefused] = useState(!wanted);
  useEffect(() => {
    if (!wanted) return;
    api.request("POST", `/documents/${encodeURIComponent(documentId)}/guests`, {}).then(
      () => location.reload(),
      () => setRefused(true),
    );
  }, [documentId, wanted]);
  return refused;
}

const KINDS: Partial<Record<ProblemKind, NoAccessProps["kind"]>> = { notFound: "never", noAccess: "never" };

function Unopened({ workspace, failure }: { workspace: Workspace; failure: ApiError }) {
  const { documentId } = workspace;
  const kind = problemOf(failure);
  const mine = useOwnTrash(documentId, kind === "deleted");
  const never = KINDS[kind];
  const refused = useGuestEntry(documentId, never !== undefined && account.value?.guest === true);
  if (never) return refused ? <NoAccess documentId={documentId} kind={never} text="" /> : null;
  const retry = () => location.reload();
  return (
    <Problem
      kind={kind}
      message={failure.message}
      {...(kind === "unreachable" || kind === "failed" ? { retry } : {})}
      {...(mine ? { restore: () => void restore(documentId) } : {})}
    />
  );
}

function Ended({ workspace, lost }: { workspace: Workspace; lost: Lost }) {
  const { documentId } = workspace;
  const mine = useOwnTrash(documentId, lost.kind === "deleted");
  return (
    <NoAccess documentId={documentId} {...lost} restore={mine ? () => void restore(documentId) : undefined} />
  );
}

/** In place of a document that could not be opened, or that ended while it was open. */
export default function Failed({ workspace }: { workspace: Workspace }) {
  const failure = workspace.failure.value;
  const lost = workspace.lost.value;
  if (lost) return <Ended workspace={workspace} lost={lost} />;
  return failure && <Unopened workspace={workspace} failure={failure} />;
}
