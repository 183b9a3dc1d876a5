import { execFileSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

const ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The system's Chromium: $OCTAVO_CHROMIUM, or `chromium` on the PATH. */
export function launch(): Promise<Browser> {
  const executablePath =
    process.env.OCTAVO_CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  return chromium.launch({ executablePath, args: ARGS });
}
