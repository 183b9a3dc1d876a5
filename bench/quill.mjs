// The rows of bench/core.py that quill-delta has a counterpart for.  The edits come as a JSON file from bench/core.py.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../tools/vectors/package.json", import.meta.url));
const Delta = require("quill-delta");
const { edits, formats, formatted } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const WHOLE = 259778;

function cpu() {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1000; // milliseconds
}

function timed(work) {
  const start = cpu();
  work();
  return cpu() - start;
}

function each(work, count = 50000) {
  for (let n = 0; n < 2000; n += 1) work(); // let the compiler see it
  const runs = [0, 0, 0, 0, 0].map(() =>
    timed(() => {
      for (let n = 0; n < count; n += 1) work();
    }),
  );
  return (runs.sort((a, b) => a - b)[2] / count) * 1000;
}

function typeAll(list, withFormats) {
  let content = new Delta().insert("\n");
  list.forEach(([place, deleted, inserted], number) => {
    content = content.compose(new Delta().retain(place).insert(inserted).delete(deleted));
    const format = withFormats ? formats[number] : undefined;
    if (format) content = content.compose(new Delta().retain(format[0]).retain(format[1], { bold: format[2] || null }));
  });
}

const one = new Delta().retain(500).insert("x");
const other = new Delta().retain(700).insert("y");
const same = new Delta().retain(500).insert("z");
const after = new Delta().retain(501).insert("y");
const rich = new Delta()
  .retain(100)
  .insert("abc", { bold: true })
  .retain(50, { italic: true })
  .delete(3)
  .retain(9)
  .insert("x");
const richer = new Delta().retain(90).insert("q").retain(40, { bold: true }).delete(8).retain(20).insert("y");
const text = new Delta().insert(`${"x".repeat(100000)}\n`);
const a = new Delta();
const b = new Delta();
for (let n = 0; n < 5000; n += 1) {
  a.retain(3).insert("a", n % 3 === 0 ? { bold: true } : undefined);
  b.retain(2).insert("b");
}
const part = edits.slice(0, formatted);

const found = {
  "automerge-paper, 259,778 edits": (timed(() => typeAll(edits, false)) * WHOLE) / edits.length,
  // Each edit costs more the more runs there are, so a part of the trace flatters it.
  "the same, formatted every 25 edits": (timed(() => typeAll(part, true)) * WHOLE) / part.length,
  "apply a key press, 100 kB, random": each(() => text.compose(other), 2000),
  "transform a key press, apart": each(() => one.transform(other, true)),
  "transform a key press, same place": each(() => same.transform(one, false)),
  "transform 5 rich components": each(() => rich.transform(richer, true)),
  "compose a key press": each(() => one.compose(after)),
  "compose 5 rich components": each(() => rich.compose(richer)),
  "invert a key press": each(() => one.invert(text)),
  "10,000 x 10,000 components, transform": each(() => a.transform(b, true), 20) / 1000,
  "10,000 x 10,000 components, compose": each(() => a.compose(b), 20) / 1000,
};
process.stdout.write(JSON.stringify(found));
