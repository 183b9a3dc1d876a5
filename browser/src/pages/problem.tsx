import { useEffect } from "preact/hooks";
import { Mark } from "../components/mark";
import { type MessageKey, t } from "../i18n";
import type { ApiError } from "../net/api";
import { account } from "./account";
import { follow } from "./router";

export type ProblemKind = "notFound" | "noAccess" | "deleted" | "unreachable" | "failed" | "page";

/** Which page tells the user about this failure of opening a document. */
export function problemOf(error: ApiError): ProblemKind {
  if (error.code === "DOCUMENT_DELETED" || error.status === 410) return "deleted";
  if (error.status === 404) return "notFound";
  if (error.status === 403) return "noAccess";
  if (error.status === 0 || error.status >= 502) return "unreachable";
  return "failed";
}

interface ProblemProps {
  kind: ProblemKind;
  message?: string;
  retry?: () => void;
  restore?: () => void;
}

/** Says what happened and what to do, in place of the page that was asked for. */
export function Problem({ kind, message = "", retry, restore }: ProblemProps) {
  const title = t(`problem.${kind}.title` as MessageKey);
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  return (
    <main class="centred" id="content">
      <div class="card problem" role="alert">
        <Mark size={44} />
        <h1>{title}</h1>
        <p>
          {t(`problem.${kind}.text` as MessageKey, {
            message,
            email: account.value?.email ?? t("problem.you"),
          })}
        </p>
        <div class="row">
          {restore && (
            <button type="button" class="button primary" onClick={restore}>
              {t("problem.deleted.restore")}
            </button>
          )}
          {retry && (
            <button type="button" class="button primary" onClick={retry}>
              {t("problem.retry")}
            </button>
          )}
          <a class="button" href="/" onClick={follow}>
            {t("app.home")}
          </a>
        </div>
      </div>
    </main>
  );
}
