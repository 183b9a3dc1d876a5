import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { agree, text } from "./support/content.ts";
import { PASSWORD, Person, ready, SAVE_STATE, saved, TEXT } from "./support/people.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("a newcomer signs up, writes, loads again, signs out and in", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForURL("**/login");
  await page.getByRole("link", { name: "Create an account" }).click();
  const email = `new.${crypto.randomUUID()}@example.org`;
  await page.getByLabel("Name").fill("Mary Shelley");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "New document" }).first().click();
  await ready(page);
  await page.getByLabel("Title").fill("Frankenstein");
  await page.keyboard.press("Enter");
  await page.keyboard.type("It was on a dreary night");
  await saved(page);
  expect(await page.title()).toContain("Frankenstein");
  await page.reload();
  await ready(page);
  expect(await text(page)).toBe("It was on a dreary night\n");
  await page.getByRole("link", { name: "All documents" }).click();
  await page.getByRole("link", { name: "Frankenstein" }).waitFor();
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Frankenstein" }).waitFor();
  await context.close();
});

test("a document is found, renamed in place, thrown away and taken back", async () => {
  const ada = await Person.register(server.url, "Ada");
  await ada.createDocument("First");
  await ada.createDocument("Second");
  const page = await (await ada.context(browser)).newPage();
  await page.goto(server.url);
  await page.getByRole("link", { name: "First" }).waitFor();
  await page.getByLabel("Search documents").fill("Seco");
  await page.getByRole("link", { name: "First" }).waitFor({ state: "detached" });
  await page.locator("[data-document]").hover();
  await page.getByRole("button", { name: "Actions for Second" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.locator("input[aria-label='New title of Second']:focus").fill("Third");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Third" }).waitFor();
  await page.getByRole("button", { name: "Actions for Third" }).click();
  await page.getByRole("menuitem", { name: "Move to trash" }).click();
  await page.getByText("is in the trash").waitFor();
  await page.goto(`${server.url}/trash`);
  await page.getByRole("button", { name: "Actions for Third" }).click();
  await page.getByRole("menuitem", { name: "Restore" }).click();
  await page.getByText("The trash is empty").waitFor();
  await page.getByRole("link", { name: "All documents" }).click();
  await page.getByRole("link", { name: "Third" }).waitFor();
});

test("each error page says what happened", async () => {
  const [ada, eve] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Eve")];
  const documentId = await ada.createDocument("Private", ["secret"]);
  const page = await (await eve.context(browser)).newPage();
  await page.goto(`${server.url}/d/${documentId}`);
  await page.getByRole("heading", { name: "You need access" }).waitFor();
  await page.goto(`${server.url}/nowhere`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await ada.request("DELETE", `/documents/${documentId}`);
  const own = await (await ada.context(browser)).newPage();
  await own.goto(`${server.url}/d/${documentId}`);
  await own.getByRole("heading", { name: "This document is in the trash" }).waitFor();
  await own.getByRole("button", { name: "Restore it" }).click();
  await ready(own);
  expect(await text(own)).toBe("secret\n");
});

test("a server that does not answer is named, and tried again", async () => {
  const ada = await Person.register(server.url, "Ada");
  const context = await ada.context(browser);
  // Else the lists that the device keeps are shown.
  await context.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Documents", exact: true }).waitFor();
  await page.route("**/api/**", (route) => route.abort());
  await page.getByRole("link", { name: "Trash" }).click();
  await page.getByRole("heading", { name: "The server cannot be reached" }).waitFor();
  await page.unroute("**/api/**");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("The trash is empty").waitFor();
});

test("a viewer reads, cannot type, and is told so", async () => {
  const [ada, vic] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Vic")];
  const documentId = await ada.createDocument("Read me", ["as it is"]);
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: vic.email, role: "viewer" });
  const page = await (await vic.context(browser)).newPage();
  await page.goto(`${server.url}/d/${documentId}`);
  await page.getByText("You may read this document, not change it.").waitFor();
  await page.locator(TEXT).click();
  await page.keyboard.type("x");
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: vic.email, role: "editor" });
  await page.locator(`${TEXT}[contenteditable=true]`).waitFor();
  await page.locator(TEXT).click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.type("Now: ");
  await agree(documentId, ada, page);
  expect(await text(page)).toBe("Now: as it is\n");
});

test("a locked document says so, with its reason, and goes on when it is unlocked", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Contract", ["agreed"]);
  const page = await ada.open(browser, documentId);
  await ada.request("PUT", `/documents/${documentId}/lock`, { reason: "Signed on Monday" });
  const banner = page.locator(".banner", { hasText: "This document is locked" });
  await banner.filter({ hasText: "Signed on Monday" }).waitFor();
  await page.locator(`${TEXT}[contenteditable=false]`).waitFor();
  await page.locator(".tool[aria-label=Bold][aria-disabled=true]").waitFor();
  await ada.request("DELETE", `/documents/${documentId}/lock`);
  await banner.waitFor({ state: "detached" });
  await page.locator(`${TEXT}[contenteditable=true]`).waitFor();
});

test("access is given in the dialog and holds at once", async () => {
  const [ada, bob] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Bob")];
  const documentId = await ada.createDocument("Shared", ["ours"]);
  const page = await ada.open(browser, documentId);
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByLabel("Add people by name or e-mail").fill(bob.email);
  await page.locator(".share-add").getByRole("button", { name: "Share" }).click();
  await page.locator(".share-list").getByText("Bob", { exact: true }).waitFor();
  const other = await bob.open(browser, documentId);
  expect(await text(other)).toBe("ours\n");
});

test("the toolbar formats, shows what is on, and is one stop for the keyboard", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Formats", ["word"]);
  const page = await ada.open(browser, documentId);
  await page.locator(TEXT).click();
  await page.keyboard.press("ControlOrMeta+a");
  const bold = page.getByRole("button", { name: "Bold" });
  await bold.click();
  await page.locator(".tool[aria-label=Bold][aria-pressed=true]").waitFor();
  await page.getByRole("button", { name: /Paragraph style/ }).click();
  await page.getByRole("menuitemradio", { name: "Heading 2" }).click();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "word", attributes: { bold: true } },
    { insert: "\n", attributes: { header: 2 } },
  ]);
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByLabel("Address").fill("example.org");
  await page.keyboard.press("Enter");
  await page.locator(`${TEXT} a[href="https://example.org"]`).waitFor();
  await bold.focus();
  await page.keyboard.press("ArrowRight");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Italic");
  expect(await page.locator(".toolbar .tool[tabindex='0']").count()).toBe(1);
});

test("a press on the box of a checklist ticks it", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("List", ["milk"]);
  const page = await ada.open(browser, documentId);
  await page.locator(TEXT).click();
  await page.getByRole("button", { name: "Checklist" }).click();
  const line = page.locator(`${TEXT} [data-list=unchecked]`);
  await line.click({ position: { x: 12, y: 14 } });
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "milk" },
    { insert: "\n", attributes: { list: "checked" } },
  ]);
  // A press on the words does not.
  await page.locator(`${TEXT} [data-list=checked]`).click({ position: { x: 45, y: 14 } });
  await page.keyboard.type("!");
  expect(await agree(documentId, ada, page)).toContainEqual({
    insert: "\n",
    attributes: { list: "checked" },
  });
});

test("axe finds nothing serious on any page, in light and in dark", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Checked", ["Some text"]);
  const thrownAway = await ada.createDocument("Gone", ["text"]);
  await ada.request("DELETE", `/documents/${thrownAway}`);
  const page = await (await ada.context(browser)).newPage();
  const nobody = await browser.newPage();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const each of [page, nobody]) await each.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [path, shown] of [
      [`/d/${documentId}`, ".tool[aria-label=Bold]"],
      [`/d/${thrownAway}`, ".problem"],
      ["/d/nothing", ".problem"],
      ["/nowhere", ".problem"],
      ["/", "[data-document]"],
      ["/trash", "[data-document]"],
    ] as const) {
      await page.goto(server.url + path);
      await page.locator(shown).first().waitFor();
      expect(await seriousFindings(page), `${path}, ${colorScheme}`).toEqual([]);
    }
    for (const path of ["/login", "/register"]) {
      await nobody.goto(server.url + path);
      await nobody.locator("form").waitFor();
      expect(await seriousFindings(nobody), `${path}, ${colorScheme}`).toEqual([]);
    }
  }
  await nobody.close();
});

test("the chosen theme stays, and 320 pixels are enough", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Narrow", ["text"]);
  const page = await ada.open(browser, documentId, { viewport: { width: 320, height: 640 } });
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.reload();
  await ready(page);
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  // Before any module of the page runs, so that the other theme does not flash up.
  await page.route("**/assets/*.js", (route) => route.abort());
  await page.reload({ waitUntil: "domcontentloaded" });
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await page.unroute("**/assets/*.js");
  await page.reload();
  await ready(page);
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await overflow()).toBeLessThanOrEqual(0);
  expect(await page.locator(SAVE_STATE).isVisible()).toBe(true);
  await page.goto(server.url);
  await page.locator("[data-document]").first().waitFor();
  expect(await overflow()).toBeLessThanOrEqual(0);
});
