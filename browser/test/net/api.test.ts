import { describe, expect, it } from "vitest";
import { ApiError, createApi } from "../../src/net/api";

/** An API whose server answers the same to everything; the requests are kept. */
function answering(status: number, body?: unknown) {
  const requests: { url: string; init: RequestInit }[] = [];
  const api = createApi(async (url, init) => {
    requests.push({ url: String(url), init: init ?? {} });
    return new Response(body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body), {
      status,
    });
  });
  return { api, requests };
}

const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

describe("requests", () => {
  it("bear the cookie, JSON and an escaped path", async () => {
    const { api, requests } = answering(200, {});
    await api.rename("a/b", "Title");
    expect(requests[0]?.url).toBe("/api/v1/documents/a%2Fb");
    expect(requests[0]?.init).toMatchObject({
      method: "PATCH",
      credentials: "same-origin",
      body: '{"title":"Title"}',
    });
  });

  it("leave out what is not asked for", async () => {
    const { api, requests } = answering(200, { documents: [], next_cursor: null });
    await api.listDocuments({ query: "a b", trashed: true });
    expect(requests[0]?.url).toBe("/api/v1/documents?query=a+b&trashed=true");
  });

  it("an empty answer is nothing", async () => {
    expect(await answering(204).api.logout()).toBeUndefined();
  });
});

describe("failures", () => {
  it("bear the server's code, message and details", async () => {
    const body = { error: { code: "RATE_LIMITED", message: "slower", retry_after_ms: 5 } };
    const error = await failure(answering(429, body).api.me());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 429,
      code: "RATE_LIMITED",
      message: "slower",
      details: { retry_after_ms: 5 },
    });
  });

  it("a proxy's page in place of the server's answer", async () => {
    expect(await failure(answering(502, "<html>").api.me())).toMatchObject({
      status: 502,
      code: "UNAVAILABLE",
    });
  });

  it("no network", async () => {
    const api = createApi(() => Promise.reject(new TypeError("fetch failed")));
    expect(await failure(api.me())).toMatchObject({ status: 0, code: "OFFLINE" });
  });
});
