import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "playwright-core";

/** Where the pictures go. */
export const OUT = resolve(import.meta.dirname, "../../../../test-results/screenshots");
const SIZES = [
  [1440, 900],
  [768, 1024],
  [320, 640],
] as const;

mkdirSync(OUT, { recursive: true });

/** The page as it is now, light and dark, at each width; `again` brings back what another width has closed. */
export async function pictures(page: Page, name: string, again?: () => Promise<unknown>): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await again?.();
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      // The scheme and the size reach the page a frame or two later.
      await page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      await page.screenshot({ path: `${OUT}/${name}-${scheme}-${width}.png` });
    }
  }
}
