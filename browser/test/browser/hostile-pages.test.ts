import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { launch } from "./support/browser.ts";
import { Person, TEXT } from "./support/people.ts";
import { PICTURE } from "./support/picture.ts";
import { Server } from "./support/server.ts";

/** What runs when it becomes markup, an address or a template; short, for names have 100 units. */
const VECTORS = [
  "<img src=x onerror=ran()>",
  '"><script>ran()</script>',
  "<svg onload=ran()>",
  "javascript:ran()",
  "' onfocus=ran() autofocus='",
  "{{constructor.constructor('ran()')()}}",
];
const ALL = VECTORS.join(" ");
const NAME = `${VECTORS[0]}${VECTORS[1]}${VECTORS[2]}`;

let server: Server;
let browser: Browser;
/** Everything that can be named is named so. */
let ada: Person;
let eve: Person;
let documentId: string;
let invitation: string;

async function register(name: string): Promise<Person> {
  const person = await Person.register(server.url, "Somebody");
  await person.request("PATCH", "/users/me", { name });
  return person;
}

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  [ada, eve] = await Promise.all([register(`${NAME} A`), register(`${NAME} E`)]);
  await server.command("user", "admin", ada.email);
  const made = await ada.request<{ id: string }>("POST", "/documents", {
    title: ALL,
    content: {
      ops: [
        { insert: ALL },
        { insert: "here", attributes: { link: "https://example.org/?%22%3E%3Cscript%3Eran()%3C/script%3E" } },
        { insert: "\n" },
      ],
    },
  });
  documentId = made.id;
  const permissions = `/documents/${documentId}/permissions`;
  const stored = await fetch(`${server.url}/api/v1/documents/${documentId}/images`, {
    method: "POST",
    headers: { Origin: server.url, Cookie: ada.cookie.join("=") },
    body: PICTURE,
  });
  const image = (await stored.json()) as { url: string };
  const { epoch, revision } = await ada.request<{ epoch: string; revision: number }>(
    "GET",
    `/documents/${documentId}`,
  );
  await ada.request("POST", `/documents/${documentId}/operations`, {
    epoch,
    client_id: "hostile",
    seq: 1,
    base_revision: revision,
    ops: [{ insert: { image: image.url }, attributes: { alt: ALL, caption: ALL, width: 80 } }],
  });
  const bob = await register(`${NAME} B`);
  await ada.request("PUT", permissions, { email: bob.email, role: "editor" });
  const shared = await ada.request<{ invitations: { token?: string }[] }>("PUT", permissions, {
    email: "'onfocus=ran()@example.org",
    role: "viewer",
  });
  invitation = shared.invitations.find(({ token }) => token)?.token ?? "";
  await ada.request("PUT", permissions, { link_role: "viewer" });
  await ada.request("PATCH", `/documents/${documentId}`, { switches: { guests: true } });
  await eve.request("POST", `/documents/${documentId}/access-requests`, { role: "editor", message: ALL });
  await ada.request("PUT", `/documents/${documentId}/lock`, { reason: ALL });
  await ada.request("POST", "/users/me/tokens", { name: NAME, scopes: ["read"] });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page in which a vector that runs is seen, and one that is not allowed to. */
async function watched(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = window as unknown as { ran(): void; hasRun: boolean; violations: string[] };
    seen.hasRun = false;
    seen.violations = [];
    seen.ran = () => {
      seen.hasRun = true;
    };
    document.addEventListener("securitypolicyviolation", (event) =>
      seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return page;
}

interface Watched {
  hasRun: boolean;
  violations: string[];
}

/** Every page and dialog of this part, one after another; `look` is called when each is shown. */
async function walk(
  context: (person: Person | null) => Promise<BrowserContext>,
  look: (page: Page, what: string) => Promise<void>,
): Promise<void> {
  const owner = await watched(await context(ada));
  await owner.goto(`${server.url}/d/${documentId}`);
  await owner.locator(".banner").waitFor();
  await owner.locator(`${TEXT} .embed-image`).waitFor();
  await look(owner, "a locked document");
  await owner.getByRole("button", { name: /^Share/ }).click();
  await owner.locator(".share-requests").waitFor();
  await look(owner, "the share dialog");
  const add = owner.getByRole("combobox", { name: "Add people" });
  await add.fill("<");
  await owner
    .getByRole("option")
    .first()
    .waitFor({ timeout: 2_000 })
    .catch(() => undefined);
  await look(owner, "completion");
  await add.fill("");
  await owner.getByRole("button", { name: "Settings" }).click();
  await owner.getByRole("button", { name: "Unlock" }).last().waitFor();
  await look(owner, "the settings of a document");
  await owner.getByRole("button", { name: "Back" }).click();
  await owner.getByRole("button", { name: "Activity" }).click();
  await owner.locator(".audit-list li").first().waitFor();
  await look(owner, "the activity of a document");
  for (const [part, shown] of [
    ["profile", "meter"],
    ["security", ".settings-list li"],
    ["tokens", ".settings-list li"],
    ["appearance", "fieldset"],
    ["audit", ".audit-list li"],
  ] as const) {
    await owner.goto(`${server.url}/settings/${part}`);
    await owner.locator(shown).first().waitFor();
    await look(owner, `settings, ${part}`);
  }
  const other = await watched(await context(eve));
  await other.goto(`${server.url}/d/${documentId}`);
  await other.locator(".banner").waitFor();
  await other.getByRole("button", { name: /^Share/ }).click();
  await other.locator(".ask-form, .ask-sent").waitFor();
  await look(other, "the share dialog of a viewer");
  await other.goto(`${server.url}/invitations/${invitation}`);
  await other.getByRole("button", { name: "Open the document" }).waitFor();
  await look(other, "an invitation for somebody known");
  await other.goto(`${server.url}/d/nothing`);
  await other.getByRole("button", { name: "Ask for access" }).waitFor();
  await look(other, "asking for access");
  const nobody = await watched(await context(null));
  await nobody.goto(`${server.url}/invitations/${invitation}`);
  await nobody.getByRole("link", { name: "Create an account" }).click();
  await nobody.getByLabel("E-mail").waitFor();
  await look(nobody, "signing up with an invitation");
  await nobody.goto(`${server.url}/invitations/nothing`);
  await nobody.getByRole("heading").waitFor();
  await look(nobody, "an invitation that is void");
  await nobody.goto(`${server.url}/login`);
  await nobody.getByLabel("E-mail").waitFor();
  await look(nobody, "signing in");
  await nobody.goto(`${server.url}/d/${documentId}`);
  await nobody.getByLabel("Your name").fill(NAME);
  await look(nobody, "coming in as a guest");
  await nobody.getByRole("button", { name: "Come in" }).click();
  await nobody.locator(".banner").waitFor();
  await look(nobody, "a document for a guest");
}

test("nothing that people can name runs anywhere, with the content policy off", async () => {
  const context = (person: Person | null) =>
    person ? person.context(browser, { bypassCSP: true }) : browser.newContext({ bypassCSP: true });
  const shown = new Set<string>();
  await walk(context, async (page, what) => {
    // Whatever waits for an error, a load or the focus has had its turn.
    await page.evaluate(() => new Promise((turn) => requestAnimationFrame(() => setTimeout(turn))));
    expect(await page.evaluate(() => (window as unknown as Watched).hasRun), what).toBe(false);
    const handlers = await page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .flatMap((element) => [...element.attributes])
        .filter(({ name }) => name.startsWith("on"))
        .map(({ name, value }) => `${name}=${value}`),
    );
    expect(handlers, what).toEqual([]);
    expect(
      await page.evaluate(() => [...document.links].map(({ protocol }) => protocol)),
      what,
    ).not.toContain("javascript:");
    if ((await page.evaluate(() => document.body.textContent))?.includes("onerror=ran()")) shown.add(what);
  });
  // The names were there to be run: as text.
  for (const what of [
    "the share dialog",
    "the activity of a document",
    "settings, tokens",
    "settings, audit",
  ])
    expect([...shown]).toContain(what);
  expect([...shown]).toContain("an invitation for somebody known");
});

test("the content policy is kept, axe finds nothing serious in light and dark, and 320 pixels are enough", async () => {
  const context = (person: Person | null) => person?.context(browser) ?? browser.newContext();
  const violations = (page: Page) => page.evaluate(() => (window as unknown as Watched).violations);
  await walk(context, async (page, what) => {
    const size = page.viewportSize() ?? { width: 1280, height: 900 };
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      // Colours glide to those of the other scheme.
      await page.evaluate(async () => {
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
      });
      expect(await seriousFindings(page), `${what}, ${colorScheme}`).toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(() => {
      const over = (element: Element | null) => (element ? element.scrollWidth - element.clientWidth : 0);
      return Math.max(over(document.documentElement), over(document.querySelector("dialog[open]")));
    });
    expect(wide, `${what} on 320 pixels`).toBeLessThanOrEqual(0);
    await page.setViewportSize(size);
    expect(await violations(page), what).toEqual([]);
  });
  const page = await watched(await ada.context(browser));
  await page.goto(`${server.url}/settings/profile`);
  await page
    .getByLabel("Choose a picture")
    .setInputFiles({ name: "x.png", mimeType: "image/png", buffer: PICTURE });
  await page.getByRole("slider", { name: "Zoom" }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole("button", { name: "Use this picture" }).click();
  await page.locator(".settings-picture img").waitFor();
  expect(await violations(page)).toEqual([]);
});
