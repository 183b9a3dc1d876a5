import type { ComponentChildren } from "preact";
import type { Attributes, Op } from "../../core/delta";

const COLOR = /^#[0-9a-f]{6}$/i;
const TAGS = { bold: "strong", italic: "em", underline: "u", strike: "s", code: "code" } as const;

interface Line {
  attributes: Attributes;
  content: ComponentChildren[];
}

/** Elements and text nodes only: nothing in it can be pressed, fetched or run, whatever the document says. */
function inline(text: string, attributes: Attributes): ComponentChildren {
  let shown: ComponentChildren = text;
  for (const [name, Tag] of Object.entries(TAGS)) {
    if (attributes[name] === true) shown = <Tag>{shown}</Tag>;
  }
  const color = String(attributes.color ?? "");
  return COLOR.test(color) ? <span style={{ color }}>{shown}</span> : shown;
}

function linesOf(ops: readonly Op[]): Line[] {
  const lines: Line[] = [];
  let content: ComponentChildren[] = [];
  for (const op of ops) {
    if (!("insert" in op)) continue;
    const attributes = op.attributes ?? {};
    if (typeof op.insert !== "string") {
      if (op.insert.divider) content.push(<span class="preview-rule" />);
      continue;
    }
    for (const [at, part] of op.insert.split("\n").entries()) {
      if (at > 0) {
        lines.push({ attributes, content });
        content = [];
      }
      if (part) content.push(inline(part, attributes));
    }
  }
  if (content.length > 0) lines.push({ attributes: {}, content });
  return lines;
}

function kindOf(attributes: Attributes): string {
  if (attributes["code-block"]) return "preview-code";
  const { header, list } = attributes;
  if (typeof header === "number") return header <= 2 ? `preview-h${Math.trunc(header)}` : "preview-h3";
  if (list === "ordered") return "preview-ordered";
  if (list === "checked" || list === "unchecked") return `preview-box ${list}`;
  if (typeof list === "string") return "preview-bullet";
  return attributes.blockquote === true ? "preview-quote" : "preview-text";
}

const ALIGN = ["center", "right", "justify"];

function PreviewLine({ attributes, content }: Line) {
  const align = String(attributes.align);
  const indent = Math.min(8, Math.max(0, Math.trunc(Number(attributes.indent ?? 0)) || 0));
  return (
    <div
      class={kindOf(attributes)}
      dir="auto"
      style={{
        "--level": indent,
        ...(ALIGN.includes(align) ? { textAlign: align } : {}),
      }}
    >
      {content.length > 0 ? content : "\u00a0"}
    </div>
  );
}

/** A document's first lines in small, for the eye alone: the title beside it says what it is. */
export function Preview({ ops }: { ops: readonly Op[] | undefined }) {
  return (
    <div class="preview" aria-hidden="true" inert>
      <div class="preview-page">
        {linesOf(ops ?? []).map((line, at) => (
          <PreviewLine key={at} {...line} />
        ))}
      </div>
    </div>
  );
}
