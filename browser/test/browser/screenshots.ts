import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { launch } from "./support/browser.ts";
import { placeCaret } from "./support/content.ts";
import { Person, ready, saved, TEXT } from "./support/people.ts";
import { OUT, pictures } from "./support/screenshots.ts";
import { Server } from "./support/server.ts";

const SAMPLE = [
  { insert: "A house for many hands" },
  { insert: "\n", attributes: { header: 1 } },
  { insert: "An " },
  { insert: "octavo", attributes: { italic: true } },
  { insert: " is a sheet folded three times: eight leaves from one. What is written here is " },
  { insert: "durable before anyone sees it", attributes: { bold: true } },
  { insert: ", and " },
  { insert: "everyone sees it at once", attributes: { link: "https://example.org/" } },
  { insert: ".\nWhat we agreed" },
  { insert: "\n", attributes: { header: 2 } },
  { insert: "Every change is numbered" },
  { insert: "\n", attributes: { list: "ordered" } },
  { insert: "and follows the one before" },
  { insert: "\n", attributes: { list: "ordered", indent: 1 } },
  { insert: "No change is ever rewritten" },
  { insert: "\n", attributes: { list: "ordered" } },
  { insert: "Send the draft to the printer" },
  { insert: "\n", attributes: { list: "checked" } },
  { insert: "Choose the paper" },
  { insert: "\n", attributes: { list: "unchecked" } },
  { insert: "The page is the smallest unit of patience." },
  { insert: "\n", attributes: { blockquote: true } },
  { insert: "make run" },
  { insert: "\n", attributes: { "code-block": true } },
  { insert: "Margins" },
  { insert: "\n", attributes: { header: 3 } },
  { insert: "Wide enough for a thumb, and for a thought.\n" },
];

let server: Server;
let browser: Browser;
let ada: Person;
let grace: Person;
let documentId: string;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  ada = await Person.register(server.url, "Ada Lovelace");
  grace = await Person.register(server.url, "Grace Hopper");
  const made = await ada.request<{ id: string }>("POST", "/documents", {
    title: "The octavo of spring",
    content: { ops: SAMPLE },
  });
  documentId = made.id;
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: grace.email, role: "editor" });
  await ada.createDocument("Minutes of the third meeting", ["."]);
  await ada.createDocument(
    "A rather long title, so that one sees what a list does with it when there is little room",
  );
  await grace.request("POST", "/documents", { title: "From Grace", content: { ops: [{ insert: "Hi\n" }] } });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("signing in and up", async () => {
  const page = await browser.newPage();
  for (const name of ["login", "register"]) {
    await page.goto(`${server.url}/${name}`);
    await page.locator("form").waitFor();
    await pictures(page, name);
  }
  await page.locator("[type=submit]").waitFor();
});

test("the pages of errors", async () => {
  const page = await (await ada.context(browser)).newPage();
  await page.goto(`${server.url}/d/nothing-is-here`);
  await page.getByRole("alert").waitFor();
  await pictures(page, "not-found");
});

/** The editor as Ada sees it; names at carets stay, for pictures shall show them. */
async function openEditor(): Promise<Page> {
  const page = await ada.open(browser, documentId, { bypassCSP: true });
  await page.addStyleTag({ content: ".cursor-flag { animation: none !important }" });
  await page.locator(".tool[aria-label=Bold]").waitFor();
  return page;
}

const wide = (page: Page) => page.setViewportSize({ width: 1440, height: 900 });

test("the editor, alone and with another", async () => {
  const page = await openEditor();
  await pictures(page, "editor");
  await wide(page);
  const other = await grace.open(browser, documentId);
  await placeCaret(other, 3, 0);
  for (const key of ["ArrowDown", "End"]) await other.keyboard.press(key);
  for (let i = 0; i < 9; i += 1) await other.keyboard.press("Shift+ArrowLeft");
  await page.locator(".people li").first().waitFor();
  await page.locator(".cursor-selection").first().waitFor();
  await page.locator(`${TEXT} .line`).first().click();
  await pictures(page, "together");
  await wide(page);
  await page.getByRole("button", { name: "Share" }).click();
  await page.locator(".share-list li").first().waitFor();
  await pictures(page, "share");
  await page.keyboard.press("Escape");
  await ready(page);
  await saved(page);
});

test("menus, palettes and what folds away", async () => {
  const page = await openEditor();
  await page.getByRole("menuitem", { name: "Format" }).click();
  await page.getByRole("menuitem", { name: "Lists" }).hover();
  await page.getByRole("menuitemradio", { name: "Checklist" }).waitFor();
  await page.screenshot({ path: `${OUT}/menu-submenu.png` });
  await page.keyboard.press("Escape");
  for (const [name, button] of [
    ["styles", /Paragraph style/],
    ["fonts", /^Font/],
    ["colours", "Text colour"],
  ] as const) {
    await page.getByRole("button", { name: button }).click();
    await page.locator(".menu:popover-open button").first().waitFor();
    await page.screenshot({ path: `${OUT}/tool-${name}.png` });
    await page.keyboard.press("Escape");
  }
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 768, height: 1024 });
    await page.getByRole("button", { name: "More tools" }).click();
    await page.screenshot({ path: `${OUT}/folded-${scheme}-768.png` });
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 320, height: 640 });
    await page.getByRole("button", { name: "More tools" }).click();
    await page.screenshot({ path: `${OUT}/folded-${scheme}-320.png` });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Menus" }).click();
    await page.getByRole("menuitem", { name: "Format" }).waitFor();
    await page.screenshot({ path: `${OUT}/menus-${scheme}-320.png` });
    await page.keyboard.press("Escape");
  }
});

test("dialogs and bars", async () => {
  const page = await openEditor();
  await page.locator(`${TEXT} a`).first().click();
  await page.locator(".bubble").waitFor();
  await pictures(page, "link-bubble");
  await wide(page);
  for (const [name, keys] of [
    ["link", "ControlOrMeta+k"],
    ["shortcuts", "ControlOrMeta+/"],
    ["palette", "Alt+/"],
    ["word-count", "ControlOrMeta+Shift+c"],
  ] as const) {
    await page.locator(TEXT).focus();
    await page.keyboard.press(keys);
    await page.locator("dialog[open]").waitFor();
    await pictures(page, name);
    await wide(page);
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
  }
  await page.keyboard.press("ControlOrMeta+h");
  await page.getByLabel("Find in the document").fill("e");
  await page.locator(".find-result", { hasText: "of" }).waitFor();
  await pictures(page, "find");
  await wide(page);
  await page.getByRole("button", { name: "Close the bar" }).click();
  await page.keyboard.press("ControlOrMeta+Alt+h");
  await page.locator(".outline li").first().waitFor();
  await pictures(page, "outline");
  await page.setViewportSize({ width: 320, height: 640 });
  await page.keyboard.press("ControlOrMeta+Alt+h");
  await page.locator(".scrim").waitFor();
  await page.screenshot({ path: `${OUT}/outline-drawer-320.png` });
});
