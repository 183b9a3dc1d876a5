/**
 * Three real pages and everything at random: typing, formats, pastes, undo, on fixed seeds.
 *
 * `make test` plays one of 20 s; `make soak` sets OCTAVO_SOAK and plays twenty of 60 s.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { act } from "./support/acts.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret } from "./support/content.ts";
import { Person } from "./support/people.ts";
import { seeded } from "./support/random.ts";
import { Server } from "./support/server.ts";

const SOAK = Boolean(process.env.OCTAVO_SOAK);
const SEEDS = Array.from({ length: SOAK ? 20 : 1 }, (_, at) => at + 1);
const SECONDS = SOAK ? 60 : 20;
/** Enough that lines are drawn in groups. */
const LONG = 1200;

let server: Server;
let browser: Browser;
let everyone: Person[];

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  everyone = await Promise.all(["Ada", "Bob", "Cyd"].map((name) => Person.register(server.url, name)));
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

for (const seed of SEEDS) {
  test(
    `three write at random for ${SECONDS} s, seed ${seed}`,
    async () => {
      const [ada, ...others] = everyone as [Person, ...Person[]];
      const lines = Array.from({ length: seed % 2 ? LONG : 3 }, (_, at) => `line ${at}`);
      const documentId = await ada.createDocument(`Random ${seed}`, lines, others);
      const pages = await Promise.all(everyone.map((person) => person.open(browser, documentId)));
      const failures: Error[] = [];
      for (const page of pages) page.on("pageerror", (error) => failures.push(error));
      const end = performance.now() + SECONDS * 1000;
      const acted = await Promise.all(
        pages.map(async (page, at) => {
          const random = seeded(1000 * seed + at);
          await placeCaret(page, at, 0);
          let count = 0;
          for (; performance.now() < end; count += 1) await act(page, random, true);
          return count;
        }),
      );
      expect(Math.min(...acted)).toBeGreaterThan(SECONDS / 2);
      await agree(documentId, ada, ...pages);
      expect(failures).toEqual([]);
      for (const page of pages) await page.context().close();
    },
    (SECONDS + 90) * 1000,
  );
}
