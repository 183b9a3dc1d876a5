/** Comments and suggestions between two people (scenes 22 and 23 of the browser's list). */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Delta } from "../../src/core/delta.ts";
import { accepted, findSuggestions, rejected } from "../../src/core/suggestions.ts";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, shown, textOf } from "./support/content.ts";
import { Person, SAVE_STATE, saved, TEXT } from "./support/people.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ada = await Person.register(server.url, "Ada");
  bob = await Person.register(server.url, "Bob");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const WIDE = { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" } as const;

/** Ada owns it, Bob may comment. */
async function both(lines: string[], role = "commenter"): Promise<[string, Page, Page]> {
  const documentId = await ada.createDocument("Review", lines);
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: bob.email, role });
  const [a, b] = await Promise.all([
    ada.open(browser, documentId, WIDE),
    bob.open(browser, documentId, WIDE),
  ]);
  return [documentId, a, b];
}

async function selectWord(page: Page, line: number, from: number, length: number): Promise<void> {
  await placeCaret(page, line, from);
  for (let i = 0; i < length; i += 1) await page.keyboard.press("Shift+ArrowRight");
  await page.evaluate(() => new Promise((read) => requestAnimationFrame(() => setTimeout(read))));
}

const marks = (page: Page) => page.locator(`${TEXT} .comment-mark`);
/** All that is marked; a caret within parts it into pieces. */
const marked = async (page: Page) => (await marks(page).allTextContents()).join("");
const cards = (page: Page) => page.locator(".margin .card");

test("a comment on a range: seen at once, answered, resolved, and it moves with its text", async () => {
  const [documentId, a, b] = await both(["one two three"]);
  await selectWord(b, 0, 4, 3);
  await b.keyboard.press("ControlOrMeta+Alt+m");
  await b.getByLabel("Write a comment; @ names a person").fill("Why two?");
  await b.keyboard.press("ControlOrMeta+Enter");
  await marks(a).filter({ hasText: "two" }).waitFor();
  await cards(a).filter({ hasText: "Why two?" }).waitFor();

  await placeCaret(a, 0, 0);
  await a.keyboard.type("zero ");
  await placeCaret(a, 0, 10);
  await a.keyboard.type("XX");
  await expect.poll(() => marked(b)).toBe("tXXwo");
  await agree(documentId, ada, a, b);

  await cards(a).filter({ hasText: "Why two?" }).click();
  await a.getByLabel("Reply").fill("Because of three.");
  await a.keyboard.press("ControlOrMeta+Enter");
  await cards(b).filter({ hasText: "Because of three." }).waitFor();
  await cards(a).getByRole("button", { name: "Resolve" }).click();
  await marks(b).first().waitFor({ state: "detached" });
  for (const page of [a, b]) await page.context().close();
});

test("all of its text deleted: shown as such, and it comes back with the text", async () => {
  const [, a, b] = await both(["one two three"]);
  await selectWord(a, 0, 4, 3);
  await a.keyboard.press("ControlOrMeta+Alt+m");
  await a.getByLabel("Write a comment; @ names a person").fill("Stays?");
  await a.keyboard.press("ControlOrMeta+Enter");
  await marks(b).filter({ hasText: "two" }).waitFor();
  await selectWord(a, 0, 2, 8);
  await a.keyboard.press("Delete");
  await saved(a);
  await cards(b).filter({ hasText: "On deleted text" }).waitFor();
  await a.locator(TEXT).focus();
  await a.keyboard.press("ControlOrMeta+z");
  await marks(b).filter({ hasText: /^two$/ }).waitFor();
  for (const page of [a, b]) await page.context().close();
});

test("a commenter only suggests, whatever is typed; the owner accepts and rejects", async () => {
  const [documentId, a, b] = await both(["The colour of it", "and more"]);
  await selectWord(b, 0, 4, 6);
  await b.keyboard.type("color");
  await placeCaret(b, 1, 3);
  await b.keyboard.press("Delete");
  await b.keyboard.press("Delete");
  await placeCaret(b, 1, 0);
  await b.keyboard.press("Backspace");
  await placeCaret(b, 0, 3);
  await b.keyboard.press("Enter");
  const content = new Delta(await agree(documentId, ada, a, b));
  expect(textOf(rejected(content).ops)).toBe("The colour of it\nand more\n");
  expect(textOf(accepted(content).ops)).toBe("The\n color of itandore\n");

  await cards(a).filter({ hasText: "Replace:" }).getByRole("button", { name: "Accept" }).click();
  await expect.poll(async () => textOf(await shown(b))).toContain("color of it");
  await a.locator(TEXT).focus();
  await a.keyboard.press("ControlOrMeta+z");
  await cards(a).filter({ hasText: "Replace:" }).waitFor();
  await cards(a).filter({ hasText: "Replace:" }).getByRole("button", { name: "Accept" }).click();
  await cards(a).filter({ hasText: "Replace:" }).waitFor({ state: "detached" });

  await a.keyboard.press("ControlOrMeta+Alt+Shift+a");
  await a.getByRole("button", { name: "Reject all" }).click();
  const left = await agree(documentId, ada, a, b);
  expect(textOf(left)).toBe("The color of it\nand more\n");
  expect(findSuggestions(new Delta(left))).toEqual([]);
  for (const page of [a, b]) await page.context().close();
});

test("an editor who suggests: formats, splits and joins; accepting all is the edit itself", async () => {
  const [documentId, a, b] = await both(["Heading here", "some words", "last"], "editor");
  await b.keyboard.press("ControlOrMeta+Alt+Shift+x");
  await b.getByRole("button", { name: "Mode: Suggesting" }).waitFor();
  await selectWord(b, 1, 5, 5);
  await b.keyboard.press("ControlOrMeta+b");
  await placeCaret(b, 0, 0);
  await b.keyboard.press("ControlOrMeta+Alt+1");
  const content = new Delta(await agree(documentId, ada, a, b));
  expect(rejected(content).ops).toEqual([{ insert: "Heading here\nsome words\nlast\n" }]);
  await a.keyboard.press("ControlOrMeta+Alt+Shift+a");
  await a.getByRole("button", { name: "Accept all" }).click();
  expect(await agree(documentId, ada, a, b)).toEqual([
    { insert: "Heading here" },
    { attributes: { header: 1 }, insert: "\n" },
    { insert: "some " },
    { attributes: { bold: true }, insert: "words" },
    { insert: "\nlast\n" },
  ]);
  // It is kept for this document.
  await b.reload();
  await b.getByRole("button", { name: "Mode: Suggesting" }).waitFor();
  for (const page of [a, b]) await page.context().close();
});

test("accepted while its author types in it: what comes after is a suggestion of its own", async () => {
  const [documentId, a, b] = await both(["start"]);
  await placeCaret(b, 0, 5);
  await b.keyboard.type(" one");
  await cards(a).filter({ hasText: "Add:" }).waitFor();
  await Promise.all([
    cards(a).getByRole("button", { name: "Accept" }).click(),
    b.keyboard.type(" two", { delay: 15 }),
  ]);
  const content = new Delta(await agree(documentId, ada, a, b));
  expect(textOf(accepted(content).ops)).toBe("start one two\n");
  expect(await b.locator(SAVE_STATE).textContent()).toMatch(/^Saved/);
  for (const page of [a, b]) await page.context().close();
});

test("two decide the same at once: the pages agree, and what goes stays gone", async () => {
  const [documentId, a, b] = await both(["start"], "editor");
  await b.keyboard.press("ControlOrMeta+Alt+Shift+x");
  await placeCaret(b, 0, 5);
  await b.keyboard.type(" one");
  await cards(a).filter({ hasText: "Add:" }).waitFor();
  const [accept, reject] = await Promise.all([
    cards(a).getByRole("button", { name: "Accept" }).elementHandle(),
    cards(b).getByRole("button", { name: "Reject" }).elementHandle(),
  ]);
  const press = (button: HTMLElement | SVGElement | null) => (button as HTMLElement).click();
  await Promise.all([accept?.evaluate(press), reject?.evaluate(press)]);
  const content = await agree(documentId, ada, a, b);
  expect(["start\n", "start one\n"]).toContain(textOf(content));
  expect(findSuggestions(new Delta(content))).toEqual([]);
  for (const page of [a, b]) await page.context().close();
});

test.each(["light", "dark"] as const)(
  "cards, list and composer have no findings in the %s theme",
  async (scheme) => {
    const [, a, b] = await both(["one two three"]);
    await a.emulateMedia({ colorScheme: scheme });
    await selectWord(b, 0, 4, 3);
    await b.keyboard.press("ControlOrMeta+Alt+m");
    await b.getByLabel("Write a comment; @ names a person").fill("Why two?");
    await b.keyboard.press("ControlOrMeta+Enter");
    await placeCaret(b, 0, 0);
    await b.keyboard.type("zero ");
    await cards(a).filter({ hasText: "Add:" }).waitFor();
    await cards(a).filter({ hasText: "Why two?" }).click();
    expect(await seriousFindings(a)).toEqual([]);
    await a.keyboard.press("ControlOrMeta+Alt+Shift+a");
    await a.locator(".margin-list").waitFor();
    expect(await seriousFindings(a)).toEqual([]);
    for (const page of [a, b]) await page.context().close();
  },
);
