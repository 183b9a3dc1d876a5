import { expect, test } from "vitest";
import german from "../../src/i18n/de.json";
import editor from "../../src/i18n/en/editor.json";
import entry from "../../src/i18n/en/entry.json";
import history from "../../src/i18n/en/history.json";
import home from "../../src/i18n/en/home.json";
import margin from "../../src/i18n/en/margin.json";
import settings from "../../src/i18n/en/settings.json";
import share from "../../src/i18n/en/share.json";
import shell from "../../src/i18n/en/shell.json";
import tools from "../../src/i18n/en/tools.json";

type Message = string | Record<string, string>;

const english: Record<string, Message> = {
  ...shell,
  ...editor,
  ...entry,
  ...history,
  ...home,
  ...margin,
  ...settings,
  ...share,
  ...tools,
};
const translated: Record<string, Message> = german;

const forms = (message: Message | undefined) =>
  typeof message === "string" ? [message] : Object.values(message ?? {});

/** The names to be filled in, of all forms together. */
const names = (message: Message | undefined) => [
  ...new Set(forms(message).flatMap((text) => text.match(/\{\w+\}/g) ?? [])),
];

test("the second language says all that the first one says, and nothing else", () => {
  expect(Object.keys(translated).sort()).toEqual(Object.keys(english).sort());
  for (const [key, message] of Object.entries(english)) {
    expect(names(translated[key]).sort(), key).toEqual(names(message).sort());
    expect(typeof translated[key], key).toBe(typeof message);
    expect(
      forms(translated[key]).every((text) => text.trim() !== ""),
      key,
    ).toBe(true);
  }
});

test("what counts something has a form for one and for all others", () => {
  for (const catalogue of [english, translated]) {
    for (const [key, message] of Object.entries(catalogue)) {
      if (typeof message !== "string")
        expect(message, key).toMatchObject({ one: expect.any(String), other: expect.any(String) });
    }
  }
});
