import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch } from "./support/browser.ts";
import { agree, text } from "./support/content.ts";
import { PASSWORD, Person, ready, saved, TEXT } from "./support/people.ts";
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

const people = (...names: string[]) => Promise.all(names.map((name) => Person.register(server.url, name)));

async function share(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Share/ }).click();
  await page.locator(".share-list li").first().waitFor();
}

/** Chooses in the menu of somebody's role. */
async function choose(page: Page, name: string, entry: string): Promise<void> {
  await page.getByRole("button", { name: `Role of ${name}` }).click();
  await page
    .getByRole("menu")
    .getByRole(/may|owner|access|link|Withdraw/i.test(entry) ? "menuitem" : "menuitemradio", { name: entry })
    .click();
}

const setRole = (owner: Person, documentId: string, person: Person, role: string) =>
  owner.request("PUT", `/documents/${documentId}/permissions`, { email: person.email, role });

/** As when the tab is shown again: what waits for access looks at once. */
const lookAgain = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

const banner = (page: Page, words: string) => page.locator(".banner", { hasText: words });

test("two people and a guest: added by name, demoted, removed, in by the link", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  await ada.createDocument("Before", ["x"], [bob]);
  const documentId = await ada.createDocument("Plan", ["ours"]);
  const page = await ada.open(browser, documentId);
  await share(page);
  const add = page.getByRole("combobox", { name: "Add people" });
  await add.fill("bo");
  await page.getByRole("option", { name: /Bob/ }).waitFor();
  await add.press("ArrowDown");
  await add.press("Enter");
  await add.press("Enter");
  await page.getByRole("button", { name: "Role of Bob: Editor" }).waitFor();

  const [first, second] = [await bob.open(browser, documentId), await bob.open(browser, documentId)];
  await choose(page, "Bob", "Viewer");
  for (const each of [first, second]) {
    await banner(each, "Your role was changed: Viewer").waitFor();
    await each.locator(`${TEXT}[contenteditable=false]`).waitFor();
  }
  // Bob's own dialog follows what the owner does.
  await share(first);
  await first.getByText("You may read this document.").waitFor();
  await choose(page, "Bob", "Commenter");
  await first.getByText("You may comment and suggest.").waitFor();
  await first.getByRole("button", { name: "Done" }).click();

  await page.getByRole("combobox", { name: "General access" }).selectOption("anyone");
  await page.getByRole("combobox", { name: "Role of those with the link" }).selectOption("editor");
  await page.getByRole("switch", { name: /without an account/ }).check();
  for (const each of [first, second]) await each.locator(`${TEXT}[contenteditable=true]`).waitFor();

  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(`${server.url}/d/${documentId}`);
  await stranger.getByLabel("Your name").fill("Zoe");
  await stranger.getByRole("radio", { name: "Teal" }).check();
  await stranger.getByRole("button", { name: "Come in" }).click();
  await ready(stranger);
  await stranger.locator(TEXT).click();
  await stranger.keyboard.press("ControlOrMeta+Home");
  await stranger.keyboard.type("Zoe's ");
  await page.getByRole("button", { name: "Done" }).click();
  await page.locator(".people").getByRole("button", { name: /Zoe/ }).waitFor();
  await agree(documentId, ada, page, stranger, first);
  const { changes } = await ada.request<{ changes: { user_id: string }[] }>(
    "GET",
    `/documents/${documentId}/operations`,
  );
  expect(changes.at(-1)?.user_id).toMatch(/^g/);

  // Link off: the guest and whoever had only the link are out, on every tab at once.
  await share(page);
  await page.getByRole("combobox", { name: "General access" }).selectOption("nobody");
  await stranger.getByRole("heading", { name: "You have no access any more" }).waitFor();
  expect(await stranger.locator(TEXT).count()).toBe(0);
  await choose(page, "Bob", "Remove access");
  for (const each of [first, second])
    await each.getByRole("heading", { name: "You have no access any more" }).waitFor();
  await page.getByText("Bob has no role any more.").waitFor();
  await page.locator("dialog").getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Role of Bob: Commenter" }).waitFor();
  await second.locator(TEXT).waitFor();
});

test("somebody without access asks; the owner sees it, answers, and the page opens by itself", async () => {
  const [ada, eve] = (await people("Ada", "Eve")) as [Person, Person];
  const documentId = await ada.createDocument("Private", ["secret"]);
  const owner = await ada.open(browser, documentId);
  const page = await (await eve.context(browser)).newPage();
  await page.goto(`${server.url}/d/${documentId}`);
  await page.getByRole("heading", { name: "You need access" }).waitFor();
  await page.getByLabel("You would like to").selectOption("editor");
  await page.getByLabel("Message to the owner").fill("Please <b>let</b> me in");
  await page.getByRole("button", { name: "Ask for access" }).click();
  await page.getByText("You have asked for access.").waitFor();
  await owner.locator(".notice", { hasText: "Eve asks for access." }).getByRole("button").click();
  await owner.getByText("Please <b>let</b> me in").waitFor();
  await owner.getByRole("button", { name: "Role for Eve: Editor" }).click();
  await owner.getByRole("menuitemradio", { name: "Commenter" }).click();
  await owner.getByRole("button", { name: "Give access to Eve as Commenter" }).click();
  await owner.getByText("Eve has access now: Commenter.").waitFor();
  await lookAgain(page);
  await page.locator(TEXT, { hasText: "secret" }).waitFor();
  expect(await owner.getByRole("button", { name: "Share", exact: true }).count()).toBe(1);
});

test("demoted in mid-typing: what was typed and not saved can be copied, and nothing else is lost", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  const documentId = await ada.createDocument("Draft", ["start"], [bob]);
  const page = await bob.open(browser, documentId);
  await page.locator(TEXT).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(" saved");
  await saved(page);
  // What is typed now is on its way when the role changes: the socket's messages wait in the page.
  await page.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function held(this: WebSocket, data) {
      if (String(data).includes('"operation"')) setTimeout(() => send.call(this, data), 1_500);
      else send.call(this, data);
    };
  });
  await page.keyboard.type(" and unsaved words");
  await setRole(ada, documentId, bob, "viewer");
  await banner(page, "Your role was changed: Viewer").waitFor();
  const refused = banner(page, "Not saved");
  await refused.waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await refused.getByRole("button", { name: "Copy my text" }).click();
  await page.getByText("Your text is on the clipboard.").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(" and unsaved words");
  await refused.getByRole("button", { name: "Go on" }).click();
  await agree(documentId, ada, page);
  expect(await text(page)).toBe("start saved\n");
});

test("removed in mid-typing: the page shows nothing but one's own unsaved text and how to ask", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  const documentId = await ada.createDocument("Draft", ["secret plan"], [bob]);
  const page = await bob.open(browser, documentId);
  await page.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function held(this: WebSocket, data) {
      if (!String(data).includes('"operation"')) send.call(this, data);
    };
  });
  await page.locator(TEXT).click();
  await page.keyboard.type("mine ");
  const { id } = await bob.request<{ id: string }>("GET", "/users/me");
  await ada.request("DELETE", `/documents/${documentId}/permissions/${id}`);
  await page.getByRole("heading", { name: "You have no access any more" }).waitFor();
  expect(await page.getByLabel("What you typed and was not saved.").inputValue()).toBe("mine ");
  expect(await page.getByText("secret plan").count()).toBe(0);
  await page.getByRole("button", { name: "Ask for access" }).click();
  await page.getByText("You have asked for access.").waitFor();
  await setRole(ada, documentId, bob, "editor");
  await lookAgain(page);
  // With text that is only here the page does not go by itself.
  await page.getByRole("button", { name: "Open the document" }).waitFor();
  expect(await page.getByLabel("What you typed and was not saved.").inputValue()).toBe("mine ");
});

test("locked while typing: why, what is kept, and the owner unlocks in the banner", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  const documentId = await ada.createDocument("Contract", ["agreed"], [bob]);
  const [owner, page] = [await ada.open(browser, documentId), await bob.open(browser, documentId)];
  await share(owner);
  await owner.getByRole("button", { name: "Settings" }).click();
  await owner.getByLabel("Reason, shown to everybody").fill("Signed on Monday");
  await owner.getByRole("button", { name: "Lock", exact: true }).click();
  await owner.getByText("This document is locked").first().waitFor();
  await banner(page, "Signed on Monday").waitFor();
  await page.locator(`${TEXT}[contenteditable=false]`).waitFor();
  expect(await banner(page, "Signed on Monday").getByRole("button").count()).toBe(0);
  await owner.keyboard.press("Escape");
  await banner(owner, "Signed on Monday").getByRole("button", { name: "Unlock" }).click();
  for (const each of [owner, page]) await each.locator(`${TEXT}[contenteditable=true]`).waitFor();
});

test("an invitation is taken up by signing up, and by somebody with an account", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  const documentId = await ada.createDocument("Plan", ["ours"]);
  const owner = await ada.open(browser, documentId);
  await share(owner);
  const email = `new.${crypto.randomUUID()}@example.org`;
  const add = owner.getByRole("combobox", { name: "Add people" });
  await add.fill(email);
  await owner.locator(".share-add").getByRole("button", { name: "Share", exact: true }).click();
  const link = await owner.getByLabel(/^Send this link/).inputValue();
  const page = await (await browser.newContext()).newPage();
  await page.goto(link);
  await page.getByRole("heading", { name: "Ada invites you to “Plan”" }).waitFor();
  await page.getByRole("link", { name: "Create an account" }).click();
  expect(await page.getByLabel("E-mail").inputValue()).toBe(email);
  await page.getByLabel("Name").fill("New Person");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await ready(page);
  expect(await text(page)).toBe("ours\n");
  await owner.getByRole("button", { name: "Role of New Person: Editor" }).waitFor();

  await add.fill("other@example.org");
  await owner.locator(".share-add").getByRole("button", { name: "Share", exact: true }).click();
  const other = await owner.getByLabel(/^Send this link to other/).inputValue();
  const bobs = await (await bob.context(browser)).newPage();
  await bobs.goto(other);
  await bobs.getByText("The invitation was made for other@example.org.").waitFor();
  await bobs.getByRole("button", { name: "Open the document" }).click();
  await ready(bobs);
  // Spent: for nobody else.
  await page.goto(other);
  await page.getByRole("heading", { name: "This invitation is not good any more" }).waitFor();
});

test("the document is handed over after a question; who was owner stays as editor", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  const documentId = await ada.createDocument("Plan", ["ours"], [bob]);
  const [page, other] = [await ada.open(browser, documentId), await bob.open(browser, documentId)];
  await share(page);
  await choose(page, "Bob", "Make owner");
  await page.getByRole("button", { name: "Cancel" }).click();
  await choose(page, "Bob", "Make owner");
  await page.getByRole("button", { name: "Make owner" }).click();
  await page.getByText("Bob owns this document now.").waitFor();
  await page.getByText("You may change this document. Only Bob can share it with others.").waitFor();
  await share(other);
  await other.getByRole("button", { name: "Role of Ada: Editor" }).waitFor();
  // Leaving it: the role is given up, and the page says so.
  await page.getByRole("button", { name: "Give up my access" }).click();
  await page.getByRole("button", { name: "Give up my access" }).click();
  await page.getByText("You have left “Plan”.").waitFor();
  await other.getByRole("button", { name: "Role of Ada" }).waitFor({ state: "detached" });
});

/** Tab by Tab to the control of this name. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    const focused = page.locator(":focus");
    const label = await focused.evaluate(
      (element) =>
        element.getAttribute("aria-label") ??
        (element as HTMLInputElement).labels?.[0]?.textContent ??
        element.textContent ??
        "",
    );
    if (name.test(label.trim())) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`No control is named ${name}.`);
}

test("the share dialog by keyboard alone, and the focus goes back where it was", async () => {
  const [ada, bob] = (await people("Ada", "Bob")) as [Person, Person];
  await ada.createDocument("Before", ["x"], [bob]);
  const documentId = await ada.createDocument("Plan", ["ours"]);
  const page = await ada.open(browser, documentId);
  await page.getByRole("button", { name: "Share" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".share-list li").first().waitFor();
  await tabTo(page, /^Add people/);
  await page.keyboard.type("bo");
  await page.getByRole("option", { name: /Bob/ }).waitFor();
  for (const key of ["ArrowDown", "Enter", "Backspace"]) await page.keyboard.press(key);
  await page.keyboard.type("bo");
  await page.getByRole("option", { name: /Bob/ }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.locator("dialog[open]").count()).toBe(1);
  for (const key of ["ArrowUp", "Enter", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("button", { name: "Role of Bob: Editor" }).waitFor();
  await tabTo(page, /^Role of Bob/);
  for (const key of ["Enter", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("button", { name: "Role of Bob: Commenter" }).waitFor();
  await tabTo(page, /^General access/);
  await page.keyboard.press("ArrowDown");
  await page.getByText("Whoever has the link may read.").waitFor();
  await tabTo(page, /without an account/);
  await page.keyboard.press("Space");
  await page.locator(".switch:checked").waitFor();
  await tabTo(page, /^Settings/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Settings of “Plan”" }).waitFor();
  await tabTo(page, /^Back/);
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("share-settings");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
    .toBe("Share");
});

test("a link that the clipboard refuses is shown; an invitation is made anew and withdrawn", async () => {
  const [ada] = (await people("Ada")) as [Person];
  const documentId = await ada.createDocument("Plan", ["ours"]);
  const page = await ada.open(browser, documentId);
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await share(page);
  await page.getByRole("button", { name: "Copy link" }).click();
  expect(await page.getByLabel("The link", { exact: true }).inputValue()).toBe(
    `${server.url}/d/${documentId}`,
  );
  const add = page.getByRole("combobox", { name: "Add people" });
  await add.fill("one@example.org, two@example.org");
  await page.locator(".share-add").getByRole("button", { name: "Share", exact: true }).click();
  await add.press("Enter");
  const link = () => page.getByLabel(/^Send this link to one/).inputValue();
  const first = await link();
  await page.getByLabel(/^Send this link to two/).waitFor();
  await choose(page, "one@example.org", "Make a new link");
  await expect.poll(link).not.toBe(first);
  const token = (address: string) => `/invitations/${address.split("/").at(-1)}`;
  const second = await link();
  await expect(ada.request("GET", token(first))).rejects.toThrow("404");
  expect(await ada.request("GET", token(second))).toMatchObject({ role: "editor" });
  await choose(page, "one@example.org", "Withdraw the invitation");
  await page.getByText("The invitation of one@example.org is withdrawn").waitFor();
  await expect(ada.request("GET", token(second))).rejects.toThrow("404");
});

test("where the owner lets viewers not copy, neither copying nor printing takes the text along", async () => {
  const [ada, vic] = (await people("Ada", "Vic")) as [Person, Person];
  const documentId = await ada.createDocument("Exam", ["questions"]);
  await setRole(ada, documentId, vic, "viewer");
  await ada.request("PATCH", `/documents/${documentId}`, { switches: { copying: false } });
  const page = await (await vic.context(browser)).newPage();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${server.url}/d/${documentId}`);
  await banner(page, "You may read this document").waitFor();
  await page.locator("html.no-print").waitFor();
  const copy = async () => {
    await page.locator(TEXT).click();
    for (const key of ["a", "c"]) await page.keyboard.press(`ControlOrMeta+${key}`);
  };
  await page.evaluate(() => navigator.clipboard.writeText("before"));
  await copy();
  await page.locator(".notice", { hasText: "lets viewers and commenters not copy" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("before");
  await page.emulateMedia({ media: "print" });
  expect(await page.locator(TEXT).isVisible()).toBe(false);
  await page.emulateMedia({ media: "screen" });
  await ada.request("PATCH", `/documents/${documentId}`, { switches: { copying: true } });
  await page.locator("html:not(.no-print)").waitFor();
  await copy();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain("questions");
});
