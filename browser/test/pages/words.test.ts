import { expect, test } from "vitest";
import { initials } from "../../src/components/avatar";
import { addMessages, t, timeAgo } from "../../src/i18n";
import editor from "../../src/i18n/en/editor.json";
import { completeAddress } from "../../src/pages/editor/address";

addMessages(editor);

test("a text takes the plural form of its count", () => {
  expect(t("editor.offline", { count: 0 })).toBe("Offline");
  expect(t("editor.offline", { count: 1 })).toBe("Offline: 1 change on this page");
  expect(t("editor.offline", { count: 1200 })).toBe("Offline: 1,200 changes on this page");
});

test("names are filled in as they are, whatever they contain", () => {
  expect(t("home.trashed", { title: "{title} $& <b>" })).toBe("“{title} $& <b>” is in the trash.");
});

test("times are told from now on backwards", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect(timeAgo("2026-11-20T11:59:30Z", now)).toBe("just now");
  expect(timeAgo("2026-11-20T12:00:30Z", now)).toBe("just now");
  expect(timeAgo("2026-11-20T11:57:00Z", now)).toBe("3 minutes ago");
  expect(timeAgo("2026-11-19T11:00:00Z", now)).toBe("yesterday");
  expect(timeAgo("2026-01-02T11:00:00Z", now)).toBe("Jan 2, 2026");
});

test("an address is completed as it was meant; what names a scheme is left for the editor to refuse", () => {
  expect(completeAddress(" example.org/a ")).toBe("https://example.org/a");
  expect(completeAddress("ada@example.org")).toBe("mailto:ada@example.org");
  expect(completeAddress("#part")).toBe("#part");
  expect(completeAddress("HTTP://x.y")).toBe("HTTP://x.y");
  expect(completeAddress("javascript:alert(1)")).toBe("javascript:alert(1)");
  expect(completeAddress("")).toBe("");
});

test("initials are whole characters of the first and last name", () => {
  expect(initials("Ada King Lovelace")).toBe("AL");
  expect(initials("  émile ")).toBe("É");
  expect(initials("😀 Bob")).toBe("😀B");
});
