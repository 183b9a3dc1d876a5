import eye from "lucide:eye";
import eyeOff from "lucide:eye-off";
import { useId, useState } from "preact/hooks";
import { addMessages, t } from "../i18n";
import messages from "../i18n/en/entry.json";
import { Icon } from "./icon";
import "../styles/entry.css";

addMessages(messages);

interface FieldProps {
  name: string;
  label: string;
  type: "text" | "email" | "password" | "number";
  autocomplete: string;
  value?: string;
  hint?: string;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  min?: number;
  max?: number;
}

/** A labelled field of a form; a password can be shown, and says when Caps Lock is on. */
export function Field({
  name,
  label,
  type,
  hint,
  value,
  autocomplete,
  required = true,
  ...limits
}: FieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const secret = type === "password";
  const look = (event: KeyboardEvent) => secret && setCaps(event.getModifierState?.("CapsLock") ?? false);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <input
          id={id}
          class="input"
          name={name}
          // One of four kinds at run time; the types of JSX want a single one.
          type={(secret && shown ? "text" : type) as "text"}
          autocomplete={autocomplete}
          required={required}
          defaultValue={value ?? ""}
          {...limits}
          dir={type === "text" ? "auto" : undefined}
          aria-describedby={hint ? `${id}-hint` : undefined}
          spellcheck={false}
          autocapitalize="none"
          onKeyDown={look}
          onKeyUp={look}
          onBlur={() => setCaps(false)}
        />
        {secret && (
          <button
            type="button"
            class="button icon-only field-reveal"
            aria-label={t(shown ? "field.hidePassword" : "field.showPassword")}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
          >
            <Icon shapes={shown ? eyeOff : eye} />
          </button>
        )}
      </div>
      {hint && (
        <small id={`${id}-hint`} class="quiet">
          {hint}
        </small>
      )}
      {secret && (
        <small class="field-caps" role="status">
          {caps ? t("field.capsLock") : ""}
        </small>
      )}
    </div>
  );
}
