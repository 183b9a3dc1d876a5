import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret, text } from "./support/content.ts";
import { Person, ready, SAVE_STATE, saved, TEXT } from "./support/people.ts";
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

/** A document of these lines, open with its tools and menus. */
async function open(lines: string[], options = {}): Promise<{ page: Page; ada: Person; documentId: string }> {
  const ada = await Person.register(server.url, "Ada Lovelace");
  const documentId = await ada.createDocument("Page", lines);
  const page = await ada.open(browser, documentId, options);
  await page.locator(".tool[aria-label=Bold]").waitFor();
  await page.locator(TEXT).focus();
  return { page, ada, documentId };
}

const focused = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    return at?.getAttribute("aria-label") ?? at?.querySelector(".menu-text")?.textContent ?? at?.textContent;
  });

test("the menus are walked by keyboard alone", async () => {
  const { page } = await open(["word"]);
  await page.getByRole("menuitem", { name: "File" }).focus();
  await page.keyboard.press("ArrowRight");
  expect(await focused(page)).toBe("Edit");
  await page.keyboard.press("ArrowDown");
  // What cannot be done says why, and keeps its place.
  const undo = page.getByRole("menuitem", { name: /^Undo/ });
  expect(await undo.getAttribute("aria-disabled")).toBe("true");
  expect(await undo.textContent()).toContain("You have changed nothing");
  await page.keyboard.press("s");
  expect(await focused(page)).toBe("Select all");
  await page.keyboard.press("ArrowRight");
  expect(await focused(page)).toBe("Outline");
  for (let i = 0; i < 2; i += 1) await page.keyboard.press("ArrowRight");
  expect(await focused(page)).toBe("Text");
  await page.keyboard.press("ArrowRight");
  expect(await focused(page)).toBe("Bold");
  await page.keyboard.press("ArrowLeft");
  expect(await focused(page)).toBe("Text");
  await page.keyboard.press("Escape");
  expect(await focused(page)).toBe("Format");
  await page.keyboard.press("Escape");
  expect(await page.evaluate(() => document.activeElement?.className)).toContain("ProseMirror");
});

test("a command of a menu acts on the selection, and undo names it", async () => {
  const { page, ada, documentId } = await open(["word"]);
  await page.keyboard.press("ControlOrMeta+a");
  await page.getByRole("menuitem", { name: "Format" }).click();
  await page.getByRole("menuitem", { name: "Paragraph style" }).hover();
  await page.getByRole("menuitemradio", { name: "Heading 2" }).click();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "word" },
    { insert: "\n", attributes: { header: 2 } },
  ]);
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByRole("menuitem", { name: "Undo: Heading 2 (only your own changes)" }).click();
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "word\n" }]);
});

test("size, font and colour are set from the toolbar; the palette is a grid for the keyboard", async () => {
  const { page, ada, documentId } = await open(["word"]);
  await page.keyboard.press("ControlOrMeta+a");
  await page.getByLabel("Size in points").fill("20");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Larger text" }).click();
  await page.getByRole("button", { name: /^Font/ }).click();
  await page.keyboard.press("g");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Text colour" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.locator(".swatch:focus").waitFor();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  expect(await focused(page)).toBe("Strong red");
  await page.keyboard.press("Enter");
  const [first] = await agree(documentId, ada, page);
  expect(first).toMatchObject({ insert: "word", attributes: { font: "Garamond", color: "#ca2c21" } });
  expect(await page.getByLabel("Size in points").inputValue()).not.toBe("20");
});

test("what does not fit into the toolbar folds away, and works from there", async () => {
  const { page, ada, documentId } = await open(["word"], { viewport: { width: 800, height: 640 } });
  expect(await page.getByRole("button", { name: "Clear formatting" }).count()).toBe(0);
  await page.keyboard.press("ControlOrMeta+a");
  await page.getByRole("button", { name: "More tools" }).click();
  await page.getByRole("button", { name: "Numbered list" }).click();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "word" },
    { insert: "\n", attributes: { list: "ordered" } },
  ]);
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 1440, height: 640 });
  await page.getByRole("button", { name: "Clear formatting" }).waitFor();
  await page.getByRole("button", { name: "More tools" }).waitFor({ state: "detached" });
});

test("shortcuts and commands are searched by name, and a chosen command acts", async () => {
  const { page, ada, documentId } = await open(["word"]);
  await page.keyboard.press("ControlOrMeta+/");
  await page.getByLabel("Search by name or key").fill("strike");
  expect(await page.locator(".keys dt").allTextContents()).toEqual(["Strikethrough"]);
  await page.keyboard.press("Escape");
  await page.locator(TEXT).focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("Alt+/");
  await page.getByRole("combobox").fill("bul");
  await page.keyboard.press("Enter");
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "word" },
    { insert: "\n", attributes: { list: "bullet" } },
  ]);
});

test("words are counted in the foot of the window and in a dialog, for the selection too", async () => {
  const { page } = await open(["one two three", "four"]);
  await page.locator(".status-words", { hasText: "4 words" }).waitFor();
  await placeCaret(page, 1, 0);
  await page.keyboard.press("Shift+End");
  await page.locator(".status-words", { hasText: "1 of 4 words" }).waitFor();
  await page.keyboard.press("ControlOrMeta+Shift+c");
  await page.getByRole("row", { name: "Words 1 4" }).waitFor();
});

test("finding walks the matches, replaces them all as one step, and gives the focus back", async () => {
  const { page, ada, documentId } = await open(["a cat, a Cat", "concatenate"]);
  await page.keyboard.press("ControlOrMeta+f");
  await page.getByLabel("Find in the document").fill("cat");
  const result = page.locator(".find-result");
  await result.filter({ hasText: "of 3" }).waitFor();
  await page.getByRole("button", { name: "Whole words" }).click();
  await result.filter({ hasText: "1 of 2" }).waitFor();
  await page.getByLabel("Find in the document").press("Enter");
  await result.filter({ hasText: "2 of 2" }).waitFor();
  await page.getByRole("button", { name: "Match case" }).click();
  await result.filter({ hasText: "of 1" }).waitFor();
  await page.getByRole("button", { name: "Match case" }).click();
  await page.getByRole("button", { name: "Regular expression" }).click();
  await page.getByLabel("Find in the document").fill("(");
  await result.filter({ hasText: "not a regular expression" }).waitFor();
  await page.getByLabel("Find in the document").fill("cat");
  await result.filter({ hasText: "of 2" }).waitFor();
  await page.getByRole("button", { name: "Replace too" }).click();
  await page.getByLabel("Replace with").fill("dog");
  await page.getByRole("button", { name: "Replace all" }).click();
  await page.getByText("2 places were replaced.").waitFor();
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "a dog, a dog\nconcatenate\n" }]);
  await page.keyboard.press("Escape");
  await page.locator(".find").waitFor({ state: "detached" });
  await page.keyboard.press("ControlOrMeta+z");
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "a cat, a Cat\nconcatenate\n" }]);
});

test("a link is made with its text, shown in a bubble, changed and removed", async () => {
  const { page, ada, documentId } = await open(["see "]);
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByLabel("Text", { exact: true }).fill("the site");
  await page.getByRole("textbox", { name: "Address" }).fill("example.org");
  await page.keyboard.press("Enter");
  await page.locator(`${TEXT} a`).click();
  await page.locator(".bubble-address[href='https://example.org']").waitFor();
  await page.getByRole("button", { name: "Edit link" }).click();
  await page.getByRole("textbox", { name: "Address" }).fill("javascript:alert(1)");
  await page.keyboard.press("Enter");
  await page.getByText("This is not an address").waitFor();
  await page.getByRole("textbox", { name: "Address" }).fill("ada@example.org");
  await page.keyboard.press("Enter");
  expect(await agree(documentId, ada, page)).toContainEqual({
    insert: "the site",
    attributes: { link: "mailto:ada@example.org" },
  });
  await page.locator(`${TEXT} a`).click();
  await page.getByRole("button", { name: "Remove link" }).click();
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "see the site\n" }]);
});

test("the outline follows the reading, goes to a heading, and is remembered", async () => {
  const ada = await Person.register(server.url, "Ada");
  const heading = (name: string) => [
    { insert: name },
    { insert: "\n", attributes: { header: 1 } },
    { insert: "text\n".repeat(40) },
  ];
  const { id } = await ada.request<{ id: string }>("POST", "/documents", {
    content: { ops: ["First", "Second", "Third"].flatMap(heading) },
  });
  const page = await ada.open(browser, id);
  await page.locator(TEXT).focus();
  await page.keyboard.press("ControlOrMeta+Alt+h");
  const outline = page.getByRole("navigation", { name: "Outline" });
  await outline.getByRole("button", { name: "Second" }).click();
  await outline.locator("[aria-current]", { hasText: "Second" }).waitFor();
  await page.locator(".desk").evaluate((desk) => desk.scrollTo(0, 0));
  await outline.locator("[aria-current]", { hasText: "First" }).waitFor();
  await page.reload();
  await ready(page);
  await outline.getByRole("button", { name: "Third" }).waitFor();
});

test("full screen leaves the text alone, and Escape brings all back", async () => {
  const { page } = await open(["word"]);
  await page.keyboard.press("ControlOrMeta+Shift+f");
  await page.locator(".bar").waitFor({ state: "detached" });
  expect(await page.locator(".toolbar, .status").count()).toBe(0);
  await page.keyboard.type("x");
  expect(await text(page)).toContain("x");
  await page.keyboard.press("Escape");
  await page.locator(".bar").waitFor();
});

test("people out of sight stand at the margin, and a press goes to them; a name comes back by the pointer", async () => {
  const [ada, bob] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Bob")];
  const documentId = await ada.createDocument("Long", Array(120).fill("a line of text"), [bob]);
  const other = await bob.open(browser, documentId);
  await other.locator(TEXT).focus();
  await other.keyboard.press("ControlOrMeta+End");
  const page = await ada.open(browser, documentId);
  await page.getByRole("button", { name: "Bob is further down: go there" }).click();
  await page.locator(".markers").waitFor({ state: "detached" });
  // Where the caret comes to rest is known only after the scrolling.
  await expect
    .poll(async () => {
      const box = await page.locator(".cursor-bar").boundingBox();
      await page.mouse.move((box?.x ?? 0) + 3, (box?.y ?? 0) + 4);
      await page.mouse.move((box?.x ?? 0) + 2, (box?.y ?? 0) + 5);
      return page.locator(".cursor.near").count();
    })
    .toBe(1);
  await page.mouse.move(5, 300);
  await page.mouse.move(640, 300);
  await page.locator(".cursor.near").waitFor({ state: "detached" });
});

test("after 30 seconds without a connection the page counts what is only here, and then delivers it", async () => {
  const behind = await Server.start();
  const ada = await Person.register(behind.url, "Ada");
  const documentId = await ada.createDocument("Away", ["here"]);
  const page = await ada.open(browser, documentId);
  await page.locator(TEXT).focus();
  await page.clock.install();
  await behind.kill();
  await page.keyboard.type("!");
  await page.clock.runFor(1_000);
  await page.locator(SAVE_STATE, { hasText: "Reconnecting" }).waitFor();
  await page.clock.runFor(31_000);
  await page.locator(SAVE_STATE, { hasText: "Saved on this device: 1 change waiting" }).waitFor();
  await behind.run();
  await page.getByRole("button", { name: "Connect now" }).click();
  await expect
    .poll(async () => {
      await page.clock.runFor(1_000);
      return page.locator(SAVE_STATE).textContent();
    })
    .toBe("Saved on the server");
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "!here\n" }]);
  await behind.stop();
});

test("axe finds nothing serious in what opens over the text, in light and in dark", async () => {
  const { page } = await open(["see https://example.org/ there"]);
  await page.keyboard.press("ControlOrMeta+Alt+h");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const check = async (what: string) =>
      expect(await seriousFindings(page), `${what}, ${colorScheme}`).toEqual([]);
    for (const keys of ["ControlOrMeta+k", "ControlOrMeta+/", "Alt+/", "ControlOrMeta+Shift+c"]) {
      await page.locator(TEXT).focus();
      await page.keyboard.press(keys);
      await page.locator("dialog[open]").waitFor();
      await check(keys);
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "Share" }).click();
    await page.locator(".share-list li").first().waitFor();
    await check("access");
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem", { name: "Format" }).click();
    await page.getByRole("menuitem", { name: "Lists" }).hover();
    await check("menu");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Text colour" }).click();
    await page.locator(".swatch").first().waitFor();
    await check("palette");
    await page.keyboard.press("Escape");
    await page.locator(TEXT).focus();
    await page.keyboard.press("ControlOrMeta+h");
    await page.getByLabel("Replace with").waitFor();
    await check("find");
    await page.keyboard.press("Escape");
  }
});

test("on 320 pixels the menus are a sheet, and the tools stand at the foot", async () => {
  const { page, ada, documentId } = await open(["word"], { viewport: { width: 320, height: 640 } });
  const foot = await page.locator(".toolbar").boundingBox();
  expect((foot?.y ?? 0) + (foot?.height ?? 0)).toBe(640);
  await page.keyboard.press("ControlOrMeta+a");
  await page.getByRole("button", { name: "Menus" }).click();
  await page.getByRole("menuitem", { name: "Format" }).click();
  await page.getByRole("menuitem", { name: "Text" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Italic" }).click();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "word", attributes: { italic: true } },
    { insert: "\n" },
  ]);
  await saved(page);
});

test("printed, there is the text alone, in light", async () => {
  const { page } = await open(["word"]);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await page.locator(".bar, .toolbar, .status").filter({ visible: true }).count()).toBe(0);
  expect(await page.locator(TEXT).evaluate((element) => getComputedStyle(element).color)).toBe(
    "rgb(0, 0, 0)",
  );
});

/** Everything that people read here and that did not come through the catalogue. */
function hardCoded(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>();
    const look = (value: string | null, where: string) => {
      // What a user wrote, names of keys and of fonts are no words of ours.
      let bare = value ?? "";
      // One text may stand within another.
      while (/⟦[^⟦⟧]*⟧/u.test(bare)) bare = bare.replaceAll(/⟦[^⟦⟧]*⟧/gu, "");
      if (/\p{L}{2}/u.test(bare)) found.add(`${where}: ${value}`);
    };
    const foreign =
      ".ProseMirror *, kbd, .title, .font-tool, [data-fonts], script, style, noscript, .menu-heading";
    for (const element of document.body.querySelectorAll("*")) {
      if (element.matches(foreign) || element.closest("kbd, .menu-heading")) continue;
      for (const name of ["aria-label", "data-tip", "placeholder", "title", "alt"])
        look(element.getAttribute(name), name);
      for (const child of element.childNodes)
        if (child.nodeType === Node.TEXT_NODE) look(child.textContent, "text");
    }
    look(document.title.replace("Page – ", ""), "title");
    return [...found];
  });
}

test("every word on the page comes from the catalogue, and a chosen language is remembered", async () => {
  const { page } = await open(["word"]);
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
  await page.getByRole("menuitem", { name: "Datei" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  // The second language, each text of it between brackets that nothing else has.
  await page.route(/assets\/de-.*\.json$/, async (route) => {
    const words = (await (await route.fetch()).json()) as Record<string, string | Record<string, string>>;
    const bracket = (text: string) => `⟦${text}⟧`;
    const marked = Object.entries(words).map(([key, message]) => [
      key,
      typeof message === "string"
        ? bracket(message)
        : Object.fromEntries(Object.entries(message).map(([form, text]) => [form, bracket(text)])),
    ]);
    await route.fulfill({ json: Object.fromEntries(marked) });
  });
  await page.goto(page.url());
  await page.locator(".menubar-item").first().waitFor();
  await page.locator(".status-words").waitFor();
  await page.locator(".tool").first().waitFor();
  const expectNone = async (what: string) =>
    expect(
      (await hardCoded(page)).filter(
        (each) => !/(English|Deutsch|@example.org|Ada Lovelace|https:)/.test(each),
      ),
      what,
    ).toEqual([]);
  await expectNone("page");
  for (let menu = 0; menu < 7; menu += 1) {
    await page.locator(".menubar-item").nth(menu).click();
    await page.locator(".menu-floating").waitFor();
    await expectNone(`menu ${menu}`);
    await page.keyboard.press("Escape");
  }
  for (const keys of ["ControlOrMeta+k", "ControlOrMeta+/", "Alt+/", "ControlOrMeta+Shift+c"]) {
    await page.locator(TEXT).focus();
    await page.keyboard.press(keys);
    await page.locator("dialog[open]").waitFor();
    await expectNone(keys);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  }
  await page.locator(TEXT).focus();
  await page.keyboard.press("ControlOrMeta+h");
  await page.locator(".find").waitFor();
  await expectNone("find");
  await page.locator(".share-button").click();
  await page.locator(".share-list").waitFor();
  await expectNone("access");
  for (const [view, shown] of [
    ["settings", ".share-lock"],
    ["activity", ".audit p"],
  ] as const) {
    await page.locator(`#share-${view}`).click();
    await page.locator(shown).waitFor();
    // Moments are the browser's own words.
    expect(
      (await hardCoded(page)).filter((each) => !/(Ada Lovelace|\d{4})/.test(each)),
      view,
    ).toEqual([]);
    await page.locator(".share-foot .button").click();
  }
  for (const part of ["profile", "security", "tokens", "appearance"]) {
    await page.goto(`${server.url}/settings/${part}`);
    await page.locator(".settings-main :is(form, fieldset)").first().waitFor();
    const own = /(English|Deutsch|@example.org|Ada Lovelace|Octavo|another program|\d{4})/;
    expect(
      (await hardCoded(page)).filter((each) => !own.test(each)),
      part,
    ).toEqual([]);
  }
  await page.goto(server.url);
  await page.locator("[data-document]").first().waitFor();
  expect(
    (await hardCoded(page)).filter((each) => !/(^title: \d|Page|Ada Lovelace|Octavo)/.test(each)),
  ).toEqual([]);
});
