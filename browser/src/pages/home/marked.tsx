import type { ComponentChildren } from "preact";
import type { Range } from "../../net/api";

/** Plain text with what was found in it marked. */
export function Marked({ text, ranges }: { text: string; ranges: readonly Range[] }) {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const [index, length] of ranges) {
    if (index < end) continue;
    parts.push(text.slice(end, index), <mark key={index}>{text.slice(index, index + length)}</mark>);
    end = index + length;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}

const HUES = 8;

/** A tag's colour follows from its name, so that it is the same everywhere. */
export function hueOf(tag: string): number {
  let sum = 0;
  for (const letter of tag) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}

/** A tag in its colour; found ones stand out. */
export function Tag({ name, found = false }: { name: string; found?: boolean }) {
  return (
    <span class={`tag tag-${hueOf(name)}`} dir="auto">
      {found ? <mark>{name}</mark> : name}
    </span>
  );
}
