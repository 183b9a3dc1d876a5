import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { launch } from "./support/browser.ts";
import { Person } from "./support/people.ts";
import { Server } from "./support/server.ts";

const OUT = resolve(import.meta.dirname, "../../../test-results/screenshots");
const SIZES = [
  [1440, 900],
  [768, 1024],
  [320, 640],
] as const;

let server: Server;
let browser: Browser;
let ada: Person;
let grace: Person;
let alan: Person;
let documentId: string;

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true });
  server = await Server.start();
  browser = await launch();
  ada = await Person.register(server.url, "Ada Lovelace");
  grace = await Person.register(server.url, "Grace Hopper");
  alan = await Person.register(server.url, "Alan Turing");
  documentId = await ada.createDocument("The octavo of spring", ["A house for many hands"], [grace]);
  const permissions = `/documents/${documentId}/permissions`;
  await ada.request("PUT", permissions, { email: "mary@example.org", role: "commenter" });
  await ada.request("PUT", permissions, { link_role: "commenter" });
  await ada.request("PATCH", `/documents/${documentId}`, { switches: { guests: true } });
  await alan.request("POST", `/documents/${documentId}/access-requests`, {
    role: "editor",
    message: "I would like to add the part on machines.\nIt is nearly done.",
  });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** The page as it is now, light and dark, at each width. */
async function picture(page: Page, name: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      await page.screenshot({ path: `${OUT}/${name}-${scheme}-${width}.png` });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

test("the share dialog, of the owner and of others", async () => {
  const page = await ada.open(browser, documentId);
  await page.getByRole("button", { name: /^Share/ }).click();
  await page.locator(".share-list li").first().waitFor();
  await picture(page, "share-owner");
  const add = page.getByRole("combobox", { name: "Add people" });
  await add.fill("Gr");
  await add.press("ArrowDown");
  await page.screenshot({ path: `${OUT}/share-add.png` });
  await add.fill("new@example.org");
  await add.press("Enter");
  await page.screenshot({ path: `${OUT}/share-chip.png` });
  await page.locator(".share-add").getByRole("button", { name: "Share", exact: true }).click();
  await page.getByLabel("Send this link").waitFor();
  await picture(page, "share-invited");
  await page.getByRole("button", { name: "Role of Grace Hopper" }).click();
  await page.screenshot({ path: `${OUT}/share-menu.png` });
  await page.getByRole("menuitem", { name: "Make owner" }).click();
  await page.screenshot({ path: `${OUT}/share-hand-over.png` });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Settings" }).click();
  await picture(page, "share-settings");
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "Activity" }).click();
  await page.locator(".audit-list li").first().waitFor();
  await picture(page, "share-activity");
  const other = await grace.open(browser, documentId);
  await other.getByRole("button", { name: /^Share/ }).click();
  await other.locator(".share-list li").first().waitFor();
  await picture(other, "share-other");
});
