import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../../i18n";
import { swatches } from "./colors";

const COLUMNS = 10;

function moveInGrid(grid: HTMLElement, key: string): boolean {
  const cells = [...grid.querySelectorAll<HTMLElement>(".swatch")];
  const at = cells.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + COLUMNS,
    ArrowUp: at - COLUMNS,
    Home: at - (at % COLUMNS),
    End: at - (at % COLUMNS) + COLUMNS - 1,
  };
  const to = steps[key];
  if (to === undefined || at < 0) return false;
  cells[to]?.focus();
  return true;
}

function Grid({
  label,
  value,
  choose,
}: {
  label: string;
  value: string | null;
  choose(color: string): void;
}) {
  const rows = swatches();
  const known = rows.flat().some((each) => each.value === value);
  return (
    <div
      class="swatches"
      role="toolbar"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (moveInGrid(event.currentTarget, event.key)) event.preventDefault();
      }}
    >
      {rows.map((row, at) => (
        <div key={row[0]?.value} class="swatch-row">
          {row.map((swatch, column) => (
            <button
              key={swatch.value}
              type="button"
              class="swatch"
              style={{ "--swatch": swatch.value }}
              aria-label={swatch.name}
              aria-pressed={swatch.value === value}
              data-tip={swatch.name}
              tabIndex={swatch.value === value || (!known && at === 0 && column === 0) ? 0 : -1}
              onClick={() => choose(swatch.value)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

interface PaletteProps {
  format: "color" | "background";
  value: string | null;
  /** Null: the text's own colour, or nothing behind it. */
  choose(color: string | null): void;
}

/** The colours to choose from, and any other. */
export default function Palette({ format, value, choose }: PaletteProps) {
  const own = useId();
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.querySelector<HTMLElement>(".swatch[tabindex='0']")?.focus(), []);
  return (
    <div ref={box}>
      <button type="button" class="menu-item" onClick={() => choose(null)}>
        {t(format === "color" ? "color.own" : "color.none")}
      </button>
      <Grid label={t(format === "color" ? "tool.color" : "tool.background")} value={value} choose={choose} />
      <label class="color-custom" for={own}>
        {t("color.other")}
        <input
          id={own}
          type="color"
          value={value ?? "#1d2330"}
          onChange={(event) => choose(event.currentTarget.value)}
        />
      </label>
    </div>
  );
}
