import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { act } from "./support/acts.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, text, textOf } from "./support/content.ts";
import { Person, saved, TEXT } from "./support/people.ts";
import { seeded } from "./support/random.ts";
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

async function both(lines: string[]): Promise<[documentId: string, a: Page, b: Page]> {
  const documentId = await ada.createDocument("Together", lines, [bob]);
  const [a, b] = await Promise.all([ada.open(browser, documentId), bob.open(browser, documentId)]);
  return [documentId, a, b];
}

async function leave(...pages: Page[]): Promise<void> {
  for (const page of pages) await page.context().close();
}

test("two people type in the same word", async () => {
  const [documentId, a, b] = await both(["HELLO"]);
  await placeCaret(a, 0, 2);
  await placeCaret(b, 0, 3);
  await Promise.all([
    a.keyboard.type("abcdefghij", { delay: 17 }),
    b.keyboard.type("0123456789", { delay: 23 }),
  ]);
  const content = await agree(documentId, ada, a, b);
  // Each hand's letters stay together and in order: nobody's caret was moved by the other.
  expect(textOf(content)).toBe("HEabcdefghijL0123456789LO\n");
  await leave(a, b);
});

test("each sees who is here, where, and when they leave", async () => {
  const [, a, b] = await both(["some words to stand in"]);
  await placeCaret(b, 0, 5);
  await a.locator(".people").getByRole("button", { name: "Show where Bob is" }).waitFor();
  await a.locator(`${TEXT} .cursor-flag`, { hasText: "Bob" }).waitFor();
  await b.keyboard.press("Shift+End");
  await a.locator(`${TEXT} .cursor-selection`, { hasText: "words to stand in" }).waitFor();
  await leave(b);
  await a.locator(`${TEXT} .cursor`).waitFor({ state: "detached" });
  await a.locator(".people").waitFor({ state: "detached" });
  await leave(a);
});

test("a title given by one names the other's tab", async () => {
  const [, a, b] = await both(["text"]);
  await a.getByLabel("Title").fill("A better name");
  await a.keyboard.press("Enter");
  await b.waitForFunction(() => document.title.includes("A better name"));
  expect(await a.evaluate(() => document.activeElement?.classList.contains("ProseMirror"))).toBe(true);
  await leave(a, b);
});

test("Enter against Backspace at the same line border", async () => {
  const [documentId, a, b] = await both(["one", "two"]);
  await placeCaret(a, 0, 3);
  await placeCaret(b, 1, 0);
  await Promise.all([a.keyboard.press("Enter"), b.keyboard.press("Backspace")]);
  const content = await agree(documentId, ada, a, b);
  // One newline came and one went, so the two lines are two lines still.
  expect(textOf(content)).toBe("one\ntwo\n");
  await leave(a, b);
});

test("undo takes back one's own only, though another wrote inside it", async () => {
  const [documentId, a, b] = await both([""]);
  await placeCaret(a, 0, 0);
  await a.keyboard.type("mountain");
  await agree(documentId, ada, a, b);
  await placeCaret(b, 0, 5);
  await b.keyboard.type("XYZ");
  expect(textOf(await agree(documentId, ada, a, b))).toBe("mountXYZain\n");
  await a.keyboard.press("ControlOrMeta+z");
  expect(textOf(await agree(documentId, ada, a, b))).toBe("XYZ\n");
  await a.keyboard.press("ControlOrMeta+Shift+z");
  expect(textOf(await agree(documentId, ada, a, b))).toBe("mountXYZain\n");
  await leave(a, b);
});

test("the caret and the selection stay with their letters under another's edits", async () => {
  const [documentId, a, b] = await both(["first line", "keep this word here"]);
  await placeCaret(a, 1, 5);
  for (let i = 0; i < 4; i += 1) await a.keyboard.press("Shift+ArrowRight");
  const selected = () => a.evaluate(() => getSelection()?.toString());
  expect(await selected()).toBe("this");
  await placeCaret(b, 0, 0);
  await b.keyboard.type("new ");
  await b.keyboard.press("Enter");
  await agree(documentId, ada, a, b);
  expect(await selected()).toBe("this");
  await placeCaret(b, 2, 0);
  await b.keyboard.type(">> ");
  await b.keyboard.press("End");
  await b.keyboard.type("!");
  await agree(documentId, ada, a, b);
  expect(await selected()).toBe("this");
  await a.keyboard.type("that");
  expect(textOf(await agree(documentId, ada, a, b))).toBe("new \nfirst line\n>> keep that word here!\n");
  await leave(a, b);
});

test("what one reads stays in place while another writes above", async () => {
  const [documentId, a, b] = await both(Array.from({ length: 200 }, (_, at) => `line ${at}`));
  const line = a.locator(`${TEXT} .line`, { hasText: /^line 120$/ });
  await line.scrollIntoViewIfNeeded();
  const before = (await line.boundingBox())?.y ?? 0;
  await placeCaret(b, 0, 0);
  for (let i = 0; i < 8; i += 1) await b.keyboard.press("Enter");
  await agree(documentId, ada, a, b);
  expect(Math.abs(((await line.boundingBox())?.y ?? 0) - before)).toBeLessThan(3);
  await leave(a, b);
});

test("no key of the caret is lost while another writes", async () => {
  const [documentId, a, b] = await both(["abcdefghijklmnopqrstuvwxyz", ""]);
  await a.locator(TEXT).focus();
  await placeCaret(b, 1, 0);
  let done = false;
  const peer = (async () => {
    while (!done) await b.keyboard.type("x");
  })();
  const places: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    // No pause between keys: the browser tells of a moved caret late, and changes arrive meanwhile.
    await a.keyboard.press("ControlOrMeta+Home");
    for (let i = 0; i < 5; i += 1) await a.keyboard.press("ArrowRight");
    await a.keyboard.type("|");
    places.push((await text(a)).indexOf("|"));
    await a.keyboard.press("Backspace");
  }
  done = true;
  await peer;
  expect(places).toEqual(places.map(() => 5));
  await agree(documentId, ada, a, b);
  await leave(a, b);
});

test("five people, fifteen seconds of random edits and formats", async () => {
  const others = await Promise.all(["Cyd", "Dan", "Eva"].map((name) => Person.register(server.url, name)));
  const everyone = [ada, bob, ...others];
  const documentId = await ada.createDocument("Crowd", ["one", "two", "three", "four"], everyone.slice(1));
  const pages = await Promise.all(everyone.map((person) => person.open(browser, documentId)));
  const end = performance.now() + 15_000;
  const acted = await Promise.all(
    pages.map(async (page, at) => {
      const random = seeded(20_26 + at);
      await placeCaret(page, at % 4, 0);
      let count = 0;
      for (; performance.now() < end; count += 1) await act(page, random);
      return count;
    }),
  );
  expect(Math.min(...acted)).toBeGreaterThan(10);
  await agree(documentId, ada, ...pages);
  await leave(...pages);
});

test("a million characters are pasted, deleted and brought back", async () => {
  const [documentId, a, b] = await both(["start"]);
  await placeCaret(a, 0, 5);
  const line = "The quick brown fox jumps over the lazy dog, and so on and so on to the end. ";
  const big = `${line.repeat(13)}\n`.repeat(1000).slice(0, 1_000_000);
  await a.locator(TEXT).evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, big);
  await saved(a, 60_000);
  expect(textOf(await agree(documentId, ada, a, b))).toBe(`start${big}\n`);
  await a.keyboard.press("ControlOrMeta+a");
  await a.keyboard.press("Delete");
  await saved(a, 60_000);
  expect(textOf(await agree(documentId, ada, a, b))).toBe("\n");
  await a.keyboard.press("ControlOrMeta+z");
  await saved(a, 60_000);
  expect(textOf(await agree(documentId, ada, a, b))).toBe(`start${big}\n`);
  expect((await text(b)).length).toBe(1_000_006);
  await leave(a, b);
}, 180_000);
