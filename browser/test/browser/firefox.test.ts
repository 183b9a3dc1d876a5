import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Op } from "../../src/core/delta.ts";
import { schema, toContent } from "../../src/editor/schema.ts";
import { launch } from "./support/browser.ts";
import { canonical, placeCaret, shown, textOf } from "./support/content.ts";
import { Firefox, firefoxPath, KEY } from "./support/firefox.ts";
import { Person, SAVE_STATE, TEXT } from "./support/people.ts";
import { Server } from "./support/server.ts";

const PATH = firefoxPath();
const WHY = PATH ? "" : " (not run: no firefox-esr or firefox on the PATH, nor in OCTAVO_FIREFOX)";

let server: Server;
let chromium: Browser;
let firefox: Firefox;

beforeAll(async () => {
  if (!PATH) return;
  [server, chromium, firefox] = await Promise.all([Server.start(), launch(), Firefox.launch(PATH)]);
});

afterAll(async () => {
  await firefox?.close();
  await chromium?.close();
  await server?.stop();
});

async function shownInFirefox(): Promise<Op[]> {
  const json = await firefox.evaluate(`document.querySelector("${TEXT}")?.pmViewDesc.node.toJSON()`);
  return json ? [...toContent(schema.nodeFromJSON(json as never)).ops] : [];
}

async function ready(): Promise<void> {
  const state = `document.querySelector("${TEXT}[contenteditable=true]") &&
    document.querySelector("${SAVE_STATE}")?.textContent`;
  await expect.poll(() => firefox.evaluate(state), { timeout: 30_000 }).toBe("Saved on the server");
}

test.skipIf(!PATH)(
  `Firefox: writing, formats, a list, undo, together with Chromium, loading again${WHY}`,
  async () => {
    const [ada, bob] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Bob")];
    const documentId = await ada.createDocument("Two browsers", [], [bob]);
    await firefox.setCookie(server.url, ...ada.cookie);
    await firefox.goto(`${server.url}/d/${documentId}`);
    await ready();
    await firefox.click(`${TEXT} .line`);
    await expect.poll(() => firefox.evaluate("getSelection()?.anchorNode?.nodeName ?? null")).toBe("P");
    await firefox.press("Hello ");
    await firefox.press("b", KEY.control);
    await firefox.press("world");
    await firefox.press([KEY.enter, ..."- one", KEY.enter, ..."two"]);
    await expect
      .poll(async () => canonical(await ada.content(documentId)), { timeout: 30_000 })
      .toBe(canonical(await shownInFirefox()));
    expect(textOf(await shownInFirefox())).toBe("Hello world\none\ntwo\n");
    const page = await bob.open(chromium, documentId);
    await placeCaret(page, 0, 5);
    await page.keyboard.type(", dear");
    await expect
      .poll(async () => textOf(await shownInFirefox()), { timeout: 30_000 })
      .toBe("Hello, dear world\none\ntwo\n");
    // Takes back one's own typing only.
    await firefox.press("z", KEY.control);
    await ready();
    const content = await shownInFirefox();
    expect(textOf(content)).toContain("Hello, dear");
    expect(textOf(content)).not.toContain("two");
    const same = [canonical(content), canonical(content)];
    await expect
      .poll(async () => [await ada.content(documentId), await shown(page)].map(canonical), {
        timeout: 30_000,
      })
      .toEqual(same);
    await firefox.goto(`${server.url}/d/${documentId}`);
    await ready();
    expect(canonical(await shownInFirefox())).toBe(canonical(content));
    expect(content.some((op) => "insert" in op && op.attributes?.bold === true)).toBe(true);
    expect(content.some((op) => "insert" in op && op.attributes?.list === "bullet")).toBe(true);
  },
);
