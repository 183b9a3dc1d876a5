// @vitest-environment happy-dom
import { DOMSerializer } from "prosemirror-model";
import { describe, expect, it } from "vitest";
import type { Attributes, Embed } from "../../src/core/delta";
import { Delta } from "../../src/core/delta";
import { schema, toDocument } from "../../src/editor/schema";

function html(insert: string | Embed, attributes: Attributes = {}, line: Attributes = {}): string {
  const doc = toDocument(
    Delta.from([
      { insert, attributes },
      { insert: "\n", attributes: line },
    ]),
  );
  const mount = document.createElement("div");
  mount.append(DOMSerializer.fromSchema(schema).serializeFragment(doc.content));
  return mount.innerHTML;
}

describe("what is drawn", () => {
  it("an image with its text and width; a caption stands under it, as text", () => {
    const image = { image: "/api/v1/images/a" };
    expect(html(image, { alt: 'a "cat"', width: 80 })).toMatch(
      /<img class="embed-image" src="\/api\/v1\/images\/a" alt="a &quot;cat&quot;" loading="lazy" width="80">/,
    );
    const captioned = html(image, { caption: "<b>Fig. 1</b>" });
    expect(captioned).toContain('<span class="embed-caption">&lt;b&gt;Fig. 1&lt;/b&gt;</span>');
    expect(html({ image: "https://elsewhere.example/x.png" })).not.toContain("<img");
  });

  it("fonts with what stands in for them, and nothing that is no font", () => {
    expect(html("a", { font: "Georgia" })).toMatch(/font-family:\s*(&quot;|')?Georgia/);
    expect(html("a", { font: "x;background:url(//a)" })).not.toContain("url");
  });

  it("a line's kind, direction and spacing; values of no schema are left out", () => {
    expect(html("a", {}, { header: 2, align: "center" })).toMatch(/^<h2 class="line line-heading"/);
    expect(html("a", {}, { direction: "rtl", "line-height": 1.5 })).toMatch(/dir="rtl".*line-height:\s*1\.5/);
    expect(html("a", {}, { "line-height": 7 })).not.toContain("line-height:");
    expect(html("a", {}, { "code-block": "go", header: 1 })).toMatch(/^<pre/);
  });
});
