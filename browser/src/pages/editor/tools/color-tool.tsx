import chevron from "lucide:chevron-down";
import { Icon } from "../../../components/icon";
import { lazy } from "../../../components/lazy";
import { Popover } from "../../../components/popover";
import type { Commands } from "../../../editor/editor";
import { t } from "../../../i18n";

const Palette = lazy(() => import("./palette"));

interface ColorToolProps {
  format: "color" | "background";
  icon: string;
  commands: Commands | null;
  reason: string;
}

/** A palette for the colour of the text or of what lies behind it; the keyboard walks it as a grid. */
export function ColorTool({ format, icon, commands, reason }: ColorToolProps) {
  const label = t(format === "color" ? "tool.color" : "tool.background");
  const state = commands?.format(format);
  const value = state && !state.mixed ? state.value : null;
  return (
    <Popover
      label={label}
      reason={reason}
      popup="dialog"
      buttonClass="tool"
      boxClass="menu palette"
      button={
        <>
          <span class="color-icon" style={{ "--swatch": value ?? "transparent" }}>
            <Icon shapes={icon} />
          </span>
          <Icon shapes={chevron} size={14} />
        </>
      }
    >
      {(close) => {
        const choose = (color: string | null) => {
          close();
          commands?.set(format, color);
        };
        return <Palette format={format} value={value} choose={choose} />;
      }}
    </Popover>
  );
}
