import "fake-indexeddb/auto";
import { expect, it, vi } from "vitest";
import { Delta } from "../../src/core/delta";
import type { Start } from "../../src/core/events";
import { contentAt, folded, needless, pendingOf, type QueueRow } from "../../src/core/outbox";
import { Keeper } from "../../src/offline/keeper";
import { Store } from "../../src/offline/store";

const change = (revision: number, text: string) => ({
  ...{ revision, ops: [{ insert: text }], client_id: "c9", seq: revision, user_id: "u2" },
  timestamp: "2026-01-01T00:00:00Z",
});

const start = (revision: number): Start => ({
  ...{ client_id: "c1", epoch: "e1", revision, seq: 2 },
  in_flight: { seq: 2, base_revision: 5, ops: [{ insert: "in flight " }], moved: [{ insert: "in flight " }] },
  buffer: [{ retain: 10 }, { insert: "buffer " }],
});

const row = (user: string, document: string) => ({
  ...{ user, document, title: "T", role: "owner" as const, owner: "Ada", epoch: "e1" },
  ...{ opened_at: 1, wanted: false },
});

async function keeping(user: string, store: Store) {
  const at = { user, document: "d1", clientId: "c1", row: row(user, "d1"), stored: false };
  const keeper = new Keeper(store, at, () => undefined);
  const held: { now: Start | null } = { now: null };
  const quiet = () => undefined;
  keeper.begin({ stored: () => held.now, offline: () => true, content: () => null, changed: quiet });
  keeper.describe(row(user, "d1"));
  keeper.contentIs("e1", 5, [{ insert: "old\n" }]);
  return { keeper, held };
}

it("a queue lies on the device with all that it stands on, and is shown again from there", async () => {
  const store = await Store.open();
  const { keeper, held } = await keeping("u1", store);
  keeper.changesAre([change(6, "six "), change(7, "seven ")]);
  held.now = start(7);
  keeper.workChanged("c1");
  await keeper.durable();
  const { contents, changes, queues } = await store.find("u1", "d1");
  const base = contentAt(contents, changes, "e1", queues[0]?.start.revision ?? -1);
  expect(base?.content.compose(pendingOf(queues[0]?.start as Start)).text()).toBe(
    "in flight buffer seven six old\n",
  );
  held.now = { ...start(7), in_flight: null, buffer: null };
  keeper.workChanged("c1");
  await keeper.durable();
  expect((await store.find("u1", "d1")).queues).toEqual([]);
  await keeper.close();
});

it("a write that fails is said and changes nothing; with room again all of it is written", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const store = await Store.open();
  const { keeper, held } = await keeping("u2", store);
  await keeper.durable();
  const full = vi.spyOn(store, "write").mockRejectedValue(new DOMException("no room", "QuotaExceededError"));
  keeper.changesAre([change(6, "six ")]);
  held.now = start(6);
  keeper.workChanged("c1");
  await keeper.durable();
  expect(keeper.state).toBe("full");
  expect((await store.find("u2", "d1")).queues).toEqual([]);
  full.mockRestore();
  await vi.advanceTimersByTimeAsync(6_000);
  vi.useRealTimers();
  await vi.waitFor(() => expect(keeper.state).toBe("stored"));
  const { changes, queues } = await store.find("u2", "d1");
  expect([changes.length, queues.length]).toEqual([1, 1]);
});

it("what is kept goes to the device together with the queue that it leaves", async () => {
  const store = await Store.open();
  const { keeper, held } = await keeping("u3", store);
  held.now = start(5);
  keeper.workChanged("c1");
  await keeper.durable();
  keeper.abandon("FORBIDDEN", pendingOf(start(5)).ops);
  await keeper.durable();
  expect((await store.find("u3", "d1")).queues).toEqual([]);
  expect((await store.kept("u3")).map(({ code, ops }) => [code, ops])).toEqual([
    ["FORBIDDEN", [{ insert: "in flight buffer " }]],
  ]);
  await store.forget("u3");
  expect(await store.kept("u3")).toEqual([]);
  expect(await store.documents("u2")).toHaveLength(1);
});

it("facts reach as far as they follow on one another, and go only when nobody stands on them", () => {
  const fact = (revision: number, text: string, epoch = "e1") => ({
    ...{ user: "u", document: "d", epoch, revision, ops: [{ insert: text }] },
  });
  const contents = [fact(2, "two\n"), fact(4, "four\n")];
  const changes = [fact(3, "c"), fact(5, "e"), fact(7, "g")];
  expect(contentAt(contents, changes, "e1")).toEqual({
    content: new Delta([{ insert: "efour\n" }]),
    revision: 5,
  });
  expect(contentAt(contents, changes, "e1", 3)?.content.text()).toBe("ctwo\n");
  expect(contentAt(contents, changes, "e1", 7)).toBeNull();
  expect(contentAt(contents, changes, "another")).toBeNull();
  expect(needless(contents, [])).toBe(4);
  expect(needless(contents, [{ start: { revision: 3 } } as QueueRow])).toBe(2);
  const many = Array.from({ length: 9 }, (_, at) => new Delta([{ insert: `${at}` }]));
  expect(folded(many)).toEqual(many.reduce((one, next) => one.compose(next)));
});
