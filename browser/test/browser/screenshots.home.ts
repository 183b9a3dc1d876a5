import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { launch } from "./support/browser.ts";
import { Person } from "./support/people.ts";
import { OUT, pictures } from "./support/screenshots.ts";
import { Server } from "./support/server.ts";
import { fillShelf, type Shelf } from "./support/shelf.ts";

const ROW = "[data-document]";

let server: Server;
let browser: Browser;
let ada: Person;
let shelf: Shelf;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  ada = await Person.register(server.url, "Ada Lovelace");
  shelf = await fillShelf(ada, await Person.register(server.url, "Grace Hopper"));
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function home(address = "/"): Promise<Page> {
  const page = await (await ada.context(browser)).newPage();
  await page.goto(server.url + address);
  return page;
}

test("lists and cards", async () => {
  const page = await home();
  await page.locator(ROW).nth(4).waitFor();
  // Counts and first lines come within seconds.
  await page.getByText("by me").nth(2).waitFor();
  await pictures(page, "home-list");
  await page.getByRole("button", { name: "Show as cards" }).click();
  await page.locator(".preview").nth(4).waitFor();
  await pictures(page, "home-cards");
  await page.goto(`${server.url}/folders/${shelf.folders.work}`);
  await page.locator(".folder").waitFor();
  await pictures(page, "home-folder");
  await page.goto(`${server.url}/trash`);
  await page.getByRole("button", { name: "Show as list" }).or(page.getByLabel("Show as a list")).click();
  await page.locator(ROW).first().waitFor();
  await pictures(page, "home-trash");
  await page.goto(`${server.url}/starred?tag=nothing`);
  await page.locator(".empty").waitFor();
  await pictures(page, "home-empty");
});

test("a search, a selection, a menu", async () => {
  const page = await home("/?q=paper");
  await page.locator("mark").first().waitFor();
  await pictures(page, "home-search");
  await page.goto(server.url);
  await page.locator(ROW).nth(3).waitFor();
  await page.locator(ROW).nth(1).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowDown");
  await pictures(page, "home-selected");
  await page.keyboard.press("Escape");
  await pictures(page, "home-menu", async () => {
    await page.keyboard.press("Escape");
    await page
      .locator(ROW)
      .nth(1)
      .getByRole("button", { name: /Actions/ })
      .click();
  });
});

test("drawer and dialogs", async () => {
  const page = await home();
  await page.locator(ROW).nth(3).waitFor();
  for (const [name, open] of [
    ["templates", () => page.getByRole("button", { name: "New from a template" }).click()],
    ["move", () => press(page, "m")],
    ["tags", () => press(page, "t")],
    ["keys", () => press(page, "?")],
  ] as const) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await open();
    await page.locator("dialog[open] :is(.template, .tree-item, .tag-choice, dt)").first().waitFor();
    await pictures(page, `home-${name}`);
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
  }
  await page.setViewportSize({ width: 320, height: 640 });
  await page.getByRole("button", { name: "Places" }).click();
  await page.locator("dialog[open] .tree-item").first().waitFor();
  await page.screenshot({ path: `${OUT}/home-drawer-320.png` });
});

async function press(page: Page, key: string): Promise<void> {
  await page.locator(ROW).nth(1).focus();
  await page.keyboard.press(key);
}

/** For docs/screenshots: a desk with something on it. */
test("the page as the README shows it", async () => {
  const grace = await Person.register(server.url, "Grace Hopper");
  await fillShelf(grace, ada);
  for (const template_id of ["report", "meeting-notes", "project-brief"])
    await grace.request("POST", "/documents", { template_id });
  const page = await (await grace.context(browser, { viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(server.url);
  await page.getByRole("button", { name: "Show as cards" }).click();
  await page.locator(".preview-h1", { hasText: "Meeting notes" }).waitFor();
  await page.getByRole("treeitem", { name: /Work/ }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("heading", { level: 1 }).click();
  await page.screenshot({ path: `${OUT}/documents-light.png` });
});
