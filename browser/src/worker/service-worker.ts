/**
 * Serves the application without a network: the files of exactly one build, kept under its name.
 *
 * Pages come from the network first, so that a new build is seen at once; what the build names by its content comes
 * from here.  The API and sockets are never touched, and a missing file is never answered with a page.  A new worker
 * waits until the page asks for it, which it does only when nothing waits to be delivered.
 */

/** As much of a worker's own surroundings as is used; the library's types exclude those of a page. */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
declare const self: {
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(name: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(name: "fetch", listener: (event: Asked) => void): void;
};

/** Filled in by `plugins/worker.ts`: a name that follows from all files, and their paths. */
const BUILD = "%BUILD%";
const FILES = "%FILES%" as unknown as readonly string[];

const PREFIX = "octavo-";
const CACHE = PREFIX + BUILD;
const PAGE = "/";
/** So long the network is waited for before the page comes from here, in milliseconds. */
const PATIENCE_MS = 3_000;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  // All or nothing, and past the browser's own cache: a build half of another one is worse than none.
  await cache.addAll([PAGE, ...FILES].map((path) => new Request(path, { cache: "reload" })));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

/** Tabs of the build before go on with its files; older ones go. */
async function activate(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  for (const name of names.slice(0, -1)) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (/^\/(api|ws|metrics|healthz|readyz)(\/|$)/.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/") || FILES.includes(url.pathname))
    event.respondWith(file(request));
});

async function page(request: Request): Promise<Response> {
  const stored = async () => (await caches.open(CACHE)).match(PAGE);
  const late = new Promise<undefined>((give) => setTimeout(give, PATIENCE_MS));
  const answer = fetch(request).catch(() => undefined);
  const first = await Promise.race([answer, late]);
  // A proxy whose server is gone answers too.
  if (first && first.status < 500) return first;
  return (await stored()) ?? (await answer) ?? Response.error();
}

async function file(request: Request): Promise<Response> {
  const here = await caches.open(CACHE);
  return (await here.match(request)) ?? (await caches.match(request)) ?? fetch(request);
}

export {};
