import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const OCTAVO =
  process.env.OCTAVO_COMMAND ?? resolve(import.meta.dirname, "../../../../.venv/bin/octavo");

const START_MS = 20_000;

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

/** The real server over a data directory of its own; it may be killed and started again on the same port. */
export class Server {
  readonly port: number;
  readonly url: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "octavo-browser-"));
  readonly #publicUrl: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;
  #output = "";

  private constructor(port: number, publicUrl: string, settings: Readonly<Record<string, string>>) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#publicUrl = publicUrl;
    this.#settings = settings;
  }

  /** `publicUrl` is the address that browsers use when a proxy stands in between; `settings` by their variables. */
  static async start(publicUrl = "", settings: Readonly<Record<string, string>> = {}): Promise<Server> {
    const server = new Server(await freePort(), publicUrl, settings);
    await server.run();
    return server;
  }

  async run(): Promise<void> {
    const env = { ...process.env, OCTAVO_RATE_LIMIT: "off", ...this.#settings };
    if (this.#publicUrl) Object.assign(env, { OCTAVO_PUBLIC_URL: this.#publicUrl });
    const args = ["serve", "--port", String(this.port), "--data-dir", this.#directory];
    const child = spawn(OCTAVO, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    await this.#ready(child);
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (performance.now() < deadline) {
      if (child.exitCode !== null) break;
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((again) => setTimeout(again, 50));
    }
    throw new Error(`The server did not become ready.\n${this.#output}`);
  }

  /** Runs a command of the server over its data directory. */
  async command(...args: string[]): Promise<void> {
    await promisify(execFile)(OCTAVO, [...args, "--data-dir", this.#directory]);
  }

  /** As when the power goes: no signal handler, no flush. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
