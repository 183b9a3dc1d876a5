import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { text } from "./support/content.ts";
import { watchPolicy } from "./support/csp.ts";
import { Person, ready } from "./support/people.ts";
import { Server } from "./support/server.ts";
import { fillShelf } from "./support/shelf.ts";

const ROW = "[data-document]";

let server: Server;
let browser: Browser;
let ada: Person;
let eve: Person;

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

async function newcomers(): Promise<void> {
  [ada, eve] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Eve")];
}

/** Sorted by title: what is made within a second has no order in time. */
async function home(person: Person, address = "/"): Promise<Page> {
  const context = await person.context(browser);
  await context.addInitScript(() => {
    if (localStorage.getItem("octavo.home.sort") === null) localStorage.setItem("octavo.home.sort", "title");
  });
  const page = await context.newPage();
  await page.goto(server.url + address);
  return page;
}

const titles = (page: Page) => page.locator(`${ROW} .document-name`).allTextContents();
/** Waits until these titles are shown, in this order. */
const shows = (page: Page, ...wanted: string[]) => expect.poll(() => titles(page)).toEqual(wanted);
const row = (page: Page, title: string) => page.locator(ROW, { hasText: title });
/** Where the keyboard is: the title of a document, or what the control is called. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const title = at?.matches("[data-document]") ? at.querySelector(".document-name") : null;
    return title?.textContent ?? at?.ariaLabel ?? at?.textContent?.trim() ?? "";
  });
const selected = (page: Page) => page.locator(`${ROW}[aria-selected=true] .document-name`).allTextContents();

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

async function byTitle(person: Person, title: string) {
  type Entry = { id: string; title: string; folder_id: string | null; tags: string[]; starred: boolean };
  const { documents } = await person.request<{ documents: Entry[] }>("GET", "/documents?limit=200");
  return documents.find((each) => each.title === title);
}

/** Waits until so many of somebody's documents are found by a word. */
const indexed = (person: Person, word: string, count: number) =>
  expect
    .poll(async () => (await person.request<{ documents: [] }>("GET", `/documents?query=${word}`)).documents)
    .toHaveLength(count);

test("everything is done by keyboard alone", async () => {
  await newcomers();
  for (const title of ["Delta", "Charlie", "Bravo", "Alpha"]) await ada.createDocument(title, ["some words"]);
  await indexed(ada, "char", 1);
  const page = await home(ada);
  await page.locator(ROW).nth(3).waitFor();

  // From the head of the page: the skip link leads to the list, one stop of the Tab key.
  await press(page, "Tab", "Enter");
  while ((await focused(page)) !== "Alpha") await press(page, "Tab");
  await press(page, "ArrowDown", "ArrowDown");
  expect(await focused(page)).toBe("Charlie");
  await press(page, "End");
  expect(await focused(page)).toBe("Delta");

  // Selecting: one, a range, all, none.
  await press(page, "Home", "Space", "Shift+ArrowDown", "Shift+ArrowDown");
  expect(await selected(page)).toEqual(["Alpha", "Bravo", "Charlie"]);
  await press(page, "ControlOrMeta+a");
  expect(await selected(page)).toHaveLength(4);
  await press(page, "Escape");
  expect(await selected(page)).toEqual([]);

  // Renaming in place, and leaving it be.
  await press(page, "Home", "F2");
  await page.keyboard.type("Aleph");
  await press(page, "Enter");
  await shows(page, "Aleph", "Bravo", "Charlie", "Delta");
  expect(await focused(page)).toBe("Aleph");
  await press(page, "F2");
  await page.keyboard.type("never");
  await press(page, "Escape");
  await expect.poll(() => focused(page)).toBe("Aleph");
  await expect.poll(async () => (await byTitle(ada, "Aleph"))?.title).toBe("Aleph");

  // A star, tags, a folder made on the way.
  await press(page, "s");
  await expect.poll(async () => (await byTitle(ada, "Aleph"))?.starred).toBe(true);
  await press(page, "t");
  await page.locator("dialog[open] input").first().waitFor();
  await page.keyboard.type("letters");
  await press(page, "Enter", "Enter");
  await row(page, "Aleph").locator(".tag", { hasText: "letters" }).waitFor();
  await expect.poll(() => focused(page)).toBe("Aleph");
  await press(page, "Shift+ArrowDown", "m");
  await page.locator("[role=treeitem]:focus").waitFor();
  await press(page, "Tab", "Enter");
  await page.keyboard.type("Alphabet");
  await press(page, "Enter");
  await page.locator("[role=treeitem]:focus", { hasText: "Alphabet" }).waitFor();
  await press(page, "Tab", "Tab", "Tab", "Enter");
  await page.getByText("2 documents lie in “Alphabet” now.").waitFor();
  await expect.poll(async () => (await byTitle(ada, "Bravo"))?.folder_id).toBeTruthy();
  await expect.poll(() => focused(page)).toBe("Bravo");

  // The menu by its key, and back to where one was.
  await press(page, "Escape", "Shift+F10");
  await page.getByRole("menuitem", { name: "Open" }).waitFor();
  await press(page, "Escape");
  expect(await focused(page)).toBe("Bravo");

  // To the trash, with the way back; the keyboard stays in the list.
  await press(page, "Delete");
  await shows(page, "Aleph", "Charlie", "Delta");
  await expect.poll(() => focused(page)).toBe("Charlie");
  await page.getByRole("button", { name: "Undo" }).focus();
  await press(page, "Enter");
  await expect.poll(async () => (await titles(page)).includes("Bravo")).toBe(true);

  // Searching: the key, results as one types, down into them, Enter opens.
  await page.locator(ROW).first().focus();
  await press(page, "/");
  await page.keyboard.type("char");
  await shows(page, "Charlie");
  await press(page, "ArrowDown");
  expect(await focused(page)).toBe("Charlie");
  await press(page, "Enter");
  await ready(page);
  await page.goBack();
  await shows(page, "Charlie");

  // The tree: fold out, open, rename, delete.
  await press(page, "/", "Escape");
  await page.locator(ROW).nth(3).waitFor();
  await page.getByRole("treeitem", { name: "Folders" }).focus();
  await press(page, "ArrowDown", "Enter");
  await page.getByRole("heading", { level: 1, name: "Alphabet" }).waitFor();
  await shows(page, "Aleph", "Bravo");
  await press(page, "F2");
  await page.locator("dialog[open] input").waitFor();
  await press(page, "ControlOrMeta+a");
  await page.keyboard.type("Letters");
  await press(page, "Enter");
  await page.getByRole("heading", { level: 1, name: "Letters" }).waitFor();
  await page.getByRole("treeitem", { name: "Letters" }).focus();
  await press(page, "Delete");
  await page.getByText("No document is deleted").waitFor();
  await press(page, "Tab", "Enter");
  await page.getByRole("treeitem", { name: "Letters" }).waitFor({ state: "detached" });
  await page.getByRole("heading", { level: 1, name: "My folders" }).waitFor();
  await expect.poll(async () => (await byTitle(ada, "Bravo"))?.folder_id).toBe(null);

  // Which keys there are.
  await press(page, "?");
  await page.getByRole("heading", { name: "Keys of this page" }).waitFor();
  await press(page, "Escape");
});

test("places have addresses that survive a reload and the button Back", async () => {
  await newcomers();
  const { folders } = await fillShelf(ada, eve);
  const page = await home(ada, `/folders/${folders.spring}`);
  await shows(page, "The octavo of spring");
  expect(await page.locator(".crumb").allTextContents()).toEqual(["My folders", "Work"]);
  for (const [link, only] of [
    ["Starred", "The octavo of spring"],
    ["Shared with me", "From Grace"],
    ["Trash", "Thrown away"],
  ] as const) {
    await page.getByRole("link", { name: link }).click();
    await shows(page, only);
  }
  await page.reload();
  await shows(page, "Thrown away");
  await page.goBack();
  await shows(page, "From Grace");
  await page.getByRole("link", { name: /^print/ }).click();
  await expect.poll(() => titles(page)).toHaveLength(2);
  expect(new URL(page.url()).search).toBe("?tag=print");
  await page.getByRole("button", { name: "No longer only print" }).click();
  await expect.poll(() => titles(page)).toHaveLength(5);
  // Sorted by the keys of the menu and the columns, both ways; the choice stays.
  const budget = (at: number) => expect.poll(async () => (await titles(page))[at]).toBe("Budget");
  await page.getByRole("columnheader", { name: "Title" }).getByRole("button").click();
  await budget(3);
  await page.getByRole("columnheader", { name: "Words" }).getByRole("button").click();
  await expect.poll(async () => (await titles(page))[0]).toBe("The octavo of spring");
  await page.getByRole("button", { name: "Sorted by: Words" }).click();
  await page.getByRole("menuitemradio", { name: "Title" }).click();
  await budget(1);
  await page.getByRole("button", { name: "Show as cards" }).click();
  await page.locator(".preview h1, .preview-h1", { hasText: "A house for many hands" }).waitFor();
  await page.reload();
  await page.locator(".cards").waitFor();
  await budget(1);
});

test("a search follows the typing, marks what it found, and keeps what narrows it", async () => {
  await newcomers();
  await fillShelf(ada, eve);
  await indexed(ada, "paper", 2);
  const page = await home(ada, "/?tag=print");
  await expect.poll(() => titles(page)).toHaveLength(2);
  const box = page.getByRole("searchbox", { name: "Search documents" });
  await box.fill("pap");
  await page.locator(".document-passage mark").getByText("Paper", { exact: true }).waitFor();
  await expect.poll(async () => (await titles(page)).sort()).toEqual(["Budget", "The octavo of spring"]);
  expect(page.url()).toContain("q=pap");
  // An answer that comes late does not take the place of a newer one.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/documents?*query=ink*", async (route) => {
    await held;
    await route.continue();
  });
  await box.fill("ink");
  await page.waitForURL(/q=ink/);
  await box.fill("octav");
  await shows(page, "The octavo of spring");
  const late = page.waitForResponse(/query=ink/);
  release();
  await late;
  await box.fill("octavo of");
  await page.waitForURL(/q=octavo\+of/);
  await shows(page, "The octavo of spring");
  // Nothing found says so, and how to look further.
  await box.fill("minutes");
  await page.getByRole("heading", { name: "Nothing found for “minutes”" }).waitFor();
  await page.getByRole("button", { name: "Search all documents" }).click();
  await shows(page, "Minutes of the third meeting");
  await page.getByRole("button", { name: "Clear the search" }).click();
  await expect.poll(() => titles(page)).toHaveLength(5);
});

test("the pointer selects, drags and opens menus", async () => {
  await newcomers();
  const { folders, documents } = await fillShelf(ada, eve);
  const page = await home(ada);
  await page.locator(ROW).nth(4).waitFor();
  const folderOf = async (title: string) => (await byTitle(ada, title))?.folder_id;
  await row(page, "Budget").getByRole("checkbox").click();
  await row(page, "Minutes")
    .locator(".cell-owner")
    .click({ modifiers: ["ControlOrMeta"] });
  expect(await selected(page)).toEqual(["Budget", "Minutes of the third meeting"]);
  await row(page, "The octavo")
    .locator(".cell-owner")
    .click({ modifiers: ["Shift"] });
  expect(await selected(page)).toEqual(["Minutes of the third meeting", "The octavo of spring"]);
  await page.getByRole("button", { name: "Clear the selection" }).click();
  await row(page, "Budget").getByRole("checkbox").click();
  await row(page, "A rather long").getByRole("checkbox").click();
  await row(page, "Budget").dragTo(page.getByRole("treeitem", { name: /Work/ }));
  await page.getByText("2 documents lie in “Work” now.").waitFor();
  await expect.poll(() => folderOf("Budget")).toBe(folders.work);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => folderOf("Budget")).toBe(null);
  // Onto a breadcrumb, and a folder into another.
  await page.goto(`${server.url}/folders/${folders.spring}`);
  await row(page, "The octavo").dragTo(page.locator(".crumb", { hasText: "Work" }));
  await page.getByRole("heading", { name: "No documents lie here" }).waitFor();
  await expect.poll(() => folderOf("The octavo of spring")).toBe(folders.work);
  await page.getByRole("treeitem", { name: "Home" }).dragTo(page.getByRole("treeitem", { name: /Work/ }));
  await expect
    .poll(async () => {
      const all = await ada.request<{ folders: { name: string; parent_id: string }[] }>("GET", "/folders");
      return all.folders.find(({ name }) => name === "Home")?.parent_id;
    })
    .toBe(folders.work);
  // Not into what lies in it.
  await page.goto(`${server.url}/folders/${folders.work}`);
  await page.locator(".folder").nth(1).waitFor();
  // Onto the trash; what is not one's own is not taken.
  await row(page, "Minutes").dragTo(page.getByRole("link", { name: "Trash" }));
  await page.getByText("is in the trash").waitFor();
  await page.goto(`${server.url}/shared`);
  await row(page, "From Grace").dragTo(page.getByRole("link", { name: "Trash" }));
  await shows(page, "From Grace");
  await row(page, "From Grace").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Move to trash Only its owner" }).waitFor();
  await press(page, "Escape");
  await row(page, "From Grace").click();
  await ready(page);
  expect(documents.budget).toBeTruthy();
});

test("copies, templates, and documents that begin with one", async () => {
  await newcomers();
  await ada.createDocument("Weekly", ["Plan"]);
  const page = await home(ada);
  await row(page, "Weekly").click({ button: "right" });
  await page.getByRole("menuitemcheckbox", { name: "Use as a template" }).click();
  await row(page, "Weekly").getByRole("img", { name: "Template" }).waitFor();
  await row(page, "Weekly").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Make a copy" }).click();
  await expect.poll(async () => (await titles(page)).sort()).toEqual(["Copy of Weekly", "Weekly"]);
  await row(page, "Copy of Weekly").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Share…" }).click();
  await page.locator("dialog[open] .share-list li").first().waitFor();
  await press(page, "Escape");
  await page.getByRole("button", { name: "New from a template" }).click();
  await expect
    .poll(() => page.locator(".template > strong").allTextContents())
    .toEqual(["Weekly", "Meeting notes", "Project brief", "Letter", "CV", "Report"]);
  await page.keyboard.press("Enter");
  await ready(page);
  expect(await text(page)).toBe("Plan\n");
  await page.goBack();
  await page.getByRole("button", { name: "New document" }).first().click();
  await ready(page);
});

test("the trash gives back, deletes for good after asking, and is emptied", async () => {
  await newcomers();
  for (const title of ["One", "Two", "Three"]) {
    const id = await ada.createDocument(title);
    await ada.request("DELETE", `/documents/${id}`);
  }
  const page = await home(ada, "/trash");
  await expect.poll(() => titles(page)).toHaveLength(3);
  await page.getByText("What lies here for 30 days is deleted for good.").waitFor();
  await row(page, "One").focus();
  await press(page, "r");
  await expect.poll(() => titles(page)).toHaveLength(2);
  await expect.poll(async () => (await byTitle(ada, "One"))?.title).toBe("One");
  await row(page, "Two").focus();
  await press(page, "Delete");
  await page.getByRole("heading", { name: "Delete “Two” for good?" }).waitFor();
  await press(page, "Enter"); // the way out has the focus
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await expect.poll(() => titles(page)).toHaveLength(2);
  await press(page, "Delete", "Tab", "Enter");
  await shows(page, "Three");
  await page.getByRole("button", { name: "Empty the trash…" }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Empty the trash…" }).click();
  await page.getByRole("heading", { name: "The trash is empty" }).waitFor();
  expect(await ada.request("GET", "/documents?trashed=true")).toMatchObject({ documents: [] });
});

test("what is refused is taken back, and says what helps", async () => {
  await newcomers();
  await ada.createDocument("Beta");
  await ada.createDocument("Alef");
  const page = await home(ada);
  await page.locator(ROW).nth(1).waitFor();
  await page.route("**/api/v1/documents/*", (route) =>
    route.request().method() === "GET" ? route.continue() : route.abort(),
  );
  await row(page, "Beta").focus();
  await press(page, "Delete");
  await page.getByText("“Beta” is not in the trash. The server cannot be reached").waitFor();
  await shows(page, "Alef", "Beta");
  await row(page, "Alef").focus();
  await press(page, "s");
  await page.getByText("The star of “Alef” was not changed.").waitFor();
  expect(await row(page, "Alef").getByRole("button", { pressed: true }).count()).toBe(0);
  await page.unroute("**/api/v1/documents/*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.poll(async () => (await byTitle(ada, "Alef"))?.starred).toBe(true);
  // What somebody else has deleted meanwhile leaves the list with the reason.
  const beta = await byTitle(ada, "Beta");
  await ada.request("DELETE", `/documents/${beta?.id}?forever=true`);
  await row(page, "Beta").focus();
  await press(page, "s");
  await page.getByText("It is not there any more").waitFor();
  await shows(page, "Alef");
});

test("what is another's is not there", async () => {
  await newcomers();
  const { folders, documents } = await fillShelf(ada, eve);
  const page = await home(eve, `/folders/${folders.work}`);
  await page.getByRole("heading", { name: "There is no such folder" }).waitFor();
  await page.goto(`${server.url}/?tag=print`);
  await page.getByRole("heading", { name: "Nothing bears the tag “print”" }).waitFor();
  await page.goto(`${server.url}/?q=octavo`);
  await page.getByRole("heading", { name: "Nothing found for “octavo”" }).waitFor();
  expect(await page.getByRole("treeitem").count()).toBe(1);
  for (const [method, path, body] of [
    ["PATCH", `/documents/${documents.octavo}`, { starred: true }],
    ["POST", `/documents/${documents.octavo}/copy`, {}],
    ["PATCH", `/folders/${folders.work}`, { name: "Mine" }],
    ["DELETE", `/folders/${folders.work}`, undefined],
    ["POST", "/folders", { name: "In another's", parent_id: folders.work }],
    ["POST", "/documents", { folder_id: folders.work }],
    ["POST", "/documents", { template_id: documents.octavo }],
  ] as const) {
    await expect(eve.request(method, path, body), `${method} ${path}`).rejects.toThrow(/: 404 /);
  }
});

test("a long list is read on as one scrolls", async () => {
  await newcomers();
  for (let at = 0; at < 120; at += 1) await ada.createDocument(`Document ${at}`);
  const page = await home(ada);
  await page.locator(ROW).nth(49).waitFor();
  await page.locator(ROW).first().focus();
  await expect
    .poll(async () => {
      await press(page, "End");
      return page.locator(ROW).count();
    })
    .toBe(120);
  expect(new Set(await titles(page)).size).toBe(120);
});

const VECTORS = [
  `<img src=x onerror="ran()">`,
  `"><script>ran()</script>`,
  `' onmouseover='ran()' x='`,
  `javascript:ran()`,
  `<svg/onload=ran()>`,
  `</title><iframe srcdoc="<script>parent.ran()</script>">`,
];

/** A shelf of which everything that has a name is called like an attack. */
async function fillWithVectors(): Promise<void> {
  const eveName = await Person.register(server.url, VECTORS[0]!.slice(0, 60));
  let parent: string | null = null;
  for (const [at, vector] of VECTORS.entries()) {
    const folder: { id: string } = await ada.request("POST", "/folders", { name: vector, parent_id: parent });
    parent = at % 2 === 0 ? folder.id : null;
    const { id } = await ada.request<{ id: string }>("POST", "/documents", {
      title: vector,
      content: {
        ops: [
          { insert: vector, attributes: { link: "https://example.org/", bold: true } },
          { insert: "\n", attributes: { header: 1 } },
          { insert: `find ${vector}\n` },
        ],
      },
    });
    await ada.request("PATCH", `/documents/${id}`, {
      tags: [vector.slice(0, 50)],
      folder_id: folder.id,
      template: at === 0,
      starred: true,
    });
    const gone = await ada.createDocument(vector);
    await ada.request("DELETE", `/documents/${gone}`);
  }
  const { id } = await eveName.request<{ id: string }>("POST", "/documents", {
    title: VECTORS[1],
    content: { ops: [{ insert: "find it\n" }] },
  });
  await eveName.request("PUT", `/documents/${id}/permissions`, { email: ada.email, role: "editor" });
}

/** Every view of the page, one after the other. */
async function visitEverything(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  const { folders } = await ada.request<{ folders: { id: string }[] }>("GET", "/folders");
  const tag = encodeURIComponent(VECTORS[0]!.slice(0, 50));
  const places = ["/", "/recent", "/owned", "/shared", "/starred", "/folders", `/?tag=${tag}`, "/?q=find"];
  const visit = async (place: string) => {
    await page.goto(server.url + place);
    await page.locator(`${ROW}, .empty`).first().waitFor();
  };
  for (const place of [...places, "/trash", `/folders/${folders[0]?.id}`]) await visit(place);
  await page.getByRole("button", { name: "Show as cards" }).click();
  await page.locator(`.preview, .empty`).first().waitFor();
  for (const place of ["/", "/?q=find"]) await visit(place);
  await visit("/owned");
  const first = page.locator(ROW).first();
  await first.hover();
  for (const key of ["m", "t", "F2", "Shift+F10"]) {
    await first.focus();
    await page.keyboard.press(key);
    await page.locator("dialog[open] h2, .menu-floating, .document .input").first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
  }
  await page.getByRole("button", { name: "New from a template" }).click();
  await page.locator(".template").nth(5).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.locator(ROW, { hasText: "onerror" }).first().focus();
  await page.keyboard.press("Delete");
  await page.locator(".notice", { hasText: "is in the trash" }).waitFor();
  await page.locator(".notice button").click();
}

test("nothing that somebody wrote runs, in any view, and the page keeps to its policy", async () => {
  await newcomers();
  await fillWithVectors();
  await indexed(ada, "find", VECTORS.length + 1);
  // Without the policy only the page itself stands between an attack and its reader.
  const open = await ada.context(browser, { bypassCSP: true });
  const ran: string[] = [];
  await open.exposeFunction("ran", () => ran.push("ran"));
  open.on("dialog", (dialog) => void dialog.dismiss().then(() => ran.push("dialog")));
  await visitEverything(open);
  expect(ran).toEqual([]);
  await open.close();
  const kept = await ada.context(browser);
  const breaches = await watchPolicy(kept);
  await visitEverything(kept);
  expect(breaches()).toEqual([]);
});

test("axe finds nothing serious in any view, and 320 pixels are enough", async () => {
  await newcomers();
  const { folders } = await fillShelf(ada, eve);
  const page = await home(ada);
  const opened = async (key: string) => {
    await page.locator(ROW).nth(1).focus();
    await page.keyboard.press(key);
    await page.locator("dialog[open], .menu-floating").first().waitFor();
  };
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const check = async (view: string) =>
      expect(await seriousFindings(page), `${view}, ${colorScheme}`).toEqual([]);
    const light = colorScheme === "light";
    const places = light ? [`/folders/${folders.work}`, "/trash", "/recent"] : [];
    for (const place of [...places, "/?q=paper", "/"]) {
      await page.goto(server.url + place);
      await page.locator(`${ROW}, .empty`).first().waitFor();
      await check(place);
    }
    await page.keyboard.press("Tab");
    for (const key of light ? ["m", "t", "?", "Shift+F10"] : ["t", "Shift+F10"]) {
      await opened(key);
      await check(key);
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "New from a template" }).click();
    await page.locator(".template").first().waitFor();
    await check("templates");
    await page.keyboard.press("Escape");
    await page.locator(ROW).first().focus();
    await page.keyboard.press("ControlOrMeta+a");
    await check("selected");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Show as cards" }).click();
    await page.locator(".preview").first().waitFor();
    await check("cards");
    await page.setViewportSize({ width: 320, height: 640 });
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await expect.poll(overflow).toBeLessThanOrEqual(0);
    await page.getByRole("button", { name: "Show as a list" }).click();
    await page.locator(".documents").waitFor();
    await expect.poll(overflow).toBeLessThanOrEqual(0);
    await check("narrow");
    await page.getByRole("button", { name: "Places" }).click();
    await page.locator("dialog[open] .side").waitFor();
    await check("drawer");
    await page.getByRole("link", { name: "Starred" }).click();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await shows(page, "The octavo of spring");
    await page.setViewportSize({ width: 1280, height: 900 });
  }
});
