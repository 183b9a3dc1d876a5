/** A choice that this browser remembers; without storage it holds for the page only. */

import { type Signal, signal } from "@preact/signals";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** A switch under `octavo.<name>`. */
export function storedFlag(name: string, initial: boolean): Signal<boolean> {
  const key = `octavo.${name}`;
  const stored = read(key);
  const flag = signal(stored === null ? initial : stored === "yes");
  flag.subscribe((value) => {
    if (value === (read(key) === null ? initial : read(key) === "yes")) return;
    try {
      localStorage.setItem(key, value ? "yes" : "no");
    } catch {
      // Forbidden by the browser's settings.
    }
  });
  return flag;
}
