/** Attribute maps of a delta's ops: what is composed, transformed and inverted beside the text. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Attributes = Readonly<Record<string, Json>>;

/** Equal by value, whatever the order of members. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && equal(left[name], right[name]));
}

function orNone(map: Record<string, Json>): Attributes | undefined {
  for (const _ in map) return map;
  return undefined;
}

/** `later` set on top of `earlier`; nulls stay only where they are still to be applied (on a retain). */
export function composeAttributes(
  earlier: Attributes | undefined,
  later: Attributes | undefined,
  keepNulls: boolean,
): Attributes | undefined {
  if (!later) return earlier;
  const map: Record<string, Json> = { ...earlier };
  for (const name in later) {
    const value = later[name] as Json;
    if (value === null && !keepNulls) delete map[name];
    else map[name] = value;
  }
  return orNone(map);
}

/** What of `attributes` still holds after `winner` was set on the same text: the winner's values stay. */
export function withoutThoseOf(
  winner: Attributes | undefined,
  attributes: Attributes | undefined,
): Attributes | undefined {
  if (!attributes || !winner) return attributes;
  const map: Record<string, Json> = {};
  for (const name in attributes) {
    if (!Object.hasOwn(winner, name)) map[name] = attributes[name] as Json;
  }
  return orNone(map);
}

/** What turns `from` into `to`: changed values, and null for what goes. */
export function attributeDifference(
  from: Attributes | undefined,
  to: Attributes | undefined,
): Attributes | undefined {
  if (from === to) return undefined;
  const map: Record<string, Json> = {};
  for (const name in to) {
    if (!equal(from?.[name], to[name])) map[name] = to[name] as Json;
  }
  for (const name in from) {
    if (to?.[name] === undefined) map[name] = null;
  }
  return orNone(map);
}

/** What takes `applied` back where `base` stood: real changes only, for a needless null could strip another's work. */
export function invertAttributes(
  applied: Attributes | undefined,
  base: Attributes | undefined,
): Attributes | undefined {
  if (!applied) return undefined;
  const map: Record<string, Json> = {};
  for (const name in applied) {
    const before = base?.[name] ?? null;
    if (!equal(before, applied[name])) map[name] = before;
  }
  return orNone(map);
}
