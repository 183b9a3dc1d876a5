import { useId } from "preact/hooks";

interface SwitchProps {
  label: string;
  hint?: string;
  on: boolean;
  disabled?: boolean;
  change(on: boolean): void;
}

/** Something that is on or off, at once and without a button to confirm it. */
export function Switch({ label, hint, on, disabled = false, change }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch-row">
      <label for={id}>
        {label}
        {hint && <small class="quiet">{hint}</small>}
      </label>
      <input
        id={id}
        class="switch"
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        disabled={disabled}
        onChange={(event) => change(event.currentTarget.checked)}
      />
    </div>
  );
}
