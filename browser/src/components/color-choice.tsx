import { type MessageKey, t } from "../i18n";

/** What the server's twelve are called, in its order. */
const NAMES = "blue red green violet orange teal crimson purple indigo pink olive brown".split(" ");

interface ColorChoiceProps {
  legend: string;
  hint?: string;
  colors: readonly string[];
  chosen: string;
  choose(color: string): void;
}

/** The colour of one's cursor: a group of radio buttons, so arrow keys move within it. */
export function ColorChoice({ legend, hint, colors, chosen, choose }: ColorChoiceProps) {
  return (
    <fieldset class="colors">
      <legend>{legend}</legend>
      {hint && <small class="quiet">{hint}</small>}
      <div class="colors-row">
        {colors.map((color, index) => (
          <input
            key={color}
            type="radio"
            name="color"
            class="color"
            value={color}
            style={{ "--person": color }}
            aria-label={NAMES[index] ? t(`hue.${NAMES[index]}` as MessageKey) : color}
            checked={color === chosen}
            onChange={() => choose(color)}
          />
        ))}
      </div>
    </fieldset>
  );
}
