import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Op } from "../../../src/core/delta.ts";

/** A user as the tests know one: made by REST, with the cookie that the browser will hold. */
export class Person {
  readonly name: string;
  readonly email: string;
  readonly url: string;
  readonly #cookie: string;

  private constructor(url: string, name: string, email: string, cookie: string) {
    this.url = url;
    this.name = name;
    this.email = email;
    this.#cookie = cookie;
  }

  static async register(url: string, name: string): Promise<Person> {
    const email = `${name.toLowerCase().replace(/\W+/g, ".")}.${crypto.randomUUID()}@example.org`;
    const answer = await fetch(`${url}/api/v1/auth/register`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: url },
      body: JSON.stringify({ email, name, password: PASSWORD }),
    });
    if (answer.status !== 201) throw new Error(`register: ${answer.status} ${await answer.text()}`);
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    return new Person(url, name, email, cookie);
  }

  /** Name and value. */
  get cookie(): [string, string] {
    const at = this.#cookie.indexOf("=");
    return [this.#cookie.slice(0, at), this.#cookie.slice(at + 1)];
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", Origin: this.url, Cookie: this.#cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** A new document, shared with `others` as editors; `lines` become its text. */
  async createDocument(title: string, lines: string[] = [], others: Person[] = []): Promise<string> {
    const ops: Op[] = [{ insert: `${lines.join("\n")}\n` }];
    const body = lines.length > 0 ? { title, content: { ops } } : { title };
    const { id } = await this.request<{ id: string }>("POST", "/documents", body);
    for (const { email } of others) {
      await this.request("PUT", `/documents/${id}/permissions`, { email, role: "editor" });
    }
    return id;
  }

  async content(documentId: string): Promise<Op[]> {
    const { content } = await this.request<{ content: { ops: Op[] } }>("GET", `/documents/${documentId}`);
    return content.ops;
  }

  /** A browser context of one's own, signed in. */
  async context(
    browser: Browser,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<BrowserContext> {
    // The service worker would answer what a test means to answer itself; tests of it allow it.
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      serviceWorkers: "block",
      ...options,
    });
    const [name, value] = this.cookie;
    await context.addCookies([{ name, value, url: this.url, httpOnly: true }]);
    return context;
  }

  /** The document in a new context, ready for typing. */
  async open(browser: Browser, documentId: string, options = {}): Promise<Page> {
    const context = await this.context(browser, options);
    const page = await context.newPage();
    await page.goto(`${this.url}/d/${documentId}`);
    await ready(page);
    return page;
  }
}

export const PASSWORD = "correct horse battery";
export const TEXT = ".ProseMirror";
export const SAVE_STATE = "[data-testid=save-state]";

/** Waits until the text can be typed into. */
export async function ready(page: Page): Promise<void> {
  await page.locator(`${TEXT}[contenteditable=true]`).waitFor();
  await saved(page);
}

export async function saved(page: Page, timeout = 30_000): Promise<void> {
  await page.locator(SAVE_STATE, { hasText: /^Saved on the server$/ }).waitFor({ timeout });
}
