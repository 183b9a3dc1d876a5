import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, text, textOf } from "./support/content.ts";
import { Person, ready, SAVE_STATE, saved, TEXT } from "./support/people.ts";
import { StallingProxy } from "./support/proxy.ts";
import { Server } from "./support/server.ts";

let server: Server;
let proxy: StallingProxy;
let browser: Browser;

/** A protocol promise: `ping` after 8 s of silence, given up 4 s later; one more for the page to show it. */
const HALF_OPEN_MS = 13_000;

beforeAll(async () => {
  proxy = await StallingProxy.start(() => server.port);
  [server, browser] = await Promise.all([Server.start(proxy.url), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await proxy?.stop();
  await server?.stop();
});

async function state(page: Page, pattern: RegExp, timeout = 30_000): Promise<void> {
  await page.locator(SAVE_STATE, { hasText: pattern }).waitFor({ timeout });
}

test("the server is killed with -9 while two type; not a letter is missing", async () => {
  const [ada, bob] = [await Person.register(proxy.url, "Ada"), await Person.register(proxy.url, "Bob")];
  const documentId = await ada.createDocument("Killed", ["", ""], [bob]);
  const a = await ada.open(browser, documentId);
  const b = await bob.open(browser, documentId);
  await placeCaret(a, 0, 0);
  await placeCaret(b, 1, 0);
  const words = (name: string) => Array.from({ length: 30 }, (_, at) => `${name}${at} `).join("");
  const typing = Promise.all([
    a.keyboard.type(words("a"), { delay: 15 }),
    b.keyboard.type(words("b"), { delay: 15 }),
  ]);
  await expect.poll(() => text(a), { timeout: 20_000 }).toContain("a5 ");
  await server.kill();
  await state(a, /Reconnecting|Offline/);
  await server.run();
  await typing;
  expect(textOf(await agree(documentId, ada, a, b))).toBe(`${words("a")}\n${words("b")}\n`);
  for (const page of [a, b]) await page.context().close();
});

test("typing goes on while the connection is cut again and again", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("Cut");
  const page = await ada.open(browser, documentId);
  await placeCaret(page, 0, 0);
  let expected = "";
  for (let round = 0; round < 5; round += 1) {
    await page.keyboard.type(`round ${round}, `);
    proxy.cut();
    await page.keyboard.type("and on. ");
    expected += `round ${round}, and on. `;
  }
  expect(textOf(await agree(documentId, ada, page))).toBe(`${expected}\n`);
  await page.context().close();
});

test("a network that is late and drops connections in the midst of a message", async () => {
  const [ada, bob] = [await Person.register(proxy.url, "Ada"), await Person.register(proxy.url, "Bob")];
  const documentId = await ada.createDocument("Dropped", ["", ""], [bob]);
  const [a, b] = [await ada.open(browser, documentId), await bob.open(browser, documentId)];
  await placeCaret(a, 0, 0);
  await placeCaret(b, 1, 0);
  const words = (name: string) => Array.from({ length: 40 }, (_, at) => `${name}${at} `).join("");
  proxy.delay = 40;
  // An answer to a request for a ticket fits, and then a message or two.
  proxy.bytes = 2500;
  const typing = Promise.all([
    a.keyboard.type(words("a"), { delay: 25 }),
    b.keyboard.type(words("b"), { delay: 25 }),
  ]);
  await Promise.all([a, b].map((page) => state(page, /Reconnecting|Offline/)));
  await typing;
  proxy.delay = 0;
  proxy.bytes = Number.POSITIVE_INFINITY;
  expect(textOf(await agree(documentId, ada, a, b))).toBe(`${words("a")}\n${words("b")}\n`);
  for (const page of [a, b]) await page.context().close();
});

test("a half-open connection is noticed, and what was typed meanwhile arrives once", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("Half-open");
  const page = await ada.open(browser, documentId);
  await placeCaret(page, 0, 0);
  await page.keyboard.type("sent. ");
  await saved(page);
  proxy.stall();
  await page.keyboard.type("held. ");
  await state(page, /Reconnecting/, HALF_OPEN_MS);
  await page.keyboard.type("later.");
  proxy.resume();
  expect(textOf(await agree(documentId, ada, page))).toBe("sent. held. later.\n");
  await page.context().close();
});

test("loading again with an operation in flight asks first, and doubles nothing", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("In flight");
  const page = await ada.open(browser, documentId);
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await placeCaret(page, 0, 0);
  await page.keyboard.type("safe");
  await saved(page);
  await page.reload();
  await ready(page);
  expect(asked).toEqual([]);
  await placeCaret(page, 0, 4);
  proxy.stall();
  await page.keyboard.type(" or not");
  await state(page, /Saving/);
  const loaded = page.reload();
  await expect.poll(() => asked, { timeout: 10_000 }).toEqual(["beforeunload"]);
  proxy.resume();
  await loaded;
  await ready(page);
  // The warning was overridden: what had reached the server is there once, the rest is not, and nothing else.
  const content = textOf(await agree(documentId, ada, page));
  expect("safe or not\n".startsWith(content.trimEnd())).toBe(true);
  expect(content.startsWith("safe")).toBe(true);
  await page.context().close();
});

test("rights taken away while typing: said at once, and the text can be copied", async () => {
  const [ada, bob] = [await Person.register(proxy.url, "Ada"), await Person.register(proxy.url, "Bob")];
  const documentId = await ada.createDocument("Taken", ["common"], [bob]);
  const page = await bob.open(browser, documentId);
  const { people } = await ada.request<{ people: Array<{ user: { id: string } }> }>(
    "GET",
    `/documents/${documentId}/permissions`,
  );
  await ada.request("DELETE", `/documents/${documentId}/permissions/${people[0]?.user.id}`);
  await page.getByText("You have no access any more").waitFor();
  await page.locator(TEXT).waitFor({ state: "detached" });
  await page.context().close();
});

test("what the server refuses is said, and the text is handed back", async () => {
  const [ada, bob] = [await Person.register(proxy.url, "Ada"), await Person.register(proxy.url, "Bob")];
  const documentId = await ada.createDocument("Refused", ["common"], [bob]);
  const page = await bob.open(browser, documentId);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await placeCaret(page, 0, 0);
  // An open socket stalls, so that the demotion is committed before the operation comes.
  await page.context().setOffline(true);
  await page.keyboard.type("my words, ");
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: bob.email, role: "viewer" });
  await page.context().setOffline(false);
  await page.getByText(/^Not saved: /).waitFor();
  await page.getByRole("button", { name: "Copy my text" }).click();
  await page.getByText("Your text is on the clipboard.").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("my words,");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("Your role was changed: Viewer.").waitFor();
  expect(textOf(await agree(documentId, ada, page))).toBe("common\n");
  await page.context().close();
});

test("leaving asks first where work would be lost with the page: when nothing can be stored here", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("Leaving");
  const context = await ada.context(browser);
  await context.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
  const page = await context.newPage();
  await page.goto(`${proxy.url}/d/${documentId}`);
  await ready(page);
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  await placeCaret(page, 0, 0);
  proxy.stall();
  await page.keyboard.type("not yet there");
  await page.getByRole("link", { name: "All documents" }).click();
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(1);
  proxy.resume();
  expect(textOf(await agree(documentId, ada, page))).toBe("not yet there\n");
  await placeCaret(page, 0, 13);
  await page.keyboard.type("!");
  await page.getByRole("link", { name: "All documents" }).click();
  await page.getByRole("link", { name: "Leaving" }).waitFor();
  expect(asked).toHaveLength(1);
  expect(textOf(await ada.content(documentId))).toBe("not yet there!\n");
  await page.context().close();
});
