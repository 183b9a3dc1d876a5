import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Hold } from "../../src/editor/hold";

let delivered: number[];
let composing: boolean;
let hold: Hold<number>;

beforeEach(() => {
  vi.useFakeTimers();
  delivered = [];
  composing = false;
  hold = new Hold(
    (message) => delivered.push(message),
    () => composing,
  );
});
afterEach(() => vi.useRealTimers());

function start() {
  composing = true;
  hold.compositionStart();
}

function end() {
  composing = false;
  hold.compositionEnd();
}

it("delivers at once when nothing is composed", () => {
  hold.push(1);
  expect(delivered).toEqual([1]);
});

it("holds everything in order until 50 ms after the end", () => {
  start();
  hold.push(1);
  hold.push(2);
  end();
  vi.advanceTimersByTime(49);
  hold.push(3);
  expect(delivered).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(delivered).toEqual([1, 2, 3]);
});

it("goes on holding when the next composition begins at once", () => {
  start();
  hold.push(1);
  end();
  vi.advanceTimersByTime(20);
  start();
  vi.advanceTimersByTime(1000);
  expect(delivered).toEqual([]);
  end();
  vi.advanceTimersByTime(50);
  expect(delivered).toEqual([1]);
});

it("never holds more than 2,000 messages, nor longer than 30 s", () => {
  start();
  for (let n = 0; n < 2000; n += 1) hold.push(n);
  expect(delivered).toHaveLength(2000);
  start();
  hold.push(9);
  vi.advanceTimersByTime(30_000);
  expect(delivered).toHaveLength(2001);
});
