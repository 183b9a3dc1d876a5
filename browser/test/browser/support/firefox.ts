/** A stock Firefox, driven by WebDriver BiDi (W3C): it speaks that itself, and Playwright's own builds are not needed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import WebSocket from "ws";

const START_MS = 30_000;

/** $OCTAVO_FIREFOX, or the first of `firefox-esr` and `firefox` on the PATH; null when there is none. */
export function firefoxPath(): string | null {
  if (process.env.OCTAVO_FIREFOX) return process.env.OCTAVO_FIREFOX;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = ["firefox-esr", "firefox"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A headless window counts as one that has the focus; nothing is asked of the network. */
const PREFERENCES: readonly [name: string, value: unknown][] = [
  ["focusmanager.testmode", true],
  ["services.settings.server", "data:,#remote-settings-dummy/v1"],
  ["datareporting.policy.dataSubmissionEnabled", false],
  ["network.captive-portal-service.enabled", false],
  ["network.connectivity-service.enabled", false],
];

interface Answer {
  id?: number;
  result?: unknown;
  message?: string;
}

export class Firefox {
  readonly #process: ChildProcess;
  readonly #home: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #socket: WebSocket | null = null;
  #context = "";
  #nextId = 1;

  private constructor(path: string) {
    this.#home = mkdtempSync(join(tmpdir(), "octavo-firefox-"));
    const preferences = PREFERENCES.map(
      ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`,
    );
    writeFileSync(join(this.#home, "user.js"), preferences.join(""));
    const args = ["--headless", "--no-remote", "--profile", this.#home, "--remote-debugging-port", "0"];
    const env = { ...process.env, HOME: this.#home };
    this.#process = spawn(path, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  }

  static async launch(path: string): Promise<Firefox> {
    const firefox = new Firefox(path);
    try {
      await firefox.#connect();
    } catch (error) {
      await firefox.close();
      throw error;
    }
    return firefox;
  }

  async #connect(): Promise<void> {
    const socket = new WebSocket(`${await this.#address()}/session`);
    this.#socket = socket;
    socket.on("message", (data) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    await once(socket, "open");
    await this.#send("session.new", { capabilities: {} });
    const tree = (await this.#send("browsingContext.getTree", {})) as { contexts: { context: string }[] };
    this.#context = tree.contexts[0]?.context ?? "";
  }

  /** Firefox says on its error output where it listens. */
  #address(): Promise<string> {
    return new Promise((found, failed) => {
      let output = "";
      const timer = setTimeout(() => failed(new Error(`Firefox did not start.\n${output}`)), START_MS);
      this.#process.once("error", failed);
      this.#process.once("exit", () => failed(new Error(`Firefox ended.\n${output}`)));
      this.#process.stderr?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        const address = /WebDriver BiDi listening on (ws:\S+)/.exec(output)?.[1];
        if (!address) return;
        clearTimeout(timer);
        found(address);
      });
    });
  }

  async #send(method: string, params: object): Promise<unknown> {
    const id = this.#nextId++;
    const answered = new Promise<Answer>((answer) => this.#waiting.set(id, answer));
    this.#socket?.send(JSON.stringify({ id, method, params }));
    const { result, message } = await answered;
    if (message !== undefined) throw new Error(`${method}: ${message}`);
    return result;
  }

  async setCookie(url: string, name: string, value: string): Promise<void> {
    const cookie = { name, value: { type: "string", value }, domain: new URL(url).hostname, httpOnly: true };
    await this.#send("storage.setCookie", { cookie });
  }

  /** Loads an address, or loads again what is there. */
  async goto(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  /** Brings the window to the front, without which it has no focus, and presses the mouse in the middle of an element. */
  async click(selector: string): Promise<void> {
    await this.#send("browsingContext.activate", { context: this.#context });
    const [x, y] = await this.evaluate<[number, number]>(`(() => {
      const { left, top, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return [Math.round(left + width / 2), Math.round(top + height / 2)];
    })()`);
    const actions = [
      { type: "pointerMove", x, y },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ];
    await this.#send("input.performActions", {
      context: this.#context,
      actions: [{ type: "pointer", id: "mouse", actions }],
    });
  }

  /** The value of an expression in the page, by way of JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = (await this.#send("script.evaluate", {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context: this.#context },
      awaitPromise: true,
    })) as { type: string; result?: { value: string }; exceptionDetails?: { text: string } };
    if (answer.type !== "success") throw new Error(`${expression}: ${answer.exceptionDetails?.text}`);
    return JSON.parse(answer.result?.value ?? "null") as T;
  }

  /** Presses keys one after another; those of `held` are down meanwhile. */
  async press(keys: Iterable<string>, ...held: string[]): Promise<void> {
    const down = (value: string) => ({ type: "keyDown", value });
    const up = (value: string) => ({ type: "keyUp", value });
    const pressed = [...keys].flatMap((value) => [down(value), up(value)]);
    const actions = [...held.map(down), ...pressed, ...held.map(up)];
    await this.#send("input.performActions", {
      context: this.#context,
      actions: [{ type: "key", id: "keyboard", actions }],
    });
  }

  async close(): Promise<void> {
    this.#socket?.terminate();
    if (this.#process.exitCode === null && this.#process.pid) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Keys as WebDriver writes them. */
export const KEY = { control: "\ue009", enter: "\ue007" } as const;
