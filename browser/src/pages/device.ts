import { signal } from "@preact/signals";
import { notify } from "../components/notice";
import { t } from "../i18n";
import type { Device } from "../offline/device";
import { account, api } from "./account";
import { mayLeave } from "./router";

/** What lies on this device changed: pages that show it look again. */
export const deviceMoment = signal(0);

let watching = false;

/** A new build is there: offered, and not taken while work waits here. */
function offerUpdate(take: () => void): void {
  const run = async () => {
    const device = await opened?.device;
    await device?.delivery?.run();
    if (((await device?.waitingEdits()) ?? 0) === 0 && (await mayLeave())) take();
    else notify(t("device.updateLater"), { label: t("device.update"), run: () => void run() }, true);
  };
  notify(t("device.updateReady"), { label: t("device.update"), run: () => void run() }, true);
}

let opened: { user: string; device: Promise<Device | null>; stop(): void } | null = null;

/** What of the signed-in user's lies on this device; null: nothing can be stored here, or nobody is signed in. */
export function ownDevice(): Promise<Device | null> {
  const user = account.peek()?.id;
  if (!user || account.peek()?.guest) return Promise.resolve(null);
  if (opened?.user === user) return opened.device;
  opened?.stop();
  let gone = false;
  const device = open(user, () => gone);
  opened = {
    user,
    device,
    stop: () => {
      gone = true;
      void device.then((each) => each?.close());
    },
  };
  return device;
}

async function open(user: string, gone: () => boolean): Promise<Device | null> {
  try {
    const { Device, Delivery, watchUpdates } = await import("../offline");
    if (isSecureContext && "serviceWorker" in navigator && !watching) {
      watching = true;
      watchUpdates({ ready: offerUpdate }).catch((error) =>
        console.error(`Without a network this page will not open: ${error}`),
      );
    }
    const device = await Device.of(user);
    if (!device || gone()) return device;
    const changed = () => {
      deviceMoment.value += 1;
    };
    device.delivery = new Delivery(device, api, changed);
    device.delivery.start();
    setTimeout(changed, 0);
    void device.trim();
    return device;
  } catch {
    return null; // that part of the page could not be fetched: online only
  }
}

/** Delivers what a page that was just closed has left. */
export function deliverSoon(): void {
  void opened?.device.then((device) => device?.delivery?.run());
}

account.subscribe((user) => {
  if (user) setTimeout(() => void ownDevice(), 0);
});

/**
 * Signs out, and takes all that is this user's from the device; false when there is work that would be lost and the user
 * stays.
 */
export async function leave(): Promise<boolean> {
  const device = await ownDevice();
  await device?.delivery?.run();
  const edits = (await device?.waitingEdits()) ?? 0;
  if (edits > 0 && !confirm(t("device.signOut", { count: edits }))) return false;
  await api.logout();
  await device?.store.forget(device.user);
  opened?.stop();
  opened = null;
  return true;
}

/** Which documents open without a network. */
export const onDevice = signal<ReadonlySet<string>>(new Set());

async function lookAgain(): Promise<void> {
  const device = await opened?.device;
  const rows = await device?.store.documents(device.user).catch(() => []);
  onDevice.value = new Set(rows?.map((row) => row.document));
}

/** Keeps an answer for when there is no network. */
export async function keepAnswer(
  asked: RequestInfo | URL,
  init: RequestInit | undefined,
  answer: Response,
): Promise<void> {
  const path = String(asked);
  if ((init?.method ?? "GET") !== "GET" || path.includes("/users/me")) return;
  const device = await ownDevice();
  if (device) await (await import("../offline")).keepAnswer(device, path, answer).catch(() => undefined);
}

export async function ownAnswer(
  asked: RequestInfo | URL,
  init: RequestInit | undefined,
): Promise<Response | null> {
  const device = await ownDevice();
  if (!device) return null;
  return (await import("../offline")).ownAnswer(device, String(asked), init);
}

/** Marks a document to be kept here, or no longer. */
export async function keepHere(document: string, wanted: boolean): Promise<void> {
  await (await ownDevice())?.want(api, document, wanted);
  deviceMoment.value += 1;
}

deviceMoment.subscribe(() => void lookAgain());
