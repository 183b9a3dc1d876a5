// Editors of ShareDB documents that type at a given rate: the plan and the output of edit.mjs.
import { readFileSync } from "node:fs";
import richText from "rich-text";
import sharedb from "sharedb/lib/client/index.js";
import WebSocket from "ws";

sharedb.types.register(richText.type);
const plan = JSON.parse(readFileSync(0, "utf8"));
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const made = new Map();
let latencies = [];

class Editor {
  constructor(documentId, number) {
    Object.assign(this, { documentId, edits: 0, operations: 0, received: 0, times: [], errors: [] });
    this.measures = number < plan.whole;
    this.index = Math.floor((number * 7919) % Math.max(1, plan.length));
  }

  async open() {
    const socket = new WebSocket(plan.base.replace("http", "ws"), { perMessageDeflate: false });
    this.connection = new sharedb.Connection(socket);
    this.connection.on("error", (error) => this.errors.push(String(error)));
    this.connection.on("send", (message) => {
      if (message.a !== "op") return;
      this.operations += 1;
      made.set(`${this.connection.id}/${message.seq}`, this.times);
      this.times = [];
    });
    this.connection.on("receive", ({ data }) => {
      if (data.a !== "op" || data.src === this.connection.id) return;
      this.received += 1;
      const times = this.measures ? made.get(`${data.src}/${data.seq}`) : undefined;
      if (times) for (const time of times) latencies.push(performance.now() - time);
    });
    this.doc = this.connection.get("documents", this.documentId);
    await new Promise((resolve, reject) => this.doc.subscribe((error) => (error ? reject(error) : resolve())));
    if (!this.doc.type) {
      const content = [{ insert: "All work and no play makes Jack a dull boy. ".repeat(50) + "\n" }];
      await new Promise((resolve) => this.doc.create(content, "rich-text", resolve));
    }
  }

  edit() {
    this.edits += 1;
    this.times.push(performance.now());
    this.doc.submitOp([{ retain: this.index }, { insert: "abc".slice(0, 1 + (this.edits % 3)) }]);
  }

  get synchronized() {
    return !this.doc.hasPending();
  }
}

const clients = [];
for (const documentId of plan.documents) {
  for (let number = 0; number < plan.editors; number += 1) {
    const client = new Editor(documentId, number);
    await client.open();
    clients.push(client);
  }
}
say({ phase: "joined", clients: clients.length });

async function type(rate, seconds) {
  const started = performance.now();
  const step = 1000 / rate;
  const due = clients.map((_, number) => started + (number / clients.length) * step);
  const end = started + seconds * 1000;
  let edits = 0;
  for (let now = started; now < end; now = performance.now()) {
    for (let number = 0; number < clients.length; number += 1) {
      for (let made = 0; due[number] <= now && made < 50; made += 1) {
        clients[number].edit();
        due[number] += step;
        edits += 1;
      }
    }
    await new Promise((resolve) => (rate * clients.length > 2000 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
  return edits;
}

async function settle() {
  const end = performance.now() + 60_000;
  const versions = (documentId) =>
    new Set(clients.filter((client) => client.documentId === documentId).map((client) => client.doc.version)).size;
  while (!clients.every((client) => client.synchronized) || plan.documents.some((id) => versions(id) > 1)) {
    if (performance.now() > end) return false;
    await sleep(5);
  }
  return true;
}

for (const { rate, seconds } of plan.phases) {
  latencies = [];
  made.clear();
  const before = clients.reduce((sum, client) => sum + client.operations, 0);
  const received = clients.reduce((sum, client) => sum + client.received, 0);
  const cpu = process.cpuUsage();
  say({ phase: "start", rate });
  const started = performance.now();
  const edits = await type(rate, seconds);
  const settled = await settle();
  const taken = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor((latencies.length * share) / 100))] ?? null;
  say({
    phase: "end",
    rate,
    edits,
    seconds: taken,
    converged: settled,
    operations: clients.reduce((sum, client) => sum + client.operations, 0) - before,
    deliveries: clients.reduce((sum, client) => sum + client.received, 0) - received,
    generator_cpu: (used.user + used.system) / 1e6,
    latency: { p50: at(50), p95: at(95), p99: at(99), max: at(100) },
    errors: clients.flatMap((client) => client.errors).slice(0, 5),
    refusals: 0,
    closed: 0,
  });
  if (!settled) break;
}
process.exit(0);
