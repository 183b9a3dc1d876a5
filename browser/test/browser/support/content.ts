import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Op } from "../../../src/core/delta.ts";
import { schema, toContent } from "../../../src/editor/schema.ts";
import { type Person, saved, TEXT } from "./people.ts";

/** JSON with sorted members: equal contents are equal strings. */
export function canonical(ops: readonly Op[]): string {
  return JSON.stringify(ops, (_name, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

export function textOf(ops: readonly Op[]): string {
  return ops.map((op) => ("insert" in op && typeof op.insert === "string" ? op.insert : "￼")).join("");
}

/** What the page shows, as content: read from ProseMirror's own document, so that no hook is in the product. */
export async function shown(page: Page): Promise<Op[]> {
  const json = await page.locator(TEXT).evaluate((element) => {
    const view = element as unknown as { pmViewDesc: { node: { toJSON(): unknown } } };
    return view.pmViewDesc.node.toJSON();
  });
  return [...toContent(schema.nodeFromJSON(json as never)).ops];
}

/** Waits until all is saved and every page shows what the server has; returns that content. */
export async function agree(documentId: string, reader: Person, ...pages: Page[]): Promise<Op[]> {
  for (const page of pages) await saved(page);
  let stored: Op[] = [];
  await expect
    .poll(
      async () => {
        stored = await reader.content(documentId);
        const contents = await Promise.all(pages.map(shown));
        return contents.map((content) =>
          canonical(content) === canonical(stored) ? "same" : textOf(content),
        );
      },
      { timeout: 30_000, message: "every page shows what the server has" },
    )
    .toEqual(pages.map(() => "same"));
  return stored;
}

/** The text of a page, once `condition` holds for it. */
export async function text(page: Page): Promise<string> {
  return textOf(await shown(page));
}

/** Puts the caret `offset` units into line `line`, as the editor's own selection. */
export async function placeCaret(page: Page, line: number, offset: number): Promise<void> {
  await page.locator(TEXT).focus();
  await page.keyboard.press("ControlOrMeta+Home");
  for (let i = 0; i < line; i += 1) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Home");
  for (let i = 0; i < offset; i += 1) await page.keyboard.press("ArrowRight");
  // The editor reads a moved selection from an event of its own, after the key.
  await page.evaluate(() => new Promise((read) => requestAnimationFrame(() => setTimeout(read))));
}
