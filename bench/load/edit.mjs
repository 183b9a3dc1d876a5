// Editors that type at a given rate.  Reads a plan as JSON from stdin, prints one JSON line per phase on stdout.
import { readFileSync } from "node:fs";
import { Light, made, Whole } from "./client.mjs";

const plan = JSON.parse(readFileSync(0, "utf8"));
let latencies = [];
const call = async (token, method, path) => {
  const answer = await fetch(plan.base + path, { method, headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function join(documentId, number) {
  const token = plan.tokens[number % plan.tokens.length];
  const found = await call(token, "GET", `/api/v1/documents/${documentId}`);
  const text = found.content.ops.map((op) => op.insert).join("");
  const Kind = number < plan.whole ? Whole : Light;
  const client = new Kind({
    url: plan.base.replace("http", "ws") + found.websocket_url,
    epoch: found.epoch,
    revision: found.revision,
    text,
    index: Math.floor((number * 7919) % Math.max(1, plan.length)),
    onLatency: (ms) => latencies.push(ms),
  });
  client.documentId = documentId;
  await client.open();
  return client;
}

const clients = [];
/** Those who type: all, or the first `typing`. */
let typists = clients;
for (const documentId of plan.documents) {
  for (let number = 0; number < plan.editors; number += 1) clients.push(await join(documentId, number));
}
if (plan.typing) typists = clients.slice(plan.whole, plan.whole + plan.typing);
say({ phase: "joined", clients: clients.length });

/** Every editor types `rate` edits a second, each at its own moments. */
async function type(rate, seconds) {
  const started = performance.now();
  const due = typists.map((_, number) => started + (number / typists.length) * (1000 / rate));
  const step = 1000 / rate;
  const end = started + seconds * 1000;
  let edits = 0;
  for (let now = started; now < end; now = performance.now()) {
    for (let number = 0; number < typists.length; number += 1) {
      let made = 0;
      while (due[number] <= now && made < 50) {
        typists[number].edit();
        due[number] += step;
        edits += 1;
        made += 1;
      }
    }
    await new Promise((resolve) => (rate * typists.length > 2000 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
  return edits;
}

async function settle() {
  const end = performance.now() + 60_000;
  while (!clients.every((client) => client.synchronized)) {
    if (performance.now() > end) return false;
    await sleep(5);
  }
  for (const documentId of plan.documents) {
    const group = clients.filter((client) => client.documentId === documentId);
    while (new Set(group.map((client) => client.revision)).size > 1) {
      if (performance.now() > end) return false;
      await sleep(5);
    }
  }
  return true;
}

async function converged() {
  for (const documentId of plan.documents) {
    const found = await call(plan.tokens[0], "GET", `/api/v1/documents/${documentId}`);
    const text = found.content.ops.map((op) => op.insert).join("");
    const group = clients.filter((client) => client.documentId === documentId);
    if (group.some((client) => client.revision !== found.revision)) return false;
    if (group.some((client) => client instanceof Whole && client.text.toString() !== text)) return false;
  }
  return true;
}

for (const { rate, seconds } of plan.phases) {
  latencies = [];
  made.clear();
  const before = { operations: 0, received: 0, bytes: 0 };
  for (const client of clients) for (const name in before) before[name] += client[name];
  const cpu = process.cpuUsage();
  say({ phase: "start", rate });
  const started = performance.now();
  const edits = await type(rate, seconds);
  const typed = (performance.now() - started) / 1000;
  const settled = await settle();
  const taken = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  const after = { operations: 0, received: 0, bytes: 0 };
  for (const client of clients) for (const name in after) after[name] += client[name];
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor((latencies.length * share) / 100))] ?? null;
  say({
    phase: "end",
    rate,
    edits,
    seconds: taken,
    typed,
    settled,
    converged: settled && (await converged()),
    operations: after.operations - before.operations,
    deliveries: after.received - before.received,
    bytes: after.bytes - before.bytes,
    generator_cpu: (used.user + used.system) / 1e6,
    latency: { p50: at(50), p95: at(95), p99: at(99), max: at(100) },
    errors: clients.flatMap((client) => client.errors).slice(0, 5),
    refusals: clients.reduce((sum, client) => sum + (client.refusals ?? 0), 0),
    closed: clients.filter((client) => client.closed !== undefined).length,
  });
}
for (const client of clients) client.close();
