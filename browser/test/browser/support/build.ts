import { existsSync } from "node:fs";
import { build } from "vite";
import { OCTAVO } from "./server.ts";

/** Before all: the pages as they are now, and a server to serve them. */
export default async function setup(): Promise<void> {
  if (!existsSync(OCTAVO)) throw new Error(`${OCTAVO} is missing: run "make" first.`);
  await build({ logLevel: "warn" });
}
