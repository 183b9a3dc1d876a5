import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./support/browser";

let browser: Browser;
let script: string;

beforeAll(async () => {
  const entry = fileURLToPath(new URL("./binding.fuzz.ts", import.meta.url));
  const [bundle] = (await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "fuzz" } },
  })) as { output: { code?: string }[] }[];
  script = bundle?.output[0]?.code ?? "";
  browser = await launch();
});

afterAll(() => browser.close());

it("2,000 random documents, edits and remote changes in a real view", async () => {
  const page = await browser.newPage();
  await page.addScriptTag({ content: script });
  const played = await page.evaluate(() =>
    (globalThis as unknown as { fuzz: { runFuzz(seed: number, cases: number): number } }).fuzz.runFuzz(
      1,
      2000,
    ),
  );
  expect(played).toBe(2000);
});
