import type { Browser, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { agree, placeCaret } from "./support/content.ts";
import { Person, TEXT } from "./support/people.ts";
import { StallingProxy } from "./support/proxy.ts";
import { Server } from "./support/server.ts";

let server: Server;
let proxy: StallingProxy;
let browser: Browser;
let ada: Person;
let documentId: string;
let page: Page;

/** A PNG of one colour, or of noise that is as large as its points, drawn by the browser itself. */
async function drawing(width: number, height: number, noise = false): Promise<Buffer> {
  const base64 = await page.evaluate(
    ([w, h, noisy]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const brush = canvas.getContext("2d");
      if (brush) brush.fillStyle = "#2b4a6f";
      brush?.fillRect(0, 0, canvas.width, canvas.height);
      for (let y = 0; noisy && y < h; y += 1) {
        for (let x = 0; x < w; x += 1) {
          const value = (x * 7919 + y * 104_729 + ((x * y) ^ (x << 3))) * 2_654_435_761;
          if (brush) brush.fillStyle = `#${(value & 0xffffff).toString(16).padStart(6, "0")}`;
          brush?.fillRect(x, y, 1, 1);
        }
      }
      return canvas.toDataURL("image/png").split(",")[1] ?? "";
    },
    [width, height, noise] as const,
  );
  return Buffer.from(base64, "base64");
}

beforeAll(async () => {
  proxy = await StallingProxy.start(() => server.port);
  [server, browser] = await Promise.all([Server.start("", { OCTAVO_ALLOWED_ORIGINS: proxy.url }), launch()]);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await proxy?.stop();
  await server?.stop();
});

async function open(url = server.url): Promise<void> {
  ada = await Person.register(url, "Ada");
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

test("after an image was chosen in the midst of a word the caret is where it was", async () => {
  await open();
  await placeCaret(page, 0, 3);
  await page.route("**/images", () => {});
  await choose(await drawing(20, 20));
  await page.locator(`${TEXT} .upload`).waitFor();
  await page.keyboard.type("XY");
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "befXYore\nafter\n" }]);
});

test("the others see where an image is on its way and write around it, until it comes, fails, is cancelled or its page is closed", async () => {
  await open();
  const bob = await Person.register(server.url, "Bob");
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: bob.email, role: "editor" });
  const other = await bob.open(browser, documentId, { reducedMotion: "reduce" });
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
  // All of it is there before the image is: of two at one place the first stays left.
  await agree(documentId, ada, page, other);
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

test("an upload that breaks off half-way leaves nothing behind, and the next try brings the image once", async () => {
  await open(proxy.url);
  const file = await drawing(400, 400, true);
  proxy.upwards = file.length / 2;
  await choose(file);
  await page.locator(".upload-failure", { hasText: "The server cannot be reached" }).waitFor();
  expect(await agree(documentId, ada, page)).toEqual([{ insert: "before\nafter\n" }]);
  proxy.upwards = Number.POSITIVE_INFINITY;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(`${TEXT} .embed-image`).waitFor();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "before" },
    { insert: { image: expect.any(String) } },
    { insert: "\nafter\n" },
  ]);
});

test("an image file that is dropped stands where it was let go", async () => {
  await open();
  const bytes = [...(await drawing(30, 30))];
  await page
    .locator(`${TEXT} p`)
    .nth(1)
    .evaluate((line, given) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(given)], "dropped.png", { type: "image/png" }));
      const { left, top, height } = line.getBoundingClientRect();
      const at = { clientX: left + 1, clientY: top + height / 2 };
      const event = { dataTransfer, bubbles: true, cancelable: true, ...at };
      line.dispatchEvent(new DragEvent("dragover", event));
      line.dispatchEvent(new DragEvent("drop", event));
    }, bytes);
  await page.locator(`${TEXT} .embed-image`).waitFor();
  expect(await agree(documentId, ada, page)).toEqual([
    { insert: "before\n" },
    { insert: { image: expect.any(String) } },
    { insert: "after\n" },
  ]);
});

test("an address that the server may not fetch is refused with the reason; one that it has fetched is shown from here", async () => {
  await open();
  const byAddress = async (url: string) => {
    await page.getByRole("button", { name: "Image…" }).click();
    await page.getByLabel("From an address").fill(url);
    await page.getByRole("button", { name: "Fetch it" }).click();
  };
  const strayed: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url)) strayed.push(request.url());
  });
  await byAddress(`${server.url}/readyz`);
  await page.locator(".upload-failure", { hasText: /\w/ }).waitFor();
  await page.getByRole("button", { name: "Leave it out" }).click();
  // The server reaches no private address, so what it fetched elsewhere is a file that it took from us before.
  const file = await drawing(20, 20);
  await page.route("**/images", async (route) => {
    if (route.request().postDataJSON().url !== "https://pictures.example/one.png")
      throw new Error("another body");
    const headers: Record<string, string> = { ...route.request().headers(), "content-type": "image/png" };
    delete headers["content-length"];
    await route.continue({ postData: file, headers });
  });
  await byAddress("https://pictures.example/one.png");
  await page.locator(`${TEXT} .embed-image`).waitFor();
  expect(await agree(documentId, ada, page)).toContainEqual({
    insert: { image: expect.stringMatching(/^\/api\/v1\/images\//) },
  });
  expect(strayed).toEqual([]);
});

test("an image that a peer makes narrower changes for all, and the frame around it here goes along", async () => {
  await open();
  await choose(await drawing(200, 100));
  await page.locator(`${TEXT} .embed-image`).click();
  const bob = await Person.register(server.url, "Bob");
  await ada.request("PUT", `/documents/${documentId}/permissions`, { email: bob.email, role: "editor" });
  const other = await bob.open(browser, documentId);
  await other.locator(`${TEXT} .embed-image`).click();
  const width = other.getByRole("slider", { name: "Width of the image" });
  await width.focus();
  await other.keyboard.press("Shift+ArrowLeft");
  const here = page.getByRole("slider", { name: "Width of the image" });
  await expect.poll(() => here.getAttribute("aria-valuenow")).toBe("150");
  await expect.poll(async () => (await page.locator(".image-frame").boundingBox())?.height).toBe(75);
  await page.locator(".bubble").getByRole("button", { name: "Its own size" }).click();
  await expect.poll(() => width.getAttribute("aria-valuenow")).toBe("200");
  expect(await agree(documentId, ada, page, other)).toContainEqual({
    insert: { image: expect.any(String) },
  });
});

test("axe finds nothing serious in the dialogs and tools of an image, in light and in dark; they stay in the window", async () => {
  await open();
  await choose(await drawing(60, 60));
  const image = page.locator(`${TEXT} .embed-image`);
  await image.click();
  await page.locator(".bubble").getByRole("button", { name: "Right" }).click();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await image.click();
    for (const [button, dialog] of [
      ["Image…", "From an address"],
      ["Description and caption", "What does it show?"],
    ] as const) {
      await page.getByRole("button", { name: button }).click();
      await page.getByLabel(dialog).waitFor();
      expect(await seriousFindings(page), `${button}, ${colorScheme}`).toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
    }
  }
  for (const size of [768, 320]) {
    await page.setViewportSize({ width: size, height: 700 });
    await image.click();
    await expect
      .poll(
        async () => {
          const box = await page.locator(".bubble").boundingBox();
          return box !== null && box.x >= 0 && box.x + box.width <= size;
        },
        { message: `at ${size}` },
      )
      .toBe(true);
  }
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
