// Connections that say hello and then nothing.  Plan on stdin; says "base" after one connection a document, "all" after all.
import { readFileSync } from "node:fs";
import { Light } from "./client.mjs";

const plan = JSON.parse(readFileSync(0, "utf8"));
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const clients = [];
const errors = [];

async function connect(number) {
  const id = plan.documents[number % plan.documents.length];
  const token = plan.tokens[number % plan.tokens.length];
  const answer = await fetch(`${plan.base}/api/v1/documents/${id}/ticket`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  const ticket = await answer.json();
  const client = new Light({
    url: plan.base.replace("http", "ws") + ticket.websocket_url,
    epoch: ticket.epoch,
    revision: ticket.revision,
  });
  await client.open();
  clients.push(client);
}

async function upTo(count) {
  let next = clients.length;
  const lane = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await connect(number).catch((error) => errors.push(String(error)));
    }
  };
  await Promise.all(Array.from({ length: 32 }, lane));
}

await upTo(plan.documents.length);
await sleep(1500);
say({ phase: "base", connections: clients.length });
await sleep(1500);
const started = performance.now();
await upTo(plan.connections);
const seconds = (performance.now() - started) / 1000;
await sleep(3000);
const closed = clients.filter((client) => client.closed !== undefined).length;
say({ phase: "all", connections: clients.length, closed, seconds, errors: errors.slice(0, 3) });
await sleep(3000);
process.exit(0);
