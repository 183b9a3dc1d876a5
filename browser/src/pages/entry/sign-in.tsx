import eye from "lucide:eye";
import eyeOff from "lucide:eye-off";
import { useEffect, useId, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { Mark } from "../../components/mark";
import { addMessages, t } from "../../i18n";
import messages from "../../i18n/en/entry.json";
import { account, api, asApiError, destination } from "../account";
import { follow, navigate } from "../router";
import "../../styles/entry.css";

addMessages(messages);

interface FieldProps {
  name: string;
  label: string;
  type: "text" | "email" | "password";
  autocomplete: string;
  hint?: string;
  minLength?: number;
  maxLength?: number;
}

function Field({ name, label, type, autocomplete, hint, minLength, maxLength }: FieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = type === "password";
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <input
          id={id}
          class="input"
          name={name}
          // One of three kinds at run time; the types of JSX want a single one.
          type={(secret && shown ? "text" : type) as "text"}
          autocomplete={autocomplete}
          required
          minLength={minLength}
          maxLength={maxLength}
          aria-describedby={hint ? `${id}-hint` : undefined}
          spellcheck={false}
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
    </div>
  );
}

function Fields({ register }: { register: boolean }) {
  return (
    <>
      {register && (
        <Field
          name="name"
          label={t("field.name")}
          type="text"
          autocomplete="name"
          maxLength={100}
          hint={t("field.nameHint")}
        />
      )}
      <Field name="email" label={t("field.email")} type="email" autocomplete="username" />
      <Field
        name="password"
        label={t("field.password")}
        type="password"
        autocomplete={register ? "new-password" : "current-password"}
        {...(register ? { minLength: 8, hint: t("field.passwordHint") } : {})}
      />
    </>
  );
}

/** Signing in, or with `register` making the account first. */
export function SignIn({ register }: { register: boolean }) {
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const title = t(register ? "register.title" : "login.title");
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const value = (name: string) => String(form.get(name) ?? "");
    setBusy(true);
    setFailure("");
    try {
      const user = register
        ? await api.register(value("email").trim(), value("name").trim(), value("password"))
        : await api.login(value("email").trim(), value("password"));
      await navigate(destination(), true);
      account.value = user;
    } catch (error) {
      setFailure(asApiError(error).message);
      setBusy(false);
    }
  };

  return (
    <main class="centred" id="content">
      <div class="card sign-in">
        <div class="brand">
          <Mark size={36} />
          <span>{t("app.name")}</span>
        </div>
        <h1>{title}</h1>
        <p class="quiet">{t(register ? "register.lead" : "login.lead")}</p>
        <form onSubmit={(event) => void submit(event)}>
          <Fields register={register} />
          <p class="failure" role="alert">
            {failure}
          </p>
          <button type="submit" class="button primary wide" disabled={busy}>
            {t(register ? "register.submit" : "login.submit")}
          </button>
        </form>
        <p class="quiet other">
          {t(register ? "register.other" : "login.other")}{" "}
          <a href={(register ? "/login" : "/register") + location.search} onClick={follow}>
            {t(register ? "register.otherLink" : "login.otherLink")}
          </a>
        </p>
      </div>
    </main>
  );
}
