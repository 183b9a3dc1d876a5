import bold from "lucide:bold";
import chevron from "lucide:chevron-down";
import code from "lucide:code";
import italic from "lucide:italic";
import link from "lucide:link";
import bullet from "lucide:list";
import check from "lucide:list-checks";
import outdent from "lucide:list-indent-decrease";
import indent from "lucide:list-indent-increase";
import ordered from "lucide:list-ordered";
import redo from "lucide:redo-2";
import clear from "lucide:remove-formatting";
import codeBlock from "lucide:square-code";
import strike from "lucide:strikethrough";
import alignCenter from "lucide:text-align-center";
import alignRight from "lucide:text-align-end";
import alignJustify from "lucide:text-align-justify";
import alignLeft from "lucide:text-align-start";
import quote from "lucide:text-quote";
import underline from "lucide:underline";
import undo from "lucide:undo-2";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import type { Alignment, Commands } from "../../editor/editor";
import { t } from "../../i18n";
import { shortcut } from "./shortcuts";
import type { Workspace } from "./workspace";

interface Tool {
  label: Parameters<typeof t>[0];
  icon: string;
  keys?: string;
  run(commands: Commands): unknown;
  /** Absent: the tool does something once and is never "on". */
  pressed?(commands: Commands): boolean;
  enabled?(commands: Commands): boolean;
}

const HISTORY: Tool[] = [
  { label: "tool.undo", icon: undo, keys: "Mod-z", run: (c) => c.undo(), enabled: (c) => c.canUndo() },
  { label: "tool.redo", icon: redo, keys: "Mod-Shift-z", run: (c) => c.redo(), enabled: (c) => c.canRedo() },
];

const TEXT: Tool[] = [
  { label: "tool.bold", icon: bold, keys: "Mod-b", run: (c) => c.bold(), pressed: (c) => c.isActive("bold") },
  {
    label: "tool.italic",
    icon: italic,
    keys: "Mod-i",
    run: (c) => c.italic(),
    pressed: (c) => c.isActive("italic"),
  },
  {
    label: "tool.underline",
    icon: underline,
    keys: "Mod-u",
    run: (c) => c.underline(),
    pressed: (c) => c.isActive("underline"),
  },
  {
    label: "tool.strike",
    icon: strike,
    keys: "Alt-Shift-5",
    run: (c) => c.strike(),
    pressed: (c) => c.isActive("strike"),
  },
  { label: "tool.code", icon: code, run: (c) => c.code(), pressed: (c) => c.isActive("code") },
];

const LINES: Tool[] = [
  {
    label: "tool.bullet",
    icon: bullet,
    keys: "Mod-Shift-8",
    run: (c) => c.list("bullet"),
    pressed: (c) => c.isActive("list", "bullet"),
  },
  {
    label: "tool.ordered",
    icon: ordered,
    keys: "Mod-Shift-7",
    run: (c) => c.list("ordered"),
    pressed: (c) => c.isActive("list", "ordered"),
  },
  {
    label: "tool.check",
    icon: check,
    keys: "Mod-Shift-9",
    run: (c) => c.list(c.isActive("list", "checked") ? null : "unchecked"),
    pressed: (c) => c.isActive("list", "unchecked") || c.isActive("list", "checked"),
  },
  { label: "tool.outdent", icon: outdent, run: (c) => c.outdent() },
  { label: "tool.indent", icon: indent, run: (c) => c.indent() },
  { label: "tool.quote", icon: quote, run: (c) => c.blockquote(), pressed: (c) => c.isActive("blockquote") },
  {
    label: "tool.codeBlock",
    icon: codeBlock,
    run: (c) => c.codeBlock(),
    pressed: (c) => c.isActive("code-block"),
  },
];

const CLEAR: Tool = { label: "tool.clear", icon: clear, keys: "Mod-\\", run: (c) => c.clear() };

const ALIGNMENTS: Array<[Alignment, string]> = [
  ["left", alignLeft],
  ["center", alignCenter],
  ["right", alignRight],
  ["justify", alignJustify],
];

const LEVELS = [0, 1, 2, 3, 4, 5, 6] as const;
const styleName = (level: number) => (level ? t("tool.heading", { level }) : t("tool.normal"));

/** Draws again when the editor says that something changed, at most once a frame. */
function useEditorChanges(workspace: Workspace): Commands | null {
  const [, draw] = useState(0);
  const editor = workspace.editor.value;
  useEffect(() => {
    let frame = 0;
    const stop = editor?.subscribe(() => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw((count) => count + 1);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      stop?.();
    };
  }, [editor]);
  return editor?.commands ?? null;
}

interface PartProps {
  commands: Commands | null;
  disabled: boolean;
}

function ToolButton({ tool, commands, disabled }: PartProps & { tool: Tool }) {
  const label = t(tool.label);
  const off = disabled || !commands || tool.enabled?.(commands) === false;
  return (
    <button
      type="button"
      class="tool"
      aria-label={label}
      title={tool.keys ? `${label} (${shortcut(tool.keys)})` : label}
      aria-pressed={tool.pressed ? Boolean(commands && tool.pressed(commands)) : undefined}
      // Not `disabled`: it would lose the focus of someone walking the bar by keyboard.
      aria-disabled={off}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => !off && commands && tool.run(commands)}
    >
      <Icon shapes={tool.icon} />
    </button>
  );
}

function StyleMenu({ commands, disabled }: PartProps) {
  const value = commands?.valueOf("header");
  const level = typeof value === "number" ? value : 0;
  return (
    <Menu
      label={`${t("tool.style")}: ${styleName(level)}`}
      buttonClass="tool style-menu"
      disabled={disabled}
      button={
        <>
          <span>{styleName(level)}</span>
          <Icon shapes={chevron} size={14} />
        </>
      }
      items={LEVELS.map((each) => ({
        label: styleName(each),
        content: <span class={`style-${each}`}>{styleName(each)}</span>,
        checked: each === level,
        // A level that is there already would be taken away; choosing it again shall change nothing.
        run: () => void (each === level ? true : commands?.header(each)),
      }))}
    />
  );
}

function AlignMenu({ commands, disabled }: PartProps) {
  const value = commands?.valueOf("align") ?? "left";
  const current = ALIGNMENTS.find(([side]) => side === value) ?? ALIGNMENTS[0]!;
  return (
    <Menu
      label={`${t("tool.align")}: ${t(`tool.${current[0]}`)}`}
      buttonClass="tool"
      disabled={disabled}
      button={
        <>
          <Icon shapes={current[1]} />
          <Icon shapes={chevron} size={14} />
        </>
      }
      items={ALIGNMENTS.map(([side, icon]) => ({
        label: t(`tool.${side}`),
        content: (
          <>
            <Icon shapes={icon} /> {t(`tool.${side}`)}
          </>
        ),
        checked: side === current[0],
        run: () => void commands?.align(side),
      }))}
    />
  );
}

/** One tab stop for the whole bar; arrow keys, Home and End walk it (the ARIA toolbar pattern). */
function useRovingFocus() {
  const bar = useRef<HTMLDivElement>(null);
  const tools = () => [...(bar.current?.querySelectorAll<HTMLElement>(".tool:not(:disabled)") ?? [])];
  const choose = (chosen: HTMLElement | undefined) => {
    for (const tool of bar.current?.querySelectorAll<HTMLElement>(".tool") ?? []) {
      tool.tabIndex = tool === chosen ? 0 : -1;
    }
  };
  useEffect(() => {
    const all = tools();
    if (!all.some((tool) => tool.getAttribute("tabindex") === "0")) choose(all[0]);
  });
  const keyDown = (event: KeyboardEvent) => {
    const all = tools();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const rtl = getComputedStyle(event.currentTarget as HTMLElement).direction === "rtl" ? -1 : 1;
    const steps: Record<string, number> = { ArrowRight: at + rtl, ArrowLeft: at - rtl, Home: 0, End: -1 };
    const to = steps[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };
  const focused = (event: FocusEvent) =>
    choose((event.target as HTMLElement).closest<HTMLElement>(".tool") ?? undefined);
  return { bar, keyDown, focused };
}

export function Toolbar({ workspace }: { workspace: Workspace }) {
  const commands = useEditorChanges(workspace);
  const { bar, keyDown, focused } = useRovingFocus();
  const disabled = !commands || !workspace.access.value.canEdit;
  const part = { commands, disabled };
  const linkTool: Tool = {
    label: "tool.link",
    icon: link,
    keys: "Mod-k",
    run: (c) => {
      workspace.link.value = String(c.valueOf("link") ?? "");
    },
    pressed: (c) => c.isActive("link"),
  };
  const group = (tools: Tool[]) => (
    <div class="tools">
      {tools.map((tool) => (
        <ToolButton key={tool.label} tool={tool} {...part} />
      ))}
    </div>
  );
  return (
    <div
      ref={bar}
      class="toolbar"
      role="toolbar"
      aria-label={t("editor.toolbar")}
      onKeyDown={keyDown}
      onFocusCapture={focused}
    >
      {group(HISTORY)}
      <div class="tools">
        <StyleMenu {...part} />
      </div>
      {group([...TEXT, linkTool])}
      <div class="tools">
        <AlignMenu {...part} />
      </div>
      {group(LINES)}
      {group([CLEAR])}
    </div>
  );
}
