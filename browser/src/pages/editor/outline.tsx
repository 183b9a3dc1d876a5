import x from "lucide:x";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../components/icon";
import { narrow } from "../../components/window";
import type { Heading } from "../../editor/editor";
import { t } from "../../i18n";
import { useEditor } from "./use-editor";
import type { Workspace } from "./workspace";
import "../../styles/panels.css";
import "./tool-words";

const LOOK_EVERY_MS = 120;

function Entry({ heading, current, go }: { heading: Heading; current: boolean; go(): void }) {
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) line.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <li ref={line} style={{ "--level": heading.level - 1 }}>
      <button type="button" aria-current={current ? "location" : undefined} onClick={go} dir="auto">
        {heading.text || t("outline.empty")}
      </button>
    </li>
  );
}

function Headings({ workspace }: { workspace: Workspace }) {
  const editor = useEditor(workspace, LOOK_EVERY_MS);
  const { headings, current } = editor?.aids.outline() ?? { headings: [], current: null };
  if (headings.length === 0) return <p class="quiet outline-none">{t("outline.none")}</p>;
  const go = (heading: Heading) => {
    if (narrow.peek()) workspace.showOutline(false);
    editor?.aids.goToHeading(heading.key);
  };
  return (
    <ul>
      {headings.map((heading) => (
        <Entry key={heading.key} heading={heading} current={heading.key === current} go={() => go(heading)} />
      ))}
    </ul>
  );
}

/** The headings beside the text, or over it where the window is narrow; the one being read is marked. */
export default function Outline({ workspace }: { workspace: Workspace }) {
  const pane = useRef<HTMLElement>(null);
  const drawer = narrow.value;
  useEffect(() => {
    if (drawer) pane.current?.querySelector<HTMLElement>("button")?.focus();
  }, [drawer]);
  const close = () => {
    workspace.showOutline(false);
    workspace.editor.peek()?.focus();
  };
  return (
    <>
      {drawer && <div class="scrim" onPointerDown={close} />}
      <nav
        ref={pane}
        class="outline"
        aria-label={t("command.outline")}
        onKeyDown={(event) => event.key === "Escape" && close()}
      >
        <header>
          <h2>{t("command.outline")}</h2>
          <button type="button" class="button icon-only" aria-label={t("outline.close")} onClick={close}>
            <Icon shapes={x} />
          </button>
        </header>
        <Headings workspace={workspace} />
      </nav>
    </>
  );
}
