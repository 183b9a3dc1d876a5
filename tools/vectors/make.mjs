// Makes vectors/delta/*.json: what quill-delta 5.1.0 answers to random questions from fixed seeds.
// The form of the files, and where we mean to differ from quill-delta, stand in vectors/README.md.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Delta from "quill-delta";

const COUNTS = {
  compose: 5000,
  transform_after: 4000,
  transform_before: 3000,
  invert: 3000,
  diff: 2000,
  transform_index: 3000,
};

const WORDS = ["a", "b", "x", "ab", "Hi ", "\n", "\n\n", "é", "日本", "😀", "😁", "👩‍💻", "e\u0301", "𝄞c"];
const EMBEDS = [{ image: "/api/v1/images/a" }, { image: "/api/v1/images/b" }, { divider: true }];
// true and 1, false and 0 stay apart in JSON; a reader that merges them fails.
const VALUES = {
  bold: [true],
  italic: [true],
  color: ["#ff0000", "#00ff00"],
  size: [1, 12],
  flag: [true, 1, false, 0],
};

/** mulberry32: small, and the same everywhere. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Questions {
  constructor(seed) {
    this.next = random(seed);
  }

  chance(share) {
    return this.next() < share;
  }

  below(limit) {
    return Math.floor(this.next() * limit);
  }

  one(list) {
    return list[this.below(list.length)];
  }

  attributes(withNull) {
    if (this.chance(0.6)) return undefined;
    const found = {};
    for (const name of Object.keys(VALUES)) {
      if (this.chance(0.3)) found[name] = withNull && this.chance(0.4) ? null : this.one(VALUES[name]);
    }
    return Object.keys(found).length > 0 ? found : undefined;
  }

  insertInto(delta) {
    delta.insert(this.chance(0.15) ? this.one(EMBEDS) : this.one(WORDS), this.attributes(false));
  }

  content() {
    const delta = new Delta();
    for (let n = this.below(6); n > 0; n -= 1) this.insertInto(delta);
    return delta.insert("\n", this.attributes(false));
  }

  /** A change to content: its final newline stays the last, and no surrogate pair is cut. */
  change(content) {
    const units = flat(content);
    const delta = new Delta();
    let index = 0;
    for (let more = true; more; more = this.chance(0.8)) {
      const kind = this.next();
      if (kind < 0.35) {
        this.insertInto(delta);
        continue;
      }
      let end = index + 1 + this.below(4);
      if (isLow(units, end)) end += 1;
      if (end > units.length - (kind < 0.7 ? 0 : 1)) break;
      if (kind < 0.7) delta.retain(end - index, this.attributes(true));
      else delta.delete(end - index);
      index = end;
      if (index === units.length) break;
    }
    return delta.chop();
  }
}

function flat(content) {
  return content.ops.map((op) => (typeof op.insert === "string" ? op.insert : "\u0000")).join("");
}

function isLow(units, index) {
  return index < units.length && (units.charCodeAt(index) & 0xfc00) === 0xdc00;
}

/** The same delta pushed anew, op by op: quill-delta's concat may leave neighbours unmerged. */
function normal(delta) {
  const out = new Delta();
  for (const op of delta.ops) out.push(op);
  return out.chop();
}

/** Without the nulls that remove nothing from `content` (performance.md, trap 8: quill-delta's invert emits them). */
function withoutIdleNulls(delta, content) {
  const out = new Delta();
  let index = 0;
  for (const op of delta.ops) {
    if (op.retain === undefined || op.attributes === undefined) {
      out.push(op);
      index += op.retain ?? op.delete ?? 0;
      continue;
    }
    for (const run of content.slice(index, index + op.retain).ops) {
      const base = run.attributes ?? {};
      const kept = Object.entries(op.attributes).filter(([name, value]) => value !== null || name in base);
      const length = typeof run.insert === "string" ? run.insert.length : 1;
      out.retain(length, kept.length > 0 ? Object.fromEntries(kept) : undefined);
    }
    index += op.retain;
  }
  return out.chop();
}

function holdsLoneSurrogate(delta) {
  return delta.ops.some((op) => typeof op.insert === "string" && !op.insert.isWellFormed());
}

const MAKERS = {
  compose(ask) {
    const content = ask.content();
    const first = ask.change(content);
    const second = ask.change(content.compose(first));
    const [a, b] = ask.chance(0.3) ? [content, first] : [first, second];
    return { a: a.ops, b: b.ops, expected: normal(a.compose(b)).ops };
  },
  transform_after(ask) {
    const content = ask.content();
    const [a, b] = [ask.change(content), ask.change(content)];
    return { a: a.ops, b: b.ops, expected: normal(a.transform(b, true)).ops };
  },
  transform_before(ask) {
    const content = ask.content();
    const [a, b] = [ask.change(content), ask.change(content)];
    return { a: a.ops, b: b.ops, expected: normal(b.transform(a, false)).ops };
  },
  invert(ask) {
    const content = ask.content();
    const a = ask.change(content);
    const expected = withoutIdleNulls(normal(a.invert(content)), content.compose(a));
    return { content: content.ops, a: a.ops, expected: normal(expected).ops };
  },
  diff(ask) {
    const a = ask.content();
    const b = ask.chance(0.7) ? a.compose(ask.change(a)) : ask.content();
    const expected = normal(a.diff(b));
    if (holdsLoneSurrogate(expected)) return MAKERS.diff(ask);
    return { a: a.ops, b: b.ops, expected: expected.ops };
  },
  transform_index(ask) {
    const content = ask.content();
    const a = ask.change(content);
    const index = ask.below(content.length() + 1);
    return { a: a.ops, index, left: a.transformPosition(index, true), right: a.transformPosition(index, false) };
  },
};

let seed = 20261120;
for (const [name, count] of Object.entries(COUNTS)) {
  const ask = new Questions(seed);
  seed += 1;
  const cases = Array.from({ length: count }, () => JSON.stringify(MAKERS[name](ask)));
  const path = fileURLToPath(new URL(`../../vectors/delta/${name}.json`, import.meta.url));
  writeFileSync(path, `[\n${cases.join(",\n")}\n]\n`);
}
