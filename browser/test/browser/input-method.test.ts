import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, textOf } from "./support/content.ts";
import { Person } from "./support/people.ts";
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

/** What an input method shows while it composes: the text so far, underlined, the caret at its end. */
function compose(keyboard: CDPSession, composed: string): Promise<unknown> {
  const at = composed.length;
  return keyboard.send("Input.imeSetComposition", { text: composed, selectionStart: at, selectionEnd: at });
}

/** Until the server has the other's text: what arrives during a composition is held, so the page cannot tell. */
async function stored(documentId: string, part: string): Promise<void> {
  await expect.poll(async () => textOf(await ada.content(documentId)), { timeout: 20_000 }).toContain(part);
}

async function composeWhile(
  start: { line: number; offset: number },
  remote: (peer: Page) => Promise<void>,
  part: string,
): Promise<string> {
  const documentId = await ada.createDocument("Input method", ["before", "ab", "after"], [bob]);
  const a = await ada.open(browser, documentId);
  const b = await bob.open(browser, documentId);
  const keyboard = await a.context().newCDPSession(a);
  await placeCaret(a, start.line, start.offset);
  await compose(keyboard, "に");
  await compose(keyboard, "にほ");
  await remote(b);
  await stored(documentId, part);
  await compose(keyboard, "にほん");
  await compose(keyboard, "日本");
  await keyboard.send("Input.insertText", { text: "日本" });
  await a.keyboard.type("!");
  const content = textOf(await agree(documentId, ada, a, b));
  for (const page of [a, b]) await page.context().close();
  return content;
}

const CARET = { line: 1, offset: 1 };

test("composing while another writes before, on the same line", async () => {
  const write = async (peer: Page) => {
    await placeCaret(peer, 1, 0);
    await peer.keyboard.type("X");
  };
  expect(await composeWhile(CARET, write, "X")).toBe("before\nXa日本!b\nafter\n");
});

test("composing while another writes after, on the same line", async () => {
  const write = async (peer: Page) => {
    await placeCaret(peer, 1, 0);
    await peer.keyboard.press("End");
    await peer.keyboard.type("X");
  };
  expect(await composeWhile(CARET, write, "X")).toBe("before\na日本!bX\nafter\n");
});

test("composing while another writes at the caret", async () => {
  const write = async (peer: Page) => {
    await placeCaret(peer, 1, 1);
    await peer.keyboard.type("X");
  };
  const content = await composeWhile(CARET, write, "X");
  // Whoever comes first, both are there once and whole.
  expect(["before\naX日本!b\nafter\n", "before\na日本!Xb\nafter\n"]).toContain(content);
});

test("composing while another splits a line above", async () => {
  const write = async (peer: Page) => {
    await placeCaret(peer, 0, 3);
    await peer.keyboard.press("Enter");
    await peer.keyboard.type("X");
  };
  expect(await composeWhile(CARET, write, "X")).toBe("bef\nXore\na日本!b\nafter\n");
});

test("Korean syllables follow one another", async () => {
  const documentId = await ada.createDocument("Hangul", [""], [bob]);
  const a = await ada.open(browser, documentId);
  const b = await bob.open(browser, documentId);
  const keyboard = await a.context().newCDPSession(a);
  await placeCaret(a, 0, 0);
  for (const steps of [
    ["ㅎ", "하", "한"],
    ["ㄱ", "그", "글"],
  ]) {
    for (const step of steps) await compose(keyboard, step);
    await keyboard.send("Input.insertText", { text: steps.at(-1) ?? "" });
  }
  expect(textOf(await agree(documentId, ada, a, b))).toBe("한글\n");
  await placeCaret(b, 0, 0);
  await b.keyboard.type(">> ");
  expect(textOf(await agree(documentId, ada, a, b))).toBe(">> 한글\n");
});
