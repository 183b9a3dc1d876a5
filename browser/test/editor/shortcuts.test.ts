import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FONTS, fontStack } from "../../src/editor/formats";
import { COMMANDS, commandOfKey, type KeyPress } from "../../src/editor/shortcuts";
import atOnce from "../../src/i18n/en/editor.json";
import tools from "../../src/i18n/en/tools.json";

const labels = { ...atOnce, ...tools };

const press = (keys: string, given: Partial<KeyPress> = {}): KeyPress => {
  const parts = keys.split("-");
  const key = parts.pop() as string;
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : "";
  return {
    key,
    code,
    ctrlKey: parts.includes("Ctrl"),
    metaKey: parts.includes("Cmd"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    ...given,
  };
};

describe("the table of commands", () => {
  it("names every command in the catalogue", () => {
    for (const { label } of COMMANDS) expect(labels[label], label).toMatch(/\w/);
  });

  it.each(["keys", "mac"] as const)("has no %s twice", (machine) => {
    const all = COMMANDS.flatMap((command) => command[machine]);
    expect(new Set(all).size).toBe(all.length);
  });

  it.each([
    ["Ctrl-b", "bold"],
    ["Ctrl-B", null],
    ["Alt-Shift-5", "strike"],
    ["Ctrl-\\", "clear"],
    ["Ctrl-k", "link"],
    ["Ctrl-Alt-0", "paragraph"],
    ["Ctrl-Alt-6", "heading-6"],
    ["Ctrl-Shift-7", "ordered-list"],
    ["Ctrl-Shift-8", "bullet-list"],
    ["Ctrl-Shift-9", "checklist"],
    ["Ctrl-f", "find"],
    ["Ctrl-h", "replace"],
    ["Ctrl-z", "undo"],
    ["Ctrl-y", "redo"],
    ["Ctrl-Shift-z", "redo"],
    ["Ctrl-/", "shortcuts"],
    ["Ctrl-Shift-c", "word-count"],
    ["Ctrl-Enter", "page-break"],
    ["Ctrl-s", "save"],
    ["Ctrl-c", null],
    ["Ctrl-Cmd-b", null],
    ["b", null],
    ["Cmd-b", null],
  ])("%s means %s", (keys, id) => {
    if (keys === "Ctrl-B") expect(commandOfKey(press("Ctrl-Shift-B"), false)).toBe(id);
    else expect(commandOfKey(press(keys), false)).toBe(id);
  });

  it("has the Mac's twins", () => {
    expect(commandOfKey(press("Cmd-b"), true)).toBe("bold");
    expect(commandOfKey(press("Ctrl-b"), true)).toBe(null);
    expect(commandOfKey(press("Cmd-Shift-x"), true)).toBe("strike");
    expect(commandOfKey(press("Cmd-Shift-h"), true)).toBe("replace");
    expect(commandOfKey(press("Cmd-h"), true)).toBe(null);
    expect(commandOfKey(press("Cmd-Alt-1", { key: "¡", code: "Digit1" }), true)).toBe("heading-1");
    expect(commandOfKey(press("Alt-/", { key: "÷", code: "Slash" }), true)).toBe("palette");
  });

  it("follows the layout: digits by place, letters by letter, AltGr types", () => {
    // German: Shift+7 is "/", Z stands where Y is elsewhere.
    expect(commandOfKey(press("Ctrl-Shift-/", { code: "Digit7" }), false)).toBe("ordered-list");
    expect(commandOfKey(press("Ctrl-z", { code: "KeyY" }), false)).toBe("undo");
    // French: a digit needs Shift, and without it the key is another sign.
    expect(commandOfKey(press("Ctrl-Alt-x", { key: "&", code: "Digit1" }), false)).toBe("heading-1");
    // Russian: letters by place.
    expect(commandOfKey(press("Ctrl-b", { key: "и", code: "KeyB" }), false)).toBe("bold");
    const altGr = { key: "²", code: "Digit2", getModifierState: (name: string) => name === "AltGraph" };
    expect(commandOfKey(press("Ctrl-Alt-2", altGr), false)).toBe(null);
    expect(commandOfKey(press("Ctrl-b", { isComposing: true }), false)).toBe(null);
  });
});

describe("fonts", () => {
  it("are those of the server's schema", () => {
    const source = readFileSync(new URL("../../../src/octavo/delta/schema.py", import.meta.url), "utf8");
    const list = /FONTS: Final = \[([^\]]+)\]/.exec(source)?.[1] ?? "";
    expect(FONTS).toEqual([...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]));
  });

  it("stand in a stack; an unknown one stands alone", () => {
    expect(fontStack("Georgia")).toMatch(/^"Georgia", .*serif$/);
    expect(fontStack("New One")).toBe('"New One"');
  });
});
