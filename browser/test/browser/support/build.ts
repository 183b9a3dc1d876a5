import { existsSync } from "node:fs";
import { build } from "vite";
import { OCTAVO } from "./server.ts";

/** Before all: the pages as they are shipped (Vitest's own NODE_ENV would leave development code in). */
export default async function setup(): Promise<void> {
  if (!existsSync(OCTAVO)) throw new Error(`${OCTAVO} is missing: run "make" first.`);
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  await build({ logLevel: "warn" });
  process.env.NODE_ENV = NODE_ENV;
}
