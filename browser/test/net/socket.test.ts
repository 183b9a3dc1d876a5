// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Api, ApiError } from "../../src/net/api";
import { Socket } from "../../src/net/socket";

/** The browser's WebSocket as far as it is used, driven by the test. */
class Wire {
  static readonly OPEN = 1;
  static made: Wire[] = [];
  readyState = 0;
  readonly sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(
    readonly url: URL,
    readonly protocol: string,
  ) {
    Wire.made.push(this);
  }

  send(data: string) {
    this.sent.push(data);
  }

  close() {
    this.readyState = 3;
  }

  open() {
    this.readyState = Wire.OPEN;
    this.onopen?.();
  }
}

let heard: unknown[];
let ticket: () => Promise<unknown>;
let socket: Socket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Wire);
  Wire.made = [];
  heard = [];
  ticket = async () => ({ websocket_url: "/ws/v1/documents/d1?ticket=fresh" });
  socket = new Socket({ ticket: () => ticket() } as unknown as Api, "d1", {
    opened: () => heard.push("opened"),
    received: (message) => heard.push(message),
    closed: (code) => heard.push(code),
  });
});

afterEach(() => {
  socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const last = () => Wire.made[Wire.made.length - 1] as Wire;

it("connects with the URL at hand first, then with a fresh ticket", async () => {
  socket.connect(0, "/ws/v1/documents/d1?ticket=given");
  await after(0);
  expect(last().url.search).toBe("?ticket=given");
  expect(last().url.protocol).toBe("ws:");
  expect(last().protocol).toBe("octavo.v1");
  socket.connect(1);
  await after(999);
  expect(Wire.made).toHaveLength(1);
  await after(1);
  expect(last().url.search).toBe("?ticket=fresh");
});

it("passes messages on, and says nothing of what is not one", async () => {
  socket.connect(0);
  await after(0);
  last().open();
  last().onmessage?.({ data: '{"type":"pong"}' });
  last().onmessage?.({ data: "<html>" });
  socket.send({ type: "ping" });
  expect(heard).toEqual(["opened", { type: "pong" }]);
  expect(last().sent).toEqual(['{"type":"ping"}']);
});

it("hears nothing of a socket that was given up", async () => {
  socket.connect(0);
  await after(0);
  const first = last();
  first.open();
  socket.connect(5);
  first.onmessage?.({ data: '{"type":"pong"}' });
  first.onclose?.({ code: 4409 });
  expect(heard).toEqual(["opened"]);
  expect(first.readyState).toBe(3);
});

it.each([
  [401, 4401],
  [403, 4403],
  [404, 4404],
  [410, 4410],
  [429, 4429],
  [503, 1006],
  [0, 1006],
])("a ticket refused with %i is as a close with %i", async (status, code) => {
  ticket = () => Promise.reject(new ApiError(status, "X", "x"));
  socket.connect(0);
  await after(0);
  expect(heard).toEqual([code]);
});

it("a wait is cut short when the network returns; nothing happens when there is none", async () => {
  socket.connect(30);
  await after(10);
  window.dispatchEvent(new Event("online"));
  await after(0);
  expect(Wire.made).toHaveLength(1);
  last().open();
  window.dispatchEvent(new Event("online"));
  document.dispatchEvent(new Event("visibilitychange"));
  await after(1000);
  expect(Wire.made).toHaveLength(1);
});

it("an attempt that opens nothing in 10 s is given up", async () => {
  socket.connect(0);
  await after(10_000);
  expect(heard).toEqual([1006]);
});
