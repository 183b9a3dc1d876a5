import { signal } from "@preact/signals";
import { type Account, ApiError, createApi } from "../net/api";
import { mayLeave, navigate } from "./router";

export const api = createApi();

/** Who is signed in; null: nobody; undefined: not known yet. */
export const account = signal<Account | null | undefined>(undefined);
/** Why it is not known, when the server could not say. */
export const accountError = signal<ApiError | null>(null);

/** Any failure as an `ApiError`, so that pages have one kind to show. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(-1, "INTERNAL", error instanceof Error ? error.message : String(error));
}

/** Asks the server who is signed in. */
export async function loadAccount(): Promise<void> {
  accountError.value = null;
  try {
    account.value = await api.me();
  } catch (error) {
    const failure = asApiError(error);
    if (failure.status === 401) account.value = null;
    else accountError.value = failure;
  }
}

/** Where to go after signing in: the page that asked for it, never another site. */
export function destination(): string {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

/** To the sign-in page, and back here afterwards; a guest stays one until signing in. */
export function askToSignIn(): void {
  if (!account.peek()?.guest) account.value = null;
  const here = location.pathname + location.search;
  void navigate(here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`, true);
}

/** Leaves nothing unsaved behind: the page that is open is asked first. */
export async function signOut(): Promise<void> {
  if (!(await mayLeave())) return;
  await api.logout();
  account.value = null;
  await navigate("/login");
}
