import type { Browser, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret } from "./support/content.ts";
import { Person, TEXT } from "./support/people.ts";
import { Server } from "./support/server.ts";

let server: Server;
let browser: Browser;
let ada: Person;
let documentId: string;
let page: Page;

/** A PNG of one colour, drawn by the browser itself. */
async function drawing(width: number, height: number): Promise<Buffer> {
  const base64 = await page.evaluate(
    ([w, h]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const brush = canvas.getContext("2d");
      if (brush) brush.fillStyle = "#2b4a6f";
      brush?.fillRect(0, 0, canvas.width, canvas.height);
      return canvas.toDataURL("image/png").split(",")[1] ?? "";
    },
    [width, height] as const,
  );
  return Buffer.from(base64, "base64");
}

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

async function open(): Promise<void> {
  ada = await Person.register(server.url, "Ada");
  documentId = await ada.createDocument("Pictures", ["before", "after"]);
  page = await ada.open(browser, documentId);
  page.setDefaultTimeout(8_000);
  await page.locator(".tool[aria-label='Image…']").waitFor();
  await placeCaret(page, 0, "before".length);
}

async function choose(file: Buffer, name = "square.png"): Promise<void> {
  await page.getByRole("button", { name: "Image…" }).click();
  await page.getByLabel("From this computer").setInputFiles({ name, mimeType: "image/png", buffer: file });
}

test("an image is chosen, described, made narrower by keyboard and by its handle, and set in the middle", async () => {
  await open();
  await choose(await drawing(200, 100));
  const image = page.locator(`${TEXT} .embed-image`);
  await image.waitFor();
  await image.click();
  await page.getByRole("button", { name: "Description and caption" }).click();
  await page.getByLabel("What does it show?").fill("A blue field");
  await page.getByRole("textbox", { name: "Caption" }).fill("Sea");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.locator(`${TEXT} .embed-image[alt="A blue field"]`).waitFor();
  const width = page.getByRole("slider", { name: "Width of the image" });
  await width.focus();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => width.getAttribute("aria-valuenow")).toBe("190");
  const handle = await width.boundingBox();
  const [x, y] = [(handle?.x ?? 0) + 5, (handle?.y ?? 0) + 5];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 40, y);
  await page.mouse.up();
  await expect.poll(() => width.getAttribute("aria-valuenow")).toBe("150");
  expect(await seriousFindings(page)).toEqual([]);
  await page.locator(".bubble").getByRole("button", { name: "Centred" }).click();
  const ops = await agree(documentId, ada, page);
  expect(ops).toContainEqual({
    insert: { image: expect.stringMatching(/^\/api\/v1\/images\//) },
    attributes: { alt: "A blue field", caption: "Sea", width: 150 },
  });
  expect(ops).toContainEqual({ insert: "\n", attributes: { align: "center" } });
});

test("while an image is on its way one goes on writing; its place moves along, and a failure can be tried again", async () => {
  await open();
  const file = await drawing(40, 40);
  let failures = 1;
  await page.route("**/images", async (route) => {
    if (failures-- > 0) await route.abort();
    else await route.continue();
  });
  await choose(file);
  await page.locator(".upload-failure").waitFor();
  await placeCaret(page, 0, 0);
  await page.keyboard.type("long ");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(`${TEXT} .embed-image`).waitFor();
  expect(await page.locator(".upload").count()).toBe(0);
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "long before" },
    { insert: { image: expect.any(String) } },
    { insert: "\nafter\n" },
  ]);
});

test("the others see where an image is on its way and write around it, until it comes, fails, is cancelled or its page is closed", async () => {
  await open();
  const bob = await Person.register(server.url, "Bob");
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: bob.email, role: "editor" });
  const other = await bob.open(browser, documentId);
  other.setDefaultTimeout(8_000);
  const requests: Route[] = [];
  const under = async (count: number) => {
    await expect.poll(() => requests.length).toBe(count);
    return requests[count - 1] as Route;
  };
  await page.route("**/images", (route) => void requests.push(route));
  const coming = other.locator(`${TEXT} .coming`);
  const file = await drawing(40, 40);

  await choose(file);
  await coming.waitFor();
  expect(await coming.getAttribute("aria-label")).toBe("Ada is adding an image…");
  expect(await seriousFindings(other)).toEqual([]);
  await placeCaret(other, 0, "before".length);
  await other.keyboard.type("hand");
  await (await under(1)).continue();
  await other.locator(`${TEXT} .embed-image`).waitFor();
  await coming.waitFor({ state: "detached" });
  expect(await agree(documentId, ada, page, other)).toEqual([
    { insert: "beforehand" },
    { insert: { image: expect.any(String) } },
    { insert: "\nafter\n" },
  ]);

  await choose(file);
  await coming.waitFor();
  await (await under(2)).abort();
  await coming.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Try again" }).click();
  await coming.waitFor();
  await under(3);
  await page.locator(".upload").getByRole("button", { name: "Cancel" }).click();
  await coming.waitFor({ state: "detached" });

  await choose(file);
  await coming.waitFor();
  await page.close();
  await coming.waitFor({ state: "detached" });
});

test("what is no image is refused with the reason, and can be left out", async () => {
  await open();
  await choose(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "picture.png");
  await page.locator(".upload-failure", { hasText: /\w/ }).waitFor();
  await page.getByRole("button", { name: "Leave it out" }).click();
  await page.locator(".upload").waitFor({ state: "detached" });
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "before\nafter\n" }]);
});

test("a pasted image is brought to the server and put where it was pasted", async () => {
  await open();
  const bytes = [...(await drawing(30, 30))];
  await page.locator(TEXT).evaluate((text, given) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(given)], "pasted.png", { type: "image/png" }));
    text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, bytes);
  await page.locator(`${TEXT} .embed-image`).waitFor();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "before" },
    { insert: { image: expect.any(String) } },
    { insert: "\nafter\n" },
  ]);
});
