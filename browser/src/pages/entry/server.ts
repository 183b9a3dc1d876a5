import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../../net/api";
import { api, asApiError } from "../account";

/** `GET /server`: what a page needs to know before anybody is signed in. */
export interface ServerFacts {
  sign_up: "open" | "invited" | "closed";
  colors: string[];
  limits: { title_units: number; name_units: number };
}

let asked: Promise<ServerFacts> | null = null;

/** Asked once; after a failure the next page asks again. */
export function serverFacts(): Promise<ServerFacts> {
  asked ??= api.request<ServerFacts>("GET", "/server").catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

/** Null until they are known; what depends on them is shown then. */
export function useServer(): ServerFacts | null {
  const [facts, setFacts] = useState<ServerFacts | null>(null);
  useEffect(() => {
    // Without an answer the page does without; what it sends is judged by the server all the same.
    serverFacts().then(setFacts, () => undefined);
  }, []);
  return facts;
}

export interface Asked<T> {
  found: T | null;
  failure: ApiError | null;
}

/** What a GET answers, while the page is shown. */
export function useAnswer<T>(path: string | null): Asked<T> {
  const [answer, setAnswer] = useState<Asked<T>>({ found: null, failure: null });
  useEffect(() => {
    let current = true;
    setAnswer({ found: null, failure: null });
    if (path === null) return;
    api.request<T>("GET", path).then(
      (found) => current && setAnswer({ found, failure: null }),
      (error) => current && setAnswer({ found: null, failure: asApiError(error) }),
    );
    return () => {
      current = false;
    };
  }, [path]);
  return answer;
}
