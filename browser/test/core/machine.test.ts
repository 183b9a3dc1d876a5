import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Effect, MachineEvent, Start } from "../../src/core/events";
import { Machine } from "../../src/core/machine";

interface Script {
  name: string;
  why: string;
  start: Start;
  steps: { event: MachineEvent; now?: number; random?: number; fresh_id?: string; effects: Effect[] }[];
  end?: Record<string, unknown>;
}

const FOLDER = new URL("../../../vectors/client/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

it("has scripts to play", () => expect(files.length).toBeGreaterThan(4));

describe.each(files)("%s", (file) => {
  const scripts: Script[] = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  it.each(scripts.map((script) => [script.name, script] as const))("%s", (_name, script) => {
    const machine = new Machine(script.start);
    for (const [at, step] of script.steps.entries()) {
      const around = { now: step.now ?? 0, random: step.random ?? 0.5, freshId: step.fresh_id ?? null };
      const effects = plain(machine.handle(step.event, around));
      expect(effects, `step ${at}: ${JSON.stringify(step.event)}`).toEqual(step.effects);
    }
    expect(plain(machine.state())).toMatchObject(script.end ?? {});
  });
});
