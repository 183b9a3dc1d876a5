import minus from "lucide:minus";
import plus from "lucide:plus";
import { useRef } from "preact/hooks";
import { Icon } from "../../../components/icon";
import { DEFAULT_SIZES, MAX_SIZE, MIN_SIZE } from "../../../editor/formats";
import { t } from "../../../i18n";
import { command, commandsNow } from "../command";
import type { Workspace } from "../workspace";

/** The size at the selection, in points; null where it differs within it. */
function sizeNow(workspace: Workspace): number | null {
  const commands = commandsNow(workspace);
  const size = commands?.format("size");
  const header = commands?.format("header");
  if (!size || size.mixed || (size.value === null && header?.mixed)) return null;
  return size.value ?? DEFAULT_SIZES[header?.value ?? 0] ?? null;
}

function Step({ workspace, id, icon }: { workspace: Workspace; id: "smaller" | "bigger"; icon: string }) {
  const { label, keys, reason, run } = command(workspace, id);
  return (
    <button
      type="button"
      class="tool tool-step"
      aria-label={label}
      data-tip={reason ? `${label}: ${reason}` : label}
      data-keys={keys}
      aria-disabled={Boolean(reason)}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => !reason && run()}
    >
      <Icon shapes={icon} size={15} />
    </button>
  );
}

/** Smaller, the size itself to be typed over, bigger. */
export function SizeTool({ workspace, reason }: { workspace: Workspace; reason: string }) {
  const input = useRef<HTMLInputElement>(null);
  const shown = String(sizeNow(workspace) ?? "");
  const apply = () => {
    const typed = Number.parseInt(input.current?.value ?? "", 10);
    if (input.current) input.current.value = shown;
    if (!Number.isInteger(typed) || String(typed) === shown) return;
    const size = Math.max(MIN_SIZE, Math.min(MAX_SIZE, typed));
    workspace.editor.peek()?.commands.set("size", size);
  };
  return (
    <>
      <Step workspace={workspace} id="smaller" icon={minus} />
      <input
        ref={input}
        class="tool size-input"
        type="text"
        inputMode="numeric"
        aria-label={t("tool.size")}
        data-tip={reason ? `${t("tool.size")}: ${reason}` : t("tool.size")}
        maxLength={3}
        readOnly={Boolean(reason)}
        value={shown}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== "Escape") return;
          event.preventDefault();
          if (event.key === "Escape") event.currentTarget.value = shown;
          else apply();
          workspace.editor.peek()?.focus();
        }}
      />
      <Step workspace={workspace} id="bigger" icon={plus} />
    </>
  );
}
