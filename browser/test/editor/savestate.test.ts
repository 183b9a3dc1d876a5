import { expect, it } from "vitest";
import { SaveStates } from "../../src/editor/savestate";

const facts = (now: number, joined: boolean, unacknowledged: number) => ({
  now,
  joined,
  stopped: false,
  unacknowledged,
  device: "stored" as const,
  persistent: null,
  date: 1_000_000 + now,
});

/** What is said while there is no connection, which was lost at `at` of the clock. */
const away = (kind: string, changes: number, at: number) => ({
  ...{ kind, changes, at: 1_000_000 + at },
  ...{ device: "stored", persistent: null },
});

it("says saved only for what is acknowledged", () => {
  const states = new SaveStates();
  expect(states.tell(facts(0, false, 0))).toEqual({ kind: "opening" });
  expect(states.tell(facts(1, true, 0))).toMatchObject({ kind: "saved" });
  expect(states.tell(facts(2, true, 1))).toEqual({ kind: "saving" });
  expect(states.tell(facts(3, true, 0))).toMatchObject({ kind: "saved" });
});

it("a connection gone for 30 s is offline; what was made meanwhile is being sent, then saved", () => {
  const states = new SaveStates();
  states.tell(facts(0, true, 0));
  expect(states.tell(facts(1000, false, 0))).toEqual(away("reconnecting", 0, 1000));
  expect(states.dueIn(2000)).toBe(29_000);
  expect(states.tell(facts(30_999, false, 3))).toEqual(away("reconnecting", 3, 1000));
  expect(states.tell(facts(31_000, false, 3))).toEqual(away("offline", 3, 1000));
  expect(states.tell(facts(40_000, true, 3))).toEqual({ kind: "sending", changes: 3 });
  expect(states.tell(facts(40_010, true, 1))).toEqual({ kind: "sending", changes: 1 });
  expect(states.tell(facts(40_020, true, 0))).toMatchObject({ kind: "saved" });
  expect(states.tell(facts(40_030, true, 1))).toEqual({ kind: "saving" });
});

it("a refusal stays, with all that was lost, until it is dealt with", () => {
  const states = new SaveStates();
  states.refuse("FORBIDDEN", "no", "one", false);
  states.refuse("FORBIDDEN", "no", "two", false);
  expect(states.tell(facts(0, true, 0))).toMatchObject({ kind: "refused", text: "one\ntwo" });
  states.dismiss();
  expect(states.tell(facts(1, true, 0))).toMatchObject({ kind: "saved" });
  states.refuse("DOCUMENT_DELETED", "gone", "", true);
  states.dismiss();
  expect(states.tell(facts(2, false, 0))).toMatchObject({ kind: "refused", stopped: true });
});
