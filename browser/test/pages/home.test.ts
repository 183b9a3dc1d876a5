import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, filtersOf, type Place, placeOf, ROOT, SECTIONS } from "../../src/pages/home/place";
import { everything, kept, NOTHING, nothing, ranged, toggled } from "../../src/pages/home/selection";

const words = fc.string({ unit: "binary", maxLength: 20 }).filter((text) => text.isWellFormed());
const places: fc.Arbitrary<Place> = fc.oneof(
  fc.record({ section: fc.constantFrom(...SECTIONS), folder: fc.constant(""), tag: words, query: words }),
  fc.record({
    section: fc.constant("folder" as const),
    folder: fc.oneof(fc.constant(ROOT), fc.stringMatching(/^f_[\w-]{1,20}$/)),
    tag: words,
    query: words,
  }),
);

describe("places", () => {
  test("an address leads back to its place, whatever tag and query are", () => {
    fc.assert(
      fc.property(places, (place) => {
        const { pathname, search } = new URL(addressOf(place), "http://example.org");
        expect(placeOf(pathname, search)).toEqual(place);
      }),
    );
  });

  test("are asked for by the flags of the protocol", () => {
    expect(filtersOf(placeOf("/trash", "?q=a"))).toEqual({ trashed: true, query: "a" });
    expect(filtersOf(placeOf("/folders/f_1/", "?tag=x"))).toEqual({ folder_id: "f_1", tag: "x" });
    expect(filtersOf(placeOf("/folders", ""))).toEqual({ folder_id: "root" });
    expect(filtersOf(placeOf("/", ""))).toEqual({});
  });
});

describe("selections", () => {
  const order = ["a", "b", "c", "d", "e"];
  const id = fc.constantFrom(...order);

  test("toggled twice is as before; a range has both its ends and all between, from either side", () => {
    fc.assert(
      fc.property(id, id, fc.uniqueArray(id), (one, other, before) => {
        const start = before.reduce(toggled, NOTHING);
        expect(toggled(toggled(start, one), one).ids).toEqual(start.ids);
        const range = ranged({ ...start, anchor: one }, order, other);
        const [from, to] = [order.indexOf(one), order.indexOf(other)].sort();
        expect([...range.ids].sort()).toEqual(order.slice(from, to! + 1));
        expect(range).toMatchObject({ anchor: one, active: other });
      }),
    );
  });

  test("a range begins where the keyboard was, and goes back over what it took", () => {
    const there = { ...NOTHING, active: "c" };
    const wide = ranged(there, order, "e");
    expect([...wide.ids]).toEqual(["c", "d", "e"]);
    expect([...ranged(wide, order, "b").ids]).toEqual(["b", "c"]);
    expect([...nothing(everything(wide, order)).ids]).toEqual([]);
  });

  test("what left the list is not selected, and the keyboard goes to the next that is there", () => {
    fc.assert(
      fc.property(id, fc.subarray(order), (active, left) => {
        const selection = kept({ ids: new Set(order), anchor: active, active }, order, left);
        expect([...selection.ids]).toEqual(left);
        const at = order.indexOf(active);
        const after = left.find((each) => order.indexOf(each) >= at);
        expect(selection.active).toBe(after ?? left.at(-1) ?? null);
        expect(selection.anchor).toBe(left.includes(active) ? active : null);
      }),
    );
  });
});
