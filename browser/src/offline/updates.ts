/** The service worker of this page: put in place, and changed for that of a new build when the user says so. */

/** A new build is looked for this often, in milliseconds. */
const EVERY_MS = 30 * 60_000;

export interface UpdateEvents {
  /** A new build is ready; `take` loads it. */
  ready(take: () => void): void;
}

/** Rejects where the browser or its settings allow no service worker. */
export async function watchUpdates(events: UpdateEvents): Promise<void> {
  const { serviceWorker } = navigator;
  const known = serviceWorker.controller !== null;
  const registration = await serviceWorker.register("/sw.js", { updateViaCache: "none" });
  let taken = false;
  const take = () => {
    taken = true;
    registration.waiting?.postMessage("take over");
  };
  const look = () => {
    if (registration.waiting && serviceWorker.controller) events.ready(take);
  };
  // The first worker of all takes nothing away from the page; a later one is another build's.
  serviceWorker.addEventListener("controllerchange", () => {
    if (taken) location.reload();
    else if (known) events.ready(() => location.reload());
  });
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
  const update = () => void registration.update().catch(() => undefined);
  setInterval(update, EVERY_MS);
  addEventListener("online", update);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && update());
  look();
}
