import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Attributes, Delta, DeltaBuilder, type Op } from "../../src/core/delta";
import { faults, plainDocuments } from "../editor/clipboard-arbitrary";
import { launch } from "./support/browser";
import { agree, placeCaret, shown, textOf } from "./support/content";
import { Person, TEXT } from "./support/people";
import { Server } from "./support/server";

const CORPUS = join(import.meta.dirname, "../paste");
const read = (name: string) => readFileSync(join(CORPUS, name), "utf8");
const CASES = readdirSync(CORPUS)
  .filter((name) => name.endsWith(".html"))
  .map((name) => name.slice(0, -5));
const HOSTILE = JSON.parse(read("hostile.json")) as string[];

interface Expected {
  ops: Op[];
  tail: Attributes | null;
  images: { source: object; index: number; attributes: Attributes }[];
}

let browser: Browser;
let server: Server;
let ada: Person;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  ada = await Person.register(server.url, "Ada");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page without a server that has the reader of HTML. */
async function readerPage(): Promise<Page> {
  const entry = fileURLToPath(new URL("./paste.entry.ts", import.meta.url));
  const [bundle] = (await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "octavo" } },
  })) as { output: { code?: string }[] }[];
  const page = await browser.newPage();
  await page.addScriptTag({ content: bundle?.output[0]?.code ?? "" });
  return page;
}

function readIn(page: Page, html: string): Promise<Expected> {
  return page.evaluate((given) => {
    const { readHtml } = (globalThis as unknown as { octavo: typeof import("./paste.entry") }).octavo;
    const { content, tail, images } = readHtml(given, "https://octavo.example/d/1");
    const told = images.map(({ source, index, attributes }) => ({
      source: "file" in source ? { file: `${source.file.name} ${source.file.size}` } : source,
      index,
      attributes,
    }));
    return { ops: content.ops as Op[], tail, images: told };
  }, html);
}

/** A document's content in which nothing else stands. */
const asDocument = ({ ops, tail }: Expected) => new Delta([...ops, lineEnd(tail)]).ops;
const lineEnd = (tail: Attributes | null): Op =>
  tail && Object.keys(tail).length > 0 ? { insert: "\n", attributes: tail } : { insert: "\n" };

/** What would be noted if one of them ran: else the test could not fail. */
async function expectTrap(page: Page, asked: string[]): Promise<void> {
  await page.evaluate(() => {
    document.createElement("div").innerHTML = "<img src=https://canary.invalid/ onerror=ran()>";
  });
  await page.waitForFunction(() => (window as unknown as { runs: number }).runs === 1);
  await page.evaluate(() => {
    (window as unknown as { runs: number }).runs = 0;
  });
  expect(asked.splice(0)).toEqual(["https://canary.invalid/"]);
}

/** Pastes as the browser does it, with what a program would have put on the clipboard. */
function paste(page: Page, data: Record<string, string>): Promise<void> {
  return page.locator(TEXT).evaluate((element, given) => {
    const clipboardData = new DataTransfer();
    for (const [type, value] of Object.entries(given)) clipboardData.setData(type, value);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, data);
}

async function open(lines: string[] = [], options = {}): Promise<{ id: string; page: Page }> {
  const id = await ada.createDocument("Paste", lines);
  const page = await ada.open(browser, id, options);
  return { id, page };
}

describe("what other programs copy", () => {
  it("becomes the content beside each file, and the server takes it", async () => {
    expect(CASES.length).toBeGreaterThanOrEqual(30);
    const page = await readerPage();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    for (const name of CASES) {
      const result = await readIn(page, read(`${name}.html`));
      expect(result, name).toEqual(JSON.parse(read(`${name}.json`)));
      const content = { ops: asDocument(result) };
      expect(faults(content.ops), name).toEqual([]);
      await ada.request("POST", "/documents", { title: name, content });
    }
    expect(requests).toEqual([]);
    await page.close();
  });

  it("is read fast when there is much of it", async () => {
    const page = await readerPage();
    const paragraph = `<p class=MsoNormal style='margin:0'><span style='color:red'>${"word ".repeat(20)}</span></p>`;
    const { ops } = await readIn(page, paragraph.repeat(10_000));
    expect(textOf(ops).length).toBeGreaterThan(980_000);
    await page.close();
  });
});

/** HTML as nobody would write it: any element in any other, with any of the styles that are read. */
function strangeHtml(): fc.Arbitrary<string> {
  const tag = fc.constantFrom(
    ...[
      "p",
      "div",
      "span",
      "b",
      "i",
      "a href=https://a.example/",
      "h2",
      "ul",
      "ol",
      "li",
      "li role=checkbox",
      "pre",
    ],
    ...[
      "code",
      "table",
      "tr",
      "td",
      "th",
      "blockquote",
      "br",
      "hr",
      "img src=https://a.example/i",
      "sup",
      "dd",
      "center",
    ],
    ...[
      "p class=MsoTitle",
      "p style='mso-list:l0 level3 lfo1'",
      "span style='mso-tab-count:3'",
      "figure",
      "figcaption",
    ],
    ...[
      "font face=Georgia size=7 color=red",
      "li aria-level=20",
      "p dir=rtl align=right",
      "input type=checkbox checked",
    ],
  );
  const style = fc.constantFrom(
    ...[
      "",
      "",
      "",
      "font-size:400pt",
      "font-size:13.4px",
      "color:#12",
      "color:rgb(300,0,0)",
      "margin-left:999pt",
    ],
    ...[
      "line-height:1.17",
      "font-weight:700",
      "font-weight:normal",
      "white-space:pre",
      "text-align:left",
      "display:none",
    ],
    ...[
      "vertical-align:super",
      "background:lime url(x)",
      "page-break-before:always",
      "width:99999px",
      "text-align:center",
    ],
  );
  const text = fc.constantFrom(
    "a",
    " ",
    "\n",
    "\t",
    "&nbsp;",
    "&nbsp;&nbsp;",
    "😀",
    "☐ x",
    "  b  ",
    "\u2028",
    "&#1;",
    "",
  );
  const part = fc.oneof(
    { weight: 3, arbitrary: text },
    {
      weight: 3,
      arbitrary: fc.tuple(tag, style).map(([name, css]) => `<${name} ${css && `style="${css}"`}>`),
    },
    { weight: 2, arbitrary: tag.map((name) => `</${name.split(" ")[0]}>`) },
  );
  return fc.array(part, { maxLength: 25 }).map((parts) => parts.join(""));
}

describe("any HTML", () => {
  it("gives a content that the schema takes", async () => {
    const page = await readerPage();
    for (const html of fc.sample(strangeHtml(), { numRuns: 1000, seed: 1 })) {
      const result = await readIn(page, html);
      const { length } = new Delta(result.ops);
      expect(faults(asDocument(result)), html).toEqual([]);
      for (const { index } of result.images) expect(index, html).toSatisfy((at) => at >= 0 && at <= length);
    }
    await page.close();
  });
});

describe("our HTML", () => {
  it("says to other programs what a document says: read as foreign, it is the same", async () => {
    const page = await readerPage();
    for (const content of fc.sample(plainDocuments(), { numRuns: 300, seed: 1 })) {
      const html = await page.evaluate((json) => {
        const { copied, Delta } = (globalThis as unknown as { octavo: typeof import("./paste.entry") })
          .octavo;
        const all = new Delta(JSON.parse(json));
        const selected = { content: all.slice(0, all.length - 1), tail: {}, isPartial: false };
        return copied(selected, "d", "https://octavo.example/").html.replace(/ data-octavo="[^"]*"/, "");
      }, JSON.stringify(content.ops));
      const { ops, tail } = await readIn(page, html);
      const back = new DeltaBuilder().append(new Delta(ops)).insert("\n", tail ?? {});
      expect(back.build().ops, html).toEqual(content.ops);
    }
    await page.close();
  });
});

describe("hostile HTML", () => {
  for (const bypassCSP of [false, true]) {
    it(`runs nothing and asks for nothing, ${bypassCSP ? "without" : "with"} the page's policy`, async () => {
      expect(HOSTILE.length).toBeGreaterThanOrEqual(100);
      const { id, page } = await open([], { bypassCSP });
      const asked: string[] = [];
      const context = page.context();
      context.on("request", (request) => {
        const url = new URL(request.url());
        if (url.origin !== server.url && !["blob:", "data:"].includes(url.protocol))
          asked.push(request.url());
      });
      context.on("page", () => asked.push("a window"));
      page.on("dialog", () => asked.push("a dialog"));
      await page.evaluate(() => {
        const noting = window as unknown as { ran: () => void; runs: number };
        noting.runs = 0;
        noting.ran = () => {
          noting.runs += 1;
        };
      });
      if (bypassCSP) await expectTrap(page, asked);
      await page.locator(TEXT).focus();
      for (const [at, html] of HOSTILE.entries()) {
        // Our own form is only that when nothing stands beside it.
        await paste(page, { "text/html": html.includes("data-octavo") ? html : `${html}<p>${at}</p>` });
      }
      const stored = await agree(id, ada, page);
      expect(faults(stored)).toEqual([]);
      expect(textOf(stored)).toContain(`${HOSTILE.length - 1}`);
      const elements = await page.locator(TEXT).evaluate((text) => {
        const all = text.querySelectorAll("script, style, iframe, object, embed, svg, link, form");
        // What the page itself shows while an image is on its way.
        return [...all].filter((element) => !element.closest(".ProseMirror-widget")).length;
      });
      const runs = await page.evaluate(() => (window as unknown as { runs: number }).runs);
      expect({ asked, elements, runs }).toEqual({ asked: [], elements: 0, runs: 0 });
      await context.close();
    });
  }
});

describe("in the editor", () => {
  const WORD = {
    "text/html": "<h2>Head</h2><ul><li>a<ul><li>b</li></ul></li></ul>",
    "text/plain": "Head\na\nb",
  };

  it("a paste is one step for undo; without formats it is text", async () => {
    const { id, page } = await open(["before"]);
    await placeCaret(page, 0, 6);
    await paste(page, WORD);
    expect(await shown(page)).toEqual([
      { insert: "beforeHead\na" },
      { insert: "\n", attributes: { list: "bullet" } },
      { insert: "b" },
      { insert: "\n", attributes: { list: "bullet", indent: 1 } },
    ]);
    await page.keyboard.press("ControlOrMeta+z");
    expect(await shown(page)).toEqual([{ insert: "before\n" }]);
    await page.evaluate((text) => {
      const options = { key: "V", ctrlKey: true, shiftKey: true, bubbles: true };
      document.querySelector(text)?.dispatchEvent(new KeyboardEvent("keydown", options));
    }, TEXT);
    await paste(page, WORD);
    expect(textOf(await agree(id, ada, page))).toBe("beforeHead\na\nb\n");
    await page.context().close();
  });

  it("an address over selected text links it, alone it is a link", async () => {
    const { id, page } = await open(["one two"]);
    await placeCaret(page, 0, 4);
    await page.keyboard.press("Shift+End");
    await paste(page, { "text/plain": "https://a.example/x" });
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await paste(page, { "text/plain": "https://b.example/" });
    expect(await agree(id, ada, page)).toEqual([
      { insert: "one " },
      { insert: "two", attributes: { link: "https://a.example/x" } },
      { insert: "\n" },
      { insert: "https://b.example/", attributes: { link: "https://b.example/" } },
      { insert: "\n" },
    ]);
    await page.context().close();
  });

  it("what is copied, cut and pasted here loses nothing", async () => {
    const content: Op[] = [
      { insert: "Title" },
      { insert: "\n", attributes: { header: 1, align: "center" } },
      { insert: "big", attributes: { size: 30, font: "Georgia", background: "#ffee00" } },
      { insert: " item" },
      { insert: "\n", attributes: { list: "checked", indent: 2 } },
      { insert: { "page-break": true } },
      { insert: "\nx = 1" },
      { insert: "\n", attributes: { "code-block": "python" } },
    ];
    const { id } = await ada.request<{ id: string }>("POST", "/documents", {
      title: "C",
      content: { ops: content },
    });
    const page = await ada.open(browser, id);
    await page.locator(TEXT).focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("ControlOrMeta+x");
    expect(await shown(page)).toEqual([{ insert: "\n" }]);
    await page.keyboard.press("ControlOrMeta+v");
    expect(await agree(id, ada, page)).toEqual(content);
    await page.context().close();
  });

  it("Ctrl+Shift+V pastes the text of what was copied, Ctrl+V all of it", async () => {
    const bold: Op = { insert: "bold", attributes: { bold: true } };
    const heading: Op = { insert: "\n", attributes: { header: 1 } };
    const ops = [bold, heading, { insert: "x\n" }];
    const { id } = await ada.request<{ id: string }>("POST", "/documents", { title: "K", content: { ops } });
    const page = await ada.open(browser, id);
    await page.locator(TEXT).focus();
    await page.keyboard.press("ControlOrMeta+Home");
    await page.keyboard.press("Shift+End");
    for (const key of ["c", "End", "Shift+v"]) await page.keyboard.press(`ControlOrMeta+${key}`);
    await page.keyboard.press("Enter");
    await page.keyboard.press("ControlOrMeta+v");
    expect(await agree(id, ada, page)).toEqual([bold, heading, { insert: "xbold\n" }, bold, heading]);
    await page.context().close();
  });

  it("dragged text moves, as one step; text from outside is put in", async () => {
    const { id, page } = await open(["one two three", "four"]);
    await placeCaret(page, 0, 4);
    for (let i = 0; i < 4; i += 1) await page.keyboard.press("Shift+ArrowRight");
    const place = (line: number, offset: number) =>
      page.locator(TEXT).evaluate(
        (text, [at, units]) => {
          const node = document
            .createTreeWalker(text.children[at as number] as Element, NodeFilter.SHOW_TEXT)
            .nextNode();
          const range = document.createRange();
          range.setStart(node as Node, units as number);
          range.setEnd(node as Node, units as number);
          const { left, top, height } = range.getBoundingClientRect();
          return { x: left + 0.5, y: top + height / 2 };
        },
        [line, offset],
      );
    const [from, to] = [await place(0, 6), await place(1, 0)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x + 20, to.y, { steps: 4 });
    await page.mouse.move(to.x, to.y, { steps: 2 });
    await page.mouse.up();
    await expect.poll(async () => textOf(await shown(page))).toBe("one three\ntwo four\n");
    await page.keyboard.press("ControlOrMeta+z");
    expect(textOf(await shown(page))).toBe("one two three\nfour\n");
    const outside = await place(1, 4);
    await page.locator(TEXT).evaluate((text, { x, y }) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/html", "<b>!</b>");
      const options = { dataTransfer, clientX: x, clientY: y, bubbles: true, cancelable: true };
      text.lastElementChild?.dispatchEvent(new DragEvent("drop", options));
    }, outside);
    expect(await agree(id, ada, page)).toEqual([
      { insert: "one two three\nfour" },
      { insert: "!", attributes: { bold: true } },
      { insert: "\n" },
    ]);
    await page.context().close();
  });
});
