import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch } from "./support/browser.ts";
import { PASSWORD, Person, ready, TEXT } from "./support/people.ts";
import { PICTURE } from "./support/picture.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page of the settings in a context of one's own. */
async function settings(person: Person, part: string): Promise<Page> {
  const page = await (await person.context(browser)).newPage();
  await page.goto(`${person.url}/settings/${part}`);
  await page.locator(".settings-main h1").waitFor();
  return page;
}

const me = (person: Person) =>
  person.request<{ name: string; color: string; picture?: string }>("GET", "/users/me");

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("name, colour and picture are changed, and others see them", async () => {
  const [ada, bob] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Bob")];
  const page = await settings(ada, "profile");
  await page.getByLabel("Name").fill("Ada King");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.getByRole("radio", { name: "Olive" }).check();
  await expect.poll(async () => (await me(ada)).color).toBe("#4d7c0f");
  await page.getByLabel("Choose a picture").setInputFiles({
    name: "me.png",
    mimeType: "image/png",
    buffer: PICTURE,
  });
  await page.getByRole("slider", { name: "Zoom" }).press("ArrowRight");
  await page.getByRole("button", { name: "Use this picture" }).click();
  await page.locator(".settings-picture .avatar img").waitFor();
  const { name, picture } = await me(ada);
  expect(name).toBe("Ada King");
  const documentId = await ada.createDocument("Ours", ["text"], [bob]);
  await ada.open(browser, documentId);
  const other = await bob.open(browser, documentId);
  const shown = other.locator(`.people button[aria-label*="Ada King"] img[src="${picture}"]`);
  await shown.waitFor();
  expect(await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512);
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await page.getByText("The picture is removed").waitFor();
  expect((await me(ada)).picture).toBeUndefined();
  await page.getByLabel("Choose a picture").setInputFiles({
    name: "me.png",
    mimeType: "image/png",
    buffer: Buffer.from("no picture"),
  });
  await page.getByText("This file cannot be read as a picture.").waitFor();
});

test("a password is changed, and every other login ends, in an open document too", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Mine", ["text"]);
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(`${server.url}/login?next=/d/${documentId}`);
  await signIn(other, ada.email, PASSWORD);
  await ready(other);
  const page = await settings(ada, "security");
  await page.locator(".settings-list li").nth(1).waitFor();
  await page.getByLabel("Present password").fill("not the password");
  await page.getByLabel("New password").fill("a better password");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The present password is wrong.").waitFor();
  await page.getByLabel("Present password").fill(PASSWORD);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The password is changed").waitFor();
  await other.getByRole("heading", { name: "You were signed out" }).waitFor();
  expect(await other.locator(TEXT).count()).toBe(0);
  await other.getByRole("link", { name: "Sign in again" }).click();
  await signIn(other, ada.email, "a better password");
  await ready(other);
  await page.reload();
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("group").getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByText("Every other login has ended.").waitFor();
  await other.getByRole("heading", { name: "You were signed out" }).waitFor();
});

test("signed out elsewhere in mid-typing: one's own text stays to be copied", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Mine", ["text"]);
  const page = await ada.open(browser, documentId);
  await page.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function held(this: WebSocket, data) {
      if (!String(data).includes('"operation"')) send.call(this, data);
    };
  });
  await page.locator(TEXT).click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.type("not yet sent ");
  await ada.request("DELETE", "/users/me/logins?but_this=false");
  await page.getByRole("heading", { name: "You were signed out" }).waitFor();
  expect(await page.getByLabel("What you typed and was not saved.").inputValue()).toBe("not yet sent ");
});

test("an API token is made, shown once, used and revoked", async () => {
  const ada = await Person.register(server.url, "Ada");
  const page = await settings(ada, "tokens");
  await page.getByText("You have no tokens.").waitFor();
  await page.getByLabel("Name").fill("Backup");
  await page.getByRole("radio", { name: "read and write" }).check();
  await page.getByLabel("Good for").selectOption({ label: "no end" });
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = await page.getByLabel("The token “Backup”.").inputValue();
  const call = () =>
    fetch(`${server.url}/api/v1/users/me`, { headers: { Authorization: `Bearer ${token}` } });
  expect((await call()).status).toBe(200);
  await page.reload();
  const line = page.getByRole("list", { name: "API tokens" }).getByRole("listitem");
  await line.getByText("last used just now").waitFor();
  expect(await page.getByText(token).count()).toBe(0);
  await page.getByRole("button", { name: "Revoke Backup" }).click();
  await page.getByRole("group").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("The token “Backup” is revoked.").waitFor();
  expect((await call()).status).toBe(401);
});

test("administrators read the whole audit in sentences, and nobody else has the page", async () => {
  const [ada, bob] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Bob")];
  await server.command("user", "admin", ada.email);
  const documentId = await ada.createDocument("Plan", ["x"], [bob]);
  await ada.request("PUT", `/documents/${documentId}/lock`, { reason: "Signed" });
  const page = await settings(ada, "audit");
  await page.getByText("locked the document: Signed").waitFor();
  await page.getByText("gave Bob the role: Editor").first().waitFor();
  await page.getByText("Plan", { exact: true }).first().waitFor();
  const other = await (await bob.context(browser)).newPage();
  await other.goto(`${server.url}/settings/audit`);
  await other.getByRole("heading", { name: "There is no such page" }).waitFor();
});

test("a guest changes the name, is no one elsewhere, and becomes somebody with an account", async () => {
  const ada = await Person.register(server.url, "Ada");
  const documentId = await ada.createDocument("Open", ["all"]);
  await ada.request("PUT", `/documents/${documentId}/permissions`, { link_role: "viewer" });
  await ada.request("PATCH", `/documents/${documentId}`, { switches: { guests: true } });
  const second = await ada.createDocument("Open too", ["all"]);
  await ada.request("PUT", `/documents/${second}/permissions`, { link_role: "viewer" });
  await ada.request("PATCH", `/documents/${second}`, { switches: { guests: true } });
  const hidden = await ada.createDocument("Hidden", ["secret"]);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/d/${documentId}`);
  await page.getByLabel("Your name").fill("Zoe");
  await page.getByRole("button", { name: "Come in" }).click();
  await page.locator(TEXT, { hasText: "all" }).waitFor();
  // Of a further document a guest need not give the name again.
  await page.goto(`${server.url}/d/${second}`);
  await page.locator(TEXT, { hasText: "all" }).waitFor();
  await page.goto(`${server.url}/settings/profile`);
  await page.getByLabel("Name").fill("Zoe B.");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.goto(`${server.url}/d/${hidden}`);
  await page.getByRole("heading", { name: "You need access" }).waitFor();
  expect(await page.getByRole("button", { name: "Ask for access" }).count()).toBe(0);
  await page.getByRole("link", { name: "Sign in or up" }).click();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill("Zoe Baker");
  await page.getByLabel("E-mail").fill(`zoe.${crypto.randomUUID()}@example.org`);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  // Back where the way began, now as somebody who may ask.
  await page.getByRole("button", { name: "Ask for access" }).waitFor();
});

test("sign-up as the server allows it, and attempts that come too often are told how long to wait", async () => {
  const invited = await Server.start("", { OCTAVO_SIGN_UP: "invited", OCTAVO_RATE_LIMIT: "on" });
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${invited.url}/login`);
    await page.getByLabel("E-mail").waitFor();
    await expect.poll(() => page.getByRole("link", { name: "Create an account" }).count()).toBe(0);
    await page.goto(`${invited.url}/register`);
    await page.getByText("Accounts here are by invitation").waitFor();
    await page.goto(`${invited.url}/login`);
    const alert = page.getByRole("alert");
    const slow = alert.filter({ hasText: "Too many attempts. You can try again in" });
    for (let attempt = 0; attempt < 30 && (await slow.count()) === 0; attempt += 1) {
      await signIn(page, "ada@example.org", "wrong password");
      await alert.filter({ hasText: /wrong|Too many/ }).waitFor();
    }
    await slow.waitFor();
    expect(await page.getByRole("button", { name: "Sign in" }).isDisabled()).toBe(true);
  } finally {
    await invited.stop();
  }
});
