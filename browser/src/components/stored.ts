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

/** One of several choices under `octavo.<name>`. */
export function storedChoice<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  initial: Choice,
): Signal<Choice> {
  const key = `octavo.${name}`;
  const choice = signal(choices.find((each) => each === read(key)) ?? initial);
  choice.subscribe((value) => {
    if (value === (read(key) ?? initial)) return;
    try {
      localStorage.setItem(key, value);
    } catch {
      // Forbidden by the browser's settings.
    }
  });
  return choice;
}

/** A set of names under `octavo.<name>`. */
export function storedNames(name: string): Signal<ReadonlySet<string>> {
  const key = `octavo.${name}`;
  const names = signal<ReadonlySet<string>>(new Set(read(key)?.split(" ").filter(Boolean)));
  names.subscribe((value) => {
    const text = [...value].join(" ");
    if (text === (read(key) ?? "")) return;
    try {
      localStorage.setItem(key, text);
    } catch {
      // Forbidden by the browser's settings.
    }
  });
  return names;
}
