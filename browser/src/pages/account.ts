import { signal } from "@preact/signals";
import { type Account, ApiError, createApi } from "../net/api";
import { mayLeave, navigate } from "./router";

export const api = createApi(fetchOrOwn);

/** The server's answer, kept where it may be asked for again; without a network that of this device, if it has one. */
async function fetchOrOwn(path: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const answer = await fetch(path, init).catch((error: Error) => error);
  const here = account.peek() && import("./device");
  if (answer instanceof Response && answer.status < 502) {
    const copy = here && answer.ok && answer.clone();
    if (copy) void here.then((device) => device.keepAnswer(path, init, copy));
    return answer;
  }
  const own = here && (await here.then((device) => device.ownAnswer(path, init)).catch(() => null));
  if (own) return own;
  if (answer instanceof Response) return answer;
  throw answer;
}

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
    localStore(KNOWN, JSON.stringify(account.peek()));
  } catch (error) {
    const failure = asApiError(error);
    const known = failure.status === 0 || failure.status >= 502 ? localStore(KNOWN) : null;
    if (failure.status === 401) account.value = null;
    else if (known) account.value = JSON.parse(known) as Account;
    else accountError.value = failure;
  }
}

/** Under which this browser remembers who was signed in last, for when there is no network. */
const KNOWN = "octavo.account";

/** Reads, writes or (null) removes; without storage nothing is remembered. */
function localStore(key: string, value?: string | null): string | null {
  try {
    if (value === null) localStorage.removeItem(key);
    else if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return null;
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
  if (!(await mayLeave()) || !(await (await import("./device")).leave())) return;
  localStore(KNOWN, null);
  account.value = null;
  await navigate("/login");
}
