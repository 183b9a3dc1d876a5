import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ApiError } from "../../net/api";
import { asApiError } from "../account";

/** What a form says when it was refused; with a wait, how long the server wants one. */
export interface Refusal {
  text: string;
  /** Whole seconds; counts down. */
  wait: number;
}

const NONE: Refusal = { text: "", wait: 0 };

/** The reason in the reader's language, where it is one of those that happen to people. */
export function reasonOf(error: ApiError, signingUp: boolean): string {
  if (error.status === 401) return t("login.wrong");
  if (error.code === "ALREADY_EXISTS" && signingUp) return t("register.taken");
  if (error.status === 404 && signingUp) return t("invitation.void");
  if (error.status === 0 || error.status >= 502) return t("problem.unreachable.text");
  return error.message;
}

/** Keeps why a form was refused; one that came too often may be sent again when the wait is over. */
export function useRefusal(signingUp = false) {
  const [refusal, setRefusal] = useState<Refusal>(NONE);
  useEffect(() => {
    if (refusal.wait <= 0) return;
    const timer = setTimeout(() => setRefusal({ ...refusal, wait: refusal.wait - 1 }), 1_000);
    return () => clearTimeout(timer);
  }, [refusal]);
  const refused = (error: unknown) => {
    const problem = asApiError(error);
    const limited = problem.code === "RATE_LIMITED";
    const wait = limited
      ? Math.max(1, Math.ceil(Number(problem.details.retry_after_ms ?? 1_000) / 1_000))
      : 0;
    setRefusal({ text: limited ? "" : reasonOf(problem, signingUp), wait });
  };
  const text = refusal.wait > 0 ? t("login.slow", { count: refusal.wait }) : refusal.text;
  return { text, waiting: refusal.wait > 0, refused, clear: () => setRefusal(NONE) };
}
