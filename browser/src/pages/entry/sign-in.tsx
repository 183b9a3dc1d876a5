import { useState } from "preact/hooks";
import { Field } from "../../components/field";
import { t } from "../../i18n";
import type { Account } from "../../net/api";
import { account, api, destination } from "../account";
import { follow, navigate } from "../router";
import { EntryCard } from "./entry-card";
import { useRefusal } from "./failure";
import type { Invitation } from "./invitation";
import { useAnswer, useServer } from "./server";

/** The token of the invitation that brought somebody here. */
const invitationToken = () => new URLSearchParams(location.search).get("invitation");

function Fields({ register, email }: { register: boolean; email: string }) {
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
      <Field name="email" label={t("field.email")} type="email" autocomplete="username" value={email} />
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

interface FormProps {
  register: boolean;
  /** What the account is made with. */
  invitation: { token: string; found: Invitation } | null;
}

function Form({ register, invitation }: FormProps) {
  const [busy, setBusy] = useState(false);
  const refusal = useRefusal(register);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const value = (name: string) => String(form.get(name) ?? "");
    const email = value("email").trim();
    setBusy(true);
    refusal.clear();
    try {
      let user: Account;
      if (register)
        user = await api.register(email, value("name").trim(), value("password"), invitation?.token);
      else user = await api.login(email, value("password"));
      await navigate(invitation ? `/d/${invitation.found.document_id}` : destination(), true);
      account.value = user;
    } catch (error) {
      refusal.refused(error);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Fields register={register} email={invitation?.found.email ?? ""} />
      <p class="failure" role="alert">
        {refusal.text}
      </p>
      <button type="submit" class="button primary wide" disabled={busy || refusal.waiting}>
        {t(register ? "register.submit" : "login.submit")}
      </button>
    </form>
  );
}

/** The way from signing in to signing up and back, as far as this server has both. */
function Other({ register, open }: { register: boolean; open: boolean }) {
  if (!register && !open) return null;
  return (
    <p class="quiet other">
      {t(register ? "register.other" : "login.other")}{" "}
      <a href={(register ? "/login" : "/register") + location.search} onClick={follow}>
        {t(register ? "register.otherLink" : "login.otherLink")}
      </a>
    </p>
  );
}

/** Signing in, or with `register` making the account first; as far as the server lets people make one. */
export function SignIn({ register }: { register: boolean }) {
  const server = useServer();
  const token = register ? invitationToken() : null;
  const { found, failure } = useAnswer<Invitation>(
    token ? `/invitations/${encodeURIComponent(token)}` : null,
  );
  const mode = server?.sign_up ?? "open";
  const invitation = token && found ? { token, found } : null;
  const refused = register && (mode === "closed" || (mode === "invited" && !token));
  const title = t(register ? "register.title" : "login.title");
  if (refused || failure?.status === 404) {
    const why = failure ? "invitation.void" : mode === "closed" ? "register.closed" : "register.invited";
    return (
      <EntryCard title={title} lead={t(why)}>
        <Other register open={false} />
      </EntryCard>
    );
  }
  const lead = found
    ? t("register.invitedBy", { name: found.invited_by })
    : t(register ? "register.lead" : "login.lead");
  return (
    <EntryCard title={title} lead={lead}>
      {/* The address of the invitation stands in the form from the start. */}
      {token && !found ? (
        <p class="quiet late">{t("app.loading")}</p>
      ) : (
        <Form key={found?.email ?? ""} register={register} invitation={invitation} />
      )}
      <Other register={register} open={mode === "open" || invitationToken() !== null} />
    </EntryCard>
  );
}
