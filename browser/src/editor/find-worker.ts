/** Runs regular expressions apart from the page, which ends this worker when one takes too long. */

import { type Pattern, type Ranges, rangesIn } from "./matching";

export interface Task {
  id: number;
  pattern: Pattern;
  texts: readonly string[];
}

export interface Result {
  id: number;
  ranges: readonly Ranges[];
}

addEventListener("message", ({ data }: MessageEvent<Task>) => {
  const expression = new RegExp(data.pattern.source, data.pattern.flags);
  const result: Result = { id: data.id, ranges: data.texts.map((text) => rangesIn(text, expression)) };
  postMessage(result);
});
