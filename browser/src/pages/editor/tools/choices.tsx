import chevron from "lucide:chevron-down";
import lineHeight from "lucide:line-height";
import { Icon } from "../../../components/icon";
import { Menu } from "../../../components/menu";
import { FONTS, fontStack, LINE_HEIGHTS } from "../../../editor/formats";
import type { CommandId } from "../../../editor/shortcuts";
import { t } from "../../../i18n";
import { type Command, command, commandsNow } from "../command";
import { ICONS } from "../icons";
import { lineHeightName } from "../names";
import type { Workspace } from "../workspace";

interface ChoiceProps {
  workspace: Workspace;
  reason: string;
}

const STYLES = [
  ...(["paragraph", "heading-1", "heading-2", "heading-3", "heading-4", "heading-5", "heading-6"] as const),
  ...(["blockquote", "code-block"] as const),
];
const ALIGNMENTS = ["align-left", "align-center", "align-right", "align-justify"] as const;

const isOn = (each: Command) => each.active === true;

function Shown({ text }: { text: string }) {
  return (
    <>
      <span class="tool-value">{text}</span>
      <Icon shapes={chevron} size={14} />
    </>
  );
}

/** Commands of which one holds, as a menu whose button shows that one. */
function itemsOf(commands: Command[], content: (id: CommandId, label: string) => preact.ComponentChild) {
  return commands.map((each) => ({
    label: each.label,
    keys: each.keys,
    checked: isOn(each),
    content: content(each.id, each.label),
    // What is there already would be taken away; choosing it again shall change nothing.
    run: () => (isOn(each) ? undefined : each.run()),
  }));
}

export function StyleMenu({ workspace, reason }: ChoiceProps) {
  const styles = STYLES.map((id) => command(workspace, id));
  const now = styles.find(isOn)?.label ?? t("tool.several");
  return (
    <Menu
      label={t("tool.now", { tool: t("tool.style"), value: now })}
      tip={t("tool.style")}
      reason={reason}
      buttonClass="tool tool-wide style-tool"
      button={<Shown text={now} />}
      items={itemsOf(styles, (id, label) => <span class={`style-sample style-${id}`}>{label}</span>)}
    />
  );
}

export function FontMenu({ workspace, reason }: ChoiceProps) {
  const commands = commandsNow(workspace);
  const font = commands?.format("font");
  const now = font?.mixed ? t("tool.several") : (font?.value ?? t("font.own"));
  const item = (name: string | null) => ({
    label: name ?? t("font.own"),
    content: <span style={name ? { fontFamily: fontStack(name) } : {}}>{name ?? t("font.own")}</span>,
    checked: !font?.mixed && (font?.value ?? null) === name,
    run: () => void commands?.set("font", name),
  });
  return (
    <Menu
      label={t("tool.now", { tool: t("tool.font"), value: now })}
      tip={t("tool.font")}
      reason={reason}
      buttonClass="tool tool-wide font-tool"
      button={<Shown text={now} />}
      items={[null, ...FONTS].map(item)}
    />
  );
}

export function AlignMenu({ workspace, reason }: ChoiceProps) {
  const sides = ALIGNMENTS.map((id) => command(workspace, id));
  const now = sides.find(isOn);
  return (
    <Menu
      label={t("tool.now", { tool: t("tool.align"), value: now?.label ?? t("tool.several") })}
      tip={t("tool.align")}
      reason={reason}
      buttonClass="tool"
      button={
        <>
          <Icon shapes={ICONS[now?.id ?? "align-left"] ?? ""} />
          <Icon shapes={chevron} size={14} />
        </>
      }
      items={itemsOf(sides, (id, label) => (
        <>
          <Icon shapes={ICONS[id] ?? ""} /> {label}
        </>
      ))}
    />
  );
}

export function SpacingMenu({ workspace, reason }: ChoiceProps) {
  const commands = commandsNow(workspace);
  const state = commands?.format("line-height");
  const now = state?.mixed ? t("tool.several") : lineHeightName(state?.value ?? null);
  return (
    <Menu
      label={t("tool.now", { tool: t("tool.spacing"), value: now })}
      tip={t("tool.spacing")}
      reason={reason}
      buttonClass="tool"
      button={
        <>
          <Icon shapes={lineHeight} />
          <Icon shapes={chevron} size={14} />
        </>
      }
      items={[null, ...LINE_HEIGHTS].map((value) => ({
        label: lineHeightName(value),
        checked: !state?.mixed && (state?.value ?? null) === value,
        run: () => void commands?.set("line-height", value),
      }))}
    />
  );
}
