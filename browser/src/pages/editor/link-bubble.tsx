import copyIcon from "lucide:copy";
import openIcon from "lucide:external-link";
import edit from "lucide:pencil";
import unlink from "lucide:unlink";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../components/icon";
import { notify } from "../../components/notice";
import { placeBelow } from "../../components/place";
import { t } from "../../i18n";
import { shortcutsOf } from "./shortcuts";
import { useEditor } from "./use-editor";
import type { Workspace } from "./workspace";
import "../../styles/panels.css";
import "./tool-words";

async function copy(url: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(url);
    notify(t("link.copied"));
  } catch {
    notify(url); // not a secure context, or forbidden: it can be read and typed
  }
}

/** Stands below the link under the caret: open, copy, edit, remove. */
export default function LinkBubble({ workspace }: { workspace: Workspace }) {
  const editor = useEditor(workspace);
  const box = useRef<HTMLElement>(null);
  const link = editor?.aids.linkAtCaret() ?? null;
  useLayoutEffect(() => {
    if (link && box.current) placeBelow(link.rect, box.current);
  });
  if (!link) return null;
  const canEdit = workspace.access.value.canEdit;
  const act = (label: string, icon: string, run: () => void, keys = "") => (
    <button
      type="button"
      class="tool"
      aria-label={label}
      data-tip={label}
      data-keys={keys}
      onMouseDown={(event) => event.preventDefault()}
      onClick={run}
    >
      <Icon shapes={icon} size={16} />
    </button>
  );
  return (
    <section ref={box} class="bubble" aria-label={t("link.title")}>
      <a class="bubble-address" href={link.url} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
        <Icon shapes={openIcon} size={15} />
        <span class="visually-hidden">{t("link.open")} </span>
        <span class="bubble-url">{link.url}</span>
      </a>
      {act(t("link.copy"), copyIcon, () => void copy(link.url))}
      {canEdit && act(t("link.edit"), edit, () => workspace.perform("link"), shortcutsOf("link")[0])}
      {canEdit && act(t("link.remove"), unlink, () => workspace.editor.peek()?.commands.run("unlink"))}
    </section>
  );
}
