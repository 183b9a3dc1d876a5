// Peers of floor.c: the first sends `rate` frames a second, all receive.  Plan on stdin, one JSON line at the end.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const plan = JSON.parse(readFileSync(0, "utf8"));
const frame = Buffer.alloc(plan.size, "x");
const sentAt = [];
const latencies = [];
const sockets = await Promise.all(
  Array.from({ length: plan.peers }, () => {
    const socket = connect({ port: plan.port, host: "127.0.0.1", noDelay: true });
    return new Promise((resolve, reject) => {
      socket.on("connect", () => resolve(socket));
      socket.on("error", reject);
    });
  }),
);
for (const socket of sockets) {
  let got = 0;
  socket.on("data", (data) => {
    const now = performance.now();
    const before = Math.floor(got / plan.size);
    got += data.length;
    for (let n = before; n < Math.floor(got / plan.size); n += 1) latencies.push(now - sentAt[n]);
  });
}
const started = performance.now();
for (let due = started; due < started + plan.seconds * 1000; due += 1000 / plan.rate) {
  while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
  sentAt.push(performance.now());
  sockets[0].write(frame);
}
while (latencies.length < sentAt.length * plan.peers) await new Promise((resolve) => setTimeout(resolve, 5));
const seconds = (performance.now() - started) / 1000;
for (const socket of sockets) socket.destroy();
latencies.sort((a, b) => a - b);
const at = (share) => latencies[Math.floor((latencies.length * share) / 100)];
process.stdout.write(
  `${JSON.stringify({ phase: "end", deliveries: latencies.length, seconds, latency: { p50: at(50), p99: at(99) } })}\n`,
);
