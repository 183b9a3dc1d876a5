import type { Browser } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launch } from "./support/browser.ts";
import { Person, ready } from "./support/people.ts";
import { pictures } from "./support/screenshots.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;
let ada: Person;
let documentId: string;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  ada = await Person.register(server.url, "Ada Lovelace");
  const grace = await Person.register(server.url, "Grace Hopper");
  documentId = await ada.createDocument(
    "The octavo of spring",
    [
      "A house for many hands",
      "",
      "Several people write in one document, and nothing is ever lost.",
      "The last line.",
    ],
    [grace],
  );
  const comments = `/documents/${documentId}/comments`;
  const about = (index: number, length: number, text: string) =>
    grace.request<{ id: string }>("POST", comments, { anchor: { revision: 1, index, length }, text });
  const { id } = await about(2, 5, "Is it a house, or rather a workshop?");
  await ada.request("POST", `${comments}/${id}/replies`, { text: "A workshop. I shall write so." });
  await ada.request("PUT", `${comments}/${id}/reactions/${encodeURIComponent("👍")}`);
  await about(24, 14, "Say how many.");
  const propose = (ops: unknown[]) =>
    grace.request("POST", `/documents/${documentId}/suggestions`, { base_revision: 1, ops });
  await propose([{ retain: 16 }, { delete: 5 }, { retain: 1 }]);
  await propose([{ retain: 60 }, { insert: " together" }]);
  await propose([{ retain: 24 }, { retain: 14, attributes: { bold: true } }]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("reviewing", async () => {
  const page = await ada.open(browser, documentId);
  await ready(page);
  await page.locator(".card").first().waitFor();
  await page.locator(".comment-mark").first().click();
  await pictures(page, "review");
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press("ControlOrMeta+Alt+Shift+a");
  await page.locator(".margin-list").waitFor();
  await pictures(page, "review-list");
});
