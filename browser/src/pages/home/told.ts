import { notify } from "../../components/notice";
import { t } from "../../i18n";
import type { ApiError } from "../../net/api";
import { asApiError, askToSignIn } from "../account";
import "./messages";

/** Why something was not done and what helps, in the reader's language where it is one of those that happen to people. */
export function reasonOf(error: ApiError): string {
  if (error.status === 0 || error.status >= 502) return t("home.reason.unreachable");
  if (error.status === 404) return t("home.reason.gone");
  if (error.status === 410) return t("home.reason.deleted");
  if (error.status === 429) return t("home.reason.often");
  if (error.code === "FORBIDDEN") return t("home.reason.forbidden", { message: error.message });
  return error.message;
}

/** Says that `what` was not done, why, and what helps; somebody whose login has ended is asked to sign in. */
export function tell(what: string, error: unknown, retry?: () => void): void {
  const problem = asApiError(error);
  if (problem.status === 401) {
    askToSignIn();
    return;
  }
  const again = problem.status === 0 || problem.status >= 500 || problem.status === 429;
  const action = retry && again ? { label: t("problem.retry"), run: retry } : undefined;
  notify(`${what} ${reasonOf(problem)}`, action);
}
