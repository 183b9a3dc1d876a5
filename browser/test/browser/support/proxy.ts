import { once } from "node:events";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";

/**
 * A TCP proxy that can cut its connections, hold them open and pass nothing (a half-open network), pass everything late, or
 * cut each connection in the midst of what it says.
 */
export class StallingProxy {
  port = 0;
  /** How late everything comes, in milliseconds; in order. */
  delay = 0;
  /** After so many bytes from the server a connection is cut, wherever that is in a message. */
  bytes = Number.POSITIVE_INFINITY;
  /** The same of what a page says. */
  upwards = Number.POSITIVE_INFINITY;
  #stalled = false;
  #refusing = false;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #listener: NetServer;

  private constructor(target: () => number) {
    this.#listener = createServer((near) => {
      if (this.#refusing) near.destroy();
      else this.#join(near, connect(target(), "127.0.0.1"));
    });
  }

  /** `target` is asked for each new connection. */
  static async start(target: () => number): Promise<StallingProxy> {
    const proxy = new StallingProxy(target);
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    proxy.port = (proxy.#listener.address() as { port: number }).port;
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      let passed = 0;
      from.on("data", (chunk: Buffer) => {
        const left = Math.max(0, (from === far ? this.bytes : this.upwards) - passed);
        passed += chunk.length;
        setTimeout(() => {
          if (!to.destroyed) to.write(chunk.subarray(0, left));
          if (left < chunk.length) from.destroy();
        }, this.delay);
      });
      if (this.#stalled) from.pause();
    }
  }

  /** Nothing passes any more, in either direction, and nobody is told. */
  stall(): void {
    this.#stalled = true;
    for (const socket of [...this.#pairs].flat()) socket.pause();
  }

  resume(): void {
    this.#stalled = false;
    for (const socket of [...this.#pairs].flat()) socket.resume();
  }

  /** The network is gone: connections are torn down, and each new one is torn down too. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  /** What the pages say still arrives; what the server says does not. */
  deafen(): void {
    for (const [, far] of this.#pairs) far.pause();
  }

  accept(): void {
    this.#refusing = false;
  }

  /** Every connection is torn down; new ones are taken. */
  cut(): void {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}
