import type { Page } from "playwright-core";
import { TEXT } from "./people.ts";

const FORMATS = [
  "ControlOrMeta+b",
  "ControlOrMeta+i",
  "ControlOrMeta+u",
  "ControlOrMeta+Shift+7",
  "ControlOrMeta+Shift+8",
  "ControlOrMeta+Alt+2",
];

const PASTES = [
  { "text/plain": "plain words" },
  { "text/plain": "two\nlines, 😀 and a tab\t.\n" },
  { "text/html": "<p>One <b>bold</b> and <a href='https://example.org/'>linked</a></p><ul><li>a<li>b</ul>" },
  { "text/html": "<h2>Heading</h2><blockquote>quoted</blockquote><pre>if (x) {\n  y();\n}</pre>" },
];

/** Pastes as the clipboard would, with nothing on it. */
export async function paste(page: Page, forms: Record<string, string>): Promise<void> {
  await page.locator(TEXT).evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    for (const [type, data] of Object.entries(pasted)) clipboardData.setData(type, data);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, forms);
}

/** One random thing that a writer does; everything chosen by `random`, so that a seed repeats it. */
export async function act(page: Page, random: () => number, pasting = false): Promise<void> {
  const pick = (count: number) => Math.floor(random() * count);
  const kind = pick(pasting ? 11 : 10);
  if (kind < 5) return page.keyboard.type(`${pick(1000)} `);
  if (kind === 5) return page.keyboard.press("Enter");
  if (kind === 6) return page.keyboard.press("Backspace");
  if (kind === 7) {
    await page.keyboard.press("ControlOrMeta+Home");
    for (let i = pick(6); i > 0; i -= 1) await page.keyboard.press("ArrowDown");
    for (let i = pick(8); i > 0; i -= 1) await page.keyboard.press("ArrowRight");
    return;
  }
  if (kind === 8) return page.keyboard.press(pick(2) ? "ControlOrMeta+z" : "ControlOrMeta+Shift+z");
  if (kind === 10) return paste(page, PASTES[pick(PASTES.length)] ?? {});
  for (let i = pick(6) + 1; i > 0; i -= 1) await page.keyboard.press("Shift+ArrowLeft");
  return page.keyboard.press(FORMATS[pick(FORMATS.length)] ?? "ControlOrMeta+b");
}
