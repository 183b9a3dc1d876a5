import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, shown, text } from "./support/content.ts";
import { Person, TEXT } from "./support/people.ts";
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

async function blank(lines: string[] = []): Promise<[documentId: string, page: Page]> {
  const documentId = await ada.createDocument("Writing", lines, [bob]);
  const page = await ada.open(browser, documentId);
  await placeCaret(page, 0, 0);
  return [documentId, page];
}

/** Each line as shown: its text and its attributes. */
async function lines(page: Page): Promise<[text: string, attributes: unknown][]> {
  return page.locator(`${TEXT} .line`).evaluateAll((all) =>
    all.map((line) => {
      const own = line.cloneNode(true) as HTMLElement;
      for (const caret of own.querySelectorAll(".cursor")) caret.remove();
      return [own.textContent, JSON.parse((line as HTMLElement).dataset.line || "null")];
    }),
  );
}

test("Markdown, nested lists and their borders, by real keys", async () => {
  const [documentId, page] = await blank();
  await page.keyboard.type("## Plan\n- first\n");
  await page.keyboard.press("Tab");
  await page.keyboard.type("inner\n\n\n1. one\ntwo **bold** end");
  expect(await lines(page)).toEqual([
    ["Plan", { header: 2 }],
    ["first", { list: "bullet" }],
    ["inner", { list: "bullet", indent: 1 }],
    ["one", { list: "ordered" }],
    ["two bold end", { list: "ordered" }],
  ]);
  expect(await page.locator(`${TEXT} strong`).textContent()).toBe("bold");
  await page.keyboard.press("Home");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  expect((await lines(page)).at(-1)).toEqual(["onetwo bold end", { list: "ordered" }]);
  await agree(documentId, ada, page);
  await page.context().close();
});

test("one undo brings back what was typed", async () => {
  const [, page] = await blank(["", "below"]);
  await page.keyboard.type("# ");
  expect((await lines(page))[0]).toEqual(["", { header: 1 }]);
  await page.keyboard.press("Control+z");
  expect((await lines(page))[0]).toEqual(["# ", null]);
  await page.keyboard.type("kept");
  expect(await text(page)).toBe("# kept\nbelow\n");
  await page.context().close();
});

test("dividers and code: borders, indentation, leaving", async () => {
  const [documentId, page] = await blank();
  await page.keyboard.type("---above");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Home");
  await page.keyboard.type("top");
  expect(await text(page)).toBe("top\n￼\nabove\n");
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Home");
  await page.keyboard.press("Backspace");
  expect(await text(page)).toBe("top\nabove\n");
  await page.keyboard.press("Control+End");
  await page.keyboard.type("\n```py\nif x:\n");
  await page.keyboard.press("Tab");
  await page.keyboard.type("go()\n\n\nout");
  expect((await lines(page)).slice(2)).toEqual([
    ["if x:", { "code-block": "python" }],
    ["  go()", { "code-block": "python" }],
    ["out", null],
  ]);
  await agree(documentId, ada, page);
  await page.context().close();
});

test("addresses become links, and formats by their keys", async () => {
  const [documentId, page] = await blank();
  await page.keyboard.type("see https://a.example, or me@b.example ");
  expect(
    await page.locator(`${TEXT} a`).evaluateAll((all) => all.map((link) => link.getAttribute("href"))),
  ).toEqual(["https://a.example", "mailto:me@b.example"]);
  await page.keyboard.press("Control+Alt+3");
  await page.keyboard.press("Control+Shift+e");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+.");
  expect((await lines(page))[0]?.[1]).toEqual({ header: 3, align: "center" });
  expect(await page.locator(`${TEXT} sup`).count()).toBeGreaterThan(0);
  await agree(documentId, ada, page);
  await page.context().close();
});

test("Escape and Tab leave the text", async () => {
  const [, page] = await blank(["words"]);
  const inText = () => page.evaluate((css) => document.activeElement?.closest(css) !== null, TEXT);
  await page.keyboard.press("Tab");
  expect(await inText()).toBe(true);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  expect(await inText()).toBe(false);
  await page.context().close();
});

test("what others write above moves neither caret nor text, and their carets glide", async () => {
  const [documentId, a] = await blank(Array.from({ length: 120 }, (_, at) => `line ${at}`));
  const b = await bob.open(browser, documentId);
  await placeCaret(a, 80, 3);
  const line = a.locator(`${TEXT} .line`, { hasText: /^line 80$/ });
  const top = () => line.evaluate((element) => Math.round(element.getBoundingClientRect().top));
  await expect.poll(async () => Math.abs((await top()) - (await top()))).toBe(0);
  const before = await top();
  await placeCaret(b, 2, 0);
  await b.keyboard.type("new\nnew\nnew\nnew\nnew\nnew\n");
  await agree(documentId, ada, a, b);
  // The six lines are some 200 pixels; a browser scrolls by whole ones.
  expect(Math.abs((await top()) - before)).toBeLessThan(2);
  await a.keyboard.type("X");
  expect((await text(a)).split("\n").filter((one) => one.includes("X"))).toEqual(["linXe 80"]);
  // Bob comes near: his caret is drawn where it was, and glides.
  await placeCaret(b, 84, 0);
  await a.locator(`${TEXT} .cursor-bar`).waitFor();
  await b.keyboard.press("End");
  const glides = () =>
    a.locator(`${TEXT} .cursor-bar`).evaluate((bar) => {
      const known = bar as HTMLElement & { seen?: boolean };
      known.seen ||= bar.getAnimations().some((one) => one.constructor.name === "Animation");
      return known.seen;
    });
  await b.keyboard.press("Home");
  await expect.poll(glides, { interval: 5 }).toBe(true);
  expect(await shown(a)).toEqual(await shown(b));
  await a.context().close();
  await b.context().close();
});

test("an expression that never ends is given up, and the page lives on", async () => {
  const [, page] = await blank([`${"a".repeat(40)}b`, "one", "once"]);
  await page.keyboard.press("Control+f");
  const bar = page.getByLabel("Find in the document");
  await page.getByRole("button", { name: "Regular expression" }).click();
  await bar.fill("(a+)+$");
  await page.getByText("This takes too long").waitFor();
  await bar.fill("^on(e|c)");
  await page.getByText("1 of 2").waitFor();
  expect(await page.locator(`${TEXT} .found`).allTextContents()).toEqual(["one", "onc"]);
  expect(await page.locator(`${TEXT} .found-current`).allTextContents()).toEqual(["one"]);
  await page.context().close();
});
