// Typing in real Chromium against a real server: a plan on stdin (bench/browser.py), one JSON line per figure on stdout.
// All times but the opening are taken within the page: a driver's round trips are longer than what is measured.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { Light } from "./load/client.mjs";

const { chromium } = createRequire(new URL("../browser/package.json", import.meta.url))("playwright-core");
const plan = JSON.parse(readFileSync(0, "utf8"));
const TEXT = ".ProseMirror";
const LINE_LENGTH = 100;
/** A peer's edits a second, each with a presence message. */
const PEER_RATE = 5;
const BETWEEN_KEYS_MS = 90;
/** Flags as in browser/test/browser/support/browser.ts. */
const ARGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sorted = (values) => [...values].sort((a, b) => a - b);
const quantile = (values, part) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))];

/** What some lines of forty are. */
const KINDS = {
  10: { header: 2 },
  20: { list: "ordered" },
  21: { list: "ordered" },
  22: { list: "ordered", indent: 1 },
  30: { blockquote: true },
};

/** So many characters in lines of 100, two ops a line; headings, quotes and lists among them. */
function writing(characters) {
  const ops = [];
  const words =
    "the quick brown fox jumps over a lazy dog and runs on to the far end of this long line of plain text ";
  for (let line = 0; line < characters / LINE_LENGTH; line += 1) {
    const text = `${line} ${words}`.slice(0, LINE_LENGTH - 1);
    const attributes = KINDS[line % 40];
    ops.push({ insert: text.slice(0, 50) }, { insert: text.slice(50, 70), attributes: { bold: true } });
    if (attributes) ops.push({ insert: text.slice(70) }, { insert: "\n", attributes });
    else ops.push({ insert: `${text.slice(70)}\n` });
  }
  // Neighbours that are alike are one op.
  return ops.reduce((joined, op) => {
    const last = joined.at(-1);
    if (last && !last.attributes && !op.attributes) last.insert += op.insert;
    else joined.push(op);
    return joined;
  }, []);
}

class User {
  constructor(cookie) {
    this.cookie = cookie;
  }

  static async register(name) {
    const email = `${name}.${crypto.randomUUID()}@example.org`;
    const answer = await fetch(`${plan.url}/api/v1/auth/register`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: plan.url },
      body: JSON.stringify({ email, name, password: crypto.randomUUID() }),
    });
    if (answer.status !== 201) throw new Error(`register: ${answer.status} ${await answer.text()}`);
    return new User(answer.headers.getSetCookie()[0].split(";")[0]);
  }

  async request(method, path, body) {
    const answer = await fetch(`${plan.url}/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", Origin: plan.url, Cookie: this.cookie },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async page(browser) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const [name, value] = this.cookie.split("=");
    await context.addCookies([{ name, value, url: plan.url, httpOnly: true }]);
    const page = await context.newPage();
    await page.addInitScript(observe);
    return page;
  }
}

/** Runs in the page before its own scripts: notes when what happens. */
function observe() {
  const seen = { content: 0, shown: 0, drawn: 0, keys: [], remote: [] };
  globalThis.seen = seen;
  for (const name of ["json", "text"]) {
    const read = Response.prototype[name];
    Response.prototype[name] = async function timed() {
      const value = await read.call(this);
      if (/\/documents\/[^/]+$/.test(this.url)) seen.content = performance.now();
      return value;
    };
  }
  const afterFrame = (then) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => then(performance.now());
      port2.postMessage(null);
    });
  // An observer is called when the script that made the view has ended.
  const observer = new MutationObserver(() => {
    if (!document.querySelector(".ProseMirror .line")) return;
    observer.disconnect();
    seen.shown = performance.now();
    afterFrame((at) => {
      seen.drawn = at;
    });
  });
  observer.observe(document, { childList: true, subtree: true });
  document.addEventListener(
    "keydown",
    (event) => afterFrame((at) => seen.keys.push(at - event.timeStamp)),
    true,
  );
  const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    get,
    set(handler) {
      set.call(this, (event) => {
        const start = performance.now();
        handler.call(this, event);
        if (event.data.startsWith('{"type":"changes"')) seen.remote.push(performance.now() - start);
      });
    },
  });
}

/** Someone who types at a place and shows a cursor there. */
async function peer(user, id, index) {
  const found = await user.request("GET", `/documents/${id}`);
  const client = new Light({
    url: plan.url.replace("http", "ws") + found.websocket_url,
    epoch: found.epoch,
    revision: found.revision,
    index,
    onLatency: () => {},
  });
  await client.open();
  const timer = setInterval(() => {
    client.edit();
    const cursor = { index: index + 1, length: 0 };
    client.socket.send(JSON.stringify({ type: "presence", revision: client.revision, cursor }));
  }, 1000 / PEER_RATE);
  return {
    client,
    leave() {
      clearInterval(timer);
      client.close();
    },
  };
}

/** Milliseconds of style and layout and of script since the page began. */
async function costs(devtools) {
  const { metrics } = await devtools.send("Performance.getMetrics");
  const of = (name) => 1000 * (metrics.find((metric) => metric.name === name)?.value ?? 0);
  return { style: of("RecalcStyleDuration"), layout: of("LayoutDuration"), script: of("ScriptDuration") };
}

/** Presses `count` keys, one after another, and gives the time from each to the end of its frame. */
async function press(page, devtools, count, keyAt) {
  await page.evaluate(() => {
    seen.keys = [];
    seen.remote = [];
  });
  const before = await costs(devtools);
  for (let at = 0; at < count; at += 1) {
    await page.keyboard.press(keyAt(at));
    // Not in step with the frames.
    await sleep(BETWEEN_KEYS_MS + (at % 17));
  }
  await sleep(300);
  const after = await costs(devtools);
  const taken = await page.evaluate(() => seen.keys);
  const each = Object.fromEntries(
    Object.keys(after).map((name) => [name, (after[name] - before[name]) / count]),
  );
  return { p50: quantile(taken, 0.5), p95: quantile(taken, 0.95), each };
}

async function toMiddle(page) {
  const place = await page.evaluate((text) => {
    const lines = document.querySelectorAll(`${text} .line`);
    const line = lines[Math.floor(lines.length / 2) + 3];
    line.scrollIntoView({ block: "center" });
    const { left, top, height } = line.getBoundingClientRect();
    return [left + 200, top + height / 2];
  }, TEXT);
  await page.mouse.click(...place);
  await page.keyboard.press("x");
  await sleep(500);
}

async function measure(browser, users, characters) {
  const content = { ops: writing(characters) };
  const { id } = await users[0].request("POST", "/documents", { title: "Bench", content });
  await users[0].request("PUT", `/documents/${id}/permissions`, { link_role: "editor" });
  const page = await users[0].page(browser);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  await page.goto(`${plan.url}/d/${id}`);
  await page.locator(`${TEXT}[contenteditable=true]`).waitFor();
  await page.waitForFunction(() => seen.drawn > 0);
  const opening = await page.evaluate(() => ({ ...seen, lines: document.querySelectorAll(".line").length }));
  say({ figure: "open", characters, ops: content.ops.length, ...opening });
  const peers = await Promise.all(
    users.slice(1).map((user, at) => peer(user, id, Math.floor((characters * (at + 1)) / 4) + 10)),
  );
  await sleep(1500);
  await toMiddle(page);
  const keys = await press(page, devtools, plan.keys, (at) => "typing words "[at % 13]);
  say({ figure: "keys", characters, ...keys });
  const remote = await page.evaluate(() => seen.remote);
  say({
    figure: "remote",
    characters,
    p50: quantile(remote, 0.5),
    p95: quantile(remote, 0.95),
    count: remote.length,
  });
  say({ figure: "enter", characters, ...(await press(page, devtools, plan.keys / 4, () => "Enter")) });
  const errors = peers.flatMap(({ client }) => client.errors);
  for (const one of peers) one.leave();
  if (errors.length > 0) throw new Error(errors[0]);
  await page.context().close();
}

/** Kilobytes, gzipped, of page, scripts and styles: those that came before `ready` was there, and those behind it. */
async function weigh(user, browser, path, ready) {
  const page = await user.page(browser);
  const bodies = new Map();
  page.on("response", (response) => {
    if (response.ok())
      bodies.set(
        response.url(),
        response.body().catch(() => Buffer.alloc(0)),
      );
  });
  await page.addInitScript((selector) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector(selector)) return;
      globalThis.readyAt ??= performance.now();
      observer.disconnect();
    });
    observer.observe(document, { childList: true, subtree: true });
  }, ready);
  await page.goto(plan.url + path);
  await page.locator(ready).first().waitFor();
  await page.waitForLoadState("networkidle");
  const asked = await page.evaluate(() => [
    [location.href, 0],
    ...performance
      .getEntriesByType("resource")
      .filter(({ name }) => /\/assets\/|theme\.js/.test(name))
      .map(({ name, responseEnd }) => [name, responseEnd - readyAt]),
  ]);
  const sizes = { first: 0, behind: 0 };
  for (const [name, late] of asked) {
    const body = await bodies.get(name);
    if (body) sizes[late > 0 ? "behind" : "first"] += gzipSync(body).length / 1000;
  }
  await page.context().close();
  return sizes;
}

const executablePath =
  process.env.OCTAVO_CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
const browser = await chromium.launch({ executablePath, args: ARGS });
try {
  say({ figure: "browser", version: browser.version() });
  const users = await Promise.all(["ada", "bob", "cyd"].map((name) => User.register(name)));
  const { id } = await users[0].request("POST", "/documents", { title: "Small" });
  const shell = await weigh(new User("none=none"), browser, "/", "form");
  const editor = await weigh(users[0], browser, `/d/${id}`, `${TEXT} .line`);
  say({ figure: "sizes", shell, "editor route": editor });
  for (const characters of plan.characters) await measure(browser, users, characters);
} finally {
  await browser.close();
}
