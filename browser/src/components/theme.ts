import { signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "octavo.theme";

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? "system";
  } catch {
    return "system"; // storage forbidden by the browser's settings
  }
}

export const theme = signal<Theme>(stored());

/** Applies the theme to the page and keeps it for the next visit, when public/theme.js reads it before the first paint. */
export function setTheme(value: Theme): void {
  theme.value = value;
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Without storage the choice holds for this page only.
  }
}
