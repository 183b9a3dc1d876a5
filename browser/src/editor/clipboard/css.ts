/** The little CSS that a paste needs: declarations, rules for a tag or a class, colours and lengths. */

export type Style = ReadonlyMap<string, string>;

const NONE: Style = new Map();
/** Longer style sheets are cut: nobody's clipboard needs them. */
const MAX_SHEET = 300_000;
const SELECTOR = /^([a-z][a-z0-9]*)?(\.[\w-]+)?$/i;

/** Names and values of a `style` attribute, names in lower case. */
export function declarations(text: string): Style {
  const style = new Map<string, string>();
  for (const part of text.split(";")) {
    const colon = part.indexOf(":");
    if (colon < 1) continue;
    const name = part.slice(0, colon).trim().toLowerCase();
    const value = part
      .slice(colon + 1)
      .replace(/!\s*important\s*$/i, "")
      .trim();
    if (name && value) style.set(name, value);
  }
  return style;
}

/** The text of all `<style>` elements, without parsing the page. */
export function styleText(html: string): string {
  const lower = html.toLowerCase();
  let text = "";
  for (let at = lower.indexOf("<style"); at >= 0 && text.length < MAX_SHEET; ) {
    const begin = lower.indexOf(">", at) + 1;
    const end = begin > 0 ? lower.indexOf("</style", begin) : -1;
    if (end < 0) break;
    text += html.slice(begin, Math.min(end, begin + MAX_SHEET));
    at = lower.indexOf("<style", end);
  }
  return text;
}

/** Rules for `tag`, `.class` and `tag.class`; all others are skipped. */
export class Sheet {
  readonly #rules = new Map<string, Style>();
  readonly #parsed = new Map<string, Style>();

  constructor(text: string) {
    let at = 0;
    while (at < text.length) {
      const open = text.indexOf("{", at);
      if (open < 0) break;
      const close = endOfBlock(text, open);
      const selectors = text.slice(at, open).replace(/<!--|-->/g, "");
      if (!selectors.includes("@")) this.#add(withoutComments(selectors), text.slice(open + 1, close));
      at = close + 1;
    }
  }

  #add(selectors: string, body: string): void {
    const style = declarations(withoutComments(body));
    for (const selector of selectors.split(",")) {
      const key = selector.trim();
      if (!key || !SELECTOR.test(key)) continue;
      const lower = key.toLowerCase();
      this.#rules.set(lower, new Map([...(this.#rules.get(lower) ?? []), ...style]));
    }
  }

  /** What the sheet says of every element with a tag. */
  ofTag(tag: string): Style {
    return this.#rules.get(tag) ?? NONE;
  }

  /** What it says of an element by its classes. */
  ofClasses(tag: string, classes: string): Style {
    if (!classes || this.#rules.size === 0) return NONE;
    const found: [string, string][] = [];
    for (const name of classes.toLowerCase().split(/\s+/)) {
      for (const key of [`.${name}`, `${tag}.${name}`]) found.push(...(this.#rules.get(key) ?? []));
    }
    return found.length > 0 ? new Map(found) : NONE;
  }

  /** A `style` attribute; the same text is read once. */
  read(text: string | null): Style {
    if (!text) return NONE;
    let style = this.#parsed.get(text);
    if (!style) {
      style = declarations(text);
      this.#parsed.set(text, style);
    }
    return style;
  }
}

/** Where the block that opens at `open` closes, blocks within it skipped. */
function endOfBlock(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x7b) depth += 1;
    else if (code === 0x7d) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
}

function withoutComments(text: string): string {
  let rest = text;
  let kept = "";
  for (let at = rest.indexOf("/*"); at >= 0; at = rest.indexOf("/*")) {
    kept += rest.slice(0, at);
    const end = rest.indexOf("*/", at + 2);
    rest = end < 0 ? "" : rest.slice(end + 2);
  }
  return kept + rest;
}

const POINTS: Record<string, number> = { pt: 1, px: 0.75, in: 72, cm: 72 / 2.54, mm: 72 / 25.4, pc: 12 };

/** A length in points; null for one that depends on something else. */
export function points(value: string | undefined): number | null {
  const match = /^(-?(?:\d+\.?\d*|\.\d+))(pt|px|in|cm|mm|pc)$/i.exec(value?.trim() ?? "");
  return match ? Number(match[1]) * (POINTS[(match[2] as string).toLowerCase()] as number) : null;
}

/** The colours that programs write by name. */
const NAMED: Record<string, string> = {
  aqua: "#00ffff",
  black: "#000000",
  blue: "#0000ff",
  brown: "#a52a2a",
  crimson: "#dc143c",
  cyan: "#00ffff",
  darkblue: "#00008b",
  darkcyan: "#008b8b",
  darkgray: "#a9a9a9",
  darkgreen: "#006400",
  darkmagenta: "#8b008b",
  darkorange: "#ff8c00",
  darkred: "#8b0000",
  darkyellow: "#808000",
  dimgray: "#696969",
  fuchsia: "#ff00ff",
  gold: "#ffd700",
  gray: "#808080",
  green: "#008000",
  grey: "#808080",
  indigo: "#4b0082",
  lightblue: "#add8e6",
  lightgray: "#d3d3d3",
  lightgreen: "#90ee90",
  lightgrey: "#d3d3d3",
  lightyellow: "#ffffe0",
  lime: "#00ff00",
  magenta: "#ff00ff",
  maroon: "#800000",
  navy: "#000080",
  olive: "#808000",
  orange: "#ffa500",
  pink: "#ffc0cb",
  purple: "#800080",
  red: "#ff0000",
  silver: "#c0c0c0",
  steelblue: "#4682b4",
  teal: "#008080",
  tomato: "#ff6347",
  violet: "#ee82ee",
  white: "#ffffff",
  yellow: "#ffff00",
};

/** A colour as "#rrggbb"; null for none, a see-through one, or one of the reader's system. */
export function color(value: string | undefined): string | null {
  const text = value?.trim().toLowerCase() ?? "";
  const hex = /^#([0-9a-f]{3,8})$/.exec(text)?.[1];
  if (hex) return hexColor(hex);
  const inside = /^rgba?\(([^()]*)\)$/.exec(text)?.[1];
  return inside === undefined
    ? Object.hasOwn(NAMED, text)
      ? (NAMED[text] as string)
      : null
    : rgbColor(inside);
}

function hexColor(digits: string): string | null {
  const long = digits.length <= 4 ? digits.replace(/./g, "$&$&") : digits;
  if (long.length !== 6 && long.length !== 8) return null;
  return long.slice(6) === "00" ? null : `#${long.slice(0, 6)}`;
}

function rgbColor(inside: string): string | null {
  const parts = inside.split(/[\s,/]+/).filter(Boolean);
  const numbers = parts.map((part) => Number.parseFloat(part) * (part.endsWith("%") ? 2.55 : 1));
  const [red, green, blue, alpha = 1] = numbers;
  const channels = [red, green, blue].map((part) => Math.round(part ?? Number.NaN));
  if (alpha === 0 || channels.some((part) => !(part >= 0 && part <= 255))) return null;
  return `#${channels.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
