import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Op } from "../../src/core/delta.ts";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { textOf } from "./support/content.ts";
import { Person, saved, TEXT } from "./support/people.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;
let ada: Person;
let bob: Person;
let cy: Person;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  [ada, bob, cy] = await Promise.all([
    Person.register(server.url, "Ada"),
    Person.register(server.url, "Bob"),
    Person.register(server.url, "Cy"),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const path = (id: string) => `/documents/${id}`;
let next = 0;

/** An operation at the head, by REST. */
async function write(person: Person, id: string, ops: Op[]): Promise<number> {
  const { epoch, revision } = await person.request<{ epoch: string; revision: number }>(
    "POST",
    `${path(id)}/ticket`,
  );
  next += 1;
  const body = { epoch, client_id: `scene-${next}`, seq: 1, base_revision: revision, ops };
  return (await person.request<{ revision: number }>("POST", `${path(id)}/operations`, body)).revision;
}

/** What three people wrote: a heading and a list, bold text, and a piece taken away. */
async function written(): Promise<string> {
  const id = await ada.createDocument("Plan", ["Budget", "We have much money.", "Milk"], [bob, cy]);
  await write(ada, id, [{ retain: 6 }, { retain: 1, attributes: { header: 1 } }]);
  await write(bob, id, [{ retain: 15 }, { insert: "very little" }, { delete: 4 }]);
  await write(cy, id, [{ retain: 38 }, { insert: "\nBread" }, { retain: 1, attributes: { list: "bullet" } }]);
  await write(cy, id, [{ retain: 7 }, { retain: 2, attributes: { bold: true } }]);
  return id;
}

const PANE = ".history-text";
const panelOpen = async (page: Page) => {
  await page.keyboard.press("ControlOrMeta+Alt+Shift+h");
  await page.locator(`${PANE} .line`).first().waitFor();
};
const pane = (page: Page) => page.locator(PANE).textContent();
const content = async (person: Person, id: string) => textOf(await person.content(id));

test("sessions and steps are listed, read, compared and walked by keyboard", async () => {
  const id = await written();
  const page = await ada.open(browser, id);
  await panelOpen(page);
  const session = page.locator(".session-open").first();
  expect(await session.textContent()).toMatch(/Ada.*Bob.*Cy/s);
  expect(await page.locator(".session-day").textContent()).toBe("Today");
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole("button", { name: /^Show the steps/ }).click();
  const steps = page.locator(".session.step .session-open");
  await expect.poll(() => steps.count()).toBe(3);
  await steps.nth(1).click();
  await expect.poll(() => page.locator(`${PANE} del`).allTextContents()).toEqual(["much"]);
  expect(await page.locator(`${PANE} ins`).allTextContents()).toEqual(["very little"]);
  expect(await page.locator(`${PANE} ins`).getAttribute("data-tip")).toMatch(/^Bob wrote this, /);
  await page.keyboard.press("F8");
  await page.locator(".noted-current").first().waitFor();
  await expect.poll(() => page.locator(".history-changes").textContent()).toContain("1 of 1");
  await steps.nth(0).click();
  await page.locator(`${PANE} .noted-formatted`).first().waitFor();
  await steps.nth(0).press("ArrowDown");
  expect(await steps.nth(1).evaluate((element) => element === document.activeElement)).toBe(true);
  await page.getByRole("switch", { name: "Show changes" }).click();
  await expect.poll(() => page.locator(`${PANE} .noted`).count()).toBe(0);
  await page.keyboard.press("Escape");
  await page.locator(".history").waitFor({ state: "detached" });
  await page.keyboard.type("x");
  await saved(page);
  await page.context().close();
});

test("a version is named, compared, and restored while another types; undoing it keeps what he typed", async () => {
  const id = await written();
  await ada.request("PUT", `${path(id)}/versions/1`, { name: "First draft" });
  const [page, peer] = await Promise.all([ada.open(browser, id), bob.open(browser, id)]);
  await panelOpen(page);
  await page
    .getByRole("button", { name: /^More about/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Name this version" }).click();
  await page.getByRole("textbox", { name: "Name of the version" }).fill("Ready");
  await page.keyboard.press("Enter");
  await page.locator(".session-named", { hasText: "Ready" }).waitFor();
  await page.getByRole("switch", { name: "Only named versions" }).click();
  await expect.poll(() => page.locator(".session-named").allTextContents()).toEqual(["Ready", "First draft"]);
  await page.locator(".session-open").first().click();
  await expect.poll(() => page.locator(`${PANE} del`).allTextContents()).toContain("much");
  await page.locator(".session-open").nth(1).click();
  await expect.poll(() => pane(page)).toContain("much money");
  await page.getByRole("button", { name: "Restore this version" }).click();
  await peer.locator(TEXT).focus();
  await peer.keyboard.press("ControlOrMeta+Home");
  await peer.keyboard.type("typed ");
  await page.getByRole("dialog").getByRole("button", { name: "Restore this version" }).click();
  await peer.keyboard.type("meanwhile");
  await saved(peer);
  await page.getByText("is the document now").waitFor();
  await expect.poll(() => content(ada, id)).toContain("We have much money.");
  expect((await content(ada, id)).match(/money/g)).toHaveLength(1);
  await page.locator(".notice button").click();
  await expect.poll(() => content(ada, id)).toContain("We have very little money.");
  // Where a letter came before the restore and one after it, they meet again in either order.
  const all = "Budget\nWe have very little money.\nMilk\nBread\ntyped meanwhile";
  expect([...(await content(ada, id))].sort().join("")).toBe([...all].sort().join(""));
  await Promise.all([page, peer].map((one) => one.context().close()));
});

test("who wrote what is shown; one person's part is taken back after a look at it", async () => {
  const id = await written();
  const page = await ada.open(browser, id);
  await panelOpen(page);
  await page.getByRole("switch", { name: "Show who wrote what" }).click();
  await page.locator(`${PANE} span.noted-author`, { hasText: "very little" }).waitFor();
  const tip = page.locator(`${PANE} span.noted-author`, { hasText: "very little" });
  expect(await tip.getAttribute("data-tip")).toMatch(/^Bob, /);
  await page
    .getByRole("button", { name: /^More about/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Undo what Bob did here…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("11 characters are taken away").waitFor();
  await dialog.getByText("4 characters come back").waitFor();
  await dialog.getByRole("button", { name: "Undo it" }).click();
  await expect.poll(() => content(ada, id)).toContain("We have much money.");
  expect(await content(ada, id)).toContain("Bread");
  await page.context().close();
});

test("a life is played back and scrubbed by keyboard", async () => {
  const id = await written();
  const page = await ada.open(browser, id);
  await panelOpen(page);
  await page.getByRole("button", { name: "Play back" }).click();
  const slider = page.getByRole("slider");
  await expect.poll(() => slider.getAttribute("aria-valuetext")).toMatch(/^Revision 0 of 5/);
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => pane(page)).toContain("We have much money.");
  expect(await page.locator(".played-caret").getAttribute("data-name")).toBe("Ada");
  await page.getByRole("combobox", { name: "Speed" }).selectOption("fast");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect
    .poll(() => slider.getAttribute("aria-valuetext"), { timeout: 15_000 })
    .toMatch(/^Revision 5 of 5/);
  await expect.poll(() => pane(page)).toContain("Bread");
  expect(await seriousFindings(page)).toEqual([]);
  await page.context().close();
});

test("a viewer reads the history unless the owner keeps it, and restores nothing", async () => {
  const id = await written();
  const { id: user_id } = await bob.request<{ id: string }>("GET", "/users/me");
  await ada.request("PUT", `${path(id)}/permissions`, { user_id, role: "viewer" });
  const context = await bob.context(browser);
  const page = await context.newPage();
  await page.goto(`${server.url}/d/${id}`);
  await page.locator(`${TEXT} .line`).first().waitFor();
  await panelOpen(page);
  await page.locator(".session-open").first().waitFor();
  expect(await page.getByRole("button", { name: "Restore this version" }).count()).toBe(0);
  await page.keyboard.press("Escape");
  await ada.request("PATCH", path(id), { history_role: "editor" });
  await page.keyboard.press("ControlOrMeta+Alt+Shift+h");
  await page.getByText("the owner shows the history").first().waitFor();
  await context.close();
});
