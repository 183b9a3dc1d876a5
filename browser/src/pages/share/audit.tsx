import { useEffect, useState } from "preact/hooks";
import { Avatar, Name } from "../../components/avatar";
import type { User } from "../../core/protocol";
import { type MessageKey, t, timeAgo, timeExact } from "../../i18n";
import type { ApiError } from "../../net/api";
import { api, asApiError, askToSignIn } from "../account";
import { shownTitle } from "../documents";
import "./messages";

const PAGE = 50;

export interface Entry {
  id: number;
  at: string;
  actor: User | null;
  action: string;
  document_id: string | null;
  subject: string | null;
  detail: Record<string, unknown>;
  person?: User;
  title?: string;
  address?: string | null;
}

const ROLE_NAMES = ["owner", "editor", "commenter", "viewer"] as const;
const roleName = (role: unknown) => {
  const known = ROLE_NAMES.find((each) => each === role);
  return known ? t(`role.${known}`) : "";
};
const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** Which of an action's sentences fits; most have one only. */
function keyOf({ action, actor, subject, detail }: Entry): string {
  const own = actor !== null && actor.id === subject;
  if (action === "role.taken" && own) return "role.left";
  if (action === "link.changed" && !detail.role) return "link.closed";
  if (action === "document.locked" && detail.reason) return "document.lockedFor";
  if (action === "account.admin" && !detail.on) return "account.notAdmin";
  return action;
}

/** What was done, as a sentence without its subject; an action this page does not know is told by its name. */
export function sentence(entry: Entry): string {
  const { detail, person, subject } = entry;
  const key = `audit.${keyOf(entry)}`;
  const told = t(key as MessageKey, {
    person: person?.name ?? subject ?? "",
    role: roleName(detail.role),
    reason: textOf(detail.reason),
    name: textOf(detail.name),
    title: shownTitle({ title: entry.title ?? textOf(detail.title) }),
    switches: (["guests", "comments", "suggestions", "copying"] as const)
      .map((name) => `${t(`audit.switch.${name}`)}: ${t(detail[name] ? "audit.on" : "audit.off")}`)
      .join(", "),
  });
  return told === key ? entry.action : told;
}

function Line({ entry, everything }: { entry: Entry; everything: boolean }) {
  const { actor, at, document_id, address } = entry;
  return (
    <li>
      {actor ? <Avatar user={actor} small /> : <span class="avatar small nobody" aria-hidden="true" />}
      <div class="audit-text">
        <p>
          <strong>{actor ? <Name user={actor} /> : t("audit.nobody")}</strong>{" "}
          <span dir="auto">{sentence(entry)}</span>
        </p>
        <small class="quiet">
          <time dateTime={at} title={timeExact(at)}>
            {timeAgo(at)}
          </time>
          {everything && document_id && (
            <>
              {" · "}
              <span dir="auto">{entry.title ? shownTitle({ title: entry.title }) : document_id}</span>
            </>
          )}
          {address && ` · ${address}`}
        </small>
      </div>
    </li>
  );
}

/** What was done to a document's sharing, or with null to everything: the newest first, a page at a time. */
export function Activity({ documentId }: { documentId: string | null }) {
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [before, setBefore] = useState<number | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const route = documentId ? `/documents/${encodeURIComponent(documentId)}/audit` : "/audit";
  const load = async (from: number | null) => {
    setFailure(null);
    try {
      const query = from === null ? "" : `&before=${from}`;
      const page = await api.request<{ entries: Entry[]; next_before: number | null }>(
        "GET",
        `${route}?limit=${PAGE}${query}`,
      );
      setEntries((shown) => [...(from === null ? [] : (shown ?? [])), ...page.entries]);
      setBefore(page.next_before);
    } catch (error) {
      const problem = asApiError(error);
      if (problem.status === 401) askToSignIn();
      else setFailure(problem);
    }
  };
  useEffect(() => void load(null), [route]);
  return (
    <div class="audit">
      {failure && (
        <p class="failure" role="alert">
          {failure.message}
        </p>
      )}
      {!entries && !failure && <p class="quiet late">{t("app.loading")}</p>}
      {entries?.length === 0 && <p class="quiet">{t("audit.none")}</p>}
      {entries && entries.length > 0 && (
        // It scrolls by itself in a dialog, so the keyboard must be able to get there.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
        <ul class="audit-list" tabIndex={0} aria-label={t("share.activity")}>
          {entries.map((entry) => (
            <Line key={entry.id} entry={entry} everything={documentId === null} />
          ))}
        </ul>
      )}
      {before !== null && (
        <button type="button" class="button" onClick={() => void load(before)}>
          {t("audit.more")}
        </button>
      )}
    </div>
  );
}
