import "../../styles/tools.css";
import color from "lucide:baseline";
import more from "lucide:ellipsis-vertical";
import background from "lucide:highlighter";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { Popover } from "../../components/popover";
import { ACROSS, DOWN, walk } from "../../components/walk";
import { narrow } from "../../components/window";
import type { CommandId } from "../../editor/shortcuts";
import { t } from "../../i18n";
import { command, commandsNow } from "./command";
import { ICONS } from "./icons";
import { ModeMenu } from "./mode-menu";
import { AlignMenu, FontMenu, SpacingMenu, StyleMenu } from "./tools/choices";
import { ColorTool } from "./tools/color-tool";
import { SizeTool } from "./tools/size-tool";
import type { Workspace } from "./workspace";
import "./tool-words";

interface GroupProps {
  workspace: Workspace;
  /** Why nothing can be formatted here; "" when it can. */
  reason: string;
}

function ToolButton({ workspace, id }: { workspace: Workspace; id: CommandId }) {
  const { label, keys, reason, active, run } = command(workspace, id);
  const off = Boolean(reason);
  return (
    <button
      type="button"
      class="tool"
      aria-label={t(`command.${id}`)}
      data-tip={off ? `${label}: ${reason}` : label}
      data-keys={keys}
      aria-pressed={active ?? undefined}
      // Not `disabled`: it would lose the focus of someone walking the bar by keyboard.
      aria-disabled={off}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => !off && run()}
    >
      <Icon shapes={ICONS[id] ?? ""} />
    </button>
  );
}

const buttons =
  (...ids: CommandId[]) =>
  ({ workspace }: GroupProps) =>
    ids.map((id) => <ToolButton key={id} workspace={workspace} id={id} />);

const Styles = (props: GroupProps) => <StyleMenu {...props} />;
const Fonts = (props: GroupProps) => <FontMenu {...props} />;
const Sizes = (props: GroupProps) => <SizeTool {...props} />;
const Paragraph = (props: GroupProps) => (
  <>
    <AlignMenu {...props} />
    <SpacingMenu {...props} />
  </>
);
const Colors = ({ workspace, reason }: GroupProps) => {
  const commands = commandsNow(workspace);
  return (
    <>
      <ColorTool format="color" icon={color} commands={commands} reason={reason} />
      <ColorTool format="background" icon={background} commands={commands} reason={reason} />
    </>
  );
};

type Group = (props: GroupProps) => ComponentChildren;
const HISTORY = buttons("undo", "redo");
const TEXT = buttons("bold", "italic", "underline", "strike");
const SHORT_TEXT = buttons("bold", "italic", "underline");
const STRIKE = buttons("strike");
const INSERT = buttons("link", "image");
const LISTS = buttons("checklist", "bullet-list", "ordered-list");
const INDENT = buttons("outdent", "indent");
const CLEAR = buttons("clear");
const REMARK = buttons("comment");
const Modes = ({ workspace }: GroupProps) => <ModeMenu workspace={workspace} />;

/** What does not fit folds away from the end; with little room the order is by need. */
const WIDE: Group[] = [
  HISTORY,
  Styles,
  Fonts,
  Sizes,
  TEXT,
  Colors,
  INSERT,
  REMARK,
  Paragraph,
  LISTS,
  INDENT,
  CLEAR,
  Modes,
];
const NARROW: Group[] = [
  SHORT_TEXT,
  LISTS,
  HISTORY,
  STRIKE,
  Colors,
  Styles,
  Fonts,
  Sizes,
  INSERT,
  REMARK,
  Paragraph,
  INDENT,
  CLEAR,
  Modes,
];

/** How many groups fit into the bar; their widths are taken once, when all of them stand in it. */
function useFolding(bar: { current: HTMLElement | null }, groups: Group[]): number {
  const [fit, setFit] = useState(groups.length);
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const padding = Number.parseFloat(style.paddingInlineStart) + Number.parseFloat(style.paddingInlineEnd);
    const widths = [...element.querySelectorAll<HTMLElement>(":scope > .tools")].map((group) => {
      const margin = Number.parseFloat(getComputedStyle(group).marginInlineStart);
      return group.offsetWidth + margin;
    });
    const count = () => {
      const room = element.clientWidth - padding;
      const taken = (number: number) => widths.slice(0, number).reduce((sum, width) => sum + width, 0);
      if (taken(groups.length) <= room) return groups.length;
      let number = groups.length - 1;
      while (number > 1 && taken(number) + MORE_WIDTH > room) number -= 1;
      return number;
    };
    const observer = new ResizeObserver(() => setFit(count()));
    observer.observe(element);
    setFit(count());
    return () => observer.disconnect();
  }, []);
  return fit;
}

/** The button that opens the rest, with its margin, in pixels. */
const MORE_WIDTH = 48;

const inBox = (tool: Element) => tool.closest("[popover]") !== null;

/** One tab stop for the whole bar; arrow keys, Home and End walk it (the ARIA toolbar pattern). */
function useRovingFocus(bar: { current: HTMLElement | null }) {
  const tools = () =>
    [...(bar.current?.querySelectorAll<HTMLElement>(".tool") ?? [])].filter((tool) => !inBox(tool));
  const choose = (chosen: HTMLElement | undefined) => {
    for (const tool of tools()) tool.tabIndex = tool === chosen ? 0 : -1;
  };
  useEffect(() => {
    const all = tools();
    if (all.filter((tool) => tool.getAttribute("tabindex") === "0").length !== 1) choose(all[0]);
  });
  const keyDown = (event: KeyboardEvent) => {
    if (walksInText(event)) return;
    if (walk(tools(), event.key, ACROSS)) event.preventDefault();
  };
  const focused = (event: FocusEvent) => {
    const tool = (event.target as HTMLElement).closest<HTMLElement>(".tool");
    if (tool && !inBox(tool)) choose(tool);
  };
  return { keyDown, focused };
}

/** In the field for the size the arrows move in what stands there, until they reach its end. */
function walksInText({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLInputElement) || target.selectionStart !== target.selectionEnd) return false;
  return key === "ArrowLeft" ? target.selectionStart !== 0 : target.selectionEnd !== target.value.length;
}

function Folded({ groups, part }: { groups: Group[]; part: GroupProps }) {
  return (
    <Popover
      label={t("tool.more")}
      popup="dialog"
      buttonClass="tool"
      boxClass="menu folded"
      button={<Icon shapes={more} />}
      opened={(box) => box.querySelector<HTMLElement>(".tool")?.focus()}
    >
      {() => (
        <div
          class="folded-tools"
          role="toolbar"
          tabIndex={-1}
          aria-label={t("tool.more")}
          onKeyDown={(event) => {
            const all = [...event.currentTarget.querySelectorAll<HTMLElement>(".tool")].filter(
              (tool) => tool.closest("[popover]") === event.currentTarget.parentElement,
            );
            const { target } = event;
            if (!(target instanceof Element) || !all.includes(target as HTMLElement) || walksInText(event))
              return;
            const opens = target.getAttribute("aria-haspopup") !== null;
            if (walk(all, event.key, ACROSS) || (!opens && walk(all, event.key, DOWN)))
              event.preventDefault();
          }}
        >
          {groups.map((Each, at) => (
            <div key={at} class="tools">
              <Each {...part} />
            </div>
          ))}
        </div>
      )}
    </Popover>
  );
}

function Bar({ workspace, groups }: { workspace: Workspace; groups: Group[] }) {
  const bar = useRef<HTMLDivElement>(null);
  const fit = useFolding(bar, groups);
  const { keyDown, focused } = useRovingFocus(bar);
  const { canEdit, reason } = workspace.access.value;
  const part = { workspace, reason: canEdit ? "" : t(`reason.${reason ?? "opening"}`) };
  return (
    <div
      ref={bar}
      class="toolbar"
      role="toolbar"
      aria-label={t("editor.toolbar")}
      onKeyDown={keyDown}
      onFocusCapture={focused}
    >
      {groups.slice(0, fit).map((Each, at) => (
        <div key={at} class="tools">
          <Each {...part} />
        </div>
      ))}
      {fit < groups.length && <Folded groups={groups.slice(fit)} part={part} />}
    </div>
  );
}

/** The tools of writing; it folds away what does not fit. */
export default function Toolbar({ workspace }: { workspace: Workspace }) {
  return narrow.value ? (
    <Bar key="narrow" workspace={workspace} groups={NARROW} />
  ) : (
    <Bar key="wide" workspace={workspace} groups={WIDE} />
  );
}
