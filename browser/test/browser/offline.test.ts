import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Op } from "../../src/core/delta.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, text, textOf } from "./support/content.ts";
import { Person, SAVE_STATE, TEXT } from "./support/people.ts";
import { StallingProxy } from "./support/proxy.ts";
import { Server } from "./support/server.ts";

const WITH_WORKER = { serviceWorkers: "allow" };

let server: Server;
let proxy: StallingProxy;
let browser: Browser;

beforeAll(async () => {
  proxy = await StallingProxy.start(() => server.port);
  [server, browser] = await Promise.all([Server.start(proxy.url), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await proxy?.stop();
  await server?.stop();
});

/** Waits until all that was typed lies on the device. */
async function stored(page: Page, pattern = /saved on this device|Saved on this device/): Promise<void> {
  await page.locator(SAVE_STATE, { hasText: pattern }).waitFor();
}

/** Waits until this page would open without a network. */
async function cached(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** Loads the page anew, from the device, ready for typing. */
async function reopened(page: Page): Promise<void> {
  await page.reload();
  await page.locator(`${TEXT}[contenteditable=true]`).waitFor();
}

test("what is typed offline outlives a reload, and is delivered once", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("Reloaded", ["begin"]);
  const page = await ada.open(browser, documentId, WITH_WORKER);
  await cached(page);
  await placeCaret(page, 0, 5);
  proxy.refuse();
  await page.keyboard.type(" offline");
  await stored(page);
  await reopened(page);
  expect(await text(page)).toBe("begin offline\n");
  await page.keyboard.press("ControlOrMeta+End");
  await page.locator(TEXT).focus();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(" twice");
  await stored(page);
  await reopened(page);
  expect(await text(page)).toBe("begin offline twice\n");
  proxy.accept();
  expect(textOf(await agree(documentId, ada, page))).toBe("begin offline twice\n");
  await page.context().close();
});

/** What the server has, asked past the proxy, whose open connections may be deaf. */
async function onServer(reader: Person, documentId: string): Promise<Op[]> {
  const headers = { Cookie: reader.cookie.join("=") };
  const answer = await fetch(`${server.url}/api/v1/documents/${documentId}`, { headers });
  return ((await answer.json()) as { content: { ops: Op[] } }).content.ops;
}

test("a tab that is killed between sending and being answered loses nothing and doubles nothing", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("Killed tab", ["begin"]);
  const page = await ada.open(browser, documentId, WITH_WORKER);
  await cached(page);
  await placeCaret(page, 0, 5);
  // The server gets what is sent; its answers do not come back.
  proxy.deafen();
  // In one go, so that it is one operation.
  await page.keyboard.insertText(" sent");
  await expect
    .poll(async () => textOf(await onServer(ada, documentId)), { timeout: 10_000 })
    .toContain("begin sent");
  const context = page.context();
  await page.close();
  proxy.cut();
  const next = await context.newPage();
  await next.goto(`${proxy.url}/d/${documentId}`);
  await next.locator(`${TEXT}[contenteditable=true]`).waitFor();
  expect(textOf(await agree(documentId, ada, next))).toBe("begin sent\n");
  await context.close();
});

test("two tabs write offline; one is closed, and the other delivers the work of both", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const documentId = await ada.createDocument("Two tabs", ["one", "two"]);
  const first = await ada.open(browser, documentId, WITH_WORKER);
  await cached(first);
  const second = await first.context().newPage();
  await second.goto(`${proxy.url}/d/${documentId}`);
  await second.locator(`${TEXT}[contenteditable=true]`).waitFor();
  proxy.refuse();
  await placeCaret(first, 0, 3);
  await first.keyboard.type(" first");
  await placeCaret(second, 1, 3);
  await second.keyboard.type(" second");
  await Promise.all([stored(first), stored(second)]);
  await first.close();
  proxy.accept();
  await expect
    .poll(async () => textOf(await ada.content(documentId)), { timeout: 40_000 })
    .toBe("one first\ntwo second\n");
  expect(textOf(await agree(documentId, ada, second))).toBe("one first\ntwo second\n");
  await second.context().close();
});

test("a document is made without a network, written, and is on the server when it is back", async () => {
  const ada = await Person.register(proxy.url, "Ada");
  const known = await ada.createDocument("Known", ["known"]);
  const page = await ada.open(browser, known, WITH_WORKER);
  await cached(page);
  await page.goto(`${proxy.url}/`);
  await page.getByRole("link", { name: "Known" }).first().waitFor();
  proxy.refuse();
  await page.reload();
  await page.getByRole("link", { name: "Known" }).first().waitFor();
  await page
    .getByRole("button", { name: /New document|New/ })
    .first()
    .click();
  await page.locator(`${TEXT}[contenteditable=true]`).waitFor();
  await page.locator(TEXT).focus();
  await page.keyboard.type("made offline");
  await stored(page);
  await reopened(page);
  const documentId = page.url().split("/").pop() ?? "";
  proxy.accept();
  await expect
    .poll(() => ada.content(documentId).then(textOf, () => ""), { timeout: 40_000 })
    .toBe("made offline\n");
  await page.goto(`${proxy.url}/settings/device`);
  await page.getByRole("link", { name: "Known" }).waitFor();
  // Made once, however often its delivery was tried.
  expect(await page.getByRole("link", { name: "Untitled document" }).count()).toBe(1);
  await expect
    .poll(
      () =>
        page
          .getByText("changes wait")
          .count()
          .then(async (count) => count && page.reload()),
      { timeout: 30_000 },
    )
    .toBe(0);
  await page.context().close();
});
