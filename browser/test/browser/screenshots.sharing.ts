import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { launch } from "./support/browser.ts";
import { Person, ready, TEXT } from "./support/people.ts";
import { PICTURE } from "./support/picture.ts";
import { OUT, pictures } from "./support/screenshots.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;
let ada: Person;
let grace: Person;
let alan: Person;
let documentId: string;

beforeAll(async () => {
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

test("the share dialog, of the owner and of others", async () => {
  const page = await ada.open(browser, documentId);
  await page.getByRole("button", { name: /^Share/ }).click();
  await page.locator(".share-list li").first().waitFor();
  await pictures(page, "share-owner");
  const add = page.getByRole("combobox", { name: "Add people" });
  await add.fill("Gr");
  await add.press("ArrowDown");
  await page.screenshot({ path: `${OUT}/share-add.png` });
  await add.fill("new@example.org");
  await add.press("Enter");
  await page.screenshot({ path: `${OUT}/share-chip.png` });
  await page.locator(".share-add").getByRole("button", { name: "Share", exact: true }).click();
  await page.getByLabel("Send this link").waitFor();
  await pictures(page, "share-invited");
  await page.getByRole("button", { name: "Role of Grace Hopper" }).click();
  await page.screenshot({ path: `${OUT}/share-menu.png` });
  await page.getByRole("menuitem", { name: "Make owner" }).click();
  await page.screenshot({ path: `${OUT}/share-hand-over.png` });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Settings" }).click();
  await pictures(page, "share-settings");
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "Activity" }).click();
  await page.locator(".audit-list li").first().waitFor();
  await pictures(page, "share-activity");
  const other = await grace.open(browser, documentId);
  await other.getByRole("button", { name: /^Share/ }).click();
  await other.locator(".share-list li").first().waitFor();
  await pictures(other, "share-other");
});

test("the ways in", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/d/${documentId}`);
  await page.getByLabel("Your name").fill("Mary Shelley");
  await pictures(page, "guest");
  const { invitations } = await ada.request<{ invitations: { email: string; token?: string }[] }>(
    "PUT",
    `/documents/${documentId}/permissions`,
    { email: "percy@example.org", role: "commenter" },
  );
  const token = invitations.find(({ email }) => email === "percy@example.org")?.token;
  await page.goto(`${server.url}/invitations/${token}`);
  await page.getByRole("link", { name: "Create an account" }).waitFor();
  await pictures(page, "invitation");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").waitFor();
  await pictures(page, "invitation-register");
  await page.goto(`${server.url}/invitations/nothing`);
  await page.getByRole("heading", { name: "This invitation" }).waitFor();
  await pictures(page, "invitation-void");
  const other = await (await grace.context(browser)).newPage();
  await other.goto(`${server.url}/invitations/${token}`);
  await other.getByRole("button", { name: "Open the document" }).waitFor();
  await pictures(other, "invitation-known");
});

test("access asked for, lost, lowered, and locked", async () => {
  const hidden = await ada.createDocument("Hidden", ["Nothing to see"], [grace]);
  const page = await (await alan.context(browser)).newPage();
  await page.goto(`${server.url}/d/${hidden}`);
  await page.getByLabel("Message to the owner").waitFor();
  await pictures(page, "ask");
  await page.getByRole("button", { name: "Ask for access" }).click();
  await page.getByText("You have asked for access.").waitFor();
  await pictures(page, "ask-sent");
  const open = await grace.open(browser, hidden);
  await ada.request("PUT", `/documents/${hidden}/lock`, { reason: "Signed on Monday, the printer has it" });
  await open.locator(".banner").waitFor();
  await pictures(open, "locked");
  const owner = await ada.context(browser).then((context) => context.newPage());
  await owner.goto(`${server.url}/d/${hidden}`);
  await owner.getByRole("button", { name: "Unlock" }).waitFor();
  await pictures(owner, "locked-owner");
  await ada.request("DELETE", `/documents/${hidden}/lock`);
  await ready(open);
  await open.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function held(this: WebSocket, data) {
      if (!String(data).includes('"operation"')) send.call(this, data);
    };
  });
  await open.locator(TEXT).click();
  await open.keyboard.type("What I was about to say. ");
  await ada.request("PUT", `/documents/${hidden}/permissions`, { email: grace.email, role: "viewer" });
  await open.locator(".banner", { hasText: "Your role was changed" }).waitFor();
  await pictures(open, "demoted");
  const { id } = await grace.request<{ id: string }>("GET", "/users/me");
  await ada.request("DELETE", `/documents/${hidden}/permissions/${id}`);
  await open.getByRole("heading", { name: "You have no access any more" }).waitFor();
  await pictures(open, "lost");
});

test("the settings", async () => {
  const context = await ada.context(browser);
  const page = await context.newPage();
  await grace.open(browser, documentId);
  for (const [part, shown] of [
    ["profile", "meter"],
    ["security", ".settings-list li"],
    ["tokens", "form"],
    ["appearance", "fieldset"],
  ] as const) {
    await page.goto(`${server.url}/settings/${part}`);
    await page.locator(shown).first().waitFor();
    await pictures(page, `settings-${part}`);
  }
  await page.goto(`${server.url}/settings/tokens`);
  await page.getByLabel("Name").fill("Backup at night");
  await page.getByRole("button", { name: "Make the token" }).click();
  await page.getByLabel("The token “Backup at night”.").waitFor();
  await pictures(page, "settings-token-made");
  await page.goto(`${server.url}/settings/profile`);
  await page.getByLabel("Choose a picture").setInputFiles({
    name: "me.png",
    mimeType: "image/png",
    buffer: PICTURE,
  });
  await page.getByRole("slider", { name: "Zoom" }).waitFor();
  await pictures(page, "settings-crop");
  await page.getByRole("button", { name: "Use this picture" }).click();
  await page.getByRole("button", { name: "Remove the picture" }).waitFor();
  await pictures(page, "settings-picture");
});
